// What a flow file may hold: the single source. ivr-flows/flow.schema.json is generated from it (tools/make-schemas.ts),
// and the descriptions here are what an admin's editor shows her.
import { z } from 'zod';
import { isDate } from './hours.ts';

const nameRule = /^\p{L}[\p{L}\p{N}_-]{0,63}$/u;
const name = z.string().regex(nameRule, 'must begin with a letter and hold only letters, digits, - and _ (at most 64)');
const node = name.describe('Name of a node of this flow.');
const variable = name.describe('Name of a variable.');
const note = z.string().max(2000).optional().describe('For whoever edits the flow; the caller never hears of it.');
const file = z
  .string()
  .regex(
    /^[\p{L}\p{N}_-]+(\/[\p{L}\p{N}_-]+)*$/u,
    'must be the name of a recording without folder of the language and without .wav',
  )
  .describe('Name of a recording: prompts/<language>/<name>.wav.');
const text = z.string().min(1).max(2000);
const seconds = (least: number, most: number) => z.number().min(least).max(most);

const promptPart = z
  .strictObject({
    en: text.optional().describe('English text; {variable} is filled in.'),
    zh: text.optional().describe('Chinese text; {variable} is filled in.'),
    file: file.optional().describe('Recording of the text; it wins over synthesis. Alone: a recording without a text.'),
    digits: z.string().min(1).max(200).optional().describe('Spoken digit by digit, such as "{account}".'),
    number: z.string().min(1).max(200).optional().describe('Spoken as a quantity, such as "{count}".'),
    silence: z.number().int().min(20).max(10_000).optional().describe('Milliseconds of silence.'),
  })
  .describe('One thing to say: a text per language, a recording, digits, a number or silence.');

export const promptSchema = z
  .union([
    file,
    promptPart,
    z
      .array(z.union([file, promptPart]))
      .min(1)
      .max(20),
  ])
  .describe('What the caller hears. A plain string is the name of a recording.')
  .meta({ id: 'Prompt' });

const operators = {
  equals: z.string().optional().describe('The same text; {variable} is filled in.'),
  in: z.array(z.string()).min(1).optional().describe('One of these.'),
  startsWith: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('Begins with this, or one of these.'),
  endsWith: z.string().min(1).optional(),
  length: z
    .union([
      z.number().int().min(0),
      z.strictObject({ min: z.number().int().min(0).optional(), max: z.number().int().min(0).optional() }),
    ])
    .optional()
    .describe('Number of characters: exactly, or from min to max.'),
  atLeast: z.number().optional().describe('As a number, this or more.'),
  atMost: z.number().optional().describe('As a number, this or less.'),
  empty: z.boolean().optional().describe('true: has no value. false: has one.'),
};

export interface Condition {
  tag?: string | undefined;
  language?: 'en' | 'zh' | undefined;
  hours?: string | undefined;
  all?: Condition[] | undefined;
  any?: Condition[] | undefined;
  not?: Condition | undefined;
  variable?: string | undefined;
  equals?: string | undefined;
  in?: string[] | undefined;
  startsWith?: string | string[] | undefined;
  endsWith?: string | undefined;
  length?: number | { min?: number | undefined; max?: number | undefined } | undefined;
  atLeast?: number | undefined;
  atMost?: number | undefined;
  empty?: boolean | undefined;
}

const condition: z.ZodType<Condition> = z
  .strictObject({
    tag: z.string().min(1).max(64).optional().describe('The customer has this tag.'),
    language: z.enum(['en', 'zh']).optional().describe('The caller hears this language now.'),
    hours: name.optional().describe('It is now within these hours: of the flow, else of the site.'),
    get all() {
      return z.array(condition).min(1).optional().describe('All of these are true.');
    },
    get any() {
      return z.array(condition).min(1).optional().describe('At least one of these is true.');
    },
    get not() {
      return condition.optional().describe('This is not true.');
    },
    variable: variable.optional().describe('A variable; several operators beside it must all hold.'),
    ...operators,
  })
  .describe('One question: a tag, a language, hours, or a variable with its operators.')
  .meta({ id: 'Condition' });

const bargeIn = z.boolean().optional().describe('Whether a key stops the prompt. Default true.');
const tries = z
  .number()
  .int()
  .min(1)
  .max(10)
  .optional()
  .describe('How often the caller is asked before the exit is taken. Default 3.');
const waitSeconds = seconds(1, 120).optional().describe('Seconds after the prompt until the first key. Default 6.');
const retry = {
  tries,
  timeoutPrompt: promptSchema
    .optional()
    .describe('Said before the prompt is repeated to a caller who pressed nothing.'),
  invalidPrompt: promptSchema
    .optional()
    .describe('Said before the prompt is repeated to a caller who pressed something wrong.'),
  timeout: node.optional().describe("Exit: nothing was pressed after all tries. Default: the flow's error."),
  invalid: node.optional().describe("Exit: wrong input after all tries. Default: the flow's error."),
};
const label = z.string().max(80).optional().describe("What the agent's screen calls it.");
const error = node.optional().describe("Exit: it did not work. Default: the flow's error.");
const values = z
  .record(variable, z.string().max(500))
  .describe('Variables and their new values; {variable} is filled in.');

const say = z
  .strictObject({ type: z.literal('say'), note, prompt: promptSchema, bargeIn, next: node.describe('Exit.') })
  .describe('Says something and goes on.');

const button = z
  .strictObject({ en: z.string().min(1).max(80).optional(), zh: z.string().min(1).max(80).optional() })
  .optional()
  .describe('What its button says where the flow answers in writing. Default: the label.');

const menu = z
  .strictObject({
    type: z.literal('menu'),
    note,
    prompt: promptSchema,
    bargeIn,
    choices: z
      .record(
        z.string().regex(/^[0-9*#]$/, 'must be one key: 0 to 9, * or #'),
        z.union([node, z.strictObject({ next: node, label, button })]),
      )
      .describe(
        'Exit per key: the name of a node, or { "next": node, "label": what the agent sees, "button": what the customer sees in a chat }.',
      ),
    waitSeconds,
    ...retry,
  })
  .describe('Lets the caller choose with one key.');

const collect = z
  .strictObject({
    type: z.literal('collect'),
    note,
    prompt: promptSchema,
    bargeIn,
    variable: variable.describe('Where the digits go.'),
    label,
    min: z.number().int().min(1).max(32).optional().describe('Fewest digits. Default 1.'),
    max: z.number().int().min(1).max(32).describe('Most digits; the input ends there.'),
    terminator: z
      .string()
      .regex(/^[0-9*#]?$/, 'must be one key, or "" for none')
      .optional()
      .describe('Key that ends the input. Default "#"; "" for none.'),
    secret: z
      .boolean()
      .optional()
      .describe('The digits are kept out of logs, events, recordings and screens. Default false.'),
    waitSeconds,
    betweenSeconds: seconds(1, 60).optional().describe('Seconds between keys. Default 4.'),
    ...retry,
    next: node.describe('Exit: the input is as long as it should be.'),
  })
  .describe('Collects digits into a variable.');

const branch = z
  .strictObject({
    type: z.literal('branch'),
    note,
    cases: z
      .array(z.strictObject({ note, if: condition, next: node.describe('Exit: the case is true.') }))
      .min(1)
      .describe('Tried from the top; the first that is true is taken.'),
    next: node.describe('Exit: no case is true.'),
  })
  .describe('Goes different ways, by variables, tags, language and hours.');

const set = z
  .strictObject({
    type: z.literal('set'),
    note,
    variables: values.optional(),
    language: z.enum(['en', 'zh']).optional().describe('What the caller hears from now on.'),
    next: node.describe('Exit.'),
  })
  .describe('Sets variables or the language.');

const queue = z
  .strictObject({
    type: z.literal('queue'),
    note,
    queue: z.string().min(1).max(200).describe('Name of the queue; {variable} is filled in.'),
    priority: z.number().int().min(0).max(100).optional().describe('Higher goes first. Default 0.'),
    skills: z
      .record(z.string().min(1).max(200), z.number().int().min(1).max(5))
      .optional()
      .describe('Skills that the agent must have, each with the least proficiency, 1 to 5. {language} is filled in.'),
    music: file.optional().describe("Music from prompts/music. Default: the queue's own."),
    announce: z
      .strictObject({
        position: z.boolean().optional().describe('Say the place in the queue. Default false.'),
        wait: z.boolean().optional().describe('Say the expected wait. Default false.'),
        everySeconds: z.number().int().min(10).max(600).describe('Seconds between announcements.'),
        prompt: promptSchema.optional().describe('Said with each announcement.'),
      })
      .optional()
      .describe('What the caller hears besides the music.'),
    maxWaitSeconds: z.number().int().min(1).max(86_400).optional().describe('Longest wait. Default 600.'),
    ringSeconds: z
      .number()
      .int()
      .min(3)
      .max(120)
      .optional()
      .describe("How long an agent's phone rings. Default: the queue's own."),
    callback: z
      .strictObject({
        key: z
          .string()
          .regex(/^[0-9*#]$/, 'must be one key: 0 to 9, * or #')
          .describe('Who presses this key while she waits is called back.'),
        prompt: promptSchema.optional().describe('Offers it: said with each announcement, or once a minute.'),
        confirm: promptSchema
          .optional()
          .describe('Asks again: the callback is made when the key is pressed once more. Default: made at once.'),
        number: z
          .string()
          .min(1)
          .max(200)
          .optional()
          .describe(
            'Number to call back; {variable} is filled in. Default "{from}". Without a number the key does nothing.',
          ),
        afterSeconds: z
          .number()
          .int()
          .min(0)
          .max(86_400)
          .optional()
          .describe('Not before that long from now, so that she has hung up. Default 30.'),
        next: node.describe('Exit: she is going to be called back, with the place that she had.'),
      })
      .optional()
      .describe('Lets the caller choose to be called back instead of waiting; she keeps her place.'),
    overflow: node.optional().describe("Exit: waited too long. Default: the flow's error."),
    full: node.optional().describe('Exit: as many wait already as the queue takes. Default: as overflow.'),
    closed: node.optional().describe("Exit: outside the queue's hours. Default: as empty."),
    empty: node.optional().describe('Exit: nobody is there who could ever answer. Default: as overflow.'),
    error: node.optional().describe('Exit: there is no such queue. Default: as overflow.'),
    next: node
      .optional()
      .describe('Exit: the agent has hung up and the caller is still there. Default: the call ends.'),
  })
  .describe('Puts the caller into a queue until an agent answers.');

const transfer = z
  .strictObject({
    type: z.literal('transfer'),
    note,
    to: z.string().min(1).max(200).optional().describe('Number to call; {variable} is filled in.'),
    agent: z.string().min(1).max(200).optional().describe('Agent to call, by number; {variable} is filled in.'),
    ringSeconds: z.number().int().min(3).max(180).optional().describe('Default 30.'),
    error,
  })
  .describe('Transfers the caller to a number or an agent, one of the two.');

const hangup = z
  .strictObject({ type: z.literal('hangup'), note, prompt: promptSchema.optional().describe('Said before.') })
  .describe('Ends the call.');

const flow = z
  .strictObject({
    type: z.literal('flow'),
    note,
    flow: name.describe('Name of the flow.'),
    variables: values.optional(),
    results: z.record(name, node).optional().describe('Exit per result that the flow returns.'),
    next: node.describe('Exit: any other result.'),
    error,
  })
  .describe(
    'Goes through another flow and comes back with its result. Variables belong to the call: both flows see them.',
  );

const back = z
  .strictObject({
    type: z.literal('return'),
    note,
    result: name.describe('Chooses among the results of the node that called.'),
  })
  .describe('Ends this flow with a result: back to the flow, or the agent, that sent the caller here.');

export const nodeSchema = z.discriminatedUnion('type', [
  say,
  menu,
  collect,
  branch,
  set,
  queue,
  transfer,
  hangup,
  flow,
  back,
]);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 09:00, up to 24:00');
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2026-10-01')
  .refine(isDate, 'is no day of the calendar');

export const hoursSchema = z
  .strictObject({
    note,
    timeZone: z.string().optional().describe('Such as "Asia/Shanghai". Default: that of the site.'),
    open: z
      .array(
        z.strictObject({
          days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
          from: clock,
          to: clock.describe('Not included. Earlier than from: until that time of the next day.'),
        }),
      )
      .min(1),
    closedOn: z
      .array(day)
      .optional()
      .describe('Days that are closed whatever `open` says. A night that began the day before goes on to its end.'),
    openOn: z
      .array(z.strictObject({ date: day, from: clock, to: clock }))
      .optional()
      .describe('Single days with hours of their own.'),
  })
  .describe('Opening hours, of branches and of queues.');

export const flowSchema = z
  .strictObject({
    $schema: z.string().optional(),
    flow: name.describe('Name of the flow; the file is called <name>.json.'),
    title: z
      .strictObject({ en: z.string().min(1).max(80).optional(), zh: z.string().min(1).max(80).optional() })
      .optional()
      .describe('What agents read where they can send callers into it. Default: its name.'),
    note,
    languages: z
      .array(z.enum(['en', 'zh']))
      .min(1)
      .optional()
      .describe('What the flow speaks; the first is for callers of any other language. Default en and zh.'),
    start: node.describe('Where the call begins.'),
    error: node.optional().describe('Where every exit leads that a node leaves out.'),
    variables: z
      .record(variable, z.string().max(500))
      .optional()
      .describe(
        'Variables that do not come from a collect, with their first values. Whoever sends the caller here may give others.',
      ),
    hours: z.record(name, hoursSchema).optional(),
    nodes: z.record(name, nodeSchema).describe('The nodes by name.'),
  })
  .describe('An IVR flow.');

export type FlowFile = z.infer<typeof flowSchema>;
export type FlowNode = z.infer<typeof nodeSchema>;
export type NodeType = FlowNode['type'];
export type NodeOf<T extends NodeType> = Extract<FlowNode, { type: T }>;
export type FilePrompt = z.infer<typeof promptSchema>;
export type PromptPart = z.infer<typeof promptPart>;
export type Hours = z.infer<typeof hoursSchema>;

/** JSON Schema (2020-12) of a flow file, for editors. */
export function flowJsonSchema(): Record<string, unknown> {
  return {
    title: 'Switchroom flow',
    ...z.toJSONSchema(flowSchema, { io: 'input' }),
  };
}
