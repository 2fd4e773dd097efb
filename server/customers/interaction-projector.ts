// Keeps the record of interactions up to date: a reader of the journal with its own cursor. Events are folded as they come,
// and records written some time later, so that a call's many events make few writes. What is not written yet is read from
// here (`Unwritten`), and after a crash from the journal: the cursor stays before the oldest of it.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock, InteractionId, Millis } from '../../values/index.ts';
import { type Journal, type JournalEvent, journalErased } from '../journal/index.ts';
import { interactionStarted, interactionsForgotten, recordingEnded, recordingStarted } from './interaction-events.ts';
import { emptyRecord, type Folding, foldInteraction, type InteractionRecord, isFolded } from './interaction-record.ts';
import type { InteractionRows, Stored } from './interaction-rows.ts';
import type { Unwritten } from './interactions.ts';

const reader = 'interactions';
const chunk = 1_000;
/** How often what is due is written: of contacts that ended, all that changed. */
const tickMs = 100;
/** A contact under way is written so long after it changed: most calls pass their IVR and queue in less. */
const openMs = 5_000;
/** Written with the next tick all the same: backups, inspections and erasures look for the files that the tables name. */
const urgent = new Set([recordingStarted.name, recordingEnded.name]);
/** Records written in one commit, so that it holds up nobody. */
const mostAtOnce = 200;
/** How long a record that ended is kept in memory for late events; then it is folded again from the journal. */
const lateMs = 5_000;

/** Changed long ago. */
const atOnce = Number.NEGATIVE_INFINITY;

interface Open {
  folding: Folding;
  /** Undefined: it is not known what the tables hold of it. */
  stored: Stored | undefined;
  /** When what is not written yet began, and the last event before that. */
  since: Millis;
  after: number;
}

export class InteractionProjector implements Unwritten {
  readonly #journal: Journal;
  readonly #rows: InteractionRows;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #open = new Map<InteractionId, Open>();
  /** What is to be written, in the order in which it changed. */
  readonly #changed = new Map<InteractionId, Open>();
  #forgotten: InteractionId[] = [];
  #seen: number;
  /** The cursor as it stands. */
  #kept: number;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** While it reads the journal, what it hears is in what it reads. */
  #catching = false;
  #stop: (() => void) | undefined;

  constructor(journal: Journal, rows: InteractionRows, logger: Logger, clock: Clock) {
    this.#journal = journal;
    this.#rows = rows;
    this.#logger = logger;
    this.#clock = clock;
    this.#seen = journal.cursor(reader);
    this.#kept = this.#seen;
  }

  /** Catches up with the journal, then follows it. */
  async start(): Promise<void> {
    await this.#catchUp();
    this.#stop ??= this.#journal.follow((events) => {
      if (this.#catching) return;
      this.#take(events);
      this.#timer ??= setTimeout(() => this.#tick(), tickMs);
    });
    // What was committed between the last read and the follow.
    await this.#catchUp();
  }

  get(interaction: InteractionId): InteractionRecord | undefined {
    return this.#open.get(interaction)?.folding.record;
  }

  *all(): Generator<InteractionRecord> {
    for (const { folding } of this.#open.values()) yield folding.record;
  }

  *unwritten(): Generator<InteractionRecord> {
    for (const { folding } of this.#changed.values()) yield folding.record;
  }

  async settled(): Promise<void> {
    const until = this.#seen;
    for (let left = true; left; left = this.#changedBefore(until)) {
      this.#write(({ after }) => after < until);
      await this.#busy;
    }
  }

  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.settled();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Throws the record away and makes it again from the journal alone. */
  async rebuild(): Promise<void> {
    await this.settled();
    this.#catching = true;
    this.#open.clear();
    this.#changed.clear();
    this.#seen = 0;
    this.#moveCursor(0);
    await this.#journal.append([], () => this.#rows.clear());
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#catching = true;
    while (this.#seen < this.#journal.last) {
      this.#take(this.#journal.read(this.#seen, { limit: chunk }));
      await this.settled();
      await nextTurn();
    }
    this.#catching = false;
  }

  #changedBefore(until: number): boolean {
    const [oldest] = this.#changed.values();
    return oldest !== undefined && oldest.after < until;
  }

  #take(events: readonly JournalEvent[]): void {
    const now = this.#clock.now();
    for (const event of events) {
      if (event.seq <= this.#seen) continue;
      const after = this.#seen;
      this.#seen = event.seq;
      try {
        this.#takeOne(event, after, now);
      } catch (error) {
        const { seq, type, interaction } = event;
        this.#logger.error({ err: error, seq, type, interaction }, 'an event is missing in the record of its contact');
      }
    }
  }

  #takeOne(event: JournalEvent, after: number, now: Millis): void {
    const { interaction } = event;
    if (event.type === journalErased.name) {
      for (const subject of event.data.subjects as string[]) {
        const open = this.#foldAgain(subject);
        if (open === undefined) continue;
        // What is in the tables is to go at once.
        this.#changed.delete(subject);
        this.#isChanged(subject, open, atOnce, after);
      }
    } else if (event.type === interactionsForgotten.name) {
      for (const gone of event.data.interactions as string[]) {
        this.#changed.delete(gone);
        this.#open.delete(gone);
        this.#forgotten.push(gone);
      }
    } else if (interaction !== undefined && isFolded(event.type)) {
      const open = this.#open.get(interaction) ?? this.#foldBefore(event, interaction) ?? opened(emptyRecord(event));
      foldInteraction(open.folding, event);
      this.#open.set(interaction, open);
      this.#isChanged(interaction, open, urgent.has(event.type) ? atOnce : now, after);
    }
  }

  #isChanged(interaction: InteractionId, open: Open, since: Millis, after: number): void {
    if (this.#changed.get(interaction) === open) {
      open.since = Math.min(open.since, since);
      return;
    }
    open.since = since;
    open.after = after;
    this.#changed.set(interaction, open);
  }

  #tick(): void {
    this.#timer = undefined;
    const before = this.#clock.now() - openMs;
    this.#write(({ folding, since }) => since <= before || folding.record.endedAt !== undefined);
    if (this.#changed.size > 0) this.#timer = setTimeout(() => this.#tick(), tickMs);
  }

  /** Writes what is due, in order, up to a bound. */
  #write(isDue: (open: Open) => boolean): void {
    const due = new Map<InteractionId, Open>();
    for (const [interaction, open] of this.#changed) {
      if (!isDue(open)) continue;
      due.set(interaction, open);
      this.#changed.delete(interaction);
      if (due.size === mostAtOnce) break;
    }
    this.#forgetOld();
    const [oldest] = this.#changed.values();
    this.#moveCursor(oldest?.after ?? this.#seen);
    const forgotten = this.#forgotten;
    this.#forgotten = [];
    if (due.size > 0 || forgotten.length > 0) this.#busy = this.#put(due, forgotten);
  }

  async #put(due: ReadonlyMap<InteractionId, Open>, forgotten: readonly InteractionId[]): Promise<void> {
    const written = new Map<Open, Stored>();
    const { durable, undone } = await this.#journal.append([], () => {
      for (const open of due.values()) written.set(open, this.#rows.put(open.folding.record, open.stored));
      this.#rows.remove(forgotten);
    });
    // Known once it is committed. Where the disk refused, it is written some time later, as it is then.
    for (const open of due.values()) open.stored = durable ? written.get(open) : undefined;
    if (undone) this.#logger.error({ interactions: [...due.keys()] }, 'records of interactions were not written');
  }

  #moveCursor(seq: number): void {
    if (seq === this.#kept) return;
    this.#kept = seq;
    this.#journal.moveCursor(reader, seq);
  }

  /** What came before an event; the one that begins an interaction has nothing before it. */
  #foldBefore(event: JournalEvent, interaction: InteractionId): Open | undefined {
    return event.type === interactionStarted.name ? undefined : this.#foldAgain(interaction);
  }

  /** From the journal: for late events, after a restart, and when a person was erased. */
  #foldAgain(interaction: InteractionId): Open | undefined {
    const events = this.#journal.ofInteraction(interaction).filter(({ type }) => isFolded(type));
    const [first] = events;
    if (first === undefined) return undefined;
    const open = opened(emptyRecord(first));
    for (const event of events) foldInteraction(open.folding, event);
    if (this.#open.has(interaction)) this.#open.set(interaction, open);
    return open;
  }

  #forgetOld(): void {
    const before = this.#clock.now() - lateMs;
    for (const [interaction, { folding }] of this.#open) {
      const { startedAt, endedAt } = folding.record;
      // In order of their births; the first that is young ends the search.
      if (startedAt > before) break;
      if (endedAt !== undefined && endedAt <= before && !this.#changed.has(interaction)) this.#open.delete(interaction);
    }
  }
}

function opened(folding: Folding): Open {
  return { folding, stored: undefined, since: 0, after: 0 };
}
