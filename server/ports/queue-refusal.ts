// A queue that would not take a contact, as an error for whoever would give it there.
import { type AgentId, notNow, notThere, type QueueId } from '../../values/index.ts';
import type { QueueExit } from './queueing.ts';

/**
 * @param exit what `Queueing.refuses` says of `to`
 * @throws queue-closed, queue-full, queue-unstaffed, queue-unknown; agent-away
 */
export function throwRefusal(
  exit: QueueExit | undefined,
  { queue, only: agent }: { queue: QueueId; only?: AgentId | undefined },
): void {
  switch (exit) {
    case undefined:
      return;
    case 'closed':
      throw notNow['queue-closed']({ queue });
    case 'full':
      throw notNow['queue-full']({ queue });
    case 'removed':
      throw notThere['queue-unknown']({ queue });
    default:
      throw agent === undefined ? notNow['queue-unstaffed']({ queue }) : notNow['agent-away']({ agent });
  }
}
