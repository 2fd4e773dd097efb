// An interaction as the cloud keeps it, folded from its events. Pure.
import type { OutgoingEvent } from '../uplink/index.ts';

export interface Contact {
  site: string;
  interaction: string;
  channel: string;
  direction: string;
  started_at: number;
  queued_at: number | null;
  answered_at: number | null;
  ended_at: number | null;
  queue: string | null;
  agent: string | null;
  customer: string | null;
  disposition: string | null;
  wait_ms: number | null;
  talk_ms: number | null;
  abandoned: boolean;
  /** Hashes of whom it is with. */
  identities: string[];
}

export function newContact(site: string, { interaction = '', at, data }: OutgoingEvent): Contact {
  return {
    site,
    interaction,
    channel: text(data.channel) ?? 'voice',
    direction: text(data.direction) ?? 'in',
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
  };
}

/** Takes one more event into the contact. @returns whether it changed what other sites see */
export function fold(contact: Contact, event: OutgoingEvent): boolean {
  const { type, at, data, agent, queue, customer } = event;
  if (customer !== undefined) contact.customer = customer;
  switch (type) {
    case 'interaction.started': {
      contact.channel = text(data.channel) ?? contact.channel;
      contact.direction = text(data.direction) ?? contact.direction;
      contact.started_at = at;
      const hash = identityOf(data, contact.direction === 'out' ? 'to' : 'from');
      if (hash !== undefined && !contact.identities.includes(hash)) contact.identities.push(hash);
      return true;
    }
    case 'interaction.identified':
      return true;
    case 'interaction.queued':
      contact.queue = queue ?? contact.queue;
      contact.queued_at ??= at;
      return false;
    case 'interaction.answered':
      contact.agent = agent ?? contact.agent;
      contact.queue = queue ?? contact.queue;
      contact.answered_at ??= at;
      contact.wait_ms ??= number(data.waitMs) ?? 0;
      return true;
    case 'interaction.queue-left':
      if (data.why === 'abandoned') contact.abandoned = true;
      contact.wait_ms ??= number(data.waitMs) ?? null;
      return false;
    case 'interaction.talk-ended':
      contact.talk_ms = at - (contact.answered_at ?? at);
      return false;
    case 'interaction.disposed':
      contact.disposition = text(data.disposition) ?? contact.disposition;
      return true;
    case 'interaction.ended':
      contact.ended_at = at;
      return true;
    default:
      return false;
  }
}

/** The hash of a field, however the policy lets it leave. */
export function identityOf(data: Record<string, unknown>, field: string): string | undefined {
  const hash = text(data[`${field}#`]) ?? text(data[field]);
  return hash?.startsWith('h1:') ? hash : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
