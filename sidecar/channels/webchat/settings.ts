// What sidecar.json says of a web chat.
import { z } from 'zod';
import { secret } from '../../connector.ts';

const texts = z.strictObject({ en: z.string().min(1).max(500).optional(), zh: z.string().min(1).max(500).optional() });
const span = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a span such as 09:00-18:00');
const day = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

export const webchatSettings = z.strictObject({
  /** Pages that may embed the chat: `https://www.bank.example`. The sidecar's own demo page always may. */
  origins: z
    .array(z.string().refine(isOrigin, { message: 'must be an origin such as https://www.bank.example' }))
    .default([]),
  /** The bank's pages sign with it who is logged in (JWT, HS256). Absent: everybody is a stranger. */
  identitySecret: secret
    .refine((text) => text.length >= 32, { message: 'must have at least 32 characters' })
    .optional(),
  title: texts.prefault({}),
  greeting: texts.prefault({}),
  /** Of the button and of the visitor's own messages. */
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0a5ad4')
    .default('#0a5ad4'),
  language: z.enum(['en', 'zh']).default('en'),
  /** A visitor who comes back within so long finds her conversation again. */
  rememberDays: z.number().int().min(1).max(365).default(30),
  attachments: z.boolean().default(true),
  /** Visitors may call from the page: the flow of this number answers. Absent: they may not. */
  callNumber: z
    .string()
    .regex(/^\+?[0-9]{2,20}$/, 'must be a number of yours, in digits')
    .optional(),
  /** STUN and TURN servers for calls of visitors whose network lets no audio through to us. */
  relays: z
    .array(
      z
        .strictObject({
          urls: z
            .array(z.string().regex(/^(stuns?|turns?):[^\s]+$/, 'must begin with stun:, stuns:, turn: or turns:'))
            .min(1),
          /** Of a fixed account; without one, and with a secret, each call gets an account of its own. */
          username: z.string().min(1).optional(),
          /** The account's password, or the secret that the TURN server shares (coturn: static-auth-secret). */
          secret: secret.optional(),
        })
        .refine(({ username, secret: one }) => username === undefined || one !== undefined, {
          path: ['secret'],
          message: 'is needed with a username',
        }),
    )
    .max(10)
    .default([]),
  /** Whether agents see on which page the visitor is: never, if she agrees, always. */
  page: z
    .strictObject({
      share: z.enum(['off', 'ask', 'on']).default('ask'),
      /** Of a query string only these parameters are told; by default none. */
      query: z.array(z.string().min(1).max(64)).default([]),
    })
    .prefault({}),
  /** When people answer; absent: always. Otherwise a form asks how to reach the visitor. */
  hours: z
    .strictObject({
      timeZone: z.string().refine(isTimeZone, { message: 'is not an IANA time zone such as Asia/Shanghai' }),
      days: z.partialRecord(day, z.array(span).max(5)),
    })
    .optional(),
  limits: z
    .strictObject({
      /** Open at once. */
      sockets: z.number().int().min(1).max(100_000).default(12_000),
      /** Of them from one address (or IPv6 /64): offices share one. */
      socketsPerNetwork: z.number().int().min(1).max(100_000).default(300),
      /** Of one visitor; more wait at hers. */
      messagesPerSecond: z.number().min(0.1).max(100).default(2),
      burst: z.number().int().min(1).max(1_000).default(15),
    })
    .prefault({}),
});
export type WebchatSettings = z.infer<typeof webchatSettings>;

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
