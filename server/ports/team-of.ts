// Whose a fact is. Every event of a contact carries the team, and what supervisors see is scoped by it.
import type { AgentId, QueueId, Scope } from '../../values/index.ts';
import type { CallView } from './call-control.ts';
import type { Directory, Role } from './directory.ts';

/** Who asks: an agent's record, or whoever is behind a request. */
type Asker = Scope & { roles: readonly Role[] };

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
export function servesTeam({ roles, team }: Pick<Asker, 'roles' | 'team'>, of: string | undefined): boolean {
  return of === undefined || team === undefined || team === of || roles.includes('admin');
}

/**
 * Whether a call of this moment is there for a supervisor: it is of her team or of none (`teamOf`), or an agent of her team
 * is on it. Panels and API ask the same, so that who may not read its record does not listen to it either.
 */
export function servesCall(
  directory: Pick<Directory, 'queues' | 'agents' | 'dids'>,
  supervisor: Asker,
  call: Pick<CallView, 'queue' | 'agent' | 'did'>,
): boolean {
  if (servesTeam(supervisor, teamOf(directory, call))) return true;
  const agent = call.agent === undefined ? undefined : directory.agents.get(call.agent);
  return agent !== undefined && agent.site === supervisor.site && agent.team === supervisor.team;
}
