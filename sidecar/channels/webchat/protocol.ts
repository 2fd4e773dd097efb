// What a visitor's browser and the sidecar say to each other over one WebSocket, as JSON, one object a frame (docs/channels.md).
//
//   browser ── hello (resume token, last number it has) ──▶ sidecar
//           ◀── welcome, then every message after that number ──
//           ── say, choose (each with an id of its own) ──▶ committed ──▶ ack with its number
//           ◀── message (numbered), typing, state ──          got, read ──▶
//
// Messages of both sides are numbered 1, 2, 3 … in their conversation. What was not acknowledged is sent again with the same
// id after a new hello, and is one message.
import { z } from 'zod';

const id = z.string().regex(/^[\w-]{1,64}$/);
const number = z.number().int().nonnegative();
const page = z.strictObject({ url: z.string().max(2_048), title: z.string().max(300).optional() });

export const fromVisitor = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('hello'),
    /** Of an earlier welcome. */
    resume: z.string().max(300).optional(),
    /** Number of the last message that the browser has. */
    after: number.default(0),
    /** JWT of the bank's page: who is logged in. */
    identity: z.string().max(4_096).optional(),
    language: z.enum(['en', 'zh']).optional(),
  }),
  z.strictObject({ t: z.literal('say'), id, text: z.string().trim().min(1).max(8_000) }),
  z.strictObject({
    t: z.literal('choose'),
    id,
    key: z.string().min(1).max(64),
    label: z.string().max(200).optional(),
  }),
  /** Nobody is there: how to reach the visitor. */
  z.strictObject({
    t: z.literal('offline'),
    id,
    name: z.string().trim().max(200).optional(),
    mail: z.string().trim().max(320).optional(),
    phone: z.string().trim().max(40).optional(),
    text: z.string().trim().min(1).max(8_000),
  }),
  z.strictObject({ t: z.literal('typing') }),
  /** She has seen everything up to there. */
  z.strictObject({ t: z.literal('read'), seq: number }),
  /** Her browser has everything up to there. */
  z.strictObject({ t: z.literal('got'), seq: number }),
  z.strictObject({ t: z.literal('page'), ...page.shape }),
  /** Asks for a ticket to send one file: POST it to `url`. */
  z.strictObject({ t: z.literal('file'), id, name: z.string().min(1).max(255), bytes: number }),
  /** Calls from the browser: SDP offer of audio. One call at a time. */
  z.strictObject({ t: z.literal('call'), id, offer: z.string().min(1).max(20_000) }),
  /** Before a call, where the config says `relays`: the servers that may carry its audio. */
  z.strictObject({ t: z.literal('relays'), id }),
  z.strictObject({ t: z.literal('digits'), digits: z.string().regex(/^[0-9*#]{1,32}$/) }),
  z.strictObject({ t: z.literal('hangup') }),
  z.strictObject({ t: z.literal('leave') }),
  z.strictObject({ t: z.literal('ping') }),
]);
export type FromVisitor = z.infer<typeof fromVisitor>;

/** A content as the browser shows it. */
export type Shown =
  | { type: 'text'; text: string }
  | {
      type: 'file';
      kind: 'image' | 'voice' | 'video' | 'file';
      name: string;
      mime: string;
      bytes: number;
      url: string;
      caption?: string;
    }
  | { type: 'menu'; text: string; choices: { key: string; label: string }[] }
  | { type: 'link'; url: string; title?: string; description?: string };

export interface ShownMessage {
  t: 'message';
  seq: number;
  id: string;
  at: number;
  from: 'visitor' | 'agent' | 'bot' | 'system';
  name?: string;
  content: Shown;
}

export interface Conversing {
  state: 'bot' | 'queued' | 'active' | 'closed';
  agentName?: string;
  /** While queued. */
  position?: number;
}

export type ToVisitor =
  | ({
      t: 'welcome';
      resume: string;
      /** Number of the last message; less than the browser has: it forgets what it has and asks again from 0. */
      seq: number;
      /** The visitor is known by name: the bank's page vouched for her. */
      known: boolean;
      /** People answer now. */
      open: boolean;
    } & Conversing)
  | ShownMessage
  | { t: 'ack'; id: string; seq: number; at: number }
  | { t: 'typing' }
  | ({ t: 'state' } & Conversing)
  | { t: 'file'; id: string; url: string }
  /** `id`: of what was refused, where it was one thing; it is not to be sent again. `slow-down` is. */
  | { t: 'error'; code: 'not-understood' | 'slow-down' | 'hello-first' | 'identity-wrong' | 'failed'; id?: string }
  /** SDP. When the call is over, its connection closes. */
  | { t: 'call'; id: string; answer: string }
  | { t: 'relays'; id: string; servers: IceServer[] }
  | { t: 'pong' };

/** As RTCPeerConnection takes it. */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

/** What the widget asks first, over HTTP: GET /chat/<channel>/config. */
export interface WidgetConfig {
  title: { en?: string; zh?: string };
  greeting: { en?: string; zh?: string };
  color: string;
  language: 'en' | 'zh';
  attachments: boolean;
  /** Visitors may call. */
  call: boolean;
  /** A call asks for its relays first. */
  relays: boolean;
  page: { share: 'off' | 'ask' | 'on'; query: string[] };
  mostBytes: number;
}
