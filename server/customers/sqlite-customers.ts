// Customers in SQLite: a cache of rows in front, the journal behind.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { type Clock, type CustomerId, type Millis, newId } from '../../values/index.ts';
import { type Journal, type NewEvent, newEvent } from '../journal/index.ts';
import { type Consent, ConsentRows } from './consents.ts';
import type { Customer, Note, Part } from './customer.ts';
import {
  consentSet,
  customerChanged,
  customerCreated,
  customerExported,
  customerNoted,
  customerTagged,
  customerUntagged,
  identityAdded,
  identityRemoved,
  identityVerified,
} from './customer-events.ts';
import { searchCustomers } from './customer-search.ts';
import { CustomerStore } from './customer-store.ts';
import type { Customers, Elsewhere, Identified } from './customers.ts';
import { failed } from './errors.ts';
import { type Introduction, identifyAmong } from './identifying.ts';
import { type Identity, keyOf, normalIdentity } from './identity.ts';
import type { Interactions } from './interactions.ts';
import { Merging } from './merging.ts';
import { type NewOutsideEvent, OutsideEvents } from './outside-events.ts';
import { exportPerson, journalOf, type PersonIds, type PersonRecords } from './person.ts';
import { type Suggestion, SuggestionRows } from './suggestions.ts';
import { Timeline, type TimelinePage } from './timeline.ts';

export interface CustomersOptions {
  database: Database;
  journal: Journal & {
    readonly site: string;
    readonly trouble?: object | undefined;
    erase(subjects: string[], by: string): Promise<number>;
  };
  interactions: Interactions;
  clock: Clock;
  logger: Logger;
  /** ISO 3166, for numbers without a country code. Default CN. */
  country?: string;
}

const mostNotes = 100;

export function openCustomers(options: CustomersOptions): Customers {
  return new SqliteCustomers(options);
}

class SqliteCustomers implements Customers {
  readonly merging: Merging;
  readonly #options: CustomersOptions;
  readonly country: string;
  readonly #store: CustomerStore;
  readonly #suggestions: SuggestionRows;
  readonly #consents: ConsentRows;
  readonly #outside: OutsideEvents;
  readonly #timeline: Timeline;
  readonly #search: ReturnType<typeof searchCustomers>;
  readonly #records: PersonRecords[] = [];
  #elsewhere: Elsewhere | undefined;
  #mayErase: ((who: PersonIds) => void) | undefined;

  constructor(options: CustomersOptions) {
    const { database, journal, clock, country = 'CN' } = options;
    this.#options = options;
    this.country = country;
    this.#store = new CustomerStore(database, journal, clock);
    this.#suggestions = new SuggestionRows(database);
    this.#consents = new ConsentRows(database);
    this.#outside = new OutsideEvents(database, journal, clock);
    this.#timeline = new Timeline(database);
    this.#search = searchCustomers(database);
    this.merging = new Merging(this.#store, this.#suggestions, clock);
  }

  get(id: CustomerId): Customer | undefined {
    return this.#store.get(id);
  }

  find(identity: Identity): Customer | undefined {
    const owner = this.#store.ownerOf(normalIdentity(identity, this.country));
    return owner === undefined ? undefined : this.#store.get(owner);
  }

  findOrCreate(identity: Identity, by: string, team?: string): Customer {
    return this.identify([identity], by, { team }).customer;
  }

  identify(identities: readonly Identity[], by: string, introduction: Introduction = {}): Identified {
    const { clock, journal, logger } = this.#options;
    const normal = identities.map((identity) => normalIdentity(identity, this.country));
    const among = { store: this.#store, suggestions: this.#suggestions, clock, site: journal.site };
    const { owner, change, created } = identifyAmong(among, normal, by, introduction);
    if (change) {
      this.#store
        .save(change)
        .catch((error: unknown) => logger.error({ err: error, customer: owner }, 'customer was not saved'));
    }
    return { customer: this.#must(owner), owner, created };
  }

  idsOf(id: CustomerId): CustomerId[] {
    const head = this.#store.headOf(id);
    return head === undefined ? [] : this.#store.partsOf(head);
  }

  search(text: string, page: { limit: number; team?: string | undefined }): Customer[] {
    const found = new Map<CustomerId, Customer>();
    for (const id of this.#search(text, page)) {
      const customer = this.get(id);
      if (customer) found.set(customer.id, customer);
    }
    return [...found.values()];
  }

  async create(given: Parameters<Customers['create']>[0], by: string): Promise<Customer> {
    const { name, language, team } = given;
    const identities = given.identities.map((identity) => normalIdentity(identity, this.country));
    for (const identity of identities) this.#free(identity);
    const { clock, journal } = this.#options;
    const now = clock.now();
    const id = newId('cus', now);
    const times = { createdAt: now, updatedAt: now };
    const part: Part = { id, site: journal.site, team, name, language, ...times, identities, claims: [], tags: [] };
    const [first, ...more] = identities;
    const scope = { customer: id, team };
    const events: NewEvent[] = [newEvent(customerCreated, now, { by, name, language, ...first }, scope)];
    for (const identity of more) events.push(newEvent(identityAdded, now, { by, ...identity }, scope));
    await this.#store.save({
      customers: [id],
      events,
      made: part,
      owners: identities.map((identity) => ({ identity, owner: id })),
      rows: () => this.#store.rows.create(part),
    });
    return this.#must(id);
  }

  async change(id: CustomerId, change: Parameters<Customers['change']>[1], by: string): Promise<Customer> {
    return this.#changed(id, (head, now) => ({
      events: [this.#event(customerChanged, head, { by, name: change.name, language: change.language }, now)],
      rows: () => this.#store.rows.change(head.id, change, now),
    }));
  }

  async addIdentity(id: CustomerId, given: Identity, by: string): Promise<Customer> {
    const identity = normalIdentity(given, this.country);
    const customer = this.#must(id);
    const holder = this.#free(identity, customer.id);
    const same = customer.identities.find((one) => keyOf(one) === keyOf(identity));
    if (holder !== undefined && (identity.verified !== true || same?.verified === true)) return customer;
    return this.#changed(id, (head, now) => {
      const { kind, value } = identity;
      if (holder !== undefined) {
        const rows = () => this.#store.rows.verify(identity);
        return { events: [this.#event(identityVerified, head, { by, kind, value }, now)], rows };
      }
      return {
        events: [this.#event(identityAdded, head, { by, ...identity }, now)],
        owners: [{ identity, owner: head.id }],
        rows: () => this.#store.rows.addIdentity(head.id, identity, now),
      };
    });
  }

  async removeIdentity(id: CustomerId, given: Identity, by: string): Promise<Customer> {
    const { kind, value } = normalIdentity(given, this.country);
    const owner = this.#store.ownerOf({ kind, value });
    return this.#changed(id, (head, now) => ({
      // What belongs to somebody else, or is only said, goes from her alone.
      events: [this.#event(identityRemoved, head, { by, kind, value }, now)],
      rows: () => {
        const parts = this.idsOf(head.id);
        for (const part of owner !== undefined && parts.includes(owner) ? [owner] : parts)
          this.#store.rows.removeIdentity(part, { kind, value }, now);
      },
    }));
  }

  async tag(id: CustomerId, tag: string, by: string, until?: Millis): Promise<Customer> {
    return this.#changed(id, (head, now) => ({
      events: [this.#event(customerTagged, head, { by, tag, until }, now)],
      rows: () => this.#store.rows.tag(head.id, { tag, since: now, until, by }, now),
    }));
  }

  async untag(id: CustomerId, tag: string, by: string): Promise<Customer> {
    return this.#changed(id, (head, now) => ({
      events: this.idsOf(head.id).map((part) => this.#event(customerUntagged, { ...head, id: part }, { by, tag }, now)),
      rows: () => {
        for (const part of this.idsOf(head.id)) this.#store.rows.untag(part, tag, now);
      },
    }));
  }

  notes(id: CustomerId, limit = mostNotes): Note[] {
    const ids = this.idsOf(id);
    const notes = ids.flatMap((part) => this.#store.rows.notes(part, limit));
    if (ids.length < 2) return notes;
    return notes.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, limit);
  }

  async note(id: CustomerId, text: string, by: string): Promise<Note> {
    const at = this.#options.clock.now();
    const note = { id: newId('note', at), at, by, text };
    await this.#changed(id, (head, now) => ({
      events: [this.#event(customerNoted, head, { by, note: note.id, text }, now)],
      rows: () => this.#store.rows.note(head.id, note),
    }));
    return note;
  }

  consents(id: CustomerId): Consent[] {
    // Of two parts that said different things, the later word counts.
    const newest = new Map<string, Consent>();
    for (const consent of this.idsOf(id).flatMap((part) => this.#consents.of(part))) {
      const key = `${consent.channel} ${consent.purpose}`;
      if ((newest.get(key)?.since ?? -1) < consent.since) newest.set(key, consent);
    }
    return [...newest.values()];
  }

  async consent(id: CustomerId, given: Omit<Consent, 'since' | 'by'>, by: string): Promise<Consent[]> {
    await this.#changed(id, (head, now) => ({
      events: [this.#event(consentSet, head, { by, ...given }, now)],
      rows: () => this.#consents.put(head.id, { ...given, since: now, by }),
    }));
    return this.consents(id);
  }

  suggestions(page: Parameters<Customers['suggestions']>[0]): Suggestion[] {
    return this.#suggestions.list(page);
  }

  suggestionsOf(id: CustomerId): Suggestion[] {
    return this.idsOf(id).flatMap((part) => this.#suggestions.of(part));
  }

  happened(event: NewOutsideEvent, by: string): ReturnType<Customers['happened']> {
    const known = this.#outside.known(event.key) !== undefined;
    return { known, id: this.#outside.take(event, by) };
  }

  timeline(id: CustomerId, page: { limit: number; after?: string | undefined }): TimelinePage {
    return this.#timeline.read(this.idsOf(id), page);
  }

  pop(id: CustomerId, { except, limit = 20 }: { except?: string; limit?: number } = {}): ReturnType<Customers['pop']> {
    const customer = this.get(id);
    if (customer === undefined) return { earlier: [] };
    const tags = customer.tags.map(({ tag }) => tag);
    const ids = customer.parts === undefined ? [customer.id] : this.idsOf(customer.id);
    const earlier = this.#options.interactions.earlier(ids, limit, except);
    const { id: of, name, identities } = customer;
    const remote = this.#elsewhere?.earlier(identities, limit) ?? [];
    const profile = this.#elsewhere?.profile(identities);
    return {
      customer: { id: of, name: name ?? profile?.name, tags: [...new Set([...tags, ...(profile?.tags ?? [])])] },
      earlier: remote.length === 0 ? earlier : [...earlier, ...remote].sort((a, b) => b.at - a.at).slice(0, limit),
    };
  }

  knowsElsewhere(elsewhere: Elsewhere): void {
    this.#elsewhere = elsewhere;
  }

  keepsAlso(records: PersonRecords): void {
    this.#records.push(records);
  }

  async export(id: CustomerId, by: string): Promise<Generator<string>> {
    const { journal, interactions, database } = this.#options;
    const customer = this.#must(id);
    const ids = this.#idsOfPerson(customer.id);
    await journal.append([this.#event(customerExported, customer, { by }, this.#options.clock.now())]);
    return exportPerson({
      customer,
      ids,
      notes: this.notes(customer.id, Number.MAX_SAFE_INTEGER),
      interactions,
      outside: this.#outside,
      consents: this.#consents,
      suggestions: this.#suggestions,
      records: this.#records,
      events: journalOf(database, ids, (seq) => journal.read(seq - 1, { limit: 1 })[0]),
    });
  }

  guardErasure(mayErase: (who: PersonIds) => void): void {
    this.#mayErase = mayErase;
  }

  async erase(id: CustomerId, by: string): Promise<number> {
    const { journal } = this.#options;
    const ids = this.#idsOfPerson(this.#must(id).id);
    this.#mayErase?.(ids);
    await this.#store.save({
      customers: [...ids.customers],
      events: [],
      rows: () => {
        for (const customer of ids.customers) {
          this.#store.rows.remove(customer);
          this.#suggestions.remove(customer);
          this.#outside.remove(customer);
        }
        for (const records of this.#records) records.erase(ids);
      },
    });
    return journal.erase([...ids.customers, ...ids.interactions], by);
  }

  #idsOfPerson(id: CustomerId): PersonIds {
    const customers = this.idsOf(id);
    return { customers, interactions: customers.flatMap((part) => this.#options.interactions.ofCustomer(part)) };
  }

  async #changed(
    id: CustomerId,
    change: (head: Customer, now: Millis) => Pick<Parameters<CustomerStore['save']>[0], 'events' | 'rows' | 'owners'>,
  ): Promise<Customer> {
    const head = this.#must(id);
    await this.#store.save({ customers: [head.id, id], ...change(head, this.#options.clock.now()) });
    return this.#must(id);
  }

  #event<Data extends object>(
    type: Parameters<typeof newEvent<Data>>[0],
    { id, team }: { id: CustomerId; team?: string | undefined },
    data: Data,
    at: Millis,
  ): NewEvent {
    return newEvent(type, at, data, { customer: id, team });
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
