// What an agent does with somebody whom she asks while the customer hears music.
import type { TransferTarget } from '../ports/index.ts';
import type { Destination } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { CallGuests } from './call-guests.ts';
import { ringbackTone } from './ringback.ts';

export class Consultation {
  readonly #call: Call;
  readonly #guests: CallGuests;

  constructor(call: Call, guests: CallGuests) {
    this.#call = call;
    this.#guests = guests;
  }

  /** The customer hears music, and somebody is asked. @throws call-wrong-phase, call-too-many-parties, queue-unknown, phone-unreachable */
  consult(by: string, to: TransferTarget, destination: Destination | undefined): string {
    const call = this.#call;
    const part = this.#guests.joinedPart();
    if (!call.can('consulted') || this.#guests.consulted) throw this.#guests.wrongPhase();
    const targets = 'queue' in to ? [] : this.#guests.phones(to, destination);
    const guest = this.#guests.add({ as: 'consult', to, by, agent: 'agent' in to ? to.agent : undefined }, destination);
    const wasHeld = call.state === 'held';
    call.must('consulted');
    this.#guests.away(part, wasHeld);
    part.talk.ringback(ringbackTone);
    if ('queue' in to) this.#guests.askQueue(guest, to.queue);
    else void this.#guests.ring(guest, targets);
    call.moved();
    return guest.facts.id;
  }

  /** To the other of the two. @throws call-wrong-phase */
  swap(): void {
    const call = this.#call;
    const part = this.#guests.joinedPart();
    const guest = this.#guests.consulted;
    if (!guest?.leg || guest.state === 'calling') throw this.#guests.wrongPhase();
    if (guest.state === 'private') {
      call.must('customer-back');
      this.#guests.put(guest, 'aside');
      this.#guests.setAside(part, guest);
      this.#guests.back(part);
    } else {
      if (call.state !== 'talking') throw this.#guests.wrongPhase();
      call.must('consulted');
      this.#guests.put(guest, 'private');
      this.#guests.away(part, false);
      this.#guests.bringIn(part, guest);
    }
    call.moved();
  }

  /** All three talk. @throws call-wrong-phase */
  merge(): void {
    const call = this.#call;
    const part = this.#guests.joinedPart();
    const guest = this.#guests.consulted;
    if (!guest?.leg || guest.state === 'calling' || !call.can('joined')) throw this.#guests.wrongPhase();
    const wasAway = call.state === 'consulting';
    const wasAside = guest.state === 'aside';
    call.must('joined');
    this.#guests.put(guest, 'in');
    part.talk.linked(false);
    if (wasAway) this.#guests.back(part);
    if (wasAside) this.#guests.bringIn(part, guest);
    call.moved();
  }

  /** The customer goes to whom the agent has asked. @throws call-wrong-phase; agent-unreached, queue-closed, queue-full, queue-unstaffed, agent-away where nobody could take her */
  complete(): void {
    const guest = this.#guests.consulted;
    this.#guests.joinedPart();
    // In a flow of the agent's the customer cannot be handed over: then whom she asked stays where she is.
    if (!guest || !this.#call.can(guest.ready ? 'handed' : 'dialling')) throw this.#guests.wrongPhase();
    if (guest.ready) this.#guests.handTo(guest, 'transferred');
    else {
      this.#call.transfer.mustBeTaken(guest.facts.to);
      this.#guests.transferBlind(guest);
    }
  }

  /** Whom she asked goes, and the customer is back. @throws call-wrong-phase */
  retract(): void {
    const call = this.#call;
    const part = this.#guests.joinedPart();
    const guest = this.#guests.consulted;
    if (!guest) throw this.#guests.wrongPhase();
    const wasAway = call.state === 'consulting';
    this.#guests.dismiss(guest, 'retracted');
    if (wasAway) {
      call.must('customer-back');
      this.#guests.back(part);
    }
    call.moved();
  }
}
