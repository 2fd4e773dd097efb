import { expect, it } from 'vitest';
import { hadPart, maskedFor } from '../../../server/api/scope.ts';
import type { AgentPart, InteractionRecord, PartyRecord } from '../../../server/customers/index.ts';
import type { Principal } from '../../../server/directory/index.ts';

const principal = (role: 'agent' | 'supervisor'): Principal => ({
  kind: 'token',
  by: 'token:1',
  name: 'x',
  roles: [role],
  site: 'hq',
});

type Took = { part?: Partial<AgentPart>[]; party?: Partial<PartyRecord>; open?: boolean };
const cases: [words: string, took: Took, hers: boolean][] = [
  ['answered', { part: [{ outcome: 'accepted', answeredAt: 2 }] }, true],
  ['was given without an offer', { part: [{ answeredAt: 2 }] }, true],
  ['accepted, and the customer did not answer', { part: [{ outcome: 'accepted' }] }, true],
  ['missed, then answered', { part: [{ outcome: 'missed' }, { outcome: 'accepted', answeredAt: 3 }] }, true],
  ['is offered', { part: [{}], open: true }, true],
  ['was offered when it ended', { part: [{}] }, false],
  ['missed', { part: [{ outcome: 'missed' }], open: true }, false],
  ['declined', { part: [{ outcome: 'declined' }] }, false],
  ['could not be rung for', { part: [{ outcome: 'unreachable' }] }, false],
  ['was consulted on', { party: { as: 'consult', answeredAt: 2 } }, true],
  ['was taken into', { party: { as: 'add', answeredAt: 2 } }, true],
  ['was called into, and did not answer', { party: { as: 'add' } }, false],
  ['monitored', { party: { as: 'monitor', answeredAt: 2 } }, false],
];

it.each(cases)('knows whether a contact was hers: one that she %s', (_, { part = [], party, open }, hers) => {
  const agent = '1001';
  const none = { talkMs: 0, holdMs: 0, wrapUpMs: 0 };
  const rung = { party: 'prt_1', as: 'add', kind: 'agent', calledAt: 1, privateMs: 0, asideMs: 0, inMs: 0 } as const;
  const record = {
    agents: part.map((one) => ({ agent, ...none, ...one })),
    parties: party === undefined ? [] : [{ agent, ...rung, ...party }],
    endedAt: open ? undefined : 9,
  };
  expect(hadPart({ ...principal('agent'), agent }, record)).toBe(hers);
  expect(hadPart({ ...principal('agent'), agent: '1002' }, record)).toBe(false);
  expect(hadPart(principal('agent'), record)).toBe(false);
});

it('shows agents no whole number, also not the one that a call was transferred to', () => {
  const number = '+8613800138000';
  const record = {
    from: number,
    to: '95500',
    parties: [],
    transfers: [
      { at: 1, kind: 'number', to: number },
      { at: 2, kind: 'queue', to: 'service-for-loans' },
    ],
  } as unknown as InteractionRecord;
  const masked = maskedFor(principal('agent'), record);
  expect(JSON.stringify(masked)).not.toContain(number);
  expect(masked.transfers.map(({ to }) => to)).toEqual(['+86138****8000', 'service-for-loans']);
  expect(maskedFor(principal('supervisor'), record)).toBe(record);
  expect(record.transfers[0]?.to).toBe(number);
});
