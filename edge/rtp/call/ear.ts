// What a far side says, as frames of 20 ms for mixers, recorders and detectors; there only while somebody wants them.
import { InbandDetector } from '../dtmf/goertzel.ts';
import type { DtmfListener } from '../dtmf/receiver.ts';
import type { RtpHeader } from '../packet/header.ts';
import { JitterRing } from '../packet/jitter-ring.ts';

export class Ear {
  #ring: JitterRing | undefined;
  #frame = -1;
  #samples: Int16Array | undefined;
  #detector: InbandDetector | undefined;

  /** Digits are looked for in the audio. */
  get detects(): boolean {
    return this.#detector !== undefined;
  }

  /** Looks for digits from now on, or no more. */
  detect(listener: DtmfListener | undefined): void {
    if (!listener) this.#detector = undefined;
    else this.#detector ??= new InbandDetector(listener);
  }

  /** Keeps or drops the jitter buffer. */
  need(wanted: boolean): void {
    if (!wanted) this.#ring = undefined;
    else this.#ring ??= new JitterRing();
  }

  push(packet: Buffer, header: RtpHeader, decode: Int16Array): void {
    this.#ring?.push(header.timestamp, packet, header.start, header.end, decode);
  }

  /** The source changed. */
  reset(): void {
    this.#ring?.reset();
  }

  /** The samples of one frame, the same for all who ask in it; undefined = silence. @param open whether it is listened to now */
  samples(frame: number, open: boolean): Int16Array | undefined {
    if (frame !== this.#frame) {
      this.#frame = frame;
      const pulled = this.#ring?.pull();
      this.#samples = open ? pulled : undefined;
    }
    return this.#samples;
  }

  tick(frame: number, open: boolean): void {
    this.#detector?.frame(this.samples(frame, open));
  }
}
