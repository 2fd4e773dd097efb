import type { AgentRecord, Directory } from '../ports/index.ts';

/** Whose login it is. A directory or provider takes a login in any case, so that here, too, it is the same person's. */
export function agentOfLogin(directory: Pick<Directory, 'agents'>, login: string): AgentRecord | undefined {
  const exact = directory.agents.get(login);
  if (exact) return exact;
  const folded = login.toLowerCase();
  return directory.agents.list().find(({ id }) => id.toLowerCase() === folded);
}
