// What a site and the cloud say to each other, over HTTPS, each request signed with the site's key (signature.ts):
//   POST /v1/sites/:site/batches             facts of the journal, filtered by the egress policy, in order; JSON as application/zstd (RFC 8878)
//   GET  /v1/sites/:site/cursor              how far the cloud has this site's journal
//   GET  /v1/sites/:site/changes?after&wait  profiles and interactions of the other sites of the tenant, as a long poll
//   GET  /v1/sites/:site/tail?after&common   for a site that was restored from an older backup: what the cloud has after an event
//   POST /v1/sites/:site/settle              sets aside what only the cloud has, after the last event that both have alike
// The cloud's cursor is the truth: a batch says after which number it begins, and the cloud answers 409 with its own cursor
// where that is another one. So a batch that was sent twice is taken once, and none is left out.
import { z } from 'zod';

const seq = z.number().int().nonnegative();
const time = z.number().int();
/** Longer than any id that a site makes; a batch with a longer one would be refused for ever. */
const id = z.string().max(256);

/** One fact as it may leave the site. */
export const outgoingEvent = z.strictObject({
  seq: seq.positive(),
  at: time,
  type: z.string().max(100),
  version: z.number().int().positive(),
  interaction: id.optional(),
  agent: id.optional(),
  queue: id.optional(),
  customer: id.optional(),
  team: id.optional(),
  /** A field that was masked or hashed stands under its name; hashed beside masked as `<field>#`. */
  data: z.record(z.string(), z.unknown()),
});
export type OutgoingEvent = z.infer<typeof outgoingEvent>;

export const batch = z.strictObject({
  protocol: z.literal(1),
  /** Everything of the journal after this … */
  after: seq,
  /** … up to this is in here, as far as the policy lets it leave: what is missing between them was kept. */
  upto: seq.positive(),
  /** SHA-256 (hex) of the policy that was applied. */
  policy: z.string().regex(/^[0-9a-f]{64}$/),
  events: z.array(outgoingEvent).max(5_000),
});
export type Batch = z.infer<typeof batch>;

/** Answer to a batch and to /cursor; with 409, where to go on from. */
export const cursorAnswer = z.object({ cursor: seq });
export type CursorAnswer = z.infer<typeof cursorAnswer>;

/** What left the site after some event, as far as it fits into one answer. */
export const tailAnswer = z.object({
  cursor: seq,
  events: z.array(z.object({ seq: seq.positive(), at: time, type: z.string() })).max(5_000),
});
export type TailAnswer = z.infer<typeof tailAnswer>;

/** `after`: both have it alike, and nothing behind it. `cursor`: what the cloud had when that was found out. */
export const settleRequest = z.strictObject({ after: seq, cursor: seq, dryRun: z.boolean().default(false) });
export const settleAnswer = z.object({
  cursor: seq,
  /** The name under which the cloud keeps what was set aside; absent: it was dropped. */
  aside: z.string().optional(),
  events: z.number().int(),
  contacts: z.number().int(),
});
export type SettleAnswer = z.infer<typeof settleAnswer>;

/** With 401: the signature is right, and its time is not; the time of the cloud, for the next try. */
export const clockAnswer = z.object({ code: z.literal('site-clock'), now: time });

/** What other sites know of a person, merged by the cloud's rules: of each field the newest counts. */
export const profileChange = z.object({
  seq,
  kind: z.literal('profile'),
  /** Of the cloud. */
  profile: z.string().max(64),
  /** Hashes of her identities, by which sites find her: `h1:…`. */
  identities: z.array(z.string().max(64)).max(100),
  name: z.object({ value: z.string().max(400).nullable(), at: time, site: z.string() }).optional(),
  language: z.object({ value: z.string().max(16).nullable(), at: time, site: z.string() }).optional(),
  tags: z
    .array(
      z.object({
        tag: z.string().max(200),
        since: time,
        until: time.optional(),
        /** Taken away then. */
        removed: time.optional(),
        at: time,
        site: z.string(),
      }),
    )
    .max(500),
});
export type ProfileChange = z.infer<typeof profileChange>;

/** One interaction at another site, for the timeline; it takes the place of what was told of it before. */
export const remoteInteraction = z.object({
  seq,
  kind: z.literal('interaction'),
  site: z.string().max(200),
  /** The site under which it was told before: it is that site's no more. */
  was: z.string().max(200).optional(),
  interaction: id,
  /** None: its site forgot who it was with, or it is no more. */
  identities: z.array(z.string().max(64)).max(100),
  channel: z.string().max(16),
  direction: z.string().max(16),
  startedAt: time,
  endedAt: time.optional(),
  queue: id.optional(),
  agent: id.optional(),
  disposition: z.string().max(400).optional(),
  talkMs: z.number().optional(),
});
export type RemoteInteraction = z.infer<typeof remoteInteraction>;

/** A site forgot a person: so does every other. */
export const erasedProfile = z.object({
  seq,
  kind: z.literal('erased'),
  identities: z.array(z.string().max(64)).max(1_000),
});
export type ErasedProfile = z.infer<typeof erasedProfile>;

export const changesAnswer = z.object({
  changes: z.array(z.discriminatedUnion('kind', [profileChange, remoteInteraction, erasedProfile])).max(1_000),
  /** `after` of the next request. */
  next: seq,
});
export type ChangesAnswer = z.infer<typeof changesAnswer>;

export const uplinkLimits = {
  eventsAtOnce: 2_000,
  /** Of a batch, uncompressed and compressed. */
  bytes: 16 * 1024 * 1024,
  compressedBytes: 4 * 1024 * 1024,
  /** Seconds that a long poll for changes may be held. */
  waitSeconds: 25,
} as const;
