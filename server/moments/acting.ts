// What moments do once they have fired: one action after the other, each written down with what became of it.
import { type CustomerId, isNumber } from '../../values/index.ts';
import { agreedTo, type Customer } from '../customers/index.ts';
import { type NewEvent, newEvent } from '../journal/index.ts';
import type { Said } from './acts.ts';
import { millisOf } from './duration.ts';
import type { Effects } from './effects.ts';
import { classMs } from './evaluate.ts';
import { momentActed, momentSignalled } from './events.ts';
import type { Facts } from './facts.ts';
import type { MomentRows, OpenFiring } from './moment-rows.ts';
import type { MomentsOptions } from './moments.ts';
import { quietFrom, quietUntil } from './restraint.ts';
import { filled, said } from './saying.ts';
import { type Action, kindOf } from './schema.ts';

/** How long her next contact still gets what a moment wished for it, and agents see its hint. */
const wishMs = 30 * 60_000;

/** What became of an action. */
interface Came {
  result: 'done' | 'refused';
  why?: string;
  message?: string;
  callback?: string;
}

export class Acting {
  readonly #options: Pick<MomentsOptions, 'journal' | 'customers' | 'acts' | 'rules' | 'clock' | 'logger'>;
  readonly #rows: MomentRows;
  readonly #facts: Facts;
  readonly #effects: Effects;

  constructor(options: MomentsOptions, rows: MomentRows, facts: Facts, effects: Effects) {
    this.#options = options;
    this.#rows = rows;
    this.#facts = facts;
    this.#effects = effects;
  }

  /** What agents who get her see. */
  hints(customer: CustomerId): Said[] {
    const { clock, customers } = this.#options;
    const now = clock.now();
    const known = customers.get(customer);
    return this.#effects
      .of(known?.id ?? customer)
      .flatMap(({ at, actions, facts }) =>
        now - at > wishMs
          ? []
          : actions.flatMap((action) => ('hint' in action ? [filled(action.hint, { name: known?.name, facts })] : [])),
      );
  }

  /** One action after the other; each is written down with what became of it. */
  act(firing: OpenFiring): void {
    const { logger, clock } = this.#options;
    // Cut off by the end of the server, and too late now.
    if (clock.now() - firing.at > classMs[firing.class]) return;
    const work = this.#actAll(firing).catch((error: unknown) =>
      logger.error({ err: error, moment: firing.moment, firing: firing.id }, 'a moment could not act'),
    );
    this.#effects.busy.add(work);
    void work.finally(() => this.#effects.busy.delete(work));
  }

  async #actAll(firing: OpenFiring): Promise<void> {
    const { customers, journal, clock, logger } = this.#options;
    for (const action of firing.actions.slice(firing.done)) {
      const customer = customers.get(firing.customer);
      if (customer === undefined) return;
      const kind = kindOf(action);
      let came: Came | { result: 'failed'; why: string };
      let seen = false;
      try {
        ({ seen = false, ...came } = await this.#perform(firing, action, customer));
      } catch (error) {
        logger.warn({ err: error, moment: firing.moment, action: kind }, 'an action of a moment failed');
        came = { result: 'failed', why: error instanceof Error ? error.message.slice(0, 300) : 'unknown' };
      }
      firing.done++;
      if ('message' in came) firing.message = came.message;
      if ('callback' in came) firing.callback = came.callback;
      const { id, moment } = firing;
      const scope = { customer: customer.id, team: customer.team };
      const events: NewEvent[] = [
        newEvent(momentActed, clock.now(), { firing: id, moment, action: kind, ...came }, scope),
      ];
      if ('signal' in action)
        events.push(newEvent(momentSignalled, clock.now(), { firing: id, moment, signal: action.signal }, scope));
      const shown = seen ? this.#effects.shown(firing, clock.now()) : undefined;
      if (shown) events.push(shown.note);
      await journal.append(events, () => {
        shown?.rows();
        this.#rows.putFiring(firing);
        this.#rows.log.acted(id, { action: kind, result: came.result, why: came.why });
        this.#effects.count(clock.now(), moment, 'acted', `${kind} ${came.result}`);
      });
    }
  }

  async #perform(firing: OpenFiring, action: Action, customer: Customer): Promise<Came & { seen?: boolean }> {
    const { customers, acts, clock, rules } = this.#options;
    const by = `moment:${firing.moment}`;
    const now = clock.now();
    if ('tag' in action) {
      await customers.tag(customer.id, action.tag, by, now + millisOf(action.for));
    } else if ('priority' in action || 'route' in action) {
      for (const { interaction, waiting } of this.#facts.of(new Set(customers.idsOf(customer.id)))) {
        if (waiting) this.#change(interaction, action);
      }
    } else if ('message' in action) {
      const language = customer.language ?? acts.language;
      const text = said(filled(action.message, { name: customer.name, facts: firing.facts }), language);
      const consents = customers.consents(customer.id);
      const sent = await acts.message(customer, text, {
        channels: action.channels,
        mayUse: (kind) => agreedTo(consents, kind, firing.purpose) !== false,
        key: firing.id,
      });
      return 'refused' in sent ? { result: 'refused', why: sent.refused } : { result: 'done', message: sent.message };
    } else if ('callback' in action) {
      const number = customer.identities.find(({ kind, value }) => kind === 'phone' && isNumber(value))?.value;
      if (number === undefined) return { result: 'refused', why: 'no number of hers is known' };
      const { queue, in: wait } = action.callback;
      const due = now + (wait === undefined ? 0 : millisOf(wait));
      // She may be called late, or again: never in the quiet hours.
      const from = quietUntil(due, rules) ?? due;
      const until = quietFrom(from, rules);
      const made = await acts.callback(customer, { queue, number, from, until, note: firing.moment }, by);
      return 'refused' in made ? { result: 'refused', why: made.refused } : { result: 'done', callback: made.callback };
    }
    if ('hint' in action) {
      // Whoever has her contact already sees it at once; who is offered it later, by `hints`.
      let seen = false;
      for (const { interaction, answered } of this.#facts.of(new Set(customers.idsOf(customer.id)))) {
        if (acts.hint(interaction, this.hints(customer.id))) seen ||= answered;
      }
      return { result: 'done', seen };
    }
    // A signal is the event itself.
    return { result: 'done' };
  }

  /** What open moments wished for her next contact. */
  grant(customer: CustomerId, interaction: string): void {
    const now = this.#options.clock.now();
    for (const { at, actions } of this.#effects.of(customer)) {
      if (now - at > wishMs) continue;
      for (const action of actions) if ('priority' in action || 'route' in action) this.#change(interaction, action);
    }
  }

  #change(interaction: string, action: Extract<Action, { priority: number } | { route: object }>): void {
    const { acts, logger } = this.#options;
    try {
      acts.change(interaction, 'priority' in action ? { priority: action.priority } : action.route);
    } catch (error) {
      // It was answered or hung up in between.
      logger.debug({ err: error, interaction }, 'a contact was gone before a moment could change it');
    }
  }
}
