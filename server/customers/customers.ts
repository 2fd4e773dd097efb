// Who customers are: identities, tags, notes, and who is the same person. Reads are synchronous (a few microseconds from
// SQLite's cache), because a call asks while it is being answered; changes are journaled with their rows.
import type { CustomerId, Language, Millis, PopContent } from '../../values/index.ts';
import type { Consent } from './consents.ts';
import type { Customer, Note } from './customer.ts';
import type { Introduction } from './identifying.ts';
import type { Identity } from './identity.ts';
import type { Merging } from './merging.ts';
import type { NewOutsideEvent } from './outside-events.ts';
import type { PersonIds, PersonRecords } from './person.ts';
import type { Suggestion } from './suggestions.ts';
import type { TimelinePage } from './timeline.ts';

export interface Identified {
  customer: Customer;
  /**
   * Under whom the contact is recorded: the customer, or the part of her whose identity it came by, so that it goes with
   * that part when they are taken apart.
   */
  owner: CustomerId;
  /** Known now for the first time. */
  created: boolean;
}

export interface Customers {
  /** ISO 3166: of numbers without a country code. */
  readonly country: string;
  /** By her id, or that of a customer who turned out to be her. */
  get(id: CustomerId): Customer | undefined;
  find(identity: Identity): Customer | undefined;
  /** The customer with that identity, made now where there is none. At once: the row follows with the group commit. */
  findOrCreate(identity: Identity, by: string, team?: string): Customer;
  /**
   * Finds or makes the customer, adds what is new, and merges by the rules (docs/customers.md). At once, as above.
   * @param identities how the channel knows her first; of the others only verified ones make her known
   */
  identify(identities: readonly Identity[], by: string, introduction?: Introduction): Identified;
  /** All ids of the person of that id, her own first; empty where there is none. */
  idsOf(id: CustomerId): CustomerId[];
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
  consents(id: CustomerId): Consent[];
  /** @throws customer-unknown */
  consent(id: CustomerId, consent: Omit<Consent, 'since' | 'by'>, by: string): Promise<Consent[]>;
  readonly merging: Merging;
  /** Newest first. */
  suggestions(page: { limit: number; before?: Millis | undefined; team?: string | undefined }): Suggestion[];
  suggestionsOf(id: CustomerId): Suggestion[];
  /** What happened outside. Resolves with the event's id when it is on the disk; `known`: the key was taken before. */
  happened(event: NewOutsideEvent, by: string): { known: boolean; id: Promise<string> };
  timeline(id: CustomerId, page: { limit: number; after?: string | undefined }): TimelinePage;
  /** What a screen-pop shows of her: `customer` and `earlier`. */
  pop(id: CustomerId, options?: { except?: string; limit?: number }): Pick<PopContent, 'customer' | 'earlier'>;
  /** From now on screen-pops show what other sites know, too. */
  knowsElsewhere(elsewhere: Elsewhere): void;
  /** Other folders that keep something about persons: their rows are exported and erased with her. */
  keepsAlso(records: PersonRecords): void;
  /** Asked before a person is erased; it throws why not. */
  guardErasure(mayErase: (who: PersonIds) => void): void;
  /** Everything about the person as one JSON object in pieces; the export itself is journaled. @throws customer-unknown */
  export(id: CustomerId, by: string): Promise<Generator<string>>;
  /** Erases the person: her rows, and the personal fields of all events about her and her contacts. @returns how many events */
  erase(id: CustomerId, by: string): Promise<number>;
}

/** What other sites know of a person, by a copy that is kept here. */
export interface Elsewhere {
  /** Newest first. */
  earlier(identities: readonly Identity[], limit: number): PopContent['earlier'];
  profile(identities: readonly Identity[]): { name?: string | undefined; tags: string[] } | undefined;
}
