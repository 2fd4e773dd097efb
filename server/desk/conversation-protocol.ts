// Digital conversations on an agent's screen: what her panels are told, and what she can do. What is done seldom (canned answers,
// older messages, joining a colleague, a callback) goes by the API.
import { z } from 'zod';
import { content } from '../../connector/index.ts';
import { conversationView, messageView } from '../conversations/index.ts';

const id = z.string().min(1).max(80);
const interaction = z.strictObject({ interaction: id });

/** One of hers, with its last messages, the oldest first; also of earlier conversations of that thread. */
export const deskConversation = z.object({ view: conversationView, messages: z.array(messageView) });
export type DeskConversation = z.infer<typeof deskConversation>;

export const conversationEvents = {
  conversation: {
    about: 'A conversation of hers, or one that she has joined, began (with its last messages) or changed: all of it.',
    with: z.object({ view: conversationView, messages: z.array(messageView).optional() }),
  },
  message: {
    about: 'A message came, was sent, or changed its state.',
    with: z.object({ interaction: id, message: messageView }),
  },
  'answer-reviewed': {
    about: 'A second person let a public answer of hers go out, or sent it back with a note (`message.failed.reason`).',
    with: z.object({ message: messageView, approved: z.boolean() }),
  },
  'conversation-gone': { about: 'The conversation is no longer hers.', with: interaction },
};

export const conversationLive = {
  typing: { about: 'The customer writes just now.', with: interaction },
};

export const conversationCommands = {
  accept: {
    about: 'Takes the conversation that is offered.',
    with: z.strictObject({ offer: id }),
    answer: z.strictObject({}),
  },
  'send-message': {
    about: 'Sends a message; the same `key` is one message, however often it is sent.',
    with: z.strictObject({ interaction: id, content, key: z.string().min(1).max(100) }),
    answer: z.object({ message: messageView }),
  },
  'go-on-writing': {
    about:
      'From a call that goes on from a conversation (a callback that was asked for there), during it and after it: writes to the customer where that was, after it for as long as the channel brings her words back to the agent. What nobody has there becomes the agent’s; the same `key` is one message.',
    with: z.strictObject({ interaction: id, content, key: z.string().min(1).max(100) }),
    answer: z.object({ message: messageView }),
  },
  'send-note': {
    about: 'A note for colleagues in the conversation; the customer never sees it.',
    with: z.strictObject({ interaction: id, text: z.string().trim().min(1).max(4_000) }),
    answer: z.object({ message: messageView }),
  },
  typing: { about: 'She writes just now.', with: interaction, answer: z.strictObject({}) },
  'transfer-conversation': {
    about: 'Hands the conversation to a queue or a colleague, with all that was written.',
    with: z.strictObject({
      interaction: id,
      to: z.union([z.strictObject({ queue: id }), z.strictObject({ agent: id })]),
    }),
    answer: z.strictObject({}),
  },
  'leave-conversation': {
    about: 'Leaves a conversation that others read along; one of them has it then.',
    with: interaction,
    answer: z.strictObject({}),
  },
  'close-conversation': { about: 'Her part is over; wrap-up begins.', with: interaction, answer: z.strictObject({}) },
};
