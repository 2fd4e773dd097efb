// What an administrator sets for an SMS channel: a CMPP gateway, or a provider's HTTP gateway. docs/channels/sms.md explains it.
import { z } from 'zod';
import { secret } from '../../connector.ts';

/** `{{to}}`, `{{text}}` … are filled in; see docs/channels/sms.md for all names. */
const template = z.string().max(10_000);
const pairs = z.record(z.string().max(200), template);
const json: z.ZodType<unknown> = z.json();

const cmpp = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535).default(7_890),
  version: z.enum(['2.0', '3.0']).default('2.0'),
  /** Source_Addr and Msg_src: the account that the carrier gave, 6 characters. */
  account: z.string().regex(/^[\x21-\x7e]{1,6}$/, 'must be 1 to 6 ASCII characters'),
  secret,
  /** Src_Id: the number that customers see, with room for a tail. */
  number: z.string().regex(/^\d{1,20}$/, 'must be digits, at most 20'),
  serviceId: z.string().max(10).default(''),
  feeUserType: z.number().int().min(0).max(3).default(2),
  feeType: z
    .string()
    .regex(/^\d{2}$/)
    .default('01'),
  feeCode: z
    .string()
    .regex(/^\d{1,6}$/)
    .default('000000'),
  window: z.number().int().min(1).max(64).default(16),
  perSecond: z.number().positive().max(10_000).optional(),
  /** T, N and C of the specification. */
  answerMs: z.number().int().min(50).max(600_000).default(60_000),
  tries: z.number().int().min(1).max(10).default(3),
  keepAliveMs: z.number().int().min(50).max(3_600_000).default(180_000),
  /** How the gateway wants numbers of its country. */
  numbers: z.enum(['national', 'international']).default('national'),
});

/** HMAC over what `over` makes, put where `{{signature}}` stands. */
const signature = z.strictObject({
  algorithm: z.enum(['sha1', 'sha256', 'sha512', 'md5']).default('sha256'),
  /** Chains of HMACs (Tencent's TC3): each result is the key of the next; the last one is the signature. */
  chain: z.array(template).max(8).default([]),
  over: template,
  encoding: z.enum(['hex', 'base64', 'base64url']).default('hex'),
  /** Stands before the secret as key: "TC3" for Tencent; Aliyun's is `{{secret}}&`. */
  key: template.default('{{secret}}'),
});

const condition = z.strictObject({
  path: z.string().max(200),
  equals: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
});

const http = z.strictObject({
  secret: secret.optional(),
  /** Names of your own: accessKeyId, appId, template … usable as {{name}}. */
  values: z.record(z.string().regex(/^[a-zA-Z][\w-]{0,39}$/), z.string().max(2_000)).default({}),
  send: z.strictObject({
    method: z.enum(['POST', 'GET', 'PUT']).default('POST'),
    url: template,
    query: pairs.default({}),
    headers: pairs.default({}),
    /** Any JSON, whose strings are templates; or `form`; or `body`. */
    json: json.optional(),
    form: pairs.optional(),
    /** Any other text, for example XML: a template as it stands; escape with {{xml text}} or {{json text}}. */
    body: template.optional(),
    signature: signature.optional(),
    timeoutMs: z.number().int().min(100).max(60_000).default(10_000),
    /** Where it says that it took the message; absent: any 2xx. */
    accepted: condition.optional(),
    /** Where its name of the message stands. */
    idPath: z.string().max(200).optional(),
    /** Answers after which the same is tried again. */
    again: condition.optional(),
    /** Where its reason stands. */
    reasonPath: z.string().max(200).optional(),
  }),
  receive: z
    .strictObject({
      /** Proof of who calls: an HMAC in a header over the raw body, or a secret in the query. One of both is needed. */
      verify: z.discriminatedUnion('by', [
        z.strictObject({
          by: z.literal('hmac'),
          header: z.string().max(100).toLowerCase(),
          algorithm: z.enum(['sha1', 'sha256', 'sha512', 'md5']).default('sha256'),
          encoding: z.enum(['hex', 'base64']).default('hex'),
          /** `{{body}}` alone, or with `{{header.x-timestamp}}` before it. */
          over: template.default('{{body}}'),
          /** Header with unix seconds or ms; older than `mostAgeMs` is refused. */
          timestampHeader: z.string().max(100).toLowerCase().optional(),
          mostAgeMs: z.number().int().positive().default(300_000),
        }),
        z.strictObject({ by: z.literal('query'), parameter: z.string().max(100).default('key') }),
      ]),
      secret,
      /** Where the list of things stands; "" is the whole body, which may itself be a list. */
      listPath: z.string().max(200).default(''),
      message: z
        .strictObject({
          when: condition.optional(),
          id: z.string(),
          from: z.string(),
          text: z.string(),
          to: z.string().optional(),
          at: z.string().optional(),
        })
        .optional(),
      receipt: z
        .strictObject({
          when: condition.optional(),
          id: z.string(),
          state: z.string(),
          delivered: z.array(z.string()).min(1),
          reason: z.string().optional(),
        })
        .optional(),
      answer: z
        .strictObject({
          status: z.number().int().default(200),
          body: z.string().max(1_000).default('{"code":0,"msg":"OK"}'),
        })
        .default({ status: 200, body: '{"code":0,"msg":"OK"}' }),
    })
    .optional(),
  number: z.string().max(20).default(''),
});

export const smsSettings = z
  .strictObject({
    cmpp: cmpp.optional(),
    http: http.optional(),
    /** Of numbers without a code. */
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .default('CN'),
    /** How Chinese goes: ucs2 carries everything, 70 characters; gbk, where the text is in it. */
    chinese: z.enum(['ucs2', 'gbk']).default('ucs2'),
    /** 【Example Bank】: carriers of China ask for it. */
    signature: z.string().max(30).default(''),
    signaturePlace: z.enum(['before', 'after']).default('before'),
    mostParts: z.number().int().min(1).max(20).default(10),
    /** How long the parts of a customer's long text are waited for. */
    joinMs: z.number().int().min(100).max(86_400_000).default(300_000),
    optOutWords: z.array(z.string().min(1).max(20)).max(50).default([]),
  })
  .refine((one) => (one.cmpp === undefined) !== (one.http === undefined), {
    error: 'exactly one of cmpp and http must be set',
  });
export type SmsSettings = z.infer<typeof smsSettings>;
export type CmppSettings = z.infer<typeof cmpp>;
export type HttpSettings = z.infer<typeof http>;
