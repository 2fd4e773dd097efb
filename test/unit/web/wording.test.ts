// What the panel says of somebody's work: who writes does not talk, and a message does not ring.
import { expect, test } from 'vitest';
import { translator } from '../../../web/src/i18n/translate.ts';
import { dispositionName, leavesOf } from '../../../web/src/state/dispositions.ts';
import { contactWord, detourText, doingLive, doingOf } from '../../../web/src/state/wording.ts';

const call = { channel: 'voice' } as const;
const chat = { channel: 'chat' } as const;

test('a written contact is new, open and followed up; a call rings and is talked', () => {
  expect(contactWord({ ...chat, state: 'offered' })).toBe('contact.state.new');
  expect(contactWord({ ...chat, state: 'connected' })).toBe('contact.state.writing');
  expect(contactWord({ ...chat, state: 'wrap-up' })).toBe('contact.state.after');
  expect(contactWord({ ...chat, state: 'joined' })).toBe('contact.state.joined');
  expect(contactWord({ ...call, state: 'connected' })).toBe('contact.state.connected');
});

test('a talk comes before a ring, a ring before conversations, those before what is new or over', () => {
  const talk = { ...call, state: 'connected' } as const;
  const ring = { ...call, state: 'offered' } as const;
  const open = { ...chat, state: 'connected' } as const;
  const fresh = { ...chat, state: 'offered' } as const;
  const after = { ...chat, state: 'wrap-up' } as const;
  expect(doingOf([after, fresh, open, ring, talk])).toBe('talking');
  expect(doingOf([after, fresh, open, ring])).toBe('ringing');
  expect(doingOf([after, fresh, open])).toBe('writing');
  expect(doingOf([after, fresh])).toBe('offered');
  expect(doingOf([after])).toBe('wrap-up');
  expect(doingOf([])).toBeUndefined();
});

test('on the floor, calls of her own and conversations that she joined count too', () => {
  const contact = { interaction: 'int_1', since: 1 };
  expect(doingLive({ contacts: [{ ...contact, ...chat, state: 'connected' }], occupied: {} })).toBe('writing');
  expect(doingLive({ contacts: [], occupied: { voice: 1 } })).toBe('talking');
  expect(doingLive({ contacts: [], occupied: { chat: 1 } })).toBe('writing');
  expect(doingLive({ contacts: [{ ...contact, ...call, state: 'offered' }], occupied: { chat: 1 } })).toBe('ringing');
  expect(doingLive({ contacts: [], occupied: { voice: 0 } })).toBeUndefined();
});

test('a flow that is over is called as its title says, its result before what it asked', () => {
  const flows = [{ flow: 'rating', name: { en: 'Rating', zh: '满意度评价' } }];
  const zh = { flows, language: 'zh', t: translator('zh') } as const;
  const en = { flows, language: 'en', t: translator('en') } as const;
  expect(detourText({ flow: 'rating', result: { rating: '5', result: 'rated' } }, zh)).toBe(
    '满意度评价 已完成：rated, rating 5',
  );
  expect(detourText({ flow: 'pin', result: {} }, en)).toBe('Back from pin: ✓');
  expect(detourText({ flow: 'rating', reason: 'no' }, en)).toBe('Rating could not be done: no');
});

test('a disposition of a record is called as in the tree of its queue, or of any', () => {
  const queue = (id: string, label: { en?: string; zh?: string }) => ({
    id,
    name: {},
    mine: true,
    dispositions: [],
    dispositionTree: [{ code: 'card', label: {}, children: [{ code: 'lost', label, children: [] }] }],
    dispositionRequired: false,
    wrapUpMs: 0,
    serviceLevelMs: 0,
    adjustable: false,
  });
  const queues = [queue('service', { en: 'Lost card', zh: '挂失' }), queue('vip', { en: 'Lost' })];
  const zh = { queues, language: 'zh', t: translator('zh') } as const;
  expect(dispositionName('lost', { ...zh, queue: 'service' })).toBe('挂失');
  expect(dispositionName('lost', { ...zh, queue: 'vip' })).toBe('Lost');
  expect(dispositionName('lost', zh)).toBe('挂失');
  expect(dispositionName('solved', zh)).toBe('已解决');
  expect(dispositionName('old-code', zh)).toBe('old-code');
  expect(leavesOf(queues).map(({ code }) => code)).toEqual(['lost']);
});
