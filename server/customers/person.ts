// One person as a whole: everything about her for the export, and its erasure, with what other folders keep of her.
import type { Database } from 'better-sqlite3';
import type { CustomerId, InteractionId } from '../../values/index.ts';
import type { JournalEvent } from '../journal/index.ts';
import type { ConsentRows } from './consents.ts';
import type { Customer, Note } from './customer.ts';
import type { Interactions } from './interactions.ts';
import type { OutsideEvents } from './outside-events.ts';
import type { SuggestionRows } from './suggestions.ts';

/** Every id by which things are kept about a person. */
export interface PersonIds {
  customers: readonly CustomerId[];
  interactions: readonly InteractionId[];
}

/** What another folder keeps about persons in rows of its own (messages, files): handed over by the composition root. */
export interface PersonRecords {
  /** Key in the export: `messages`. */
  readonly name: string;
  /** Synchronous, in the transaction of the erasure. What is kept elsewhere (files) is erased after it resolves. */
  erase(who: PersonIds): void;
  /** One object for each record, read as the export goes. */
  export(who: PersonIds): Iterable<unknown>;
}

export interface PersonParts {
  customer: Customer;
  ids: PersonIds;
  notes: readonly Note[];
  interactions: Interactions;
  outside: OutsideEvents;
  consents: ConsentRows;
  suggestions: SuggestionRows;
  records: readonly PersonRecords[];
  events: Iterable<JournalEvent>;
}

/** One JSON object in pieces; nothing is held open between two pieces. */
export function* exportPerson(parts: PersonParts): Generator<string> {
  const { customer, ids, notes, interactions, outside, consents, suggestions, records, events } = parts;
  yield `{"customer":${JSON.stringify(customer)},\n"notes":${JSON.stringify(notes)}`;
  yield `,\n"consents":${JSON.stringify(ids.customers.flatMap((id) => consents.of(id)))}`;
  yield `,\n"suggestions":${JSON.stringify(ids.customers.flatMap((id) => suggestions.of(id)))}`;
  const recordings: object[] = [];
  yield* list('interactions', interactionsOf(interactions, ids, recordings));
  yield* list('recordings', recordings);
  yield* list(
    'events',
    flat(ids.customers, (id) => outside.of(id)),
  );
  for (const one of records) yield* list(one.name, one.export(ids));
  yield* list('journal', events);
  yield '}\n';
}

function* interactionsOf(interactions: Interactions, ids: PersonIds, recordings: object[]): Generator<unknown> {
  for (const id of ids.interactions) {
    const record = interactions.get(id);
    if (record === undefined) continue;
    for (const recording of record.recordings) recordings.push({ interaction: id, ...recording });
    yield record;
  }
}

function* flat<Item, Found>(items: Iterable<Item>, of: (item: Item) => Iterable<Found>): Generator<Found> {
  for (const item of items) yield* of(item);
}

function* list(name: string, items: Iterable<unknown>): Generator<string> {
  yield `,\n${JSON.stringify(name)}:[`;
  let first = true;
  for (const item of items) {
    yield `${first ? '\n' : ',\n'}${JSON.stringify(item)}`;
    first = false;
  }
  yield ']';
}

/** All events about these subjects or in the scope of these customers, page by page, by the journal's indexes. */
export function* journalOf(
  database: Database,
  { customers, interactions }: PersonIds,
  read: (row: number) => JournalEvent | undefined,
): Generator<JournalEvent> {
  const bySubject = database
    .prepare<[string, number], number>('SELECT seq FROM journal WHERE subject = ? AND seq > ? ORDER BY seq LIMIT 500')
    .pluck();
  for (const subject of [...customers, ...interactions]) {
    let after = 0;
    for (;;) {
      const page = bySubject.all(subject, after);
      for (const seq of page) {
        const event = read(seq);
        if (event) yield event;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < 500) break;
      after = last;
    }
  }
}
