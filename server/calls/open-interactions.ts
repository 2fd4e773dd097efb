// Contacts that began and of whose end nobody has written: after a crash of server and edge together they get one, so that
// no record stays open for ever. A cursor in the journal stands before the oldest call that is up.
import type { InteractionId } from '../../values/index.ts';
import type { Journal, JournalEvent } from '../journal/index.ts';

const reader = 'calls-open';
const page = 5_000;

/** Voice interactions that have no end yet, as far back as the cursor stands. */
export function openInteractions(journal: Journal): Map<InteractionId, JournalEvent> {
  const open = new Map<InteractionId, JournalEvent>();
  let after = journal.cursor(reader);
  for (;;) {
    const events = journal.read(after, {
      limit: page,
      filter: { types: ['interaction.started', 'interaction.ended'] },
    });
    for (const event of events) {
      if (event.interaction === undefined) continue;
      if (event.type === 'interaction.ended') open.delete(event.interaction);
      else if (event.data.channel === 'voice') open.set(event.interaction, event);
    }
    const last = events.at(-1);
    if (!last || events.length < page) return open;
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
