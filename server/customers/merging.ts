// Merging two customers by hand, and taking them apart again.
import type { Clock, CustomerId } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import type { Customer } from './customer.ts';
import { customersMerged, customersParted, customersSuggested, suggestionClosed } from './customer-events.ts';
import type { CustomerStore } from './customer-store.ts';
import { failed } from './errors.ts';
import type { Suggestion, SuggestionRows } from './suggestions.ts';

/** One person is made of so many customers at most. */
const mostParts = 100;

export class Merging {
  readonly #store: CustomerStore;
  readonly #rows: SuggestionRows;
  readonly #clock: Clock;

  constructor(store: CustomerStore, rows: SuggestionRows, clock: Clock) {
    this.#store = store;
    this.#rows = rows;
    this.#clock = clock;
  }

  /** `other` becomes part of `into`. @throws customer-unknown, customer-merged-already, customer-parts-many */
  async merge(into: CustomerId, other: CustomerId, by: string): Promise<Customer> {
    const winner = this.#must(into);
    const loser = this.#must(other);
    if (winner.id === loser.id) throw failed['customer-merged-already']({ customer: winner.id });
    if (partsOf(winner) + partsOf(loser) > mostParts)
      throw failed['customer-parts-many']({ customer: winner.id, most: mostParts });
    const now = this.#clock.now();
    const scope = { customer: winner.id, team: winner.team };
    const events = [newEvent(customersMerged, now, { by, loser: loser.id, why: 'by-hand' }, scope)];
    // Suggestions name whom they were about at the time; all pairs of the two persons are decided now.
    const pairs = this.#pairs(winner, loser);
    for (const [customer, about] of pairs) {
      const data = { by, other: about, state: 'merged' as const };
      events.push(newEvent(suggestionClosed, now, data, { customer, team: winner.team }));
    }
    await this.#store.save({
      customers: [winner.id, loser.id],
      events,
      merged: [{ customer: loser.id, into: winner.id, by, why: 'by-hand' }],
      rows: () => {
        this.#store.rows.merge(loser.id, winner.id, now, by, 'by-hand');
        for (const [customer, about] of pairs) this.#rows.close(customer, about, 'merged', by);
      },
    });
    return this.#must(winner.id);
  }

  /** She stands by herself again, with what she had and what came by her identities since. @throws customer-unknown, customer-not-merged */
  async part(id: CustomerId, by: string): Promise<{ customer: Customer; from: Customer }> {
    this.#must(id);
    const part = this.#store.part(id);
    const into = part?.merged?.into;
    if (into === undefined) throw failed['customer-not-merged']({ customer: id });
    const now = this.#clock.now();
    const head = this.#store.headOf(id) ?? into;
    await this.#store.save({
      customers: [id, head, into],
      events: [newEvent(customersParted, now, { by, from: into }, { customer: id, team: part?.team })],
      merged: [{ customer: id, into: null, by, why: '' }],
      rows: () => {
        this.#store.rows.merge(id, null, now, by, '');
        this.#rows.part(id, into, now, by);
      },
    });
    return { customer: this.#must(id), from: this.#must(into) };
  }

  /** A person thinks that they are the same; staff decides. @throws customer-unknown, customer-merged-already */
  async suggest(id: CustomerId, other: CustomerId, by: string): Promise<Suggestion> {
    const [one, two] = [this.#must(id), this.#must(other)];
    if (one.id === two.id) throw failed['customer-merged-already']({ customer: one.id });
    const now = this.#clock.now();
    const suggestion = { customer: one.id, other: two.id, why: 'by-hand', since: now, by };
    const data = { by, other: two.id, why: 'by-hand' };
    await this.#store.save({
      customers: [one.id],
      events: [newEvent(customersSuggested, now, data, { customer: one.id, team: one.team })],
      rows: () => this.#rows.open(suggestion),
    });
    return suggestion;
  }

  /** They are two, and so are all parts of them. @throws customer-unknown */
  async dismiss(id: CustomerId, other: CustomerId, by: string): Promise<void> {
    const one = this.#must(id);
    const two = this.#store.get(other);
    const { team } = one;
    // The pair that was named, also where the other one is gone; and all that say the same of these two persons.
    const pairs = new Map<string, [CustomerId, CustomerId]>([[`${id} ${other}`, [id, other]]]);
    if (two !== undefined && two.id !== one.id) {
      for (const pair of this.#pairs(one, two)) {
        if (!pair.includes(id) || !pair.includes(other)) pairs.set(pair.join(' '), pair);
      }
    }
    const now = this.#clock.now();
    await this.#store.save({
      customers: [id],
      events: [...pairs.values()].map(([customer, about]) => {
        const data = { by, other: about, state: 'dismissed' as const };
        return newEvent(suggestionClosed, now, data, { customer, team });
      }),
      rows: () => {
        for (const [customer, about] of pairs.values()) this.#rows.close(customer, about, 'dismissed', by);
      },
    });
  }

  #pairs(one: Customer, two: Customer): [CustomerId, CustomerId][] {
    const ids = (customer: Customer) => [customer.id, ...(customer.parts ?? []).map(({ id }) => id)];
    const theirs = new Set(ids(two));
    const mine = ids(one);
    return mine.flatMap((id) =>
      this.#rows
        .of(id)
        .filter(({ customer, other }) => theirs.has(customer) || theirs.has(other))
        .map(({ customer, other }): [CustomerId, CustomerId] => [customer, other]),
    );
  }

  #must(id: CustomerId): Customer {
    const customer = this.#store.get(id);
    if (customer === undefined) throw failed['customer-unknown']({ customer: id });
    return customer;
  }
}

function partsOf(customer: Customer): number {
  return 1 + (customer.parts?.length ?? 0);
}
