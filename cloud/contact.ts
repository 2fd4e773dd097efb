// An interaction as the cloud keeps it, folded from its events as the site's own record is (server/customers/interaction-record.ts),
// so that figures of the cloud and of the site agree. Pure.
import type { OutgoingEvent } from '../uplink/index.ts';
import type { Millis } from '../values/index.ts';

/** An agent who talks now. */
interface Talk {
  agent: string | null;
  since: Millis;
  heldMs: number;
  heldSince?: Millis;
}

export interface Contact {
  site: string;
  interaction: string;
  channel: string;
  direction: string;
  started_at: number;
  queued_at: number | null;
  answered_at: number | null;
  ended_at: number | null;
  /** The last one. */
  queue: string | null;
  /** The last one that talked. */
  agent: string | null;
  customer: string | null;
  disposition: string | null;
  /** In all queues; null: was never in one. */
  wait_ms: number | null;
  /** Of all agents, without holds; null: nobody has talked to the end yet. */
  talk_ms: number | null;
  abandoned: boolean;
  /** Hashes of whom it is with. */
  identities: string[];
  waiting_since: number | null;
  /** She left the queue because she is going to be called back. */
  called_back: boolean;
  /** To a number outside. */
  transferred: boolean;
  talks: Talk[];
  /** Her site forgot who it was with. */
  erased: boolean;
}

/** Whether events of that kind say something of a contact. */
export function tellsOfContact({ type, interaction }: OutgoingEvent): boolean {
  return interaction !== undefined && (type.startsWith('interaction.') || type === 'desk.disposition-set');
}

export function newContact(site: string, { interaction = '', at }: OutgoingEvent): Contact {
  return {
    site,
    interaction,
    channel: 'voice',
    direction: 'in',
    started_at: at,
    queued_at: null,
    answered_at: null,
    ended_at: null,
    queue: null,
    agent: null,
    customer: null,
    disposition: null,
    wait_ms: null,
    talk_ms: null,
    abandoned: false,
    identities: [],
    waiting_since: null,
    called_back: false,
    transferred: false,
    talks: [],
    erased: false,
  };
}

/** Takes one more event into the contact. @returns whether it changed what other sites see */
export function fold(contact: Contact, event: OutgoingEvent): boolean {
  const { type, at, data, agent, queue, customer } = event;
  if (customer !== undefined && !contact.erased) contact.customer = customer;
  switch (type) {
    case 'interaction.started': {
      contact.channel = text(data.channel, 16) ?? contact.channel;
      contact.direction = text(data.direction, 16) ?? contact.direction;
      contact.started_at = at;
      const hash = identityOf(data, contact.direction === 'out' ? 'to' : 'from');
      if (hash !== undefined && !contact.erased && !contact.identities.includes(hash)) contact.identities.push(hash);
      return true;
    }
    case 'interaction.identified':
      return true;
    case 'interaction.queued':
      endWait(contact, at);
      contact.queue = queue ?? contact.queue;
      contact.queued_at ??= at;
      contact.waiting_since = at;
      contact.called_back = false;
      return false;
    case 'interaction.queue-left':
      endWait(contact, at);
      contact.called_back = data.why === 'callback';
      return false;
    case 'interaction.answered':
      endWait(contact, at);
      contact.agent = agent ?? contact.agent;
      contact.queue = queue ?? contact.queue;
      contact.answered_at ??= at;
      // No talk of a call has so many; garbled input must not grow without end.
      if (contact.talks.length < 100) contact.talks.push({ agent: agent ?? null, since: at, heldMs: 0 });
      return true;
    case 'interaction.held': {
      const talk = talkOf(contact, agent);
      if (talk) talk.heldSince ??= at;
      return false;
    }
    case 'interaction.resumed':
      endHold(talkOf(contact, agent), at);
      return false;
    case 'interaction.transferred':
      contact.transferred ||= data.kind === 'number';
      return false;
    case 'interaction.talk-ended':
      return endTalk(contact, talkOf(contact, agent), at);
    case 'interaction.disposed':
    case 'desk.disposition-set':
      contact.disposition = text(data.disposition, 400) ?? contact.disposition;
      return true;
    case 'interaction.ended':
      endWait(contact, at);
      for (const talk of [...contact.talks]) endTalk(contact, talk, at);
      contact.ended_at = at;
      contact.abandoned = wasAbandoned(contact, data);
      return true;
    default:
      return false;
  }
}

/** Her site erased who it was with; what comes later does not bring it back. */
export function forgetWho(contact: Contact): void {
  contact.erased = true;
  contact.customer = null;
  contact.identities = [];
}

/** The hash of a field, however the policy lets it leave. */
export function identityOf(data: Record<string, unknown>, field: string): string | undefined {
  for (const value of [data[`${field}#`], data[field]])
    if (typeof value === 'string' && /^h1:[\w-]{22}$/.test(value)) return value;
  return undefined;
}

/** As `outcomeOf` of the record. */
function wasAbandoned(contact: Contact, { where, by }: Record<string, unknown>): boolean {
  if (contact.answered_at !== null || contact.transferred || where === 'transfer') return false;
  if (by === 'system' || by === 'network' || where === 'before') return false;
  if (where === 'queue' || where === 'ringing') return true;
  return contact.queued_at !== null && !contact.called_back;
}

function talkOf({ talks }: Contact, agent: string | undefined): Talk | undefined {
  return talks.findLast((talk) => talk.agent === (agent ?? null));
}

function endWait(contact: Contact, at: Millis): void {
  if (contact.waiting_since === null) return;
  contact.wait_ms = (contact.wait_ms ?? 0) + at - contact.waiting_since;
  contact.waiting_since = null;
}

function endHold(talk: Talk | undefined, at: Millis): void {
  if (talk?.heldSince === undefined) return;
  talk.heldMs += at - talk.heldSince;
  delete talk.heldSince;
}

function endTalk(contact: Contact, talk: Talk | undefined, at: Millis): boolean {
  if (!talk) return false;
  endHold(talk, at);
  contact.talk_ms = (contact.talk_ms ?? 0) + at - talk.since - talk.heldMs;
  contact.talks.splice(contact.talks.indexOf(talk), 1);
  return true;
}

function text(value: unknown, length: number): string | undefined {
  return typeof value === 'string' ? value.slice(0, length).toWellFormed() : undefined;
}
