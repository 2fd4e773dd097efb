// Steps of offers, work and presence that several commands share.
import type { OfferOutcome } from '../../values/index.ts';
import type { Decision } from './decision.ts';
import type { Presence } from './presence.ts';
import type { Agent, Work } from './state.ts';
import { workMachine } from './work.ts';

/** How long a withdrawn offer may take to confirm that ringing has stopped, ms. */
const confirmMs = 3_000;

/** Length of wrap-up where neither the agent nor a queue says one (the queue was removed), ms. */
const wrapUpFallbackMs = 30_000;

/** Stops the ringing of an offer; it ends when that is confirmed. Nothing where it is being withdrawn already. */
export function withdraw(decision: Decision, agent: Agent, work: Work, outcome: 'missed' | 'withdrawn'): void {
  if (!workMachine.can(work.state, 'withdraw')) return;
  decision.emit({
    type: 'offer-withdrawing',
    offer: work.id,
    contact: work.contact,
    agent: agent.config.id,
    outcome,
    deadline: decision.now + confirmMs,
  });
}

/** An offer ended without being accepted: the contact keeps its place, the agent may become not ready. */
export function endOffer(
  decision: Decision,
  agent: Agent,
  work: Work,
  outcome: Exclude<OfferOutcome, 'accepted'>,
): void {
  const { state, now } = decision;
  const config = state.queues.get(work.queue)?.config;
  const contact = state.contacts.get(work.contact);
  // Withdrawn because she became not ready: nothing was missed. Withdrawn by the contact's side: not at once again.
  const excluded = outcome !== 'withdrawn' || work.state === 'offered';
  decision.emit({
    type: 'offer-ended',
    offer: work.id,
    contact: work.contact,
    agent: agent.config.id,
    queue: work.queue,
    outcome,
    excludedUntil: excluded && contact && config ? now + config.exclusionMs : undefined,
  });
  const reason =
    outcome === 'missed'
      ? 'rona'
      : outcome === 'unreachable' && !answeredSince(agent, work)
        ? 'phone-unreachable'
        : outcome === 'declined'
          ? config?.declinedReason
          : undefined;
  if (reason && agent.presence === 'ready') setPresence(decision, agent, 'not-ready', reason);
  leaveIfDone(decision, agent);
}

/** Whether she has taken another contact of that channel since she was offered this one: then her phone can be reached. */
function answeredSince(agent: Agent, { channel, since }: Work): boolean {
  for (const work of agent.work.values()) {
    if (work.state === 'connected' && work.channel === channel && work.since >= since) return true;
  }
  return false;
}

/** Ends the agent's connected part; wrap-up begins where she has one. */
export function endWork(decision: Decision, agent: Agent, work: Work): void {
  const { state, now } = decision;
  const config = state.queues.get(work.queue)?.config;
  const wrapUpMs = agent.config.wrapUpMs ?? config?.wrapUpMs ?? wrapUpFallbackMs;
  const limitMs = Math.max(wrapUpMs, config?.wrapUpMaxMs ?? wrapUpMs);
  decision.emit({
    type: 'work-ended',
    agent: agent.config.id,
    work: work.id,
    contact: work.contact,
    queue: work.queue,
    connectedMs: decision.elapsed(work.since),
    ...(wrapUpMs > 0 ? { wrapUpUntil: now + wrapUpMs, wrapUpLimit: now + limitMs } : {}),
  });
  leaveIfDone(decision, agent);
}

function lacksDisposition({ state }: Decision, work: Work): boolean {
  return state.queues.get(work.queue)?.config.disposition !== undefined && !work.disposed;
}

/** The time of a wrap-up is over: it ends, or waits for the disposition that the queue requires. */
export function wrapUpOver(decision: Decision, agent: Agent, work: Work): void {
  const required = decision.state.queues.get(work.queue)?.config.disposition;
  const missing = lacksDisposition(decision, work);
  // Whoever leaves is not held back: her panel may be closed already.
  if (missing && required === 'extend' && agent.presence !== 'leaving' && work.until! < work.limit!) {
    const { id } = agent.config;
    decision.emit({ type: 'wrap-up-extended', agent: id, work: work.id, until: work.limit!, overdue: true });
    return;
  }
  if (missing && required !== 'record' && agent.presence === 'ready') {
    setPresence(decision, agent, 'not-ready', 'disposition-missing');
  }
  endWrapUp(decision, agent, work, 'time');
}

export function endWrapUp(decision: Decision, agent: Agent, work: Work, by: 'agent' | 'time'): void {
  decision.emit({
    type: 'wrap-up-ended',
    agent: agent.config.id,
    work: work.id,
    contact: work.contact,
    queue: work.queue,
    wrapUpMs: decision.elapsed(work.since),
    by,
    ...(lacksDisposition(decision, work) ? { missing: true } : {}),
  });
  leaveIfDone(decision, agent);
}

/** Changes presence; whoever is no longer ready has her ringing offers withdrawn. */
export function setPresence(decision: Decision, agent: Agent, to: Presence, reason?: string): void {
  decision.emit({
    type: 'presence-changed',
    agent: agent.config.id,
    from: agent.presence,
    to,
    ...(reason === undefined ? {} : { reason }),
  });
  if (to === 'ready') return;
  for (const work of [...agent.work.values()]) withdraw(decision, agent, work, 'withdrawn');
}

/** Completes a sign-out, and a removal, once nothing is at work any more. */
export function leaveIfDone(decision: Decision, agent: Agent): void {
  if (agent.presence === 'leaving' && agent.usedTotal === 0) setPresence(decision, agent, 'offline');
  if (agent.removing && agent.presence === 'offline' && agent.usedTotal === 0) {
    decision.emit({ type: 'agent-removed', agent: agent.config.id });
  }
}
