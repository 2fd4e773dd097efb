// Events of the journal as facts about customers. Contacts under way are known by what the journal said of them, so that
// "she calls" has channel and direction, and "answered" has a customer.
import type { CustomerId, InteractionId, QueueId } from '../../values/index.ts';
import type { Journal, JournalEvent } from '../journal/index.ts';
import type { Fact } from './conditions.ts';

export interface Contact {
  interaction: InteractionId;
  customer?: CustomerId | undefined;
  /** Channel, direction, language, DID or channel record: what conditions may ask for. */
  about: Record<string, unknown>;
  queue?: QueueId | undefined;
  waiting: boolean;
  answered: boolean;
}

/** Of these, data that says something about a person by itself is left out. */
const aboutStart = ['channel', 'direction', 'did', 'language', 'trunk'] as const;
const mostContacts = 20_000;
/** Contacts that are over and may have late events (quality, wrap-up), which need not be read from the journal. */
const mostOver = 2_000;
/** What only a contact that is under way does. */
const underWay: ReadonlySet<string> = new Set(['interaction.started', 'interaction.queued', 'interaction.answered']);
const talks = /^(?:interaction|message|conversation|callback)\./;

export class Facts {
  readonly #journal: Pick<Journal, 'ofInteraction'>;
  readonly #contacts = new Map<InteractionId, Contact>();
  readonly #over = new Map<InteractionId, Contact>();
  /** Under way, and not looked at while there were no moments: read from the journal where somebody asks. */
  readonly #unread = new Set<InteractionId>();

  constructor(journal: Pick<Journal, 'ofInteraction'>) {
    this.#journal = journal;
  }

  /** Contacts of these customers that are under way. */
  of(customers: ReadonlySet<CustomerId>): Contact[] {
    for (const interaction of [...this.#unread]) this.#readUp(interaction);
    return [...this.#contacts.values()].filter(({ customer }) => customer !== undefined && customers.has(customer));
  }

  /** From now on events are passed over: what is known of contacts under way would grow old. */
  rest(): void {
    for (const interaction of this.#contacts.keys()) this.#unread.add(interaction);
    this.#contacts.clear();
  }

  /** An event while there are no moments: only which contacts are under way is kept. */
  passOver({ type, interaction }: JournalEvent): void {
    if (interaction === undefined) return;
    const ended = type === 'interaction.ended';
    if (!ended && !underWay.has(type)) return;
    this.#contacts.delete(interaction);
    if (ended) this.#unread.delete(interaction);
    else this.#unread.add(interaction);
    if (this.#unread.size > mostContacts) dropOldest(this.#unread);
  }

  /** @returns what happened to whom; undefined where it says nothing about a customer */
  read(event: JournalEvent): { customer: CustomerId; fact: Fact; contact?: Contact | undefined } | undefined {
    const { type, at, data, customer } = event;
    if (type === 'customer.event') {
      if (customer === undefined || typeof data.name !== 'string') return undefined;
      const facts = typeof data.data === 'object' && data.data !== null ? (data.data as Record<string, unknown>) : {};
      return { customer, fact: { event: data.name, at, data: facts } };
    }
    if (type === 'customer.tagged' || type === 'customer.untagged') {
      if (customer === undefined) return undefined;
      const name = type === 'customer.tagged' ? 'tag.set' : 'tag.removed';
      return { customer, fact: { event: name, at, data: { tag: data.tag, by: data.by } } };
    }
    if (event.interaction === undefined) return undefined;
    const contact = this.#contact(event, event.interaction);
    const told = contact?.customer ?? customer;
    if (told === undefined) return undefined;
    const scope = { ...contact?.about, queue: event.queue ?? contact?.queue, agent: event.agent };
    if (type === 'interaction.identified') {
      // Who she is comes a little later than the ring: only now it is a fact about a customer.
      return { customer: told, contact, fact: { event: 'interaction.started', at, data: scope } };
    }
    if (type === 'interaction.started') return undefined;
    if (type === 'conversation.happened') {
      return {
        customer: told,
        contact,
        fact: { event: `conversation.${String(data.name)}`, at, data: { ...scope, via: data.via } },
      };
    }
    if (!talks.test(type)) return undefined;
    return { customer: told, contact, fact: { event: type, at, data: { ...data, ...scope } } };
  }

  #contact(event: JournalEvent, interaction: InteractionId): Contact | undefined {
    const known = this.#contacts.get(interaction) ?? this.#over.get(interaction);
    if (known) {
      take(known, event);
      if (event.type === 'interaction.ended') {
        this.#contacts.delete(interaction);
        remember(this.#over, known, mostOver);
      }
      return known;
    }
    if (
      !this.#unread.has(interaction) &&
      !event.type.startsWith('interaction.') &&
      !event.type.startsWith('conversation.') &&
      !event.type.startsWith('message.')
    )
      return undefined;
    // In the middle of it, after a restart: the journal knows how it began.
    return this.#readUp(interaction, event);
  }

  /** @param until the event that it is read for, which may be its first; absent: all that the journal has */
  #readUp(interaction: InteractionId, until?: JournalEvent): Contact {
    this.#unread.delete(interaction);
    const contact: Contact = { interaction, about: {}, waiting: false, answered: false };
    const events = until?.type === 'interaction.started' ? [until] : this.#journal.ofInteraction(interaction);
    for (const event of events) if (until === undefined || event.seq <= until.seq) take(contact, event);
    const over = until?.type === 'interaction.ended' || events.some(({ type }) => type === 'interaction.ended');
    if (over) remember(this.#over, contact, mostOver);
    else remember(this.#contacts, contact, mostContacts);
    return contact;
  }
}

function remember(contacts: Map<InteractionId, Contact>, contact: Contact, most: number): void {
  contacts.set(contact.interaction, contact);
  if (contacts.size > most) dropOldest(contacts);
}

function dropOldest(contacts: Map<InteractionId, Contact> | Set<InteractionId>): void {
  for (const oldest of contacts.keys()) {
    contacts.delete(oldest);
    break;
  }
}

function take(contact: Contact, { type, data, customer, queue }: JournalEvent): void {
  switch (type) {
    case 'interaction.started':
      for (const field of aboutStart) if (data[field] !== undefined) contact.about[field] = data[field];
      break;
    case 'interaction.identified':
      contact.customer = customer;
      break;
    case 'interaction.queued':
      contact.queue = queue;
      contact.waiting = true;
      break;
    case 'interaction.queue-left':
      contact.waiting = false;
      break;
    case 'interaction.answered':
      contact.waiting = false;
      contact.answered = true;
      break;
  }
}
