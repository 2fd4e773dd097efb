// Persons across the sites of a tenant: profiles that meet where two sites know the same hash, or where a site says that two are
// one. A batch's persons are read at once, changed in memory, and written at once: a batch costs the same few statements however
// many customers are in it. For a transaction that holds the tenant's lock: two batches must not join and change one person.
import type { OutgoingEvent, ProfileChange } from '../uplink/index.ts';
import { type Millis, newId } from '../values/index.ts';
import { identityOf } from './contact.ts';
import { PeopleRows } from './people-rows.ts';
import {
  around,
  changeOf,
  forget,
  hashesOf,
  join,
  keyOf,
  newProfile,
  type Profile,
  partOff,
  say,
  sayTag,
} from './profile.ts';
import type { Client } from './store.ts';

const adding = new Set(['customer.created', 'customer.identity-added', 'customer.identity-verified']);
const others = ['customer.changed', 'customer.identity-removed', 'customer.tagged', 'customer.untagged'];
export const customerEvents = new Set([...adding, ...others, 'customer.merged', 'customer.unmerged']);

/** A site's clock may be so far ahead; a word from later still would count for ever. */
const ahead: Millis = 300_000;
const longest = { name: 400, language: 16, tag: 200 };

export class People {
  readonly #rows: PeopleRows;
  readonly #site: string;
  readonly #now: Millis;
  readonly #profiles = new Map<string, Profile>();
  readonly #ofCustomer = new Map<string, Profile>();
  readonly #ofHash = new Map<string, Profile>();
  readonly #touched = new Set<Profile>();
  readonly #gone = new Set<string>();
  readonly #erased = new Set<string>();

  private constructor(rows: PeopleRows, site: string, now: Millis) {
    this.#rows = rows;
    this.#site = site;
    this.#now = now;
  }

  /** Everybody of whom these events speak. */
  static async read(
    client: Client,
    from: { tenant: string; site: string },
    events: readonly OutgoingEvent[],
    now: Millis,
  ): Promise<People> {
    const people = new People(new PeopleRows(client, from.tenant), from.site, now);
    const customers = new Set<string>();
    const hashes = new Set<string>();
    for (const { type, customer, data } of events) {
      if (type === 'journal.person-erased') for (const subject of subjectsOf(data)) customers.add(subject);
      if (!customerEvents.has(type)) continue;
      for (const one of [customer, data.loser, data.from]) if (typeof one === 'string') customers.add(one);
      const hash = identityOf(data, 'value');
      if (hash !== undefined) hashes.add(hash);
    }
    if (customers.size > 0 || hashes.size > 0) {
      const found = await people.#rows.find(from.site, [...customers], [...hashes]);
      for (const profile of found) people.#keep(profile);
    }
    return people;
  }

  take({ type, customer, data, at: said }: OutgoingEvent): void {
    if (customer === undefined) return;
    const at = Math.min(said, this.#now + ahead);
    const site = this.#site;
    let profile = this.#of(customer);
    const known = profile.customers.get(keyOf(site, customer));
    const hash = identityOf(data, 'value');
    if (adding.has(type) && hash !== undefined) {
      known?.hashes.add(hash);
      const holder = this.#ofHash.get(hash);
      this.#ofHash.set(hash, profile);
      if (holder && holder !== profile) profile = this.#join(holder, profile);
    }
    if (type === 'customer.identity-removed' && hash !== undefined && known?.hashes.delete(hash)) {
      if (!hashesOf(profile).includes(hash)) this.#ofHash.delete(hash);
      this.#part(profile, around(profile, keyOf(site, customer), { merged: true }));
    }
    if (type === 'customer.merged' && typeof data.loser === 'string') {
      const loser = this.#of(data.loser);
      if (loser !== profile) profile = this.#join(profile, loser);
    }
    if (type === 'customer.unmerged' && typeof data.from === 'string') {
      const without = keyOf(site, data.from);
      const hers = around(profile, keyOf(site, customer), { merged: false });
      if (!hers.has(without)) profile = this.#part(profile, hers);
    }
    if (type === 'customer.created' || type === 'customer.changed') {
      for (const field of ['name', 'language'] as const) {
        if (!Object.hasOwn(data, field)) continue;
        say(profile, field, { value: clipped(data[field], longest[field]), at, site });
      }
    }
    if (type === 'customer.tagged' || type === 'customer.untagged') {
      const tag = clipped(data.tag, longest.tag) ?? '';
      const until = Number.isSafeInteger(data.until) ? (data.until as number) : null;
      sayTag(profile, { tag, since: at, until, removed: type === 'customer.untagged' ? at : null, at, site });
    }
    this.#touched.add(profile);
  }

  /** The site erased her: what it said goes, and the whole profile where no other site knows her. */
  erase({ data }: OutgoingEvent): void {
    for (const subject of subjectsOf(data)) {
      const key = keyOf(this.#site, subject);
      const profile = this.#ofCustomer.get(key);
      if (!profile) continue;
      for (const hash of hashesOf(profile)) this.#erased.add(hash);
      profile.customers.delete(key);
      this.#ofCustomer.delete(key);
      forget(profile, this.#site);
      const left = new Set(hashesOf(profile));
      for (const [hash, holder] of this.#ofHash) if (holder === profile && !left.has(hash)) this.#ofHash.delete(hash);
      if (profile.customers.size > 0) this.#touched.add(profile);
      else this.#drop(profile);
    }
  }

  /** Hashes by which other sites forget those who were erased. */
  get erased(): string[] {
    return [...this.#erased];
  }

  /** Profiles that are no more. */
  get gone(): string[] {
    return [...this.#gone];
  }

  /** What the other sites are told. */
  changes(): Omit<ProfileChange, 'seq'>[] {
    return [...this.#touched].map(changeOf);
  }

  async save(): Promise<void> {
    await this.#rows.put([...this.#touched], this.gone);
  }

  /** Hashes by which customers of this site are known anywhere. After `save`. */
  identitiesOf(customers: readonly string[]): Promise<Map<string, string[]>> {
    return this.#rows.identitiesOf(this.#site, customers);
  }

  #of(customer: string): Profile {
    const key = keyOf(this.#site, customer);
    const found = this.#ofCustomer.get(key);
    if (found) return found;
    const made = newProfile(newId('pro', this.#now), this.#now);
    made.customers.set(key, { site: this.#site, customer, hashes: new Set() });
    this.#keep(made);
    return made;
  }

  #keep(profile: Profile): void {
    this.#profiles.set(profile.id, profile);
    for (const [key, { hashes }] of profile.customers) {
      this.#ofCustomer.set(key, profile);
      for (const hash of hashes) this.#ofHash.set(hash, profile);
    }
  }

  /** @returns the one that stays, the older */
  #join(one: Profile, two: Profile): Profile {
    const [older, younger] = one.id < two.id ? [one, two] : [two, one];
    join(older, younger);
    this.#drop(younger);
    this.#keep(older);
    this.#touched.add(older);
    return older;
  }

  /** @returns where those with these keys are now */
  #part(profile: Profile, keys: ReadonlySet<string>): Profile {
    if (keys.size === profile.customers.size) return profile;
    const other = newProfile(newId('pro', this.#now), this.#now);
    partOff(profile, keys, other);
    this.#keep(profile);
    this.#keep(other);
    this.#touched.add(profile).add(other);
    return other;
  }

  #drop(profile: Profile): void {
    this.#profiles.delete(profile.id);
    this.#touched.delete(profile);
    this.#gone.add(profile.id);
  }
}

/** Customers and contacts that were erased. */
export function subjectsOf(data: Record<string, unknown>): string[] {
  return Array.isArray(data.subjects) ? data.subjects.filter((one) => typeof one === 'string') : [];
}

function clipped(value: unknown, length: number): string | null {
  return typeof value === 'string' ? value.slice(0, length).toWellFormed() : null;
}
