// What conversations stand on.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { WireIdentity } from '../../connector/index.ts';
import type {
  AgentId,
  Clock,
  CustomerId,
  InteractionId,
  Language,
  Millis,
  PopContent,
  QueueId,
} from '../../values/index.ts';
import type { FlowSet, FlowState } from '../ivr/index.ts';
import type { Journal } from '../journal/index.ts';
import type { Directory, Queueing } from '../ports/index.ts';

export interface KnownPerson {
  id: CustomerId;
  name?: string | undefined;
  tags: string[];
  language?: Language | undefined;
}

/** What conversations ask of customers (server/customers), put together by the composition root. */
export interface People {
  /** The customer with one of these identities, made now where there is none. */
  identify(
    identities: readonly WireIdentity[],
    about: { name?: string | undefined; language?: Language | undefined; team?: string | undefined; by: string },
  ): KnownPerson | undefined;
  get(customer: CustomerId): KnownPerson | undefined;
  /** For the agent's screen. */
  earlier(customer: CustomerId): PopContent['earlier'];
  /** To call her back: as it is dialled. */
  numberOf(customer: CustomerId): string | undefined;
}

/** From a conversation to a call: she is called back. */
export interface EscalationWish {
  queue: QueueId;
  number: string;
  language: Language;
  name?: string | undefined;
  customer?: CustomerId | undefined;
  /** The agent who wrote with her is asked first. */
  preferred?: AgentId | undefined;
  /** Not before. */
  from?: Millis | undefined;
  /** Since when she waits. */
  since?: Millis | undefined;
  origin: InteractionId;
  /** The first contact of those that go on from one another. */
  thread: InteractionId;
}

export interface ConversationTools {
  database: Database;
  journal: Journal & { readonly trouble?: { since: number } | undefined };
  directory: Directory;
  queueing: Queueing;
  people: People;
  flows: {
    current(): FlowSet;
    /** Undefined where that version is not in memory any more. */
    version(version: string): FlowSet | undefined;
  };
  /** Counts the way through the flows. */
  traffic?: { passed(before: FlowState | undefined, nodes: readonly string[]): void } | undefined;
  /** Which stand beside conversations: handed over by the composition root. */
  callbacks: { schedule(wish: EscalationWish, by: string): Promise<{ id: string }> };
  /** Folder of attachments. */
  attachments: string;
  clock: Clock;
  logger: Logger;
  /** How often due times are looked at. Default 500 ms. */
  tickMs?: number | undefined;
}
