// A person whom a directory or provider vouched for becomes, or is, an agent here: roles and team follow her groups.
import type { GroupRule } from '../../config/index.ts';
import type { AgentId } from '../../values/index.ts';
import { type Accounts, agentOfLogin, agentSchema, type Vouched } from '../directory/index.ts';
import type { Directory } from '../ports/index.ts';
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

/** Who is known here, and who has a password kept here. */
export interface House {
  directory: Directory;
  accounts: Pick<Accounts, 'hasPassword'>;
}

/**
 * Nothing is written before `admit` of the answer is called.
 * @param by who vouched, for the audit: `ldap`, `oidc`
 * @returns who may in; undefined where none of her groups may, she is disabled, she has a password here and logs in with that
 * one only, or she is not known and nobody is created
 */
export function admission(
  { directory, accounts }: House,
  { login, name, groups }: VouchedPerson,
  { groups: rules, createAgents }: AdmitRules,
  by: string,
): Vouched | undefined {
  const may = rolesOf(rules, groups);
  if (may === undefined) return undefined;
  const known = agentOfLogin(directory, login);
  if (known === undefined) {
    const id = login.toLowerCase();
    const fresh = { site: directory.site.name, id, name: name ?? login, roles: may.roles, team: may.team };
    const checked = agentSchema.safeParse(fresh);
    if (!createAgents || !checked.success) return undefined;
    return { agent: id, admit: () => directory.agents.put(checked.data, by) };
  }
  if (known.disabled || accounts.hasPassword(known.id)) return undefined;
  return { agent: known.id, admit: () => followGroups(directory, known.id, may, by) };
}

async function followGroups(
  directory: Directory,
  agent: AgentId,
  may: NonNullable<ReturnType<typeof rolesOf>>,
  by: string,
): Promise<void> {
  const known = directory.agents.get(agent);
  if (known === undefined || known.disabled) return;
  // Where the groups say nothing of a team, hers stays: without one a supervisor would see the whole site.
  const team = may.team ?? known.team;
  if (sameSet(known.roles, may.roles) && known.team === team) return;
  await directory.agents.put({ ...known, roles: may.roles, ...(team === undefined ? {} : { team }) }, by);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
