// Tests of a flow, beside it: bank.test.json. ivr-flows/flow-test.schema.json is generated from this.
import { z } from 'zod';
import { hoursSchema } from './schema.ts';

const words = z.string().min(1);

const expected = z
  .strictObject({
    queue: words.optional().describe('The caller waits in this queue.'),
    priority: z.number().int().optional().describe('With this priority.'),
    skills: z.record(z.string(), z.number().int()).optional().describe('With exactly these skills.'),
    transfer: words.optional().describe('The caller is transferred to this number.'),
    agent: words.optional().describe('The caller is transferred to this agent.'),
    hangup: z.boolean().optional().describe('The flow has hung up (true) or goes on (false).'),
    return: words.optional().describe('The flow has ended with this result.'),
    node: words.optional().describe('The call is at this node.'),
    language: z.enum(['en', 'zh']).optional().describe('The caller hears this language now.'),
    variables: z
      .record(z.string(), z.string())
      .optional()
      .describe('Variables hold these values; others do not matter.'),
  })
  .describe('What must be so now.');

const step = z
  .strictObject({
    note: z.string().optional(),
    hear: z
      .union([words, z.array(words).min(1)])
      .optional()
      .describe('Has been said since the last key, in this order; parts of texts will do.'),
    notHear: z
      .union([words, z.array(words).min(1)])
      .optional()
      .describe('Has not been said since the last key.'),
    press: z
      .string()
      .regex(/^[0-9*#]+$/, 'must be keys: 0 to 9, * and #')
      .optional()
      .describe('The caller presses these keys, one after the other; in a queue, the key for a callback.'),
    wait: z.literal(true).optional().describe('The caller presses nothing until the time is over.'),
    queue: z
      .enum(['overflow', 'empty', 'full', 'closed', 'failed', 'talked', 'callback'])
      .optional()
      .describe('How the wait in the queue ends.'),
    transfer: z.enum(['busy', 'no-answer', 'failed']).optional().describe('How the transfer fails.'),
    expect: expected.optional(),
  })
  .describe('What the caller hears and does, and what must be so, in the order in which the keys stand.');

export const flowTestsSchema = z
  .strictObject({
    $schema: z.string().optional(),
    flow: words.describe('Name of the flow under test.'),
    note: z.string().optional(),
    hours: z.record(words, hoursSchema).optional().describe("The site's hours by name, for flows that name them."),
    tests: z
      .array(
        z.strictObject({
          name: words.describe('What is tested, as a sentence.'),
          given: z
            .strictObject({
              language: z.enum(['en', 'zh']).optional().describe("The caller's language. Default: the flow's first."),
              tags: z.array(z.string()).optional().describe('Tags of the customer.'),
              variables: z.record(z.string(), z.string()).optional(),
              from: z.string().optional().describe("The caller's number."),
              to: z.string().optional().describe('The number that was called.'),
              time: z
                .string()
                .regex(
                  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/,
                  'must be a time with its zone, such as 2026-11-02T10:00+08:00',
                )
                .optional()
                .describe('When the call comes, such as 2026-11-02T10:00+08:00. Default 2026-01-05T10:00Z, a Monday.'),
              timeZone: z.string().optional().describe('The zone of the site, such as "Asia/Shanghai". Default UTC.'),
            })
            .optional(),
          steps: z.array(step).min(1),
        }),
      )
      .min(1),
  })
  .describe('Tests of a flow.');

export type FlowTests = z.infer<typeof flowTestsSchema>;
export type FlowTest = FlowTests['tests'][number];
export type TestStep = FlowTest['steps'][number];
export type Expected = z.infer<typeof expected>;

/** JSON Schema (2020-12) of a test file, for editors. */
export function flowTestJsonSchema(): Record<string, unknown> {
  return { title: 'Switchroom flow tests', ...z.toJSONSchema(flowTestsSchema, { io: 'input' }) };
}
