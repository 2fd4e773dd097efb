// What the panel says of somebody's work: who writes does not talk, and a message does not ring.
import { expect, test } from 'vitest';
import { contactWord, doingLive, doingOf } from '../../../web/src/state/wording.ts';

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
