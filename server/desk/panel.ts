// One connection of one panel: what may be sent, how fast it may speak, and when it is too slow or silent.
import type { WebSocket } from 'ws';
import type { AgentId, InteractionId, Language, Millis, SwitchroomError } from '../../values/index.ts';
import type { DeskLimits } from './limits.ts';
import { RateLimit } from './rate-limit.ts';
import { sentence } from './sentences.ts';

/**
 * ```
 *  opening ──hello, resume──► open ──┐
 *     └──no hello, bad messages──────┴──► closed
 * ```
 */
export type PanelState = 'opening' | 'open' | 'closed';

export class Panel {
  readonly agent: AgentId;
  /** The login session that let it in. */
  login: string | undefined;
  readonly openedAt: Millis;
  state: PanelState = 'opening';
  /** Empty until hello or resume. */
  session = '';
  language: Language = 'en';
  /** The last sign of life, monotonic. */
  heardAt: Millis;
  /** Number of the last event that the panel says it handled. */
  seen = 0;
  /** A supervisor's live view is on. */
  watching = false;
  /** Calls that the live view shows. */
  calls = new Set<InteractionId>();
  /** Live figures were left out; it gets all of them when it has caught up. */
  behind = false;
  underWay = 0;
  badInARow = 0;
  readonly rate: RateLimit;
  /** Resolves when the connection has ended. */
  readonly gone: Promise<void>;
  /** To be called when the connection has ended. */
  readonly ended: () => void;
  readonly #socket: WebSocket;
  readonly #limits: DeskLimits;
  readonly #onCut: (why: 'slow' | 'silent') => void;

  /** @param onCut called when the panel is cut off for being slow or silent */
  constructor(
    agent: AgentId,
    socket: WebSocket,
    limits: DeskLimits,
    now: Millis,
    onCut: (why: 'slow' | 'silent') => void,
  ) {
    this.agent = agent;
    this.openedAt = now;
    this.heardAt = now;
    this.rate = new RateLimit(limits.commandsPerSecond, limits.commandBurst, now);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.ended = () => {
      this.state = 'closed';
      resolve();
    };
    this.#socket = socket;
    this.#limits = limits;
    this.#onCut = onCut;
  }

  /** Sends, or cuts the panel off where it does not take what was sent before: it resumes and gets what it missed. */
  send(text: string): void {
    if (this.state === 'closed') return;
    if (this.#socket.bufferedAmount > this.#limits.tooSlowBytes) {
      this.cut('slow');
      return;
    }
    this.#socket.send(text);
  }

  /** Sends live figures, or leaves them out where the panel is slow and notes that it is behind. */
  sendLive(text: string): void {
    if (this.isSlow) this.behind = true;
    else this.send(text);
  }

  get isSlow(): boolean {
    return this.#socket.bufferedAmount > this.#limits.slowBytes;
  }

  answer(re: number, ok: object): void {
    this.send(JSON.stringify({ re, ok }));
  }

  fail(re: number, error: SwitchroomError): void {
    this.send(JSON.stringify({ re, failed: { code: error.code, reason: this.say(error) } }));
  }

  /** The error in her language. */
  say(error: SwitchroomError): string {
    return sentence(error, this.language);
  }

  /** Closes with a code that the panel gets to know. */
  close(code: number, reason: string): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#socket.close(code, reason);
  }

  /** Ends the connection at once; what was not sent yet is dropped. */
  cut(why: 'slow' | 'silent'): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#socket.terminate();
    this.#onCut(why);
  }

  /** The other end did not finish the closing handshake. */
  drop(): void {
    this.state = 'closed';
    this.#socket.terminate();
  }
}
