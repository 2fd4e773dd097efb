// Supervisors in a talk: they hear it, speak to the agent alone or to all, and may take the customer.
import type { AgentRecord, MonitorMode } from '../ports/index.ts';
import type { Call } from './call.ts';
import type { CallGuests } from './call-guests.ts';
import { callErrors } from './errors.ts';
import type { Guest } from './guest.ts';

export class Supervision {
  readonly #call: Call;
  readonly #guests: CallGuests;

  constructor(call: Call, guests: CallGuests) {
    this.#call = call;
    this.#guests = guests;
  }

  /** @throws call-wrong-phase, phone-unreachable */
  monitor(supervisor: AgentRecord, mode: MonitorMode): void {
    const known = this.#listener(supervisor.id);
    const part = this.#call.talk.part;
    if (!part?.joined) throw this.#guests.wrongPhase();
    if (known) {
      if (known.mode === mode) return;
      known.mode = mode;
      this.#call.log.monitored(supervisor.id, mode, 'changed', part.agent);
      if (known.state === 'in') this.#guests.bringIn(part, known);
      this.#call.moved();
      return;
    }
    if (part.agent === supervisor.id) throw this.#guests.wrongPhase();
    const targets = this.#guests.phones({ agent: supervisor.id }, undefined);
    const to = { agent: supervisor.id };
    const guest = this.#guests.add({ as: 'monitor', to, by: supervisor.id, agent: supervisor.id }, undefined, mode);
    this.#call.log.monitored(supervisor.id, mode, 'asked', part.agent);
    void this.#guests.ring(guest, targets);
    this.#call.moved();
  }

  /** @throws party-unknown */
  unmonitor(supervisor: string): void {
    const guest = this.#listener(supervisor);
    if (!guest) throw callErrors['party-unknown']({ party: supervisor });
    this.#guests.dismiss(guest, 'asked');
    this.#call.moved();
  }

  /** @throws party-unknown, call-wrong-phase */
  takeOver(supervisor: string): void {
    const guest = this.#listener(supervisor);
    const part = this.#call.talk.part;
    if (!part?.joined || !this.#call.can('handed')) throw this.#guests.wrongPhase();
    if (!guest?.leg || guest.state !== 'in') throw callErrors['party-unknown']({ party: supervisor });
    this.#call.log.monitored(supervisor, 'barge', 'took-over', part.agent);
    this.#guests.handTo(guest, 'taken-over');
  }

  #listener(supervisor: string): Guest | undefined {
    for (const guest of this.#guests.all)
      if (guest.facts.as === 'monitor' && guest.agent === supervisor && guest.state !== 'gone') return guest;
    return undefined;
  }
}
