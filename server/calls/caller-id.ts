import type { Directory } from '../ports/index.ts';

/**
 * Who a call of an agent is from: colleagues see the extension; outside goes a number of ours that the trunk knows, where
 * there is one.
 * @param outside whether it goes to a number @param did the own number that the contact came by
 */
export function callerOf(
  directory: Pick<Directory, 'agents' | 'dids'>,
  agent: string | undefined,
  outside: boolean,
  did?: string | undefined,
): { user: string; name?: string | undefined } {
  const record = agent === undefined ? undefined : directory.agents.get(agent);
  if (!outside) return { user: agent ?? 'anonymous', name: record?.name };
  const dids = directory.dids.list();
  const own = did ?? (dids.find(({ site }) => site === record?.site) ?? dids[0])?.number;
  return { user: own ?? agent ?? 'anonymous' };
}
