// The playbacks of one worker, and the audio that they share.
import { LinkFailure, type WirePlay } from '../../../link/index.ts';
import { type Clip, toneClip } from '../audio/clip.ts';
import { type Piece, Player, silencePiece } from '../audio/player.ts';
import type { Host } from './host.ts';

/** An endpoint or a bridge. */
export interface Stage {
  readonly id: string;
  readonly player: Player | undefined;
  play(player: Player): void;
  /** Takes the present player away. */
  endPlay(end: 'stopped' | 'failed', reason?: string): void;
}

const mostTones = 200;

export class Playing {
  readonly #host: Host;
  readonly #players = new Map<string, { player: Player; on: Stage }>();
  readonly #clips = new Map<string, Clip>();
  readonly #tones = new Map<string, Clip>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** @throws LinkFailure where a playback of that id runs */
  play(on: Stage, request: Omit<WirePlay, 'id'>): void {
    const { playback: id, audio, times, bargeIn } = request;
    if (this.#players.has(id)) throw new LinkFailure('request-invalid', `playback ${id} exists`);
    const pieces = audio.map((one): Piece => {
      if (one.kind === 'silence') return silencePiece(one.ms);
      if (one.kind === 'tone') return { kind: 'clip', clip: this.#tone(one.hz, one.ms) };
      return { kind: 'clip', clip: this.#clips.get(one.hash), hash: one.hash };
    });
    const player = new Player(id, pieces, times, bargeIn, (end, reason) => {
      this.#players.delete(id);
      this.#host.event('playback.ended', { id, on: on.id, end, reason });
    });
    this.#players.set(id, { player, on });
    on.play(player);
  }

  /** It may have ended by itself before. */
  stop(id: string): void {
    const found = this.#players.get(id);
    if (found?.on.player === found?.player) found?.on.endPlay('stopped');
  }

  add(hash: string, clip: Clip): void {
    this.#clips.set(hash, clip);
    for (const { player } of this.#players.values()) if (player.waitsFor(hash)) player.load(hash, clip);
  }

  drop(hash: string): void {
    this.#clips.delete(hash);
  }

  /** A file cannot be loaded: who waits for it fails. */
  fail(hash: string, reason: string): void {
    for (const { player, on } of [...this.#players.values()]) {
      if (player.waitsFor(hash) && on.player === player) on.endPlay('failed', reason);
    }
  }

  list(): { id: string; on: string }[] {
    return [...this.#players].map(([id, { on }]) => ({ id, on: on.id }));
  }

  #tone(hz: number[], ms: number): Clip {
    const key = `${hz.join('+')}:${ms}`;
    let clip = this.#tones.get(key);
    if (!clip) {
      clip = toneClip(hz, ms);
      if (this.#tones.size >= mostTones) this.#tones.clear();
      this.#tones.set(key, clip);
    }
    return clip;
  }
}
