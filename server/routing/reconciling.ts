// The regular comparison of the router with reality, and what it does about a difference.
import type { Logger } from 'pino';
import type { Clock, InteractionId, OfferId } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { routingHealed } from './events.ts';
import { type Difference, differencesOf, type Found, type Reality } from './reconciler.ts';
import type { RouterHolder } from './router-holder.ts';

/** A difference seen twice is healed, so within two seconds. */
const everyMs = 900;

export interface ReconcilingOptions {
  holder: RouterHolder;
  journal: Journal;
  clock: Clock;
  logger: Logger;
  underWay: (offer: OfferId) => boolean;
  /** Gives a contact that the router does not know back to its flow. @returns whether it had a way back */
  giveBack: (interaction: InteractionId) => boolean;
  /** Ends an offer that nobody drives. */
  takeBack: (offer: OfferId) => void;
  /** Forgets a contact that is no more. */
  leave: (interaction: InteractionId) => void;
}

export class Reconciling {
  readonly healed: Partial<Record<Difference['kind'], number>> = {};
  readonly #options: ReconcilingOptions;
  #reality: Reality | undefined;
  #timer: NodeJS.Timeout | undefined;
  #seen = new Map<string, Found>();

  constructor(options: ReconcilingOptions) {
    this.#options = options;
  }

  /** Compares with this from now on. */
  begin(reality: Reality): void {
    this.#reality = reality;
    this.#timer ??= setInterval(() => this.#compare(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Where contacts may still be attached, nothing is compared. */
  paused = false;

  #compare(): void {
    const { holder, underWay } = this.#options;
    if (!this.#reality || this.paused) return;
    try {
      const found = differencesOf(holder.state, this.#reality.contacts(), underWay);
      for (const [key, difference] of found) {
        if (!this.#seen.has(key)) continue;
        found.delete(key);
        this.#heal(difference);
      }
      this.#seen = found;
    } catch (error) {
      holder.defect(error, 'reconcile');
    }
  }

  #heal({ difference, router, reality }: Found): void {
    const { journal, clock, logger, holder, giveBack, takeBack, leave } = this.#options;
    const { kind, interaction } = difference;
    this.healed[kind] = (this.healed[kind] ?? 0) + 1;
    logger.error({ interaction, kind, router, reality }, 'router and reality differed; healed');
    void journal.append([newEvent(routingHealed, clock.now(), { kind, router, reality }, { interaction })]);
    switch (kind) {
      case 'contact-gone':
        leave(interaction);
        return;
      case 'connected': {
        const work = `off_real_${interaction}_${clock.now()}`;
        holder.give({ type: 'adopt', contact: interaction, agent: difference.agent, work });
        return;
      }
      case 'not-connected': {
        const contact = holder.state.contacts.get(interaction);
        if (!contact) return;
        const { queue, priority, skills } = contact;
        holder.give({ type: 'move', contact: interaction, keepAge: true, queue, priority, skills });
        return;
      }
      case 'talk-unknown': {
        const { agent, channel, queue } = difference;
        const work = `off_real_${interaction}_${clock.now()}`;
        holder.give({ type: 'take', contact: interaction, channel, queue, agent, work });
        return;
      }
      case 'offer-idle':
        takeBack(difference.offer);
        return;
      case 'contact-unknown':
        // With its way back the flow's exit runs; without one the caller is not left with the music for ever.
        if (!giveBack(interaction)) this.#reality?.end(interaction);
        return;
    }
  }
}
