import type { SipMessage } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import type { Timer } from '../timer-wheel.ts';
import { ClientBase } from './client-transaction.ts';
import { ackTo, cancelOf } from './hop-requests.ts';
import { type InviteClientEvent, type InviteClientState, inviteClient } from './tables.ts';

type Name = 'a' | 'b' | 'c' | 'd' | 'm' | 'cancelled';

/** RFC 3261 §17.1.1 and §9.1 with RFC 6026 §7.2; the table is in tables.ts. */
export class InviteClient extends ClientBase<Name> {
  #state: InviteClientState = 'calling';
  #interval = 0;
  #retransmit: Timer | undefined;
  /** B, then C or the 64·T1 after a CANCEL, then D or M: only one of them runs at a time. */
  #deadline: Timer | undefined;
  #cancel: SipMessage | undefined;
  #cancelSent = false;

  get state(): InviteClientState {
    return this.#state;
  }

  protected override get unanswered(): boolean {
    return this.#state === 'calling';
  }

  protected override sent(unreliable: boolean): void {
    const { t1 } = this.around.timing;
    this.#deadline = this.arm(64 * t1, 'b');
    if (!unreliable) return;
    this.#interval = t1;
    this.#retransmit = this.arm(t1, 'a');
  }

  override cancel(headers: [name: string, value: string][] = []): SipMessage {
    if (this.#cancel !== undefined) return this.#cancel;
    this.#cancel = cancelOf(this.request, headers);
    if (this.#state === 'proceeding') this.#sendCancel();
    return this.#cancel;
  }

  override response(response: SipMessage, arrival: Arrival): void {
    if (response.status < 200) this.#provisional(response, arrival);
    else if (response.status < 300) this.#success(response, arrival);
    else this.#failure(response, arrival);
  }

  override onTimer(name: Name): void {
    switch (name) {
      case 'a':
        if (!this.#step('retransmit')) return;
        this.#interval *= 2;
        this.#retransmit = this.arm(this.#interval, 'a');
        this.sendAgain();
        return;
      case 'b':
      case 'cancelled':
        if (this.#step('timeout')) this.fail('timeout');
        return;
      case 'c':
        this.cancel([['Reason', 'SIP;cause=408;text="Ringing too long"']]);
        return;
      case 'd':
        if (this.#step('absorbed')) this.end();
        return;
      case 'm':
        if (this.#step('forks-over')) this.end();
        return;
    }
  }

  #provisional(response: SipMessage, arrival: Arrival): void {
    const ringing = this.#state === 'calling' || this.#state === 'proceeding';
    if (!this.#step('provisional') || !ringing) return;
    this.#retransmit?.cancel();
    if (!this.#cancelSent) {
      this.#deadline?.cancel();
      if (this.#cancel !== undefined) this.#sendCancel();
      else this.#deadline = this.arm(this.around.timing.timerC, 'c');
    }
    if (response.status > 100) this.user.response(response, arrival, false);
  }

  #success(response: SipMessage, arrival: Arrival): void {
    const again = this.#state === 'accepted';
    if (!this.#step('success') || this.#state === 'completed') return;
    if (!again) {
      this.finish(response.status);
      this.#deadline = this.arm(64 * this.around.timing.t1, 'm');
    }
    this.user.response(response, arrival, again);
  }

  #failure(response: SipMessage, arrival: Arrival): void {
    const first = this.#state === 'calling' || this.#state === 'proceeding';
    if (!this.#step('failure') || this.#state !== 'completed') return;
    this.sendAlong(ackTo(this.request, response));
    if (!first) return;
    this.finish(response.status);
    this.#deadline = this.arm(this.unreliable ? 64 * this.around.timing.t1 : 0, 'd');
    this.user.response(response, arrival, false);
  }

  #sendCancel(): void {
    if (this.#cancel === undefined || this.#cancelSent) return;
    this.#cancelSent = true;
    // The next target may have got another branch since the CANCEL was made.
    const via = this.request.headers.get('Via');
    if (via !== undefined) this.#cancel.headers.setFirst('Via', via);
    this.#deadline?.cancel();
    this.#deadline = this.arm(64 * this.around.timing.t1, 'cancelled');
    this.startCancel(this.#cancel);
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

  #step(event: InviteClientEvent): boolean {
    const next = inviteClient.next(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
