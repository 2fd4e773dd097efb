// What routing does about decisions, once they are committed: pops and rings, stops ringing, gives contacts back.
import type { Logger } from 'pino';
import type { AgentId, InteractionId, Offer, OfferId, OfferOutcome, OfferTarget } from '../../values/index.ts';
import type { AcdEvent, AcdEventOf, Command } from '../acd/index.ts';
import type { QueueExit, Screens } from '../ports/index.ts';
import { exitOf } from './facts.ts';
import { Flights } from './flights.ts';
import { type RouterHolder, refusalOf } from './router-holder.ts';

/** Who holds a contact, and how the queue gives it back. */
export interface Binding {
  target: OfferTarget;
  onExit: (exit: QueueExit) => void;
}

export interface ActingOptions {
  holder: RouterHolder;
  logger: Logger;
  popMs: number;
  /** An offer began. */
  offered: (offer: Offer) => void;
}

export class Acting {
  readonly outcomes: Partial<Record<OfferOutcome, number>> = {};
  readonly bindings = new Map<InteractionId, Binding>();
  screens: Screens | undefined;
  /** After a restart: contacts may still find the call that they belong to. */
  attaching = false;
  readonly #options: ActingOptions;
  readonly #holder: RouterHolder;
  readonly #flights: Flights;
  /** Offers that wait for their call to be attached. */
  readonly #held = new Map<InteractionId, AcdEventOf<'offer-made'>>();

  constructor(options: ActingOptions) {
    this.#options = options;
    this.#holder = options.holder;
    this.#flights = new Flights(
      () => this.screens,
      options.popMs,
      options.logger,
      (offer, outcome) => this.#offerEnded(offer, outcome),
    );
  }

  /** Acts on one committed event. */
  act(event: AcdEvent): void {
    switch (event.type) {
      case 'offer-made':
        this.#startOffer(event);
        return;
      case 'offer-withdrawing':
        this.#flights.stop(event.offer, event.outcome);
        return;
      case 'offer-ended':
        this.#flights.stop(event.offer, 'withdrawn');
        this.#outcomeSeen(event, event.outcome);
        return;
      case 'offer-accepted':
        this.#outcomeSeen(event, 'accepted');
        return;
      case 'contact-overflowed':
        this.giveBack(event.contact, exitOf(event.reason));
        return;
      default:
        return;
    }
  }

  /** Whether somebody drives the offer, or will as soon as it is committed. */
  underWay(offer: OfferId): boolean {
    return this.#flights.has(offer) || this.#holder.uncommitted.has(offer);
  }

  /** @returns whether the offer is under way, and hers */
  decline(agent: AgentId, offer: OfferId): boolean {
    return this.#flights.decline(agent, offer);
  }

  /** Binds a call that outlived a restart to its contact; what was ringing then is offered anew. */
  attach(interaction: InteractionId, binding: Binding): void {
    this.bindings.set(interaction, binding);
    const contact = this.#holder.state.contacts.get(interaction);
    const held = this.#held.get(interaction);
    this.#held.delete(interaction);
    if (contact?.state !== 'offered' || !contact.work) return;
    if (held?.offer === contact.work.id) this.#startOffer(held);
    else this.takeBack(contact.work.id);
  }

  /** No more calls will be attached. */
  attached(): void {
    this.attaching = false;
    this.#held.clear();
  }

  /**
   * A contact leaves. Its binding goes with the decision, not with the commit: it may come anew in the same turn (transfer),
   * and even be given back at once, and then the new binding must be there.
   */
  leave(interaction: InteractionId, reason: Extract<Command, { type: 'leave' }>['reason']): void {
    this.bindings.delete(interaction);
    this.#holder.give({ type: 'leave', contact: interaction, reason });
  }

  /** Gives a contact back to its flow. @returns whether it had a way back */
  giveBack(interaction: InteractionId, exit: QueueExit): boolean {
    const binding = this.bindings.get(interaction);
    this.bindings.delete(interaction);
    binding?.onExit(exit);
    return binding !== undefined;
  }

  /** Ends an offer that nobody drives any more, without blaming the agent. */
  takeBack(offer: OfferId): void {
    this.#holder.give({ type: 'withdraw', offer });
    this.#holder.give({ type: 'outcome', offer, outcome: 'withdrawn' });
  }

  #startOffer(event: AcdEventOf<'offer-made'>): void {
    const { offer: id, contact: interaction, agent, queue, at, deadline } = event;
    const work = this.#holder.state.work.get(id)?.work.get(id);
    if (!work || this.#holder.closed) return; // ended in the meantime
    const binding = this.bindings.get(interaction);
    if (!binding && this.attaching) {
      this.#held.set(interaction, event);
      return;
    }
    if (!binding) {
      this.#options.logger.error({ interaction, offer: id }, 'offered a contact that nobody holds');
      this.leave(interaction, 'lost');
      return;
    }
    if (work.state !== 'offered') {
      // Withdrawn before it began.
      this.#holder.give({ type: 'outcome', offer: id, outcome: 'withdrawn' });
      return;
    }
    const offer: Offer = { id, interaction, agent, queue, at, deadline };
    this.#flights.start(offer, binding.target);
    this.#options.offered(offer);
  }

  /** The target said how an offer ended. */
  #offerEnded(offer: Offer, outcome: OfferOutcome): void {
    if (this.#holder.closed) return;
    try {
      const refused = refusalOf(this.#holder.give({ type: 'outcome', offer: offer.id, outcome }));
      if (!refused || outcome !== 'accepted') return;
      // She answered after the router had given her up: she has the contact all the same.
      const { interaction, agent } = offer;
      this.#options.logger.warn({ interaction, agent, offer: offer.id }, 'answered after the offer had ended');
      this.#holder.give({ type: 'adopt', contact: interaction, agent, work: offer.id });
    } catch (error) {
      this.#holder.defect(error, 'outcome');
    }
  }

  #outcomeSeen(event: AcdEventOf<'offer-ended'> | AcdEventOf<'offer-accepted'>, outcome: OfferOutcome): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    this.screens?.offerEnded(event.offer, event.agent, event.contact, outcome);
  }
}
