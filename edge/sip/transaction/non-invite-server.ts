import type { SipMessage } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import type { Timer } from '../timer-wheel.ts';
import type { Target } from '../transport/index.ts';
import { ServerBase } from './server-transaction.ts';
import type { Surroundings } from './surroundings.ts';
import { type NonInviteServerEvent, type NonInviteServerState, nonInviteServer } from './tables.ts';

type Name = 'abandoned' | 'j';

/** RFC 3261 §17.2.2; the table is in tables.ts. */
export class NonInviteServer extends ServerBase<Name> {
  #state: NonInviteServerState = 'trying';
  #timer: Timer;

  constructor(key: string, request: SipMessage, arrival: Arrival, target: Target, around: Surroundings) {
    super(key, request, arrival, target, around);
    this.#timer = this.arm(64 * around.timing.t1, 'abandoned');
  }

  get state(): NonInviteServerState {
    return this.#state;
  }

  override respond(response: SipMessage): boolean {
    if (this.finalStatus !== undefined || this.#state === 'terminated') return false;
    if (response.status < 200) {
      this.#step('provisional');
      this.sendResponse(response, true);
      return true;
    }
    this.#step('final');
    this.finalStatus = response.status;
    this.#timer.cancel();
    this.sendResponse(response, true);
    // A stream loses nothing, so the request cannot come again: J is 0.
    if (this.unreliable) this.#timer = this.arm(64 * this.around.timing.t1, 'j');
    else this.#timer = this.arm(0, 'j');
    return true;
  }

  override repeated(): void {
    if (this.#step('request')) this.sendLast();
  }

  override onTimer(name: Name): void {
    if (name === 'abandoned') {
      if (this.#step('abandoned')) this.end('timeout');
    } else if (this.#step('absorbed')) this.end('done');
  }

  protected override sendFailed(): boolean {
    this.#step('transport-error');
    return this.#state === 'terminated';
  }

  protected override cancelTimers(): void {
    this.#timer.cancel();
  }

  #step(event: NonInviteServerEvent): boolean {
    const next = nonInviteServer.next(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
