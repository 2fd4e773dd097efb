// Contacts and recordings that began and of whose end nobody has written: where the calls ended while no server was there, or
// were lost with the edge, they get one, so that no record stays open for ever. A cursor in the journal stands before the
// oldest call that is up.
import type { InteractionId, RecordingId } from '../../values/index.ts';
import { interactionEnded, interactionStarted, recordingEnded, recordingStarted } from '../customers/index.ts';
import type { Journal, JournalEvent } from '../journal/index.ts';

const reader = 'calls-open';
const page = 5_000;

/** What has no end yet, each with the event that began it. */
export interface Unended {
  /** By voice. */
  interactions: Map<InteractionId, JournalEvent>;
  recordings: Map<RecordingId, JournalEvent>;
}

const types = [interactionStarted, interactionEnded, recordingStarted, recordingEnded].map(({ name }) => name);

/** What has no end yet, as far back as the cursor stands. */
export function unended(journal: Journal): Unended {
  const interactions: Unended['interactions'] = new Map();
  const recordings: Unended['recordings'] = new Map();
  let after = journal.cursor(reader);
  for (;;) {
    const events = journal.read(after, { limit: page, filter: { types } });
    for (const event of events) {
      const { type, interaction, data } = event;
      if (type === recordingStarted.name) recordings.set(data.recording as RecordingId, event);
      else if (type === recordingEnded.name) recordings.delete(data.recording as RecordingId);
      else if (interaction === undefined) continue;
      else if (type === interactionEnded.name) interactions.delete(interaction);
      else if (data.channel === 'voice') interactions.set(interaction, event);
    }
    const last = events.at(-1);
    if (!last || events.length < page) return { interactions, recordings };
    after = last.seq;
  }
}

/** @param oldest number of the event that began the oldest call that is up; undefined: there is none */
export function moveOpenCursor(journal: Journal, oldest: number | undefined): void {
  const to = oldest === undefined ? journal.last : oldest - 1;
  if (to > journal.cursor(reader)) journal.moveCursor(reader, to);
}

/** Whether the journal knows its end by now. */
export function hasEnded(journal: Journal, interaction: InteractionId): boolean {
  return journal.ofInteraction(interaction).some(({ type }) => type === 'interaction.ended');
}
