import { expect, it } from 'vitest';
import { rolesOf } from '../../../server/sign-in/groups.ts';

const rules = [
  { group: 'Desk', roles: ['agent' as const] },
  { group: 'CN=Leads,OU=Groups,DC=bank', roles: ['agent' as const, 'supervisor' as const], team: 'red' },
  { group: 'Smith, Jones', roles: ['admin' as const], team: 'blue' },
];

it.each([
  ['a name', ['desk'], ['agent'], undefined],
  ['the first part of a DN', ['cn=Desk,ou=x,dc=bank'], ['agent'], undefined],
  ['a whole DN in another case', ['cn=leads,ou=groups,dc=bank'], ['agent', 'supervisor'], 'red'],
  [
    'several',
    ['Desk', 'CN=Leads,OU=Groups,DC=bank', 'CN=Smith\\, Jones,DC=bank'],
    ['agent', 'supervisor', 'admin'],
    'red',
  ],
])('maps %s', (_what, groups, roles, team) => {
  expect(rolesOf(rules, groups)).toEqual({ roles, team });
});

it.each([
  ['none', []],
  ['others', ['Cleaning', 'cn=other,ou=desk']],
  ['a part that is not the first', ['ou=x,cn=desk']],
  ['a name that begins alike', ['desktop', 'cn=desk2,dc=bank']],
  ['the first part of a DN that a rule wants whole', ['Leads']],
])('lets nobody in by %s', (_what, groups) => {
  expect(rolesOf(rules, groups)).toBeUndefined();
});
