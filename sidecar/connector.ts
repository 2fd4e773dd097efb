// The contract of a connector: one channel of one provider, for example one WeChat account. What every channel needs (durable
// inbox, outbox with retries, windows and quotas, tokens, attachments, the server's API) is given by the sidecar, so that a
// connector holds what is its provider's alone: how to verify, how to read, how to write. docs/channels.md walks through one.
//
//   provider ──▶ receive ─ verify on raw bytes ─▶ inbox (committed) ─▶ answer, within 1 s
//                                                    └─▶ normalise ─▶ the server (again and again until it took it)
//   server ──▶ outbox (committed) ─▶ policy ─▶ send ─▶ `delivery` to the server
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { z } from 'zod';
import type {
  Attachment,
  Content,
  InboundItem,
  InboundMessage,
  OutboundMessage,
  ReplyWindow,
} from '../connector/index.ts';
import type { Channel, Clock, Millis } from '../values/index.ts';

/** A request of the provider, as it came. `path` is what stands behind /hooks/<channel>. */
export interface Callback {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
  /** Where it came from, behind trusted proxies. */
  remote: string;
}

export interface CallbackAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
}

/** One thing that the provider delivered. It is kept as it came, so that a mended connector can read it again. */
export interface Delivery {
  /** Unique in its channel: the provider's id of it. A second one with the same key is dropped. */
  key: string;
  at: Millis;
  /**
   * What must be read in the order of arrival with it: the customer's id at the provider. Absent: everything of this channel
   * that has none is read one after the other.
   */
  thread?: string | undefined;
  /** JSON, XML or whatever the provider speaks; decrypted. */
  body: string;
}

export interface Received {
  deliveries: Delivery[];
  /** Called when they are committed to the inbox (`fresh` of them were new). */
  answer(fresh: number): CallbackAnswer | Promise<CallbackAnswer>;
}

/** What became of a message that was handed to the provider. */
export type Sent =
  | { ok: true; provider?: string | undefined; window?: ReplyWindow | undefined }
  /** `again`: tried later, after `afterMs` where the provider says so. Otherwise it has failed for good. */
  | {
      ok: false;
      code:
        | 'window-closed'
        | 'quota-spent'
        | 'rejected'
        | 'unreachable'
        | 'token-expired'
        | 'busy'
        | 'too-large'
        | 'unknown';
      reason: string;
      again: boolean;
      afterMs?: number | undefined;
      window?: ReplyWindow | undefined;
    };

/** For customers' own programs (web chat): all under `/chat/<channel>/` on the public listener is the connector's. */
export interface Doors {
  /** Answers, or fails: then the core answers 500. */
  request(request: IncomingMessage, response: ServerResponse, path: string, remote: string): Promise<void>;
  /** A WebSocket is asked for. @returns false where it is not wanted: the core closes */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string, remote: string): boolean;
}

export interface Connector {
  readonly doors?: Doors | undefined;
  /** Provider's callbacks, for channels that are called. Never throws for bad input: it answers 4xx. */
  receive?(callback: Callback): Promise<Received | CallbackAnswer>;
  /** For channels that fetch or hold a connection (IMAP, CMPP, cursor pull, a WebSocket): begins, and ends by itself on `stop`. */
  start?(): Promise<void>;
  /** What a delivery means. The same delivery always gives items with the same keys. May fetch media with its tools. @throws tried again later */
  normalise(delivery: Delivery): Promise<InboundItem[]>;
  /**
   * Hands one message to the provider; the core has checked window and quota, and keeps order within a thread. Never rejects.
   * @param attempt from 1; with the same `message.message` each time, for providers that know idempotency keys
   */
  send(message: OutboundMessage, attempt: number): Promise<Sent>;
  /** Shows or hides "is writing", where the channel has that. */
  typing?(thread: string): void;
  /** What the conversation is now (queued, active, closed), for channels that show or mirror it. */
  state?(
    thread: string,
    state: 'bot' | 'queued' | 'active' | 'closed',
    more: { agentName?: string | undefined; position?: number | undefined },
  ): void;
  /** Why it does not work just now, as a sentence for the administrator; undefined: it works. */
  trouble?(): string | undefined;
  stop(): Promise<void>;
}

/**
 * When a provider lets us write. Each inbound occasion (`message`, `menu`, `follow`, `scan`, `payment` …) opens a window;
 * without a window we may not write at all, unless `always`.
 */
export interface SendPolicy {
  /** Nothing limits it (mail, web chat, SMS). */
  always?: boolean;
  windows: Readonly<Record<string, { forMs: Millis; most?: number | undefined }>>;
  /** Kinds of content that need no window and cost none: templates that the provider approved. */
  free?: readonly Content['type'][];
  /** Messages at the provider that one content of ours takes: a caption and its picture are two. Absent: each is one. */
  costs?(content: Content): number;
  /** Characters or bytes that one text may have; longer ones are cut into several at sentence ends. */
  text?: { most: number; unit: 'characters' | 'bytes' };
}

export interface Inbox {
  /**
   * Commits deliveries, and with them a cursor, or nothing of both.
   * @returns how many were new
   */
  accept(deliveries: readonly Delivery[], cursor?: { name: string; value: string }): Promise<number>;
  cursor(name: string): string | undefined;
}

/** One access token for all who need it: fetched once at a time, renewed before its end, the old one kept while it overlaps. */
export interface TokenKeeper {
  get(): Promise<string>;
  /** The provider refused that one: the next `get` fetches a new one, unless another caller already did. */
  refused(token: string): void;
}

/** A customer's browser calls: the flow of `number` answers. */
export interface VisitorCallRequest {
  thread: string;
  from: InboundMessage['from'];
  number: string;
  /** SDP of the browser. */
  offer: string;
  /** Address of the browser. */
  peer?: string | undefined;
}

export interface ConnectorTools {
  readonly channel: string;
  readonly inbox: Inbox;
  readonly clock: Clock;
  /** For what providers sign or check by their clocks: the machine's, which may be set while `clock` goes on as before. */
  readonly providersClock: Clock;
  readonly logger: Logger;
  /** HTTP with a time limit, a limit of the answer's size and no redirects to other hosts. */
  fetch(url: string, init?: RequestInit & { timeoutMs?: number; mostBytes?: number }): Promise<Response>;
  token(options: {
    fetch(): Promise<{ token: string; expiresInMs: Millis }>;
    /** Renewed that long before its end. */
    marginMs?: Millis;
  }): TokenKeeper;
  attachments: {
    /** Keeps bytes at the server, after the size and type limits and the virus scan. The same source key gives the same attachment. @throws attachment-refused */
    keep(
      bytes: AsyncIterable<Uint8Array> | Uint8Array,
      about: { key: string; kind: Attachment['kind']; name?: string | undefined; mime?: string | undefined },
    ): Promise<Attachment>;
    open(id: string): Promise<Buffer>;
  };
  /** An occasion opened a window of the policy in that thread. Read by `window`. */
  opened(thread: string, occasion: string, at: Millis): void;
  window(thread: string): ReplyWindow | undefined;
  /** Tells the server what is not kept (typing, read). Dropped where the server is away. */
  notice(item: Extract<InboundItem, { item: 'typing' | 'read' }>): void;
  /** Calls from customers' browsers, over the server's WebRTC gateway. All reject where the server is away or does not want it. */
  calls: {
    begin(request: VisitorCallRequest): Promise<{ call: string; answer: string }>;
    digits(call: string, digits: string): Promise<void>;
    end(call: string): Promise<void>;
  };
  /** Folder of this channel, made, for what a connector must keep beyond `memory`. */
  readonly folder: string;
  /** 32 bytes of this channel and purpose, the same after each restart, for signatures and sealing of its own. */
  secret(purpose: string): Buffer;
  /**
   * Small facts of a thread that must outlive a restart (last message id to reply to, mail references). JSON. One that is neither set
   * nor read is forgotten 30 days after the sidecar's `keepDays`. `came`: a customer's words or profile; those, `keepDays` after the set.
   */
  memory: { get(key: string): string | undefined; set(key: string, value: string, about?: { came: true }): void };
}

/** A secret that the channels' file names, read. Its text is nowhere else: not in the file, and not in a log. */
export class SecretText {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  reveal(): string {
    return this.#text;
  }
}

/** For a field of a connector's settings: written as `{ "file": … }` or `{ "env": … }` in the file; a string for the connector. */
export const secret = z
  .instanceof(SecretText, { error: 'must be { "file": "…" } or { "env": "…" }: secrets never stand in the file' })
  .transform((one) => one.reveal());

/** A kind of connector: what the sidecar's registry knows, one for each folder of channels/. */
export interface ConnectorKind<Settings = unknown> {
  readonly kind: string;
  readonly channel: Channel;
  /** Of `settings` in the channel's entry in the sidecar's file; fields that are secrets have the schema `secret`. */
  readonly settings: z.ZodType<Settings>;
  readonly policy: SendPolicy | ((settings: Settings) => SendPolicy);
  open(settings: Settings, tools: ConnectorTools): Connector | Promise<Connector>;
}
