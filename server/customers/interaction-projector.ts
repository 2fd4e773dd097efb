// Keeps the record of interactions up to date: a reader of the journal with its own cursor. It gathers for a moment, so
// that a call's many events make few writes; what it has not written yet is in the journal, and read again at start.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock, InteractionId } from '../../values/index.ts';
import { type Journal, type JournalEvent, journalErased } from '../journal/index.ts';
import { interactionStarted, interactionsForgotten } from './interaction-events.ts';
import { emptyRecord, type Folding, foldInteraction, isFolded } from './interaction-record.ts';
import type { InteractionRows } from './interaction-rows.ts';

const reader = 'interactions';
const chunk = 1_000;
/** How long the events of many calls are gathered for one write. */
const gatherMs = 100;
/** How long a record that ended is kept in memory for late events; then it is folded again from the journal. */
const lateMs = 5_000;

export class InteractionProjector {
  readonly #journal: Journal;
  readonly #rows: InteractionRows;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #open = new Map<InteractionId, Folding>();
  #buffer: JournalEvent[] = [];
  #seen: number;
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** While it reads the journal, what it hears waits in the buffer: taking it would skip what lies between. */
  #catching = false;
  #stop: (() => void) | undefined;

  constructor(journal: Journal, rows: InteractionRows, logger: Logger, clock: Clock) {
    this.#journal = journal;
    this.#rows = rows;
    this.#logger = logger;
    this.#clock = clock;
    this.#seen = journal.cursor(reader);
  }

  /** Catches up with the journal, then follows it. */
  async start(): Promise<void> {
    await this.#catchUp();
    this.#stop ??= this.#journal.follow((events) => {
      this.#buffer.push(...events);
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#write();
      }, gatherMs);
    });
    // What was committed between the last read and the follow.
    await this.#catchUp();
  }

  /** Resolves when all that is committed now is in the record. */
  async settled(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#busy;
  }

  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.settled();
  }

  /** Throws the record away and makes it again from the journal alone. */
  async rebuild(): Promise<void> {
    await this.settled();
    this.#open.clear();
    this.#seen = 0;
    this.#journal.moveCursor(reader, 0);
    await this.#journal.append([], () => this.#rows.clear());
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#catching = true;
    while (this.#seen < this.#journal.last) {
      this.#take(this.#journal.read(this.#seen, { limit: chunk }));
      await this.#busy;
      await nextTurn();
    }
    this.#catching = false;
  }

  #write(): void {
    if (this.#buffer.length === 0 || this.#catching) return;
    const events = this.#buffer;
    this.#buffer = [];
    this.#take(events);
  }

  #take(events: JournalEvent[]): void {
    const touched = new Map<InteractionId, Folding>();
    const forgotten: InteractionId[] = [];
    for (const event of events) {
      if (event.seq <= this.#seen) continue;
      this.#seen = event.seq;
      if (event.type === journalErased.name) {
        for (const subject of event.data.subjects as string[]) {
          const again = this.#foldAgain(subject);
          if (again) touched.set(subject, again);
        }
      } else if (event.type === interactionsForgotten.name) {
        for (const interaction of event.data.interactions as string[]) {
          touched.delete(interaction);
          forgotten.push(interaction);
        }
      } else if (event.interaction !== undefined && isFolded(event.type)) {
        const folding =
          this.#open.get(event.interaction) ?? this.#foldBefore(event, event.interaction) ?? emptyRecord(event);
        foldInteraction(folding, event);
        this.#open.set(event.interaction, folding);
        touched.set(event.interaction, folding);
      }
    }
    this.#forgetOld();
    this.#journal.moveCursor(reader, this.#seen);
    if (touched.size === 0 && forgotten.length === 0) return;
    this.#busy = this.#journal
      .append([], () => {
        for (const { record } of touched.values()) this.#rows.put(record);
        this.#rows.remove(forgotten);
      })
      .then(({ undone }) => {
        if (undone)
          this.#logger.error({ interactions: [...touched.keys()] }, 'records of interactions were not written');
      });
  }

  /** What came before an event; the one that begins an interaction has nothing before it. */
  #foldBefore(event: JournalEvent, interaction: InteractionId): Folding | undefined {
    return event.type === interactionStarted.name ? undefined : this.#foldAgain(interaction);
  }

  /** From the journal: for late events, after a restart, and when a person was erased. */
  #foldAgain(interaction: InteractionId): Folding | undefined {
    const events = this.#journal.ofInteraction(interaction).filter(({ type }) => isFolded(type));
    const [first] = events;
    if (first === undefined) return undefined;
    const folding = emptyRecord(first);
    for (const event of events) foldInteraction(folding, event);
    if (this.#open.has(interaction)) this.#open.set(interaction, folding);
    return folding;
  }

  #forgetOld(): void {
    const before = this.#clock.now() - lateMs;
    for (const [interaction, { record }] of this.#open) {
      // In order of their births; the first that is young ends the search.
      if (record.startedAt > before) break;
      if (record.endedAt !== undefined && record.endedAt <= before) this.#open.delete(interaction);
    }
  }
}
