// A bridge: who hears whom. A member that hears exactly one other gets that one's packets as they are (relay); any other
// gets a mix of all that it hears, without itself.
import type { WireRole } from '../../../link/index.ts';
import type { Player } from '../audio/player.ts';
import type { Recorder } from '../audio/recorder.ts';
import { codecs, frameSamples } from '../codec/g711.ts';
import type { Endpoint } from './endpoint.ts';
import type { Host, Ticker } from './host.ts';
import { Mixer } from './mixer.ts';

export class Bridge implements Ticker {
  readonly id: string;
  readonly phase: number;
  /** In the order of adding: the first is left in recordings. */
  readonly members = new Map<Endpoint, WireRole>();
  readonly recorders = new Set<Recorder>();
  player: Player | undefined;
  closed = false;
  readonly #host: Host;
  readonly #dtmf: 'relay' | 'absorb';
  readonly #mixer = new Mixer();
  readonly #playPacket = Buffer.alloc(frameSamples);
  readonly #playSamples = new Int16Array(frameSamples);
  #playFrame = -1;
  #playNow: Int16Array | undefined;
  /** The left member of recordings, kept after it left. */
  #left: Endpoint | undefined;
  /** Those who talk to it: what is whispered to another is no part of the conversation, and so of no recording. */
  #right: Endpoint[] = [];

  constructor(id: string, phase: number, dtmf: 'relay' | 'absorb', host: Host) {
    this.id = id;
    this.phase = phase;
    this.#dtmf = dtmf;
    this.#host = host;
  }

  /** Adds a member, or changes its role; from another bridge it is taken away. */
  add(endpoint: Endpoint, role: WireRole): void {
    if (endpoint.bridge && endpoint.bridge !== this) endpoint.bridge.remove(endpoint);
    this.members.set(endpoint, role);
    endpoint.bridge = this;
    this.#left ??= endpoint;
    this.arrange();
  }

  remove(endpoint: Endpoint): void {
    if (!this.members.delete(endpoint)) return;
    endpoint.bridge = undefined;
    endpoint.hear([], false);
    endpoint.relaysTo = [];
    endpoint.out.pause();
    endpoint.listenNeeded();
    this.arrange();
  }

  play(player: Player): void {
    this.player?.end('stopped');
    this.player = player;
    this.arrange();
    this.#host.activate(this);
  }

  recordersChanged(): void {
    this.arrange();
    if (this.recorders.size > 0) this.#host.activate(this);
  }

  /** A key of a member: stops a playback with barge-in. */
  barge(): void {
    if (this.player?.bargeIn) this.endPlay('barged');
  }

  endPlay(end: 'finished' | 'barged' | 'stopped' | 'failed', reason?: string): void {
    const { player } = this;
    if (!player) return;
    this.player = undefined;
    player.end(end, reason);
    this.arrange();
  }

  /** Whether digits of that member go to the others now: not while they are collected. */
  passesDigits(from: Endpoint): boolean {
    return this.#dtmf === 'relay' && from.digits.collecting === undefined && this.members.get(from) === 'talk';
  }

  /** A whole digit of a member, for those whom its packets did not reach. */
  digit(from: Endpoint, digit: string, relayed: boolean): void {
    for (const [member, role] of this.members) {
      if (member === from || role !== 'talk') continue;
      if (relayed && member.named && from.relaysTo.includes(member)) continue;
      member.sendDigits(digit, () => {});
    }
  }

  /** Whether somebody needs its samples, not only its packets. */
  needsSamples(endpoint: Endpoint): boolean {
    if (this.recorders.size > 0) return true;
    for (const member of this.members.keys()) {
      if ((member.mixes || member.recorders.size > 0) && member.hears.includes(endpoint)) return true;
    }
    return false;
  }

  /** Works out anew who hears whom. */
  arrange(): void {
    const all = [...this.members];
    for (const [member] of all) {
      const hears = all
        .filter(([other, role]) => other !== member && this.#heardBy(role, member))
        .map(([other]) => other);
      // Who hears nobody in a mix still gets silence, so that its stream goes on.
      const mixes = hears.length > 1 || this.player !== undefined;
      member.hear(hears, mixes);
    }
    for (const [member] of all) {
      member.relaysTo = all.filter(([other]) => !other.mixes && other.hears[0] === member).map(([other]) => other);
      member.listenNeeded();
    }
    this.#right = all.filter(([member, role]) => member !== this.#left && role === 'talk').map(([member]) => member);
  }

  #heardBy(role: WireRole, listener: Endpoint): boolean {
    return role === 'talk' || (role !== 'listen' && role.whisperTo === listener.id);
  }

  /** Samples of the bridge's playback in this frame. */
  playing(frame: number): Int16Array | undefined {
    if (frame !== this.#playFrame) {
      this.#playFrame = frame;
      this.#playNow = this.#read();
    }
    return this.#playNow;
  }

  tick(frame: number): boolean {
    if (this.closed) return false;
    // Read here too: the list ends although nobody may listen.
    const playing = this.playing(frame);
    if (this.recorders.size > 0) {
      const left = this.#left?.bridge === this ? this.#left.samples(frame) : undefined;
      const right = this.#mixer.mix(this.#right, playing, frame);
      for (const recorder of this.recorders) recorder.write(left, right);
    }
    return this.player !== undefined || this.recorders.size > 0;
  }

  close(): void {
    this.closed = true;
    this.player?.end('closed');
    this.player = undefined;
    for (const member of [...this.members.keys()]) this.remove(member);
  }

  #read(): Int16Array | undefined {
    const { player } = this;
    if (!player?.ready) return undefined;
    const codec = codecs.PCMA;
    if (!player.read(codec.name, codec.silence, this.#playPacket, 0, frameSamples)) {
      this.endPlay('finished');
      return undefined;
    }
    for (let i = 0; i < frameSamples; i++) this.#playSamples[i] = codec.decode[this.#playPacket[i] as number] as number;
    return this.#playSamples;
  }
}
