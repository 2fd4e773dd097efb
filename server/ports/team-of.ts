// Whose a fact is. Every event of a contact carries the team, and what supervisors see is scoped by it.
import type { AgentId, QueueId } from '../../values/index.ts';
import type { AgentRecord, Directory } from './directory.ts';

/** The team of the queue, where the contact is or was in one; else of the agent; else of the number that was called. */
export function teamOf(
  directory: Pick<Directory, 'queues' | 'agents' | 'dids'>,
  { queue, agent, did }: { queue?: QueueId | undefined; agent?: AgentId | undefined; did?: string | undefined },
): string | undefined {
  return (
    (queue === undefined ? undefined : directory.queues.get(queue)?.team) ??
    (agent === undefined ? undefined : directory.agents.get(agent)?.team) ??
    (did === undefined ? undefined : directory.dids.get(did)?.team)
  );
}

/** Whether an agent may have to do with what is a team's: her own, or nobody's; who has no team, and administrators, with all. */
export function servesTeam({ roles, team }: Pick<AgentRecord, 'roles' | 'team'>, of: string | undefined): boolean {
  return of === undefined || team === undefined || team === of || roles.includes('admin');
}
