// Conversations and messages as panels and programs see them: the contracts of server/ports as schemas.
import { z } from 'zod';
import { content, replyWindow } from '../../connector/index.ts';
import type { ConversationView, MessageView } from '../ports/index.ts';

const optional = z.string().optional();
const author = z.enum(['customer', 'bot', 'agent', 'system', 'note']);

export const messageView = z
  .object({
    id: z.string(),
    interaction: z.string(),
    number: z.number().describe('1, 2, 3 … within the thread'),
    at: z.number(),
    author,
    agent: optional,
    content,
    state: z.enum(['approval', 'waiting', 'sent', 'delivered', 'read', 'failed', 'recalled', 'received']),
    failed: z.object({ code: z.string(), reason: z.string() }).optional(),
  })
  .meta({ id: 'Message' }) satisfies z.ZodType<MessageView>;

export const conversationView = z
  .object({
    interaction: z.string(),
    via: z.string().describe('The digital channel'),
    channel: z.enum(['chat', 'social', 'mail', 'sms', 'work']),
    thread: z.string(),
    phase: z.enum(['bot', 'queued', 'offered', 'active', 'closed']),
    since: z.number(),
    startedAt: z.number(),
    name: optional,
    customer: optional,
    language: z.enum(['en', 'zh']),
    queue: optional,
    agent: optional,
    joined: z.array(z.string()),
    subject: optional,
    variables: z.record(z.string(), z.string()),
    window: replyWindow.optional(),
    unanswered: z
      .object({
        since: z.number(),
        due: z.number(),
        soon: z.boolean().optional().describe('The alarm before that was raised'),
      })
      .optional(),
    lastMessage: z.object({ at: z.number(), author, text: z.string() }).optional(),
    messages: z.number(),
  })
  .meta({ id: 'Conversation' }) satisfies z.ZodType<ConversationView>;
