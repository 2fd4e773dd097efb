// The records of the directory as zod schemas: what the API and the CLI check, what OpenAPI shows, and what the tables
// check again. Defaults are those of a small contact center; `site` is filled in by the caller.
import { isIP } from 'node:net';
import { z } from 'zod';
import { hoursSchema, isTimeZone } from '../ivr/index.ts';
import type { Disposition } from '../ports/index.ts';

/** Keys are used in URLs, SIP user parts and file names. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore, at most 64');
const text = z.string().trim().min(1).max(200);
const language = z.enum(['en', 'zh']);
const channel = z.enum(['voice', 'chat', 'social', 'mail', 'sms', 'work']);
const milliseconds = z.number().int().min(0).max(86_400_000);
const proficiency = z.number().int().min(1).max(5);
const scope = { site: name, team: name.optional() };

const sipUri = z
  .string()
  .max(255)
  .regex(/^sips?:[^\s<>"]+$/i, 'a SIP URI such as sip:gw.example:5060;transport=tcp');

const source = z.string().refine(isSource, 'an IP address, or a network such as 192.0.2.0/24');

/** An IP address or CIDR network. */
function isSource(value: string): boolean {
  const [address = '', prefix, ...more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes * 2} hexadecimal digits`);

export const ha1Schema = z.object({ realm: text, md5: hex(16), sha256: hex(32) });

export const roleSchema = z.enum(['agent', 'supervisor', 'admin']);

export const phoneSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('registered'), user: name }),
  z.object({ kind: z.literal('uri'), uri: sipUri }),
  z.object({ kind: z.literal('number'), number: z.string().regex(/^\+?[0-9]{2,20}$/, 'digits, with or without +') }),
  z.object({
    kind: z.literal('panel'),
    answers: z.enum(['by-hand', 'at-once']).default('by-hand').describe('Whether offers are answered by themselves'),
  }),
  z.object({ kind: z.literal('none') }),
]);

export const agentSchema = z
  .strictObject({
    ...scope,
    id: name.describe('Login and extension'),
    name: text,
    roles: z.array(roleSchema).min(1).default(['agent']),
    language: language.default('en'),
    phone: phoneSchema.default({ kind: 'none' }),
    autoAnswer: z.boolean().default(false).describe('Her phone can be made to answer by the panel'),
    skills: z.record(name, proficiency).default({}).describe('Proficiency 1 to 5 by skill'),
    queues: z.array(name).max(200).default([]),
    capacity: z.partialRecord(channel, z.number().int().min(0).max(1_000)).default({ voice: 1 }),
    announceNumber: z.boolean().default(false).describe('Her number is spoken to the caller at connect'),
    dialClasses: z.array(name).max(50).optional().describe('Classes of dial rules that she may use; absent: all'),
    disabled: z.boolean().default(false),
  })
  .meta({ id: 'Agent' });

const disposition: z.ZodType<Disposition> = z.union([
  text,
  z.strictObject({
    code: text,
    label: z.partialRecord(language, text).optional(),
    get children() {
      return z.array(disposition).max(200).optional();
    },
  }),
]) as z.ZodType<Disposition>;

const mostDispositions = 1_000;
const deepest = 5;

const dispositions = z
  .array(disposition)
  .max(200)
  .superRefine((roots, context) => {
    const seen = new Set<string>();
    const walk = (entries: readonly Disposition[], depth: number): void => {
      if (depth > deepest) context.addIssue({ code: 'custom', message: `at most ${deepest} levels` });
      else
        for (const entry of entries) {
          const code = typeof entry === 'string' ? entry : entry.code;
          if (seen.has(code)) context.addIssue({ code: 'custom', message: `the code ${code} stands there twice` });
          seen.add(code);
          if (typeof entry !== 'string') walk(entry.children ?? [], depth + 1);
        }
    };
    walk(roots, 1);
    if (seen.size > mostDispositions)
      context.addIssue({ code: 'custom', message: `at most ${mostDispositions} codes` });
  });

/** What the panel fills into `popUrl`. */
const popFields = ['number', 'customer', 'name', 'interaction', 'queue', 'agent', 'to', 'language'];

/** Nothing of a caller's is ever part of the host. Fields of the flow are `{data.account}`. */
function isPopUrl(text: string): boolean {
  const fields = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
  if (!fields.every((name) => popFields.includes(name) || /^data\.[\w-]{1,64}$/.test(name))) return false;
  const plain = text.replace(/\{[^{}]*\}/g, 'x');
  if (/[{}\s]/.test(plain) || !URL.canParse(plain)) return false;
  const [, beforePath = ''] = /^https?:\/\/([^/?#]*)/i.exec(text) ?? [];
  return beforePath !== '' && !/[{}@]/.test(beforePath);
}

const ring = z.strictObject({
  afterMs: milliseconds,
  relaxSkillsBy: z.number().int().min(1).max(4).optional(),
  dropSkills: z.boolean().optional(),
  alsoQueues: z.array(name).max(20).optional(),
});

const levels = (value: z.ZodNumber, order: (warn: number, alarm: number) => boolean, message: string) =>
  z
    .strictObject({ warn: value.optional(), alarm: value.optional() })
    .refine(({ warn, alarm }) => warn === undefined || alarm === undefined || order(warn, alarm), {
      path: ['alarm'],
      message,
    });
const rising = (warn: number, alarm: number) => alarm >= warn;

export const thresholdsSchema = z
  .strictObject({
    waiting: levels(z.number().int().min(1).max(100_000), rising, 'not below warn')
      .optional()
      .describe('As many wait, or more'),
    longestWaitMs: levels(milliseconds.min(1_000), rising, 'not below warn')
      .optional()
      .describe('The longest wait of now is this or more'),
    serviceLevel: levels(z.number().min(0).max(100), (warn, alarm) => alarm <= warn, 'not above warn')
      .optional()
      .describe('The service level of today is this or less, percent'),
  })
  .meta({ id: 'Thresholds' });

export const queueSchema = z
  .strictObject({
    ...scope,
    id: name,
    name: z.partialRecord(language, text).default({}),
    strategy: z.enum(['longest-idle', 'most-skilled', 'least-occupied', 'round-robin']).default('longest-idle'),
    priority: z.number().int().min(0).max(100).default(0),
    skills: z
      .array(z.strictObject({ skill: name, least: proficiency }))
      .max(20)
      .default([]),
    ringMs: z.number().int().min(1_000).max(300_000).default(20_000),
    maxWaitMs: milliseconds.default(1_800_000),
    wrapUpMs: milliseconds.default(30_000),
    rings: z
      .array(ring)
      .max(10)
      .refine(
        (steps) => steps.every((step, at) => at === 0 || step.afterMs > steps[at - 1]!.afterMs),
        'afterMs must rise',
      )
      .default([])
      .describe('Steps by which what is asked for is relaxed while a contact waits'),
    serviceLevelMs: milliseconds.default(20_000),
    dispositions: dispositions.default([]).describe('Codes, or a tree of them with labels; leaves can be given'),
    dispositionRequired: z.boolean().default(false),
    record: z.boolean().default(false),
    music: name.optional(),
    announceEveryMs: milliseconds.default(30_000),
    whenEmpty: z.enum(['wait', 'exit']).default('wait'),
    tellMonitored: z.boolean().optional().describe("The agent's panel tells when a supervisor listens"),
    popUrl: z
      .string()
      .max(2_000)
      .refine(isPopUrl, `an http or https address; ${popFields.map((one) => `{${one}}`).join(' ')} after the host only`)
      .optional()
      .describe('Address of the customer in a CRM, opened from the panel'),
    popByItself: z.boolean().optional().describe('The address is opened with the pop, without a click'),
    hours: name.optional().describe('Name of the hours in which it takes contacts. Absent: always'),
    atClose: z.enum(['serve', 'exit']).default('serve').describe('What happens at closing time to contacts that wait'),
    maxLength: z.number().int().min(1).max(100_000).optional().describe('As many may wait; one more is given back'),
    exclusionMs: milliseconds
      .default(60_000)
      .describe('How long an agent who missed, declined or gave away a contact is not offered it again'),
    languageSkill: z
      .boolean()
      .default(false)
      .describe("The contact's language is demanded as a skill of that name, where there is such a skill"),
    languageSkillMs: milliseconds.default(60_000).describe('After that long, who speaks another language will do'),
    dispositionMissing: z
      .enum(['extend', 'not-ready', 'ignore'])
      .default('extend')
      .describe('What happens where wrap-up runs out without the disposition that is required'),
    wrapUpLimitMs: milliseconds.default(900_000).describe('Limit of wrap-up with every extension'),
    thresholds: thresholdsSchema
      .optional()
      .describe('From when on its figures stand out on the wallboard. Absent: only a wait beyond serviceLevelMs'),
    firstAnswerMs: z
      .partialRecord(z.enum(['chat', 'social', 'mail', 'sms', 'work']), milliseconds.min(1_000))
      .optional()
      .describe(
        "By kind of channel: a person's first answer is due within that here. Absent: as the digital channel says",
      ),
  })
  .meta({ id: 'Queue' });

export const hoursRecordSchema = z
  .strictObject({
    ...scope,
    name: name.describe('By which queues and flows name them'),
    label: z.partialRecord(language, text).default({}),
    ...hoursSchema.shape,
    timeZone: z
      .string()
      .refine(isTimeZone, 'a time zone such as Asia/Shanghai')
      .optional()
      .describe('Such as Asia/Shanghai; default: that of the site'),
  })
  .meta({ id: 'Hours' });

export const skillSchema = z.strictObject({ ...scope, name }).meta({ id: 'Skill' });

export const didSchema = z
  .strictObject({
    ...scope,
    number: z.string().regex(/^\+?[0-9A-Za-z*#._-]{1,64}$/, 'a number as the trunk delivers it, or E.164'),
    flow: name,
    language: language.default('en'),
  })
  .meta({ id: 'Did' });

/** Until when the first answer of a person is due, where the record does not say. */
const firstAnswerMs = { chat: 15_000, social: 3_600_000, mail: 3_600_000, sms: 3_600_000, work: 3_600_000 } as const;
/** After so long without a word of the customer a conversation is closed, where the record does not say. */
const idleMs = {
  chat: 900_000,
  social: 86_400_000,
  mail: 604_800_000,
  sms: 86_400_000,
  work: 2_592_000_000,
} as const;

/** As it is put; two times depend on the kind of channel. */
export const channelFields = z
  .strictObject({
    ...scope,
    id: name.describe('By which connectors name it: wechat-bank'),
    name: z.partialRecord(language, text).default({}),
    kind: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a word such as wechat, webchat or mail')
      .describe('Of the connector: wechat, webchat, mail …'),
    channel: z.enum(['chat', 'social', 'mail', 'sms', 'work']).describe('By which capacity of agents is counted'),
    to: z
      .union([z.strictObject({ flow: name }), z.strictObject({ queue: name })])
      .describe('First a bot (a flow), or straight into a queue'),
    language: language.default('en'),
    priority: z.number().int().min(0).max(100).optional().describe("Absent: the queue's"),
    skills: z
      .array(z.strictObject({ skill: name, least: proficiency }))
      .max(20)
      .optional(),
    firstAnswerMs: milliseconds
      .min(1_000)
      .optional()
      .describe('The first answer of a person is due within that. Default 15 s for chat, an hour for everything else'),
    idleMs: z
      .number()
      .int()
      .min(10_000)
      .max(31_536_000_000)
      .optional()
      .describe('After so long without a word of the customer the conversation is closed'),
    returnMs: z
      .number()
      .int()
      .min(0)
      .max(2_592_000_000)
      .default(86_400_000)
      .describe('A message within so long after the end comes to the agent who had it, first'),
    approval: z
      .boolean()
      .optional()
      .describe('Answers that everybody can read are sent only when a second person approved them'),
    joining: z
      .enum(['counts', 'free'])
      .default('counts')
      .describe('Whether a colleague who reads and writes along has one contact of this channel more on hand'),
    warnMs: milliseconds
      .min(1_000)
      .optional()
      .describe('The alarm is raised so long before an answer is late. Absent: a third of the time allowed'),
    lateRaise: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(2)
      .describe('By so many levels of priority who waits goes up with that alarm'),
    mostPerMinute: z
      .number()
      .int()
      .min(1)
      .max(6_000)
      .default(60)
      .describe('Messages taken of one customer in a minute; the connector keeps more than that for later'),
    disabled: z.boolean().default(false),
  })
  .meta({ id: 'Channel' });

export const channelSchema = channelFields.transform((record) => ({
  ...record,
  firstAnswerMs: record.firstAnswerMs ?? firstAnswerMs[record.channel],
  idleMs: record.idleMs ?? idleMs[record.channel],
}));

export const trunkSchema = z
  .strictObject({
    ...scope,
    name,
    sources: z.array(source).max(1_000).default([]),
    uri: sipUri.optional(),
    inboundAuth: z.strictObject({ user: text, ha1: ha1Schema }).optional(),
    outboundAuth: z.strictObject({ user: text, secret: z.string().min(1).max(200) }).optional(),
    country: z.string().regex(/^[A-Z]{2}$/, 'two capital letters, ISO 3166'),
    maxCalls: z.number().int().min(1).max(100_000).optional(),
  })
  .meta({ id: 'Trunk' });

export const sipUserSchema = z
  .strictObject({ ...scope, user: name, ha1: ha1Schema, agent: name.optional() })
  .meta({ id: 'SipUser' });

export const dialRuleSchema = z
  .strictObject({
    prefix: z.string().regex(/^\+?[0-9*#]{0,20}$/, 'digits, with + for E.164; empty for everything else'),
    trunk: name,
    strip: z.number().int().min(0).max(20).default(0),
    prepend: z
      .string()
      .regex(/^\+?[0-9*#]{0,20}$/, 'digits')
      .default(''),
    allow: z.boolean().default(true),
    class: name.optional().describe('Class of the numbers, such as national; absent: for everybody'),
  })
  .meta({ id: 'DialRule' });
