// Customers as they are with what is decided but not on the disk yet: two channels that ask in one turn get one answer, and
// while the disk refuses, this is the only place that knows.
import type { Database } from 'better-sqlite3';
import type { Clock, CustomerId } from '../../values/index.ts';
import type { Journal, NewEvent } from '../journal/index.ts';
import { type Customer, type Part, personOf } from './customer.ts';
import { CustomerRows } from './customer-rows.ts';
import { failed } from './errors.ts';
import { type Identity, keyOf } from './identity.ts';

/** A journal that says whether its disk refuses. */
export type CustomerJournal = Pick<Journal, 'append'> & {
  readonly site: string;
  readonly trouble?: object | undefined;
};

export interface Change {
  /** Whose picture it changes. */
  customers: CustomerId[];
  events: NewEvent[];
  /** In the transaction of the events. */
  rows: () => void;
  /** What holds from now on, before the rows are written. */
  made?: Part | undefined;
  owners?: readonly { identity: Identity; owner: CustomerId }[] | undefined;
  claims?: readonly { identity: Identity; customer: CustomerId }[] | undefined;
  /** null: stands by herself. */
  merged?: readonly { customer: CustomerId; into: CustomerId | null; by: string; why: string }[] | undefined;
}

/** Customers whose rows wait for the disk, at most. */
const mostUnsaved = 50_000;
/** Persons kept in memory: those who call now. */
const mostKnown = 5_000;
/** A chain of merges is never longer; a longer one would be a circle. */
const longestChain = 100;

export class CustomerStore {
  readonly rows: CustomerRows;
  readonly #journal: CustomerJournal;
  readonly #clock: Clock;
  /** As rows and what is unsaved make them, by head; all changes go through `save`. The oldest goes first. */
  readonly #known = new Map<CustomerId, Customer>();
  readonly #made = new Map<CustomerId, Part>();
  readonly #owners = new Map<string, CustomerId>();
  readonly #added = new Map<CustomerId, Identity[]>();
  readonly #claimants = new Map<string, CustomerId>();
  readonly #merged = new Map<CustomerId, { into: CustomerId | null; by: string; why: string }>();
  /** Changes that wait for a disk that refused. */
  #late: Change[] = [];

  constructor(database: Database, journal: CustomerJournal, clock: Clock) {
    this.rows = new CustomerRows(database);
    this.#journal = journal;
    this.#clock = clock;
  }

  /** The person of that id, be it her own or that of a part of hers. */
  get(id: CustomerId): Customer | undefined {
    this.#settle();
    const known = this.#fresh(id);
    if (known) return known;
    const head = this.headOf(id);
    if (head === undefined) return undefined;
    const same = head === id ? undefined : this.#fresh(head);
    if (same) return same;
    const parts = this.partsOf(head).flatMap((part) => this.part(part) ?? []);
    const [first, ...others] = parts;
    if (first === undefined) return undefined;
    const customer = personOf([first, ...others]);
    this.#keep(customer);
    return customer;
  }

  /** Kept in memory, and none of her tags is over. */
  #fresh(head: CustomerId): Customer | undefined {
    const customer = this.#known.get(head);
    if (customer === undefined || customer.tags.length === 0) return customer;
    const now = this.#clock.now();
    return customer.tags.every(({ until }) => until === undefined || until > now) ? customer : undefined;
  }

  #keep(customer: Customer): void {
    this.#known.delete(customer.id);
    this.#known.set(customer.id, customer);
    if (this.#known.size <= mostKnown) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }

  /** One row alone. */
  part(id: CustomerId): Part | undefined {
    const part = this.rows.get(id, this.#clock.now()) ?? this.#made.get(id);
    if (part === undefined) return undefined;
    const merge = this.#merged.get(id);
    const added = this.#added.get(id);
    if (merge === undefined && added === undefined) return part;
    const identities = [...part.identities];
    for (const identity of added ?? []) {
      if (!identities.some((one) => keyOf(one) === keyOf(identity))) identities.push(identity);
    }
    if (merge === undefined) return { ...part, identities };
    const { into, by, why } = merge;
    return { ...part, identities, merged: into === null ? undefined : { into, at: this.#clock.now(), by, why } };
  }

  ownerOf(identity: Identity): CustomerId | undefined {
    this.#settle();
    return this.rows.byIdentity(identity) ?? this.#owners.get(keyOf(identity));
  }

  /** Those who say that an identity is theirs. */
  claimants(identity: Identity): CustomerId[] {
    const unsaved = this.#claimants.get(keyOf(identity));
    const saved = this.rows.claimants(identity);
    return unsaved === undefined || saved.includes(unsaved) ? saved : [...saved, unsaved];
  }

  /** Herself, or the customer whom she is part of. */
  headOf(id: CustomerId): CustomerId | undefined {
    this.#settle();
    let at = id;
    for (let step = 0; step < longestChain; step++) {
      const unsaved = this.#merged.get(at);
      const into = unsaved === undefined ? this.rows.mergedInto(at) : unsaved.into;
      if (into === undefined) return this.#made.has(at) ? at : undefined;
      if (into === null) return at;
      at = into;
    }
    return undefined;
  }

  /** All ids of a person, the head first. */
  partsOf(head: CustomerId): CustomerId[] {
    const all = [head];
    for (let at = 0; at < all.length; at++) {
      const into = all[at] as CustomerId;
      for (const part of this.rows.mergedWith(into)) if (!this.#merged.has(part)) all.push(part);
      for (const [part, unsaved] of this.#merged) if (unsaved.into === into && !all.includes(part)) all.push(part);
    }
    return all;
  }

  /** @throws customer-not-saved where the rows broke a rule of the schema: nothing was changed */
  async save(change: Change): Promise<void> {
    const { customers, events, rows, made } = change;
    // Nobody knows her from before: until another change touches her she is what was made, and no row need be read.
    const born = made && personOf([made]);
    const touched = new Set(customers);
    const widen = () => {
      if (born) return; // part of nobody yet
      for (const id of customers) {
        const head = this.headOf(id);
        if (head !== undefined) touched.add(head);
      }
    };
    const forget = () => {
      for (const id of touched) if (!born || this.#known.get(id) !== born) this.#known.delete(id);
    };
    widen();
    this.#hold(change);
    widen();
    forget();
    if (born) this.#keep(born);
    const { durable, undone } = await this.#journal.append(events, () => {
      rows();
      forget();
    });
    forget();
    if (durable || undone) this.#drop(change);
    else this.#late.push(change);
    if (!undone) return;
    if (born) this.#known.delete(born.id);
    throw failed['customer-not-saved']({ customer: customers[0] ?? '' });
  }

  #hold({ made, owners = [], claims = [], merged = [] }: Change): void {
    if (made) this.#made.set(made.id, made);
    for (const { identity, owner } of owners) {
      this.#owners.set(keyOf(identity), owner);
      if (owner === made?.id) continue;
      const added = this.#added.get(owner) ?? [];
      this.#added.set(owner, [...added, identity]);
    }
    for (const { identity, customer } of claims) this.#claimants.set(keyOf(identity), customer);
    for (const { customer, ...merge } of merged) this.#merged.set(customer, merge);
    limit(this.#made);
    limit(this.#owners);
    limit(this.#added);
    limit(this.#claimants);
  }

  #drop({ made, owners = [], claims = [], merged = [] }: Change): void {
    if (made) this.#made.delete(made.id);
    for (const { identity, owner } of owners) {
      const key = keyOf(identity);
      if (this.#owners.get(key) === owner) this.#owners.delete(key);
      const rest = this.#added.get(owner)?.filter((one) => keyOf(one) !== key);
      if (rest === undefined) continue;
      if (rest.length === 0) this.#added.delete(owner);
      else this.#added.set(owner, rest);
    }
    for (const { identity, customer } of claims) {
      if (this.#claimants.get(keyOf(identity)) === customer) this.#claimants.delete(keyOf(identity));
    }
    for (const { customer, into } of merged) {
      if (this.#merged.get(customer)?.into === into) this.#merged.delete(customer);
    }
  }

  /** The disk takes rows again: what waited for it was the first that it took. */
  #settle(): void {
    if (this.#late.length === 0 || this.#journal.trouble !== undefined) return;
    const late = this.#late;
    this.#late = [];
    for (const change of late) this.#drop(change);
    this.#known.clear();
  }
}

function limit(map: Map<string, unknown>): void {
  if (map.size <= mostUnsaved) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}
