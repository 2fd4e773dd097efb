import { expect, it } from 'vitest';
import { decideIdentity, type KnownHead, type KnownIdentity } from '../../../server/customers/decide-identity.ts';
import { type Identity, maskIdentity, normalIdentity } from '../../../server/customers/index.ts';

const proved = (kind: string, value: string): Identity => ({ kind, value, verified: true });
const said = (kind: string, value: string): Identity => ({ kind, value });
const head = (id: string, ...identities: Identity[]): KnownHead => ({ id, createdAt: 1, identities, parts: 1 });
const never = () => false;

/** Whose identities are whose, as the heads say. */
function known(heads: KnownHead[], ...identities: Identity[]): [KnownIdentity[], Map<string, KnownHead>] {
  const holder = (identity: Identity) =>
    heads.find((one) => one.identities.some((its) => its.kind === identity.kind && its.value === identity.value))?.id;
  const list = identities.map((identity) => {
    const owner = holder(identity);
    return { identity, owner, head: owner, claimants: [] };
  });
  return [list, new Map(heads.map((one) => [one.id, one]))];
}

it('normalises numbers and addresses, and leaves the rest as it is', () => {
  expect(normalIdentity({ kind: 'phone', value: ' 138 0013 8000' }, 'CN').value).toBe('+8613800138000');
  expect(normalIdentity({ kind: 'phone', value: '95588' }, 'CN').value).toBe('95588');
  expect(normalIdentity({ kind: 'mail', value: 'Ada L <Ada@Bank.Example>' }, 'CN').value).toBe('ada@bank.example');
  expect(normalIdentity({ kind: 'wechat', value: 'oAbC_1' }, 'CN').value).toBe('oAbC_1');
});

it('masks every kind', () => {
  const shown = (kind: string, value: string) => maskIdentity({ kind, value }).value;
  expect(shown('phone', '+8613800138000')).toBe('+86138****8000');
  expect(shown('mail', 'ada@bank.example')).toBe('a***@bank.example');
  expect(shown('wechat', 'oABCDEFG')).toBe('oA****FG');
  expect(shown('account', '6222')).toBe('****');
  expect(shown('mail', 'odd')).toBe('****');
});

it('makes a new customer of the door and what was proved; what is only said becomes a claim', () => {
  const plan = decideIdentity(
    ...known([], said('webchat', 'v1'), proved('account', 'A'), said('mail', 'a@x.cn')),
    never,
  );
  expect(plan.owner).toBeUndefined();
  expect(plan).toMatchObject({
    add: [{ value: 'v1' }, { value: 'A' }],
    claim: [{ value: 'a@x.cn' }],
    merge: [],
  });
});

it('merges the door into the customer of a proved account', () => {
  const [list, heads] = known(
    [head('d', said('wechat', 'o')), head('a', proved('account', 'A'))],
    said('wechat', 'o'),
    proved('account', 'A'),
  );
  const plan = decideIdentity(list, heads, never);
  expect(plan.merge).toEqual([{ loser: 'd', winner: 'a', kind: 'account' }]);
  // Recorded under the part that she came by.
  expect(plan.owner).toBe('d');
});

it('never merges two different proved accounts: a shared telephone stays with whom it is', () => {
  const [list, heads] = known(
    [head('d', said('wechat', 'o'), proved('account', 'A')), head('b', proved('account', 'B'))],
    said('wechat', 'o'),
    proved('account', 'B'),
  );
  expect(decideIdentity(list, heads, never)).toMatchObject({ owner: 'b', merge: [], suggest: [] });
  // A third login there is a customer of her own.
  const [third, two] = known([...heads.values()], said('wechat', 'o'), proved('account', 'C'));
  expect(decideIdentity(third, two, never)).toEqual({
    add: [proved('account', 'C')],
    verify: [],
    claim: [],
    merge: [],
    suggest: [],
  });
});

it('suggests, and does not merge, where a number or an address is another customer’s, said or proved', () => {
  const heads = [head('d', said('webchat', 'v')), head('p', said('phone', '+8613800138000'))];
  const [list, map] = known(heads, said('webchat', 'v'), said('phone', '+8613800138000'));
  expect(decideIdentity(list, map, never)).toMatchObject({
    owner: 'd',
    merge: [],
    claim: [{ kind: 'phone' }],
    suggest: [{ other: 'p', why: 'said', kind: 'phone' }],
  });
  const [sure] = known(heads, said('webchat', 'v'), proved('phone', '+8613800138000'));
  expect(decideIdentity(sure, map, never)).toMatchObject({ merge: [], claim: [], suggest: [{ why: 'proved' }] });
});

it('suggests those who claimed what somebody now comes by', () => {
  const list = [{ identity: said('mail', 'a@x.cn'), claimants: ['d'] }];
  expect(decideIdentity(list, new Map(), never).suggest).toEqual([{ other: 'd', why: 'said', kind: 'mail' }]);
});

it('leaves apart whom a person took apart, and no more than twenty become one by rules', () => {
  const [list, heads] = known(
    [head('d', said('wechat', 'o')), head('a', proved('account', 'A'))],
    said('wechat', 'o'),
    proved('account', 'A'),
  );
  expect(decideIdentity(list, heads, () => true)).toMatchObject({
    owner: 'a',
    merge: [],
    suggest: [{ other: 'd', why: 'parted' }],
  });
  heads.set('a', { ...heads.get('a')!, parts: 20 });
  expect(decideIdentity(list, heads, never).merge).toEqual([]);
});
