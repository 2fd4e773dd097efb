// Conversations on her screen, as plain data. Pure.
import type { DeskConversation } from '../../../server/desk/protocol.ts';

export type ConversationView = DeskConversation['view'];
export type Message = DeskConversation['messages'][number];

export interface Conversation {
  view: ConversationView;
  /** By number, the oldest first. */
  messages: Message[];
  /** When the customer was last heard to write, by this browser's clock. */
  typingAt?: number | undefined;
  /** The last message that she has seen. */
  read: number;
}

/** Messages kept of one conversation: what is older is asked for again. */
const mostMessages = 1_000;

export function withView(
  known: Conversation | undefined,
  { view, messages }: Partial<DeskConversation> & { view: ConversationView },
): Conversation {
  const next = known ?? { view, messages: [], read: 0 };
  return { ...next, view, messages: messages === undefined ? next.messages : merged(next.messages, messages) };
}

export function withMessage(known: Conversation, message: Message): Conversation {
  const typingAt = message.author === 'customer' ? undefined : known.typingAt;
  return { ...known, typingAt, messages: merged(known.messages, [message]) };
}

/** What she has before her she has read. */
export function seen(known: Conversation): Conversation {
  const last = known.messages.at(-1)?.number ?? 0;
  return last <= known.read ? known : { ...known, read: last };
}

/** Messages of the customer that she has not seen. */
export function unreadOf({ messages, read }: Conversation): number {
  return messages.filter(({ number, author }) => number > read && author === 'customer').length;
}

/** A message that is there already is replaced: its state changed. */
function merged(known: Message[], more: Message[]): Message[] {
  const all = new Map(known.map((one) => [one.id, one]));
  for (const one of more) all.set(one.id, one);
  return [...all.values()].sort((a, b) => a.number - b.number).slice(-mostMessages);
}
