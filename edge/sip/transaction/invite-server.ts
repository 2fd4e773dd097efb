import { SipMessage } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import type { Timer } from '../timer-wheel.ts';
import type { Target } from '../transport/index.ts';
import { ServerBase } from './server-transaction.ts';
import type { Surroundings } from './surroundings.ts';
import { type InviteServerEvent, type InviteServerState, inviteServer } from './tables.ts';

type Name = 'trying' | 'g' | 'h' | 'i' | 'l';

/**
 * Milliseconds. RFC 3261 §17.2.1 wants a 100 Trying only where nothing else is said within 200 ms. Most calls are answered
 * at once, so that it would be one more message for each of them.
 */
const tryingMs = 100;

/** RFC 3261 §17.2.1 with RFC 6026 §7.1; the table is in tables.ts. */
export class InviteServer extends ServerBase<Name> {
  /** The To tag of the last response: an answer to a CANCEL carries the same (RFC 3261 §9.2). */
  toTag: string | undefined = undefined;
  #state: InviteServerState = 'proceeding';
  #trying: Timer | undefined;
  #retransmit: Timer | undefined;
  #end: Timer | undefined;
  #interval = 0;

  constructor(key: string, request: SipMessage, arrival: Arrival, target: Target, around: Surroundings) {
    super(key, request, arrival, target, around);
    this.#trying = this.arm(tryingMs, 'trying');
  }

  get state(): InviteServerState {
    return this.#state;
  }

  override respond(response: SipMessage): boolean {
    if (this.finalStatus !== undefined || this.#state === 'terminated') return false;
    const { status } = response;
    this.#trying?.cancel();
    this.#trying = undefined;
    this.toTag = response.toTag ?? this.toTag;
    const { t1 } = this.around.timing;
    if (status < 200) {
      this.#step('provisional');
    } else if (status < 300) {
      this.#step('success');
      this.finalStatus = status;
      this.#end = this.arm(64 * t1, 'l');
    } else {
      this.#step('failure');
      this.finalStatus = status;
      this.#end = this.arm(64 * t1, 'h');
      if (this.unreliable) {
        this.#interval = t1;
        this.#retransmit = this.arm(t1, 'g');
      }
    }
    // Accepted: the dialog repeats the 2xx by itself.
    this.sendResponse(response, this.#state !== 'accepted');
    return true;
  }

  override repeated(): void {
    if (!this.#step('request')) return;
    // Accepted: the 2xx belongs to the dialog, which repeats it by itself. Confirmed: the ACK came, all is said.
    if (this.#state === 'proceeding' || this.#state === 'completed') this.sendLast();
  }

  /** @returns whether the ACK was for a response of 300 or more and is thereby dealt with; else it belongs above */
  ack(): boolean {
    const before = this.#state;
    if (!this.#step('ack')) return true; // confirms nothing that was said; counted as impossible
    if (before === 'accepted') return false;
    if (before === 'confirmed') return true;
    this.#retransmit?.cancel();
    this.#end?.cancel();
    if (this.unreliable) {
      this.#end = this.arm(this.around.timing.t4, 'i');
    } else {
      this.#step('absorbed');
      this.end('done');
    }
    return true;
  }

  override onTimer(name: Name): void {
    switch (name) {
      case 'trying':
        this.respond(SipMessage.response(this.request, 100));
        return;
      case 'g':
        if (!this.#step('retransmit')) return;
        this.#interval = Math.min(2 * this.#interval, this.around.timing.t2);
        this.#retransmit = this.arm(this.#interval, 'g');
        // The ACK may lie among the datagrams that wait to be read.
        if (this.around.transport.behindMs(performance.now()) === 0) this.sendLast();
        return;
      case 'h':
        if (this.#step('timeout')) this.end('timeout');
        return;
      case 'i':
        if (this.#step('absorbed')) this.end('done');
        return;
      case 'l':
        if (this.#step('acks-over')) this.end('done');
        return;
    }
  }

  protected override sendFailed(): boolean {
    this.#step('transport-error');
    return this.#state === 'terminated';
  }

  protected override cancelTimers(): void {
    this.#trying?.cancel();
    this.#trying = undefined;
    this.#retransmit?.cancel();
    this.#retransmit = undefined;
    this.#end?.cancel();
    this.#end = undefined;
  }

  #step(event: InviteServerEvent): boolean {
    const next = inviteServer.next(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
