// Which groups of a directory or provider give which roles, and which team.
import type { GroupRule } from '../../config/index.ts';
import type { Role } from '../ports/index.ts';

/**
 * Roles of all rules that fit, in the rules' order; the team of the first of them that has one.
 * @param groups names, or DNs: of those the first part counts too (`CN=Desk,OU=…` is also `Desk`)
 * @returns undefined where no rule fits
 */
export function rolesOf(
  rules: readonly GroupRule[],
  groups: readonly string[],
): { roles: [Role, ...Role[]]; team: string | undefined } | undefined {
  const names = new Set(groups.flatMap(namesOf));
  const fitting = rules.filter(({ group }) => names.has(group.toLowerCase()));
  const [first, ...more] = new Set(fitting.flatMap(({ roles }) => roles));
  if (first === undefined) return undefined;
  return { roles: [first, ...more], team: fitting.find(({ team }) => team !== undefined)?.team };
}

function namesOf(group: string): string[] {
  const whole = group.toLowerCase();
  // RFC 4514 §2.4: a comma that belongs to the value has a backslash in front.
  const [, first] = /^[a-z0-9.-]+=((?:\\.|[^,\\])+)(?:,|$)/.exec(whole) ?? [];
  return first === undefined ? [whole] : [whole, first.replace(/\\(.)/g, '$1')];
}
