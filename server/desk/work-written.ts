// What an agent wrote down of a contact, by her panel or by the API, as the journal tells it.
import { interactionDisposed } from '../customers/index.ts';
import type { JournalEvent } from '../journal/index.ts';
import { deskFacts } from './journal-events.ts';
import type { WorkView } from './views.ts';

const written = new Set([deskFacts.dispositionSet.name, deskFacts.noteWritten.name, interactionDisposed.name]);

/** With what an event adds to it; most events add nothing. */
export function workAfter(work: WorkView, { type, data: { disposition, note } }: JournalEvent): WorkView {
  if (!written.has(type)) return work;
  return {
    ...work,
    ...(typeof disposition === 'string' ? { disposition } : {}),
    ...(typeof note === 'string' ? { note } : {}),
  };
}
