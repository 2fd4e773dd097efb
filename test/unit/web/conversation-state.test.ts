// Conversations in the panel's state: order, what is read, what is not.
import { expect, test } from 'vitest';
import { type Message, seen, unreadOf, withMessage, withView } from '../../../web/src/conversation/state.ts';

const view = {
  interaction: 'int_1',
  via: 'chat',
  channel: 'chat',
  thread: 't',
  phase: 'active',
  since: 1,
  startedAt: 1,
  language: 'en',
  joined: [],
  variables: {},
  messages: 0,
} as const;
const message = (number: number, author: Message['author'] = 'customer', more: Partial<Message> = {}): Message => ({
  id: `msg_${number}`,
  interaction: 'int_1',
  number,
  at: number,
  author,
  content: { type: 'text', text: `${number}` },
  state: 'received',
  ...more,
});
const fresh = (messages: Message[]) => withView(undefined, { view: { ...view, joined: [], variables: {} }, messages });

test('messages stand in their order, whatever order they come in, and a change replaces one', () => {
  let known = fresh([message(2)]);
  known = withMessage(known, message(3, 'agent', { state: 'waiting' }));
  known = withMessage(known, message(1));
  known = withMessage(known, message(3, 'agent', { state: 'delivered' }));
  expect(known.messages.map(({ number, state }) => [number, state])).toEqual([
    [1, 'received'],
    [2, 'received'],
    [3, 'delivered'],
  ]);
});

test('only the customer’s unseen words count as unread', () => {
  let known = fresh([message(1), message(2, 'bot'), message(3)]);
  expect(unreadOf(known)).toBe(2);
  known = seen(known);
  expect(unreadOf(known)).toBe(0);
  expect(seen(known)).toBe(known);
  known = withMessage(known, message(4, 'agent'));
  known = withMessage(known, message(5));
  expect(unreadOf(known)).toBe(1);
});

test('the customer’s message ends that she writes', () => {
  const typing = { ...fresh([message(1)]), typingAt: 5 };
  expect(withMessage(typing, message(2)).typingAt).toBeUndefined();
  expect(withMessage(typing, message(3, 'agent')).typingAt).toBe(5);
});
