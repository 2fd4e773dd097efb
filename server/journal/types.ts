// The journal's contract: one stream of typed facts (DESIGN §4).
import type { Database } from 'better-sqlite3';
import type { z } from 'zod';
import type { AgentId, CustomerId, InteractionId, Millis, QueueId } from '../../values/index.ts';

/** A kind of event, declared once by the folder that writes it with `defineEvent`. */
export interface EventType<Data extends object = object> {
  /** `call.answered`: noun, dot, past participle. */
  readonly name: string;
  /** Raised when the shape changes; readers know all versions that were ever written. */
  readonly version: number;
  readonly schema: z.ZodType<Data>;
  /** Names of the top-level fields of `data` that say something about a person; kept apart and erasable. */
  readonly personal: readonly string[];
  /** One sentence for the generated docs. */
  readonly about: string;
}

/** What an event is about; every member is a filter of the event stream. */
export interface EventScope {
  interaction?: InteractionId | undefined;
  agent?: AgentId | undefined;
  queue?: QueueId | undefined;
  customer?: CustomerId | undefined;
  team?: string | undefined;
}

export interface NewEvent<Data extends object = object> extends EventScope {
  type: EventType<Data>;
  at: Millis;
  data: Data;
}

export interface JournalEvent extends EventScope {
  /** Gapless, from 1. */
  seq: number;
  type: string;
  version: number;
  at: Millis;
  site: string;
  /** With the personal fields, unless the person was erased. */
  data: Record<string, unknown>;
}

export interface Commit {
  /** Number of the last event of this append; undefined where it could not be made durable yet. */
  seq: number | undefined;
  /** False where the disk refused: the events wait in memory, the alarm is on, and the caller acts all the same. */
  durable: boolean;
  /** True where the append's own rows broke a rule of the schema (a mistake of the program): nothing of it was kept. */
  undone?: true;
}

export interface EventFilter {
  /** Names, or prefixes ending in `*`: `call.*`. */
  types?: string[];
  interaction?: InteractionId;
  agent?: AgentId;
  queue?: QueueId;
  site?: string;
  team?: string;
}

export interface Journal {
  /** Number of the last committed event. */
  readonly last: number;
  /**
   * Appends events, and runs `rows` in the same transaction. All appends of one turn of the event loop make one group
   * commit at its end. Resolves after the commit, in the order of the appends; never rejects.
   * Data is checked against its schema in tests and development, trusted in production.
   */
  append(events: NewEvent[], rows?: (db: Database) => void): Promise<Commit>;
  /** Events after `after`, oldest first, at most `limit` (default 1,000). */
  read(after: number, options?: { limit?: number; filter?: EventFilter }): JournalEvent[];
  /** All events of one interaction, oldest first. */
  ofInteraction(interaction: InteractionId): JournalEvent[];
  /** Calls `listener` with what was committed, in order, batch by batch. @returns how to stop */
  follow(listener: (events: JournalEvent[]) => void): () => void;
  /** Puts a reader's cursor beside its own rows; committed with the next group commit. */
  cursor(reader: string): number;
  moveCursor(reader: string, seq: number): void;
  close(): Promise<void>;
}
