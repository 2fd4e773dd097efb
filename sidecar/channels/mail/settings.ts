// What an administrator sets for a mail channel. docs/channels/mail.md explains it.
import { z } from 'zod';
import { secret } from '../../connector.ts';

const port = z.number().int().min(1).max(65_535);
const server = {
  host: z.string().min(1),
  /** tls: from the first byte; starttls: required before the login; none: only on one's own machine. */
  security: z.enum(['tls', 'starttls', 'none']).default('tls'),
  user: z.string().min(1).max(320).optional(),
  password: secret.optional(),
  /** Instead of a password (XOAUTH2); it is not renewed: `oauth` below is. */
  accessToken: secret.optional(),
  /** PEM file of the authority that signed the server's certificate; absent: the well-known ones. */
  caFile: z.string().optional(),
  /** Name in the certificate, where it is not the host. */
  serverName: z.string().optional(),
};
/** A network that is not our own machine never sees a password or a customer's mail in the clear. */
const onLoopback = (one: { host: string; security: string }) =>
  one.security !== 'none' || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(one.host);
const inTheClear = { error: 'security "none" is for a server on this machine only (loopback)' };

export const mailSettings = z.strictObject({
  /** Whose mail it is: the addresses that customers write to. The first one is the sender of answers in new threads. */
  addresses: z.array(z.email().max(254).toLowerCase()).min(1).max(50),
  /** Name beside the address: "Example Bank". */
  name: z.string().max(100).default(''),
  imap: z
    .strictObject({
      ...server,
      port: port.default(993),
      mailboxes: z.array(z.string().min(1).max(500)).min(1).max(20).default(['INBOX']),
      /** Of mails that are there when the channel starts for the first time: new: none; unseen; all. */
      begin: z.enum(['new', 'unseen', 'all']).default('new'),
      /** How often to look where the server has no IDLE, and besides it (IDLE gets lost on the way now and then). */
      pollMs: z.number().int().min(200).max(900_000).default(60_000),
      /** Sets \Seen on what was taken. */
      markSeen: z.boolean().default(true),
      /** Bigger mails are taken with their beginning only, and say so. */
      mostBytes: z.number().int().min(10_000).max(100_000_000).default(25_000_000),
      /** A copy of each mail that we send goes there. */
      sentMailbox: z.string().max(500).optional(),
    })
    .refine(onLoopback, inTheClear),
  smtp: z
    .strictObject({
      ...server,
      port: port.default(465),
      /** Mails that are handed over at once. */
      connections: z.number().int().min(1).max(20).default(2),
      timeoutMs: z.number().int().min(500).max(300_000).default(30_000),
    })
    .refine(onLoopback, inTheClear),
  /** Tokens for both, renewed by the channel, where the provider takes no passwords (Exchange Online, Gmail). */
  oauth: z
    .strictObject({
      tokenUrl: z
        .url({ protocol: /^https?$/ })
        .refine((url) => url.startsWith('https:') || /^http:\/\/(127\.|localhost[:/]|\[::1\])/.test(url), {
          error: 'must be https, as the secret is sent there (http only to this machine)',
        }),
      clientId: z.string().min(1).max(500),
      clientSecret: secret.optional(),
      /** Absent: the program's own rights (client credentials). */
      refreshToken: secret.optional(),
      scope: z.string().max(1_000).optional(),
    })
    .refine(({ clientSecret, refreshToken }) => clientSecret !== undefined || refreshToken !== undefined, {
      error: 'needs a clientSecret or a refreshToken',
    })
    .optional(),
  /** Of footers, notices and automatic mails where the customer's own is not known. */
  language: z.enum(['en', 'zh']).default('zh'),
  /** Below every mail of an agent or the bot. */
  footer: z.strictObject({ en: z.string().max(4_000).optional(), zh: z.string().max(4_000).optional() }).default({}),
  /** Finds a thread where a customer's program loses In-Reply-To: [#…] in the subject, service+t-…@ in Reply-To, or none. */
  token: z.enum(['subject', 'address', 'none']).default('subject'),
  /** Charset of mails that do not say theirs and are not UTF-8. */
  charset: z.string().max(40).default('gb18030'),
  /** Answers go to Reply-To: only where the sender is proved and it has the same domain (nobody is led away by a forged mail), or always. */
  replyTo: z.enum(['same-domain', 'always']).default('same-domain'),
  /** Domains whose senders need no proof for that: firms where strangers have no address, never a provider of mailboxes. */
  replyToDomains: z
    .array(z.hostname({ error: 'must be a domain such as partner.example' }).max(253).toLowerCase())
    .max(200)
    .default([]),
  /** The mail server whose Authentication-Results are believed: with dmarc=pass the sender's address counts as verified. */
  trustedAuthServer: z.string().max(253).optional(),
  /** Mails of the bot and the system in one thread and hour; more are refused: two machines that answer each other. */
  automaticPerHour: z.number().int().min(1).max(100).default(5),
});
export type MailSettings = z.infer<typeof mailSettings>;
