// Whether a contact that came now would stand in line. What `decide` does with one that would not is the exit of its queue;
// whoever gives a contact away by hand is told before, and nothing happens to it.
import type { AgentId, Channel, Millis } from '../../values/index.ts';
import type { OverflowReason } from './events.ts';
import { unstaffedDue } from './lanes.ts';
import type { Agent, Queue, RouterState } from './state.ts';

/**
 * @param only the one agent whom it would wait for
 * @returns why the queue would give it back at once; undefined: it would wait there
 */
export function refusalOfQueue(
  state: RouterState,
  queue: Queue,
  { channel, only, now }: { channel: Channel; only?: AgentId | undefined; now: Millis },
): OverflowReason | undefined {
  // Neither hours nor length of the queue hold for who is given to an agent, and to her alone.
  if (only !== undefined) return mayBeAwaited(state.agents.get(only), channel) ? undefined : 'agent-unavailable';
  const { maxLength } = queue.config;
  if (!queue.open) return 'closed';
  if (maxLength !== undefined && queue.waiting.size >= maxLength) return 'queue-full';
  return (unstaffedDue(queue, {}) ?? Infinity) <= now ? 'no-agents' : undefined;
}

/** Signed in, and somebody for that channel. */
export function mayBeAwaited(agent: Agent | undefined, channel: Channel): boolean {
  if (agent?.presence !== 'ready' && agent?.presence !== 'not-ready') return false;
  return Boolean(agent.config.capacity.channels[channel]);
}
