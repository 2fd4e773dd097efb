// What rings for an offer, so that a panel can make the phone answer: a caller's place in a queue, or a consultation's.
import type { AgentId, Offer, OfferId } from '../../values/index.ts';
import type { AgentRecord } from '../ports/index.ts';
import { autoAnswer, obeys } from './auto-answer.ts';
import { callErrors } from './errors.ts';
import type { Ringing } from './ringing.ts';

/** A phone rings that long after the pop at the latest (150 ms), and a little. */
const mostUntilRingMs = 500;

interface OfferedRing {
  offer: OfferId;
  agent: AgentId;
  ringing: Ringing;
}

export class OfferedRings {
  readonly #rings = new Map<OfferId, OfferedRing>();
  /** Who answered between the pop and the ring. */
  readonly #early = new Set<(ring: OfferedRing) => void>();

  /** Her phones ring, until that has a result. */
  add({ id: offer, agent }: Offer, ringing: Ringing): void {
    const ring = { offer, agent, ringing };
    this.#rings.set(offer, ring);
    void ringing.result.then(() => this.#rings.delete(offer));
    for (const look of [...this.#early]) look(ring);
  }

  /** Makes the ringing phone of that offer answer. @throws phone-cannot-auto-answer */
  async answer(agent: AgentRecord, offer: OfferId): Promise<void> {
    const ring = this.#rings.get(offer) ?? (await this.#soon(offer));
    if (!obeys(agent) || ring?.agent !== agent.id) throw callErrors['phone-cannot-auto-answer']({ agent: agent.id });
    ring.ringing.again(autoAnswer);
  }

  #soon(offer: OfferId): Promise<OfferedRing | undefined> {
    const { promise, resolve } = Promise.withResolvers<OfferedRing | undefined>();
    const done = (ring?: OfferedRing) => {
      clearTimeout(patience);
      this.#early.delete(look);
      resolve(ring);
    };
    const look = (ring: OfferedRing) => {
      if (ring.offer === offer) done(ring);
    };
    const patience = setTimeout(done, mostUntilRingMs);
    this.#early.add(look);
    return promise;
  }
}
