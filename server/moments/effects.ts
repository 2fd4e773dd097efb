// What came of moments that fired: whether it reached the customer, and whether she answered, within a day.
import type { CustomerId, Millis } from '../../values/index.ts';
import { type JournalEvent, type NewEvent, newEvent } from '../journal/index.ts';
import type { Fact } from './conditions.ts';
import { momentAnswered, momentReached } from './events.ts';
import type { MomentRows, OpenFiring } from './moment-rows.ts';
import { dayMs } from './restraint.ts';

const sweepMs = 3_600_000;

/** Something came of a firing: the event, and its rows. */
export interface Effect {
  note: NewEvent;
  rows: () => void;
}

export class Effects {
  /** Actions under way. */
  readonly busy = new Set<Promise<void>>();
  readonly #rows: MomentRows;
  readonly #days: Intl.DateTimeFormat;
  readonly #open = new Map<CustomerId, OpenFiring[]>();
  #sweepAt = 0;

  constructor(rows: MomentRows, timeZone: string) {
    this.#rows = rows;
    this.#days = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  }

  /** Nothing can come of anything any more. */
  get none(): boolean {
    return this.#open.size === 0;
  }

  load(now: Millis): void {
    this.sweep(now);
    this.#rows.log.sweep(now);
    for (const firing of this.#rows.firings(now - dayMs)) this.add(firing);
  }

  /** Lets go of those of which nothing can come any more, once an hour: most people are not heard of again. */
  sweep(now: Millis): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + sweepMs;
    const oldest = now - dayMs;
    this.#rows.sweep(oldest);
    for (const [customer, firings] of this.#open) {
      const open = firings.filter(({ at }) => at > oldest);
      if (open.length === 0) this.#open.delete(customer);
      else if (open.length < firings.length) this.#open.set(customer, open);
    }
  }

  /** Those whose actions were cut off by the end of the server. */
  unfinished(): OpenFiring[] {
    return [...this.#open.values()].flat().filter(({ done, actions }) => done < actions.length);
  }

  add(firing: OpenFiring): void {
    const open = (this.#open.get(firing.customer) ?? []).filter(({ at }) => at > firing.at - dayMs);
    this.#open.set(firing.customer, [...open, firing]);
  }

  of(customer: CustomerId): readonly OpenFiring[] {
    return this.#open.get(customer) ?? [];
  }

  forget(customer: CustomerId): void {
    this.#open.delete(customer);
  }

  move(from: CustomerId, to: CustomerId): void {
    for (const firing of this.of(from)) this.add({ ...firing, customer: to });
    this.#open.delete(from);
  }

  count(at: Millis, moment: string, what: string, detail: string): void {
    this.#rows.count(this.#days.format(at), moment, what, detail);
  }

  /** What a fact about her says of the moments that fired. */
  hear(customer: CustomerId, fact: Fact, event: JournalEvent): Effect[] {
    const open = this.#open.get(customer);
    if (open === undefined) return [];
    const alive = open.filter(({ at, answeredAt }) => at > event.at - dayMs && answeredAt === undefined);
    if (alive.length === 0) this.#open.delete(customer);
    else if (alive.length < open.length) this.#open.set(customer, alive);
    return alive.flatMap((firing) => {
      const how = reachedBy(firing, fact);
      const effects: Effect[] = [];
      if (how !== undefined && firing.reachedAt === undefined) {
        firing.reachedAt = event.at;
        effects.push(this.#effect(firing, 'reached', how, event.at));
      }
      // What she does by herself after it came to her. A callback that she takes is its own answer.
      const answers =
        fact.event === 'message.received' || (fact.event === 'interaction.started' && fact.data.direction === 'in');
      if (firing.reachedAt !== undefined && (how === 'callback' || (answers && firing.reachedAt < event.at))) {
        firing.answeredAt = event.at;
        effects.push(this.#effect(firing, 'answered', '', event.at));
      }
      return effects;
    });
  }

  /** It is before the eyes of the agent who talks with her; undefined where it reached her before. */
  shown(firing: OpenFiring, at: Millis): Effect | undefined {
    if (firing.reachedAt !== undefined) return undefined;
    firing.reachedAt = at;
    return this.#effect(firing, 'reached', 'contact', at);
  }

  #effect(firing: OpenFiring, what: 'reached' | 'answered', detail: string, at: Millis): Effect {
    const { id, moment, customer } = firing;
    const facts = { firing: id, moment, ms: at - firing.at };
    const how = detail as 'contact' | 'message' | 'callback';
    return {
      note:
        what === 'reached'
          ? newEvent(momentReached, at, { ...facts, how }, { customer })
          : newEvent(momentAnswered, at, facts, { customer }),
      rows: () => {
        this.#rows.putFiring(firing);
        this.count(at, moment, what, detail);
        if (what === 'reached') this.#rows.log.reached(id, detail, facts.ms);
        else this.#rows.log.answered(id, facts.ms);
      },
    };
  }
}

function reachedBy(firing: OpenFiring, { event, data }: Fact): 'contact' | 'message' | 'callback' | undefined {
  const { message, callback, actions } = firing;
  if (event === 'message.delivered' && message !== undefined && data.message === message) {
    return data.state === 'sent' ? undefined : 'message';
  }
  if (event === 'callback.attempted' && callback !== undefined && data.callback === callback) {
    return data.outcome === 'reached' ? 'callback' : undefined;
  }
  const forContact = actions.some((action) => 'hint' in action || 'priority' in action || 'route' in action);
  return event === 'interaction.answered' && forContact ? 'contact' : undefined;
}
