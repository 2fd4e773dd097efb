// The router's state as desks and the API see it.
import type { AgentId, Millis, QueueId } from '../../values/index.ts';
import { type Agent, expectedWait, hasRoom, type RouterState } from '../acd/index.ts';
import type { AgentLive, AgentNow, QueueLive } from '../ports/index.ts';

export function agentNow({ config, presence, reason, since }: Agent): AgentNow {
  const leaving = presence === 'leaving';
  return { agent: config.id, presence: leaving ? 'not-ready' : presence, reason: leaving ? presence : reason, since };
}

export function agentLive(agent: Agent): AgentLive {
  return {
    ...agentNow(agent),
    contacts: [...agent.work.values()].map((work) => ({
      interaction: work.contact,
      channel: work.channel,
      queue: work.queue,
      state: work.state === 'withdrawing' ? 'offered' : work.state,
      since: work.since,
      until: work.until,
      ...(work.overdue ? { overdue: true } : {}),
      ...(work.disposed ? { disposed: true } : {}),
      offer: work.id,
    })),
    occupied: { ...agent.own },
  };
}

export function queueLive(
  state: RouterState,
  id: QueueId,
  today: QueueLive['today'],
  now: Millis,
): QueueLive | undefined {
  const queue = state.queues.get(id);
  if (!queue) return undefined;
  let oldest = now;
  for (const contact of queue.waiting) oldest = Math.min(oldest, contact.queuedAt);
  let agents = 0;
  let free = 0;
  for (const agent of state.members.get(id) ?? []) {
    agents++;
    if (isFree(agent)) free++;
  }
  return {
    queue: id,
    waiting: queue.waiting.size,
    longestWaitMs: now - oldest,
    agents,
    free,
    expectedWaitMs: expectedWait(queue, queue.waiting.size + 1),
    today,
  };
}

function isFree(agent: Agent): boolean {
  for (const channel in agent.config.capacity.channels) if (hasRoom(agent, channel as 'voice')) return true;
  return false;
}

/** The queues in whose figures an agent counts. */
export function queuesOfAgent(state: RouterState, id: AgentId): readonly QueueId[] {
  return state.agents.get(id)?.config.queues ?? [];
}
