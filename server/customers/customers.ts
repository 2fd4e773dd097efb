// Who customers are: identities, tags, notes. Reads are synchronous (a few microseconds from SQLite's cache), because a
// call asks while it is being answered; changes are journaled with their rows.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import {
  type Clock,
  type CustomerId,
  type Language,
  type Millis,
  newId,
  type PopContent,
  type Scope,
} from '../../values/index.ts';
import { type Journal, type NewEvent, newEvent } from '../journal/index.ts';
import {
  customerChanged,
  customerCreated,
  customerNoted,
  customerTagged,
  customerUntagged,
  identityAdded,
  identityRemoved,
} from './customer-events.ts';
import { CustomerRows } from './customer-rows.ts';
import { failed } from './errors.ts';
import type { Interactions } from './interactions.ts';

/** `phone` in E.164 where it could be understood, else as received; `account`, `mail` and whatever a connector brings. */
export interface Identity {
  kind: string;
  value: string;
}

export interface Tag {
  tag: string;
  since: Millis;
  until?: Millis | undefined;
  by: string;
}

export interface Note {
  id: string;
  at: Millis;
  by: string;
  text: string;
}

export interface Customer extends Scope {
  id: CustomerId;
  name?: string | undefined;
  language?: Language | undefined;
  createdAt: Millis;
  updatedAt: Millis;
  identities: Identity[];
  /** Those that hold now. */
  tags: Tag[];
}

export interface Customers {
  get(id: CustomerId): Customer | undefined;
  find(identity: Identity): Customer | undefined;
  /** The customer with that identity, made now where there is none. At once: the row follows with the group commit. */
  findOrCreate(identity: Identity, by: string, team?: string): Customer;
  /** By beginning of an identity's value, or a part of the name; newest first. */
  search(text: string, page: { limit: number; team?: string | undefined }): Customer[];
  create(
    customer: { name?: string; language?: Language; team?: string; identities: Identity[] },
    by: string,
  ): Promise<Customer>;
  /** null takes a value away. @throws customer-unknown */
  change(id: CustomerId, change: { name?: string | null; language?: Language | null }, by: string): Promise<Customer>;
  /** @throws customer-unknown, identity-taken */
  addIdentity(id: CustomerId, identity: Identity, by: string): Promise<Customer>;
  removeIdentity(id: CustomerId, identity: Identity, by: string): Promise<Customer>;
  /** @throws customer-unknown */
  tag(id: CustomerId, tag: string, by: string, until?: Millis): Promise<Customer>;
  untag(id: CustomerId, tag: string, by: string): Promise<Customer>;
  notes(id: CustomerId, limit?: number): Note[];
  /** @throws customer-unknown */
  note(id: CustomerId, text: string, by: string): Promise<Note>;
  /** What a screen-pop shows of her: `customer` and `earlier`. */
  pop(id: CustomerId, options?: { except?: string; limit?: number }): Pick<PopContent, 'customer' | 'earlier'>;
  /** Erases the person: her rows, and the personal fields of all events about her and her contacts. @returns how many events */
  erase(id: CustomerId, by: string): Promise<number>;
}

export interface CustomersOptions {
  database: Database;
  journal: Journal & { readonly site: string; erase(subjects: string[], by: string): Promise<number> };
  interactions: Interactions;
  clock: Clock;
  logger: Logger;
}

/** Customers whose rows wait for the disk, at most. */
const mostFresh = 50_000;
/** Customers kept in memory: those who call now. */
const mostKnown = 5_000;

export function openCustomers(options: CustomersOptions): Customers {
  return new SqliteCustomers(options);
}

class SqliteCustomers implements Customers {
  readonly #journal: CustomersOptions['journal'];
  readonly #interactions: Interactions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #rows: CustomerRows;
  /** Made, but not committed yet: two calls of one number in one turn are one customer. */
  readonly #fresh = new Map<string, Customer>();
  /** As their rows are; all changes go through here. The oldest goes first. */
  readonly #known = new Map<CustomerId, Customer>();

  constructor({ database, journal, interactions, clock, logger }: CustomersOptions) {
    this.#journal = journal;
    this.#interactions = interactions;
    this.#clock = clock;
    this.#logger = logger;
    this.#rows = new CustomerRows(database);
  }

  get(id: CustomerId): Customer | undefined {
    const now = this.#clock.now();
    const known = this.#known.get(id);
    if (known?.tags.every(({ until }) => until === undefined || until > now)) return known;
    const customer = this.#rows.get(id, now);
    if (customer === undefined) return this.#fresh.get(id);
    this.#keep(customer);
    return customer;
  }

  find(identity: Identity): Customer | undefined {
    const id = this.#rows.byIdentity(identity);
    return id === undefined ? this.#fresh.get(keyOf(identity)) : this.get(id);
  }

  findOrCreate(identity: Identity, by: string, team?: string): Customer {
    const known = this.find(identity);
    if (known) return known;
    const { customer, saved } = this.#make({ team, identities: [identity] }, by);
    saved.catch((error: unknown) =>
      this.#logger.error({ err: error, customer: customer.id }, 'customer was not saved'),
    );
    return customer;
  }

  search(text: string, page: { limit: number; team?: string | undefined }): Customer[] {
    const ids = this.#rows.search(text, page.limit, page.team);
    return ids.flatMap((id) => this.get(id) ?? []);
  }

  async create(given: Parameters<Customers['create']>[0], by: string): Promise<Customer> {
    for (const identity of given.identities) this.#free(identity);
    const { customer, saved } = this.#make(given, by);
    await saved;
    return customer;
  }

  async change(id: CustomerId, change: Parameters<Customers['change']>[1], by: string): Promise<Customer> {
    const { name, language } = change;
    const event = this.#event(customerChanged, id, { by, name, language });
    await this.#commit(id, [event], (now) => this.#rows.change(id, change, now));
    return this.#must(id);
  }

  async addIdentity(id: CustomerId, identity: Identity, by: string): Promise<Customer> {
    const holder = this.#free(identity, id);
    if (holder === undefined) {
      const event = this.#event(identityAdded, id, { by, ...identity });
      await this.#commit(id, [event], (now) => this.#rows.addIdentity(id, identity, now));
    }
    return this.#must(id);
  }

  async removeIdentity(id: CustomerId, identity: Identity, by: string): Promise<Customer> {
    const event = this.#event(identityRemoved, id, { by, ...identity });
    await this.#commit(id, [event], (now) => this.#rows.removeIdentity(id, identity, now));
    return this.#must(id);
  }

  async tag(id: CustomerId, tag: string, by: string, until?: Millis): Promise<Customer> {
    const event = this.#event(customerTagged, id, { by, tag, until });
    await this.#commit(id, [event], (now) => this.#rows.tag(id, { tag, since: now, until, by }, now));
    return this.#must(id);
  }

  async untag(id: CustomerId, tag: string, by: string): Promise<Customer> {
    const event = this.#event(customerUntagged, id, { by, tag });
    await this.#commit(id, [event], (now) => this.#rows.untag(id, tag, now));
    return this.#must(id);
  }

  notes(id: CustomerId, limit = 100): Note[] {
    return this.#rows.notes(id, limit);
  }

  async note(id: CustomerId, text: string, by: string): Promise<Note> {
    const note = { id: newId('note', this.#clock.now()), at: this.#clock.now(), by, text };
    const event = this.#event(customerNoted, id, { by, note: note.id, text });
    await this.#commit(id, [event], () => this.#rows.note(id, note));
    return note;
  }

  pop(id: CustomerId, { except, limit = 20 }: { except?: string; limit?: number } = {}): ReturnType<Customers['pop']> {
    const customer = this.get(id);
    if (customer === undefined) return { earlier: [] };
    const tags = customer.tags.map(({ tag }) => tag);
    return {
      customer: { id, name: customer.name, tags },
      earlier: this.#interactions.earlier(id, limit, except),
    };
  }

  async erase(id: CustomerId, by: string): Promise<number> {
    this.#must(id);
    const subjects = [id, ...this.#interactions.ofCustomer(id)];
    const commit = await this.#journal.append([], () => {
      this.#known.delete(id);
      this.#rows.remove(id);
    });
    if (commit.undone) throw failed['customer-not-saved']({ customer: id });
    return this.#journal.erase(subjects, by);
  }

  #make(
    given: { name?: string; language?: Language; team?: string | undefined; identities: Identity[] },
    by: string,
  ): { customer: Customer; saved: Promise<void> } {
    const now = this.#clock.now();
    const { name, language, team, identities } = given;
    const times = { createdAt: now, updatedAt: now };
    const customer: Customer = {
      id: newId('cus', now),
      site: this.#journal.site,
      team,
      name,
      language,
      ...times,
      identities,
      tags: [],
    };
    const keys = [customer.id, ...identities.map(keyOf)];
    for (const key of keys) this.#fresh.set(key, customer);
    for (const key of this.#fresh.keys()) {
      if (this.#fresh.size <= mostFresh) break;
      this.#fresh.delete(key);
    }
    const [first, ...more] = identities;
    const scope = { customer: customer.id, team };
    const events = [newEvent(customerCreated, now, { by, name, ...first }, scope)];
    for (const identity of more) events.push(newEvent(identityAdded, now, { by, ...identity }, scope));
    const saved = this.#journal
      .append(events, () => {
        this.#rows.create(customer);
        this.#keep(customer);
      })
      .then(({ durable, undone }) => {
        // While the disk refuses, this is the only place that knows her.
        if (durable || undone) for (const key of keys) this.#fresh.delete(key);
        if (!durable) this.#known.delete(customer.id);
        if (undone) throw failed['customer-not-saved']({ customer: customer.id });
      });
    return { customer, saved };
  }

  #event<Data extends object>(type: Parameters<typeof newEvent<Data>>[0], id: CustomerId, data: Data): NewEvent {
    const { team } = this.#must(id);
    return newEvent(type, this.#clock.now(), data, { customer: id, team });
  }

  async #commit(id: CustomerId, events: NewEvent[], rows: (now: Millis) => void): Promise<void> {
    const now = this.#clock.now();
    const { undone } = await this.#journal.append(events, () => {
      this.#known.delete(id);
      rows(now);
    });
    if (undone) throw failed['customer-not-saved']({ customer: id });
  }

  #keep(customer: Customer): void {
    this.#known.set(customer.id, customer);
    if (this.#known.size <= mostKnown) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }

  #must(id: CustomerId): Customer {
    const customer = this.get(id);
    if (customer === undefined) throw failed['customer-unknown']({ customer: id });
    return customer;
  }

  /** @returns the holder where it is `allowed` @throws identity-taken */
  #free(identity: Identity, allowed?: CustomerId): CustomerId | undefined {
    const holder = this.find(identity)?.id;
    if (holder !== undefined && holder !== allowed) {
      throw failed['identity-taken']({ kind: identity.kind, customer: holder, field: 'value' });
    }
    return holder;
  }
}

function keyOf({ kind, value }: Identity): string {
  return `${kind} ${value}`;
}
