// What digital conversations write to the journal beside the interaction.* events (server/customers), of which the record is
// made: each message, and what became of it. Texts are personal: erased with the customer.
import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const message = z.string();
const number = z.number().int();
const via = z.string();
const content = z.record(z.string(), z.unknown());

export const messageReceived = defineEvent(
  'message.received',
  1,
  {
    message,
    number,
    via,
    type: z.string(),
    public: z.record(z.string(), z.unknown()).optional(),
    text: z.string().optional(),
    content: content.optional(),
    thread: z.string().optional(),
  },
  {
    personal: ['text', 'content', 'thread', 'public'],
    about:
      'The customer wrote: the message (`number` within its thread), what it says as text, and its content as the connector gave it. Secret input is masked.',
  },
);

export const messageSent = defineEvent(
  'message.sent',
  1,
  {
    message,
    number,
    via,
    type: z.string(),
    author: z.enum(['bot', 'agent', 'system']),
    text: z.string().optional(),
    content: content.optional(),
  },
  {
    personal: ['text', 'content'],
    about: 'A message was given to the connector for the customer, by the bot, the agent of the scope, or the system.',
  },
);

export const messageNoted = defineEvent(
  'message.noted',
  1,
  { message, number, text: z.string().optional() },
  {
    personal: ['text'],
    about: 'The agent of the scope wrote a note into the conversation; the customer never sees it.',
  },
);

export const messageSubmitted = defineEvent(
  'message.submitted',
  1,
  {
    message,
    number,
    via,
    type: z.string(),
    text: z.string().optional(),
    content: content.optional(),
    writtenBy: z.string().optional(),
  },
  {
    personal: ['text', 'content'],
    about:
      'The agent of the scope wrote a public answer, or `writtenBy` did in her name; it waits until a second person approves it.',
  },
);

export const messageReviewed = defineEvent(
  'message.reviewed',
  1,
  { message, by: z.string(), approved: z.boolean(), why: z.string().optional() },
  { about: 'A second person approved a public answer, or did not let it go out.' },
);

export const messageDelivered = defineEvent(
  'message.delivered',
  1,
  { message, state: z.enum(['sent', 'delivered', 'read']), provider: z.string().optional() },
  { about: 'What the connector says of a message: the provider has it, it arrived, it was read.' },
);

export const messageFailed = defineEvent(
  'message.failed',
  1,
  { message, code: z.string(), reason: z.string() },
  { about: 'A message could not be sent, for good: code of the error registry, and the words of the provider.' },
);

export const messageRecalled = defineEvent(
  'message.recalled',
  1,
  { message },
  { about: 'The customer took a message back.' },
);

export const conversationRead = defineEvent(
  'conversation.read',
  1,
  { upTo: number },
  { about: 'The customer has read our messages up to that number of the thread.' },
);

export const conversationAnswered = defineEvent(
  'conversation.answered',
  1,
  { via, ms: z.number(), dueMs: z.number(), inTime: z.boolean(), first: z.boolean() },
  {
    about:
      'A person answered what the customer had written: after how long, and whether in the time of the channel; `first`: her first answer in this conversation.',
  },
);

export const conversationDueSoon = defineEvent(
  'conversation.due-soon',
  1,
  { via, since: z.number(), due: z.number(), first: z.boolean(), priority: z.number().optional() },
  {
    about:
      'The answer of a person will be late soon: since when the customer waits, when it is due, and the priority with which she waits from now on. The alarm before `conversation.overdue`.',
  },
);

export const conversationOverdue = defineEvent(
  'conversation.overdue',
  1,
  { via, since: z.number(), first: z.boolean() },
  { about: 'The customer has waited for the answer of a person for longer than the channel allows.' },
);

export const conversationJoined = defineEvent(
  'conversation.joined',
  1,
  { by: z.string() },
  { about: 'A colleague (`agent` of the scope) reads and writes along; who asked her to.' },
);

export const conversationLeft = defineEvent(
  'conversation.left',
  1,
  { why: z.enum(['left', 'handed-over', 'ended']) },
  { about: 'A colleague who read and wrote along (`agent` of the scope) does so no more.' },
);

export const conversationHappened = defineEvent(
  'conversation.happened',
  1,
  { via, name: z.string(), data: z.record(z.string(), z.string()).optional() },
  {
    personal: ['data'],
    about: 'The customer did something at the provider that is no message: follow, menu, scan, enter, page …',
  },
);

export const conversationFlowFaulted = defineEvent(
  'conversation.flow-faulted',
  1,
  { flow: z.string(), node: z.string(), code: z.string(), sentence: z.string() },
  { about: 'A flow that answers as the bot did something that its author should hear of.' },
);

export const conversationEscalated = defineEvent(
  'conversation.escalated',
  1,
  { callback: z.string() },
  { about: 'The agent of the scope had the customer called back, in the queue of the scope.' },
);

export const conversationAdopted = defineEvent(
  'conversation.adopted',
  1,
  { phase: z.enum(['bot', 'queued', 'active']) },
  { about: 'A restarted server took the conversation up again.' },
);

export const attachmentKept = defineEvent(
  'attachment.kept',
  1,
  { attachment: z.string(), via, bytes: z.number(), mime: z.string(), sha256: z.string(), by: z.string() },
  { about: 'The bytes of an attachment were taken in.' },
);

export const cannedAnswerPut = defineEvent(
  'canned-answer.put',
  1,
  { answer: z.string(), by: z.string(), record: z.record(z.string(), z.unknown()) },
  { about: 'A canned answer was written or changed: the whole of it.' },
);

export const cannedAnswerRemoved = defineEvent(
  'canned-answer.removed',
  1,
  { answer: z.string(), by: z.string() },
  { about: 'A canned answer was removed.' },
);
