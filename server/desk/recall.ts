// What the desk takes up again from the journal after a restart of the server.

import type { AgentId, Millis } from '../../values/index.ts';
import type { Journal, JournalEvent } from '../journal/index.ts';
import type { AgentLive, ConversationControl } from '../ports/index.ts';
import { deskFacts } from './journal-events.ts';
import { lastWords } from './last-words.ts';
import type { Seat } from './seat.ts';
import { Tally } from './tally.ts';
import type { PopView, WorkView } from './views.ts';
import { workAfter } from './work-written.ts';

/** A shift: agents whose panels connected longer ago are not waited for. */
const shiftMs = 12 * 3_600_000;

export interface Recalled {
  /** Agents who had panels when the server stopped. */
  present: Set<AgentId>;
  tallies: Map<AgentId, Tally>;
}

/** Who had panels, and the figures since midnight. @param midnight of the site */
export function recallDesks(journal: Journal, now: Millis, midnight: Millis): Recalled {
  const recalled: Recalled = { present: new Set(), tallies: new Map() };
  const filter = { types: ['desk.*'] };
  let after = lastBefore(journal, Math.min(midnight, now - shiftMs));
  for (;;) {
    const page = journal.read(after, { limit: 1_000, filter });
    for (const event of page) fold(recalled, event, midnight);
    const last = page.at(-1);
    if (last === undefined || page.length < 1_000) return recalled;
    after = last.seq;
  }
}

function fold({ present, tallies }: Recalled, event: JournalEvent, midnight: Millis): void {
  const agent = event.agent;
  if (agent === undefined) return;
  switch (event.type) {
    case deskFacts.panelConnected.name:
      present.add(agent);
      break;
    case deskFacts.panelLost.name:
    case deskFacts.signedOut.name:
      present.delete(agent);
      break;
    case deskFacts.contactWorked.name: {
      if (event.at < midnight) break;
      const worked = deskFacts.contactWorked.schema.safeParse(event.data);
      if (!worked.success) break;
      const tally = tallies.get(agent) ?? new Tally();
      tally.add(worked.data);
      tallies.set(agent, tally);
      break;
    }
  }
}

/** Number of the last event before a time: a binary search, since the journal is in the order of time. */
function lastBefore(journal: Journal, at: Millis): number {
  let low = 0;
  let high = journal.last;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const event = journal.read(middle - 1, { limit: 1 })[0];
    if (event !== undefined && event.at < at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Puts back on her desk what an earlier run of the server knew of a contact: its pop, disposition and note. */
export function recallContact(
  journal: Journal,
  conversations: ConversationControl,
  seat: Seat,
  contact: AgentLive['contacts'][number],
): void {
  const { interaction } = contact;
  if (seat.recalled.has(interaction)) return;
  seat.recalled.add(interaction);
  if (seat.shows(interaction)) return;
  let work: WorkView = { interaction, ...seat.work.get(interaction) };
  let pop: PopView | undefined;
  for (const event of journal.ofInteraction(interaction)) {
    const { type, agent, data } = event;
    if (agent !== seat.agent) continue;
    if (type === deskFacts.popped.name) pop = popOf(data, seat.agent) ?? pop;
    else if (type === deskFacts.hinted.name && pop !== undefined) pop = withHints(pop, data);
    else work = workAfter(work, event);
  }
  if (pop !== undefined) {
    if (contact.state !== 'offered') pop.outcome = 'accepted';
    else if (contact.channel !== 'voice') pop.words = lastWords(conversations, interaction);
    seat.pops.set(pop.offer.id, { view: pop, writtenAt: 0 });
  }
  if (work.disposition !== undefined || work.note !== undefined) seat.work.set(interaction, work);
}

/** With what came during the talk. */
function withHints(pop: PopView, data: Record<string, unknown>): PopView {
  const fact = deskFacts.hinted.schema.safeParse(data);
  return fact.success ? { ...pop, content: { ...pop.content, hints: fact.data.hints } } : pop;
}

/** Undefined where the personal part was erased. */
function popOf(data: Record<string, unknown>, agent: AgentId): PopView | undefined {
  const fact = deskFacts.popped.schema.safeParse(data);
  if (!fact.success) return undefined;
  const { offer, at, deadline, content } = fact.data;
  return { offer: { id: offer, interaction: content.interaction, agent, queue: content.queue, at, deadline }, content };
}
