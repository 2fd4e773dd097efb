import type { SipMessage } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import type { Timer } from '../timer-wheel.ts';
import { ClientBase } from './client-transaction.ts';
import { cancelOf } from './hop-requests.ts';
import { type NonInviteClientEvent, type NonInviteClientState, nonInviteClient } from './tables.ts';

type Name = 'e' | 'f' | 'k';

/** RFC 3261 §17.1.2; the table is in tables.ts. */
export class NonInviteClient extends ClientBase<Name> {
  #state: NonInviteClientState = 'trying';
  #interval = 0;
  #retransmit: Timer | undefined;
  /** F, then K. */
  #deadline: Timer | undefined;

  get state(): NonInviteClientState {
    return this.#state;
  }

  protected override get unanswered(): boolean {
    return this.#state === 'trying';
  }

  protected override sent(unreliable: boolean): void {
    const { t1 } = this.around.timing;
    this.#deadline = this.arm(64 * t1, 'f');
    if (!unreliable) return;
    this.#interval = t1;
    this.#retransmit = this.arm(t1, 'e');
  }

  /** RFC 3261 §9.1: only INVITE can be cancelled. The CANCEL is made, so that it can be shown, and not sent. */
  override cancel(headers: [name: string, value: string][] = []): SipMessage {
    return cancelOf(this.request, headers);
  }

  override response(response: SipMessage, arrival: Arrival): void {
    const final = response.status >= 200;
    const again = this.#state === 'completed';
    if (!this.#step(final ? 'final' : 'provisional') || again) return;
    if (final) {
      this.finish(response.status);
      this.#deadline = this.arm(this.unreliable ? this.around.timing.t4 : 0, 'k');
    } else if (response.status === 100) return;
    this.user.response(response, arrival, false);
  }

  override onTimer(name: Name): void {
    switch (name) {
      case 'e':
        if (!this.#step('retransmit')) return;
        this.#interval =
          this.#state === 'proceeding' ? this.around.timing.t2 : Math.min(2 * this.#interval, this.around.timing.t2);
        this.#retransmit = this.arm(this.#interval, 'e');
        this.sendAgain();
        return;
      case 'f':
        if (this.#step('timeout')) this.fail('timeout');
        return;
      case 'k':
        if (this.#step('absorbed')) this.end();
        return;
    }
  }

  protected override broken(): boolean {
    this.#step('transport-error');
    return this.#state === 'terminated';
  }

  protected override cancelTimers(): void {
    this.#retransmit?.cancel();
    this.#retransmit = undefined;
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }

  #step(event: NonInviteClientEvent): boolean {
    const next = nonInviteClient.next(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
