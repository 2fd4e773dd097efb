// A person whom a directory or provider vouched for becomes, or is, an agent here: roles and team follow her groups.
import type { GroupRule } from '../../config/index.ts';
import type { AgentId } from '../../values/index.ts';
import { agentSchema } from '../directory/index.ts';
import type { AgentRecord, Directory } from '../ports/index.ts';
import { rolesOf } from './groups.ts';

export interface VouchedPerson {
  login: string;
  name: string | undefined;
  groups: readonly string[];
}

export interface AdmitRules {
  groups: readonly GroupRule[];
  createAgents: boolean;
}

/**
 * @param by who vouched, for the audit: `ldap`, `oidc`
 * @returns her id; undefined where none of her groups may in, she is disabled, or she is not known and nobody is created
 */
export async function admit(
  directory: Directory,
  { login, name, groups }: VouchedPerson,
  { groups: rules, createAgents }: AdmitRules,
  by: string,
): Promise<AgentId | undefined> {
  const may = rolesOf(rules, groups);
  if (may === undefined) return undefined;
  const known = agentOf(directory, login);
  if (known === undefined) {
    const id = login.toLowerCase();
    const fresh = { site: directory.site.name, id, name: name ?? login, roles: may.roles, team: may.team };
    const checked = agentSchema.safeParse(fresh);
    if (!createAgents || !checked.success) return undefined;
    await directory.agents.put(checked.data, by);
    return id;
  }
  if (known.disabled) return undefined;
  // Where the groups say nothing of a team, hers stays: without one a supervisor would see the whole site.
  const team = may.team ?? known.team;
  if (!sameSet(known.roles, may.roles) || known.team !== team) {
    await directory.agents.put({ ...known, roles: may.roles, ...(team === undefined ? {} : { team }) }, by);
  }
  return known.id;
}

/** Directories take a login in any case. */
function agentOf(directory: Directory, login: string): AgentRecord | undefined {
  const exact = directory.agents.get(login);
  if (exact) return exact;
  const folded = login.toLowerCase();
  return directory.agents.list().find(({ id }) => id.toLowerCase() === folded);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
