// Offers under way: the screen-pop first, then the ring, until that has an outcome.
import type { Logger } from 'pino';
import type { AgentId, Offer, OfferId, OfferOutcome, OfferTarget } from '../../values/index.ts';
import type { Screens } from '../ports/index.ts';

interface Flight {
  offer: Offer;
  abort: AbortController;
  /** The agent said no on her panel; ringing is being stopped. */
  declined: boolean;
}

/** Why ringing is stopped; what the target resolves with. */
export type Stop = 'missed' | 'withdrawn';

/**
 * ```
 *  popping ──acknowledged, absent, 150 ms──► ringing ──outcome──► (gone)
 *     └──stopped──► (gone)                      └──stopped──► outcome of the target
 * ```
 */
export class Flights {
  readonly #flights = new Map<OfferId, Flight>();
  readonly #screens: () => Screens | undefined;
  readonly #popMs: number;
  readonly #logger: Logger;
  readonly #ended: (offer: Offer, outcome: OfferOutcome) => void;

  /**
   * @param popMs the phone rings that long after the pop at the latest
   * @param ended called once per offer started
   */
  constructor(
    screens: () => Screens | undefined,
    popMs: number,
    logger: Logger,
    ended: (offer: Offer, outcome: OfferOutcome) => void,
  ) {
    this.#screens = screens;
    this.#popMs = popMs;
    this.#logger = logger;
    this.#ended = ended;
  }

  get size(): number {
    return this.#flights.size;
  }

  has(offer: OfferId): boolean {
    return this.#flights.has(offer);
  }

  start(offer: Offer, target: OfferTarget): void {
    const flight: Flight = { offer, abort: new AbortController(), declined: false };
    this.#flights.set(offer.id, flight);
    this.#fly(flight, target).then(
      (outcome) => this.#end(flight, outcome),
      (error: unknown) => {
        const { id, interaction, agent } = offer;
        this.#logger.error({ err: error, offer: id, interaction, agent }, 'an offer failed');
        this.#end(flight, 'unreachable');
      },
    );
  }

  /** Stops ringing; the target's answer follows, unless the offer is not under way. */
  stop(offer: OfferId, why: Stop): void {
    this.#flights.get(offer)?.abort.abort(why);
  }

  /** @returns whether the offer is under way, and hers */
  decline(agent: AgentId, offer: OfferId): boolean {
    const flight = this.#flights.get(offer);
    if (flight?.offer.agent !== agent) return false;
    flight.declined = true;
    flight.abort.abort('withdrawn' satisfies Stop);
    return true;
  }

  #end(flight: Flight, outcome: OfferOutcome): void {
    this.#flights.delete(flight.offer.id);
    this.#ended(flight.offer, flight.declined && outcome === 'withdrawn' ? 'declined' : outcome);
  }

  async #fly({ offer, abort: { signal } }: Flight, target: OfferTarget): Promise<OfferOutcome> {
    await this.#pop(offer, target, signal);
    if (signal.aborted) return signal.reason as Stop;
    return target.offer(offer, signal);
  }

  /** Resolves when a panel shows the contact, after 150 ms, or when the offer is stopped; undefined where she has none. */
  #pop(offer: Offer, target: OfferTarget, signal: AbortSignal): Promise<void> | undefined {
    const shown = this.#show(offer, target);
    if (shown === 'absent') return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopped = () => resolve();
    signal.addEventListener('abort', stopped, { once: true });
    shown.then(stopped, (error: unknown) => {
      this.#failed(offer, error);
      resolve();
    });
    // Counted from when the pop was written: what it took to put together is not taken from the panel's time.
    const timer = setTimeout(resolve, this.#popMs);
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
    });
  }

  #show(offer: Offer, target: OfferTarget): ReturnType<Screens['pop']> {
    try {
      return this.#screens()?.pop(offer, () => target.pop()) ?? 'absent';
    } catch (error) {
      this.#failed(offer, error);
      return 'absent';
    }
  }

  /** The customer is not made to wait for a screen that fails. */
  #failed({ id: offer, interaction }: Offer, error: unknown): void {
    this.#logger.error({ err: error, offer, interaction }, 'screen-pop failed');
  }
}
