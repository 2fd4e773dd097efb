// What a connector (our sidecar, or anybody's program) and the server say to each other over the public API:
//   POST /api/v1/channels/:channel/inbound    what came from the provider: { "items": [ … ] }, at most 100, each with its key
//   GET  /api/v1/channels/:channel/outbound   what is to be sent, as server-sent events from a cursor on: `id: <seq>`,
//                                             `data: <OutboundItem>`; comments as heartbeat at least every 15 s
//   PUT  /api/v1/attachments                  bytes of an image, a voice message, a file; GET /api/v1/attachments/:id
// Inbound items are idempotent by `key`: a connector repeats what was not answered, and nothing is doubled. Items of one
// thread are taken in the order of the request. docs/channels.md shows a whole connector.
import { z } from 'zod';

const short = z.string().min(1).max(200);
/** Milliseconds since 1970 UTC. */
const time = z.number().int().nonnegative();

/** Kinds of channels that the product has connectors for; another program may bring its own word. */
export const knownKinds = ['webchat', 'mail', 'wechat', 'wecom', 'weibo', 'qq', 'sms', 'webhook', 'work'] as const;

/** Bytes that are at the server (after PUT /attachments). */
export const attachment = z
  .strictObject({
    id: short,
    kind: z.enum(['image', 'voice', 'video', 'file']),
    name: z.string().max(255).optional(),
    mime: z.string().max(127),
    bytes: z.number().int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Of voice and video. */
    durationMs: z.number().int().nonnegative().optional(),
    /** What was heard in it, where the provider or an engine wrote it down. */
    transcript: z.string().max(20_000).optional(),
  })
  .meta({ id: 'Attachment' });
export type Attachment = z.infer<typeof attachment>;

/** What a message says. Providers have more kinds; what is none of these comes as `text` that says so. */
export const content = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('text'),
      text: z.string().max(100_000),
      /** Of a mail. */
      subject: z.string().max(998).optional(),
      attachments: z.array(attachment).max(20).optional(),
    }),
    z.strictObject({ type: z.literal('media'), attachment, caption: z.string().max(4_000).optional() }),
    z.strictObject({
      type: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      label: z.string().max(500).optional(),
    }),
    z.strictObject({
      type: z.literal('link'),
      url: z.url({ protocol: /^https?$/ }).max(2_048),
      title: z.string().max(500).optional(),
      description: z.string().max(2_000).optional(),
    }),
    /** Choices as buttons, where the channel has them; a connector without writes them as numbered lines. */
    z.strictObject({
      type: z.literal('menu'),
      text: z.string().max(4_000),
      choices: z
        .array(z.strictObject({ key: z.string().min(1).max(64), label: z.string().min(1).max(200) }))
        .min(1)
        .max(20),
    }),
    /** One of those was chosen. */
    z.strictObject({
      type: z.literal('choice'),
      key: z.string().min(1).max(64),
      label: z.string().max(200).optional(),
    }),
    /** A template that the provider approved (WeChat template message, SMS template). */
    z.strictObject({
      type: z.literal('template'),
      template: short,
      values: z.record(z.string().max(64), z.string().max(2_000)),
      url: z.url({ protocol: /^https?$/ }).optional(),
    }),
  ])
  .meta({ id: 'MessageContent' });
export type Content = z.infer<typeof content>;

/**
 * Query of PUT /api/v1/attachments; the body is the bytes, content-type their MIME type; the answer is the Attachment. The
 * same channel and key give the same attachment, however often they are sent.
 */
export const attachmentQuery = z.strictObject({
  channel: short,
  /** The provider's id of these bytes, unique in the channel. */
  key: short,
  kind: z.enum(['image', 'voice', 'video', 'file']),
  name: z.string().max(255).optional(),
});

/** How the provider, or a login, knows a customer: `{ kind: 'wechat', value: openid }`, `unionid`, `mail`, `phone`, `account` … */
export const identity = z.strictObject({
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  value: z.string().min(1).max(320),
  /** It was proved (a login on the bank's page, a signed token), not merely said. Only verified identities merge customers by themselves. */
  verified: z.boolean().optional(),
});
export type WireIdentity = z.infer<typeof identity>;

export const person = z.strictObject({
  identities: z.array(identity).min(1).max(10),
  name: z.string().max(200).optional(),
  language: z.enum(['en', 'zh']).optional(),
});

/** Until when, and how often still, the provider lets us write to this thread. Absent parts: no limit. */
export const replyWindow = z
  .strictObject({ until: time.optional(), left: z.number().int().nonnegative().optional() })
  .meta({ id: 'ReplyWindow' });
export type ReplyWindow = z.infer<typeof replyWindow>;

/** Of a post, comment or mention that everybody can read. */
export const publicPost = z.strictObject({
  post: short,
  url: z.url({ protocol: /^https?$/ }).optional(),
  kind: z.enum(['mention', 'comment', 'post', 'review']),
  /** Followers of the author. */
  reach: z.number().int().nonnegative().optional(),
  likes: z.number().int().nonnegative().optional(),
  shares: z.number().int().nonnegative().optional(),
  comments: z.number().int().nonnegative().optional(),
});

const item = {
  /** Unique in its channel for ever: the provider's message id where there is one. */
  key: short,
  at: time,
};
const inThread = {
  ...item,
  /** What belongs together in the provider's eyes: an openid, a mail thread, a ticket, a chat session. */
  thread: short,
};

export const inboundItem = z
  .discriminatedUnion('item', [
    z.strictObject({
      item: z.literal('message'),
      ...inThread,
      from: person,
      content,
      window: replyWindow.optional(),
      public: publicPost.optional(),
      /** Facts for the flow and the agent's screen: page, campaign, QR scene, order number. */
      variables: z.record(z.string().max(64), z.string().max(4_000)).optional(),
    }),
    /** Something that happened to the customer at the provider: `follow`, `unfollow`, `menu`, `scan`, `enter`, `page` … */
    z.strictObject({
      item: z.literal('event'),
      ...inThread,
      from: person,
      name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
      data: z.record(z.string().max(64), z.string().max(4_000)).optional(),
      window: replyWindow.optional(),
    }),
    /** What became of something that we sent. */
    z.strictObject({
      item: z.literal('delivery'),
      ...item,
      message: short,
      state: z.enum(['sent', 'delivered', 'read', 'failed']),
      /** The provider's name of it. */
      provider: short.optional(),
      /** Of our error registry where it is `failed`: `window-closed`, `quota-spent`, `rejected`, `unreachable` … */
      code: z.string().max(64).optional(),
      reason: z.string().max(1_000).optional(),
      window: replyWindow.optional(),
    }),
    /** The customer writes just now; forgotten after a few seconds. Never kept. */
    z.strictObject({ item: z.literal('typing'), ...inThread }),
    /** The customer read up to here. */
    z.strictObject({ item: z.literal('read'), ...inThread }),
    /** The customer took a message back. */
    z.strictObject({ item: z.literal('recalled'), ...inThread, message: short }),
    /** The customer left (closed the chat, was closed by the provider). */
    z.strictObject({ item: z.literal('left'), ...inThread, why: z.string().max(200).optional() }),
  ])
  .meta({ id: 'InboundItem' });
export type InboundItem = z.infer<typeof inboundItem>;
export type InboundMessage = Extract<InboundItem, { item: 'message' }>;

export const inboundRequest = z.strictObject({ items: z.array(inboundItem).min(1).max(100) });

/** One answer for each item, in order. What is refused is not tried again: it is the item that is wrong. */
export const inboundAnswer = z.strictObject({
  items: z.array(
    z.strictObject({
      key: z.string(),
      result: z.enum(['taken', 'known', 'refused']),
      interaction: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
  /**
   * Threads in which somebody writes faster than the channel allows: their items had better wait that long, ms. What was not
   * taken of them is not in `items`, and is sent again then, in order; other threads go on.
   */
  slow: z.array(z.strictObject({ thread: short, ms: z.number().int().positive() })).optional(),
});
export type InboundAnswer = z.infer<typeof inboundAnswer>;

/**
 * What the connector is to do. `seq` is the cursor: a connector that keeps the last one it has safely gets everything after
 * it again. `message` is the idempotency key: the same one is never sent to the provider twice with success.
 */
export const outboundItem = z
  .discriminatedUnion('item', [
    z.strictObject({
      item: z.literal('message'),
      seq: z.number().int().positive(),
      message: short,
      thread: short,
      at: time,
      content,
      /** The inbound item it answers, where it does: its key. */
      replyTo: short.optional(),
      author: z.enum(['bot', 'agent', 'system']),
      /** Public name of the agent, where the site shows one. */
      authorName: z.string().optional(),
      /** Given up after that. */
      expires: time.optional(),
    }),
    /** The agent writes just now. Not kept: only for who listens now; `seq` is the last kept one. */
    z.strictObject({ item: z.literal('typing'), seq: z.number().int().nonnegative(), thread: short, at: time }),
    /** What the conversation is now: who answers there, and whether it goes on. */
    z.strictObject({
      item: z.literal('state'),
      seq: z.number().int().positive(),
      thread: short,
      at: time,
      state: z.enum(['bot', 'queued', 'active', 'closed']),
      agentName: z.string().optional(),
      /** While `queued`. */
      position: z.number().int().positive().optional(),
    }),
  ])
  .meta({ id: 'OutboundItem' });
/** Query of GET /api/v1/channels/:channel/outbound: everything after that `seq`. `Last-Event-ID` says the same, and wins. */
export const outboundQuery = z.strictObject({ after: z.coerce.number().int().nonnegative().default(0) });
export type OutboundItem = z.infer<typeof outboundItem>;
export type OutboundMessage = Extract<OutboundItem, { item: 'message' }>;

/** Limits that the server holds; a connector refuses more before it sends. */
export const limits = {
  itemsAtOnce: 100,
  attachmentBytes: 20 * 1024 * 1024,
} as const;
