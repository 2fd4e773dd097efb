// What time does: deadlines of contacts, offers, wrap-ups, opening hours.
import { mayBeAwaited } from './admission.ts';
import type { Decision } from './decision.ts';
import type { OverflowReason } from './events.ts';
import { ringAfter, unstaffedDue } from './lanes.ts';
import { isOpen } from './opening.ts';
import { setBackMs } from './set-back.ts';
import type { Contact, Queue } from './state.ts';
import { endOffer, withdraw, wrapUpOver } from './work-steps.ts';

/** Serves everything due by now, in the order in which it was due; before that, a clock that was set back. */
export function serveDue(decision: Decision): void {
  const { state, now } = decision;
  const byMs = setBackMs(state, now);
  if (byMs > 0) {
    decision.emit({ type: 'clock-set-back', byMs });
    for (const { config } of [...state.queues.values()]) if (config.hours) serveQueue(decision, config.id);
  }
  for (;;) {
    const due = state.timers.next();
    if (!due || due.at > now) return;
    if (due.kind === 'contact') serveContact(decision, state.contacts.get(due.id)!);
    else if (due.kind === 'queue') serveQueue(decision, due.id);
    else serveWork(decision, due.id);
    if (state.timers.next() === due) throw new Error(`acd: ${due.kind} ${due.id} stays due at ${due.at}`);
  }
}

/** Everything that holds for a waiting contact by now: overflow, end of a wait for one agent, exclusions, rings. */
export function serveContact(decision: Decision, contact: Contact): void {
  const { state, now } = decision;
  if (contact.state !== 'waiting' || state.contacts.get(contact.id) !== contact) return;
  const queue = state.queues.get(contact.queue);
  const waitOver = queue && contact.agent && !awaitable(decision, contact);
  if (waitOver && contact.agent?.until !== undefined) decision.emit({ type: 'agent-wait-over', contact: contact.id });
  const reason = overflowReason(decision, contact, queue);
  if (reason) {
    overflow(decision, contact, reason);
    return;
  }
  for (const [agent, until] of contact.excluded ?? []) {
    if (until <= now) decision.emit({ type: 'exclusion-over', contact: contact.id, agent });
  }
  const ring = ringAfter(queue!.config, now - contact.since);
  if (ring > contact.ring) decision.emit({ type: 'ring-widened', contact: contact.id, ring });
}

function overflowReason(decision: Decision, contact: Contact, queue: Queue | undefined): OverflowReason | undefined {
  if (!queue) return 'queue-removed';
  if (contact.until <= decision.now) return 'max-wait';
  if (contact.agent && !awaitable(decision, contact)) return 'agent-unavailable';
  return (unstaffedDue(queue, contact) ?? Infinity) <= decision.now ? 'no-agents' : undefined;
}

export function overflow(decision: Decision, contact: Contact, reason: OverflowReason): void {
  decision.emit({
    type: 'contact-overflowed',
    contact: contact.id,
    queue: contact.queue,
    reason,
    waitedMs: decision.elapsed(contact.queuedAt),
  });
}

/** Whether the contact may go on waiting for its one agent. */
function awaitable(decision: Decision, contact: Contact): boolean {
  const { id, until } = contact.agent!;
  if (until !== undefined && until <= decision.now) return false;
  return !contact.excluded?.has(id) && mayBeAwaited(decision.state.agents.get(id), contact.channel);
}

function serveQueue(decision: Decision, id: string): void {
  const queue = decision.state.queues.get(id)!;
  const open = isOpen(queue.config, decision.now);
  // Emitted even where nothing changed (two spans that touch), because it sets the next boundary.
  decision.emit({ type: open ? 'queue-opened' : 'queue-closed', queue: id });
  if (open || queue.config.atClose === 'serve') return;
  for (const contact of [...queue.waiting]) overflow(decision, contact, 'closed');
}

function serveWork(decision: Decision, id: string): void {
  const agent = decision.state.work.get(id)!;
  const work = agent.work.get(id)!;
  if (work.state === 'offered') {
    withdraw(decision, agent, work, 'missed');
  } else if (work.state === 'withdrawing') {
    endOffer(decision, agent, work, work.outcome ?? 'withdrawn');
  } else {
    wrapUpOver(decision, agent, work);
  }
}
