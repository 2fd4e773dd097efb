// The jitter buffer, for those who need samples at a steady pace (mixer, recorder, tone detector; a relay does not).
// Packets are decoded on arrival into a ring addressed by timestamp; the reader takes 20 ms a tick. So order, duplicates
// and any ptime take care of themselves, and nothing is allocated per packet.
import { frameSamples } from '../codec/g711.ts';
import { timestampDistance } from './header.ts';

const ringSamples = 8000;
/** No G.711 code decodes to it. */
const gap = -32768;
const startDelay = 2 * frameSamples;
const mostDelay = 10 * frameSamples;
/** After so many empty frames the next packet begins anew: some senders stop their clock in a pause. */
const dryFrames = 5;
const windowFrames = 100;
/** A frame whose samples are all below this can be cut without being heard. */
const quiet = 300;

export class JitterRing {
  readonly #ring = new Int16Array(ringSamples).fill(gap);
  readonly #frame = new Int16Array(frameSamples);
  readonly #last = new Int16Array(frameSamples);
  #started = false;
  /** Unwrapped timestamp of the newest packet, and its timestamp as on the wire. */
  #newest = 0;
  #newestStamp = 0;
  /** Unwrapped end of what was written, and place of the reader. */
  #end = 0;
  #readAt = 0;
  #dry = 0;
  #missing = 0;
  #lateRun = 0;
  #leastSlack = Number.POSITIVE_INFINITY;
  #framesInWindow = 0;
  #delay = startDelay;
  /** Packets that came too late to be heard. */
  late = 0;

  /** Samples between the reader and the newest sample: the delay that this adds. */
  get buffered(): number {
    return this.#started ? Math.max(0, this.#end - this.#readAt) : 0;
  }

  /** The source changed (SSRC, codec, session): the next packet begins anew. */
  reset(): void {
    this.#started = false;
    this.#ring.fill(gap);
  }

  push(timestamp: number, packet: Buffer, start: number, end: number, decode: Int16Array): void {
    const count = end - start;
    if (count <= 0 || count > ringSamples / 4) return;
    let at = this.#newest + timestampDistance(timestamp, this.#newestStamp);
    if (!this.#started || Math.abs(at - this.#readAt) > ringSamples - count - frameSamples) {
      at = this.#restart(at, timestamp);
    } else if (this.#dry >= dryFrames) this.#readAt = at - this.#delay;
    this.#dry = 0;
    if (at + count <= this.#readAt) {
      this.late++;
      if (++this.#lateRun < 3) {
        this.#wait();
        return;
      }
      this.#readAt = at - this.#delay;
    }
    this.#lateRun = 0;
    const slack = at - this.#readAt;
    if (slack < this.#leastSlack) this.#leastSlack = slack;
    if (slack < 0) this.#wait();
    const ring = this.#ring;
    let place = (((Math.max(at, this.#readAt) % ringSamples) + ringSamples) % ringSamples) | 0;
    for (let i = start + Math.max(0, this.#readAt - at); i < end; i++) {
      ring[place] = decode[packet[i] as number] as number;
      if (++place === ringSamples) place = 0;
    }
    if (at > this.#newest) {
      this.#newest = at;
      this.#newestStamp = timestamp;
    }
    if (at + count > this.#end) this.#end = at + count;
  }

  /** The next 20 ms, valid until the next call; undefined for silence (nothing came, or nothing for a while). */
  pull(): Int16Array | undefined {
    if (!this.#started) return undefined;
    const ring = this.#ring;
    const frame = this.#frame;
    const last = this.#last;
    let place = (((this.#readAt % ringSamples) + ringSamples) % ringSamples) | 0;
    let found = 0;
    let loudest = 0;
    // A lost packet is filled with the one before, fading out within 60 ms.
    const fade = this.#missing < 3 ? 0.6 : 0;
    for (let i = 0; i < frameSamples; i++) {
      let sample = ring[place] as number;
      if (sample === gap) sample = (last[i] as number) * fade;
      else {
        ring[place] = gap;
        found++;
      }
      const loud = sample < 0 ? -sample : sample;
      if (loud > loudest) loudest = loud;
      frame[i] = sample;
      if (++place === ringSamples) place = 0;
    }
    last.set(frame);
    this.#readAt += frameSamples;
    if (found === 0) {
      this.#missing++;
      if (this.#readAt > this.#end) this.#dry++;
    } else this.#missing = 0;
    this.#adapt(loudest);
    return this.#missing > 3 ? undefined : frame;
  }

  #restart(at: number, timestamp: number): number {
    this.#started = true;
    this.#ring.fill(gap);
    this.#last.fill(0);
    this.#delay = startDelay;
    this.#readAt = at - startDelay;
    this.#newest = at;
    this.#newestStamp = timestamp;
    this.#end = at;
    this.#leastSlack = Number.POSITIVE_INFINITY;
    this.#framesInWindow = 0;
    this.#missing = 0;
    this.#dry = 0;
    return at;
  }

  /** A packet came late: the reader waits one frame more, once a window. */
  #wait(): void {
    if (this.#framesInWindow < dryFrames || this.#delay >= mostDelay) return;
    this.#delay += frameSamples;
    this.#readAt -= frameSamples;
    this.#framesInWindow = 0;
    this.#leastSlack = Number.POSITIVE_INFINITY;
  }

  /** All packets of two seconds came early: cut 10 ms, at once where it is quiet, later where it is not. */
  #adapt(loudest: number): void {
    if (++this.#framesInWindow < windowFrames || this.#leastSlack === Number.POSITIVE_INFINITY) return;
    const surplus = this.#leastSlack - startDelay / 2;
    if (surplus >= frameSamples / 2) {
      if (loudest > quiet && this.#framesInWindow < 3 * windowFrames) return;
      const place = ((this.#readAt % ringSamples) + ringSamples) % ringSamples;
      for (let i = 0; i < frameSamples / 2; i++) this.#ring[(place + i) % ringSamples] = gap;
      this.#readAt += frameSamples / 2;
      this.#delay = Math.max(startDelay, this.#delay - frameSamples / 2);
    }
    this.#framesInWindow = 0;
    this.#leastSlack = Number.POSITIVE_INFINITY;
  }
}
