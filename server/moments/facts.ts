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

export class Facts {
  readonly #journal: Pick<Journal, 'ofInteraction'>;
  readonly #contacts = new Map<InteractionId, Contact>();
  readonly #over = new Map<InteractionId, Contact>();

  constructor(journal: Pick<Journal, 'ofInteraction'>) {
    this.#journal = journal;
  }

  /** Contacts of these customers that are under way. */
  of(customers: ReadonlySet<CustomerId>): Contact[] {
    return [...this.#contacts.values()].filter(({ customer }) => customer !== undefined && customers.has(customer));
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
    if (!/^(interaction|message|conversation|callback)\./.test(type)) return undefined;
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
      !event.type.startsWith('interaction.') &&
      !event.type.startsWith('conversation.') &&
      !event.type.startsWith('message.')
    )
      return undefined;
    const contact: Contact = { interaction, about: {}, waiting: false, answered: false };
    // In the middle of it, after a restart: the journal knows how it began.
    const before = event.type === 'interaction.started' ? [event] : this.#journal.ofInteraction(interaction);
    for (const earlier of before) if (earlier.seq <= event.seq) take(contact, earlier);
    const over = event.type === 'interaction.ended' || before.some(({ type }) => type === 'interaction.ended');
    if (over) remember(this.#over, contact, mostOver);
    else remember(this.#contacts, contact, mostContacts);
    return contact;
  }
}

function remember(contacts: Map<InteractionId, Contact>, contact: Contact, most: number): void {
  contacts.set(contact.interaction, contact);
  if (contacts.size <= most) return;
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
