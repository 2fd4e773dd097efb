// The shape of a moment's file. moments/moment.schema.json is generated from it, so that editors complete and check.
import { z } from 'zod';
import { duration } from './duration.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and dashes');
const eventName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$/, 'must be the name of an event')
  .describe(
    'Of an outside event (payment-failed), or interaction.started, interaction.queued, interaction.answered, interaction.ended, message.received, tag.set …',
  );
const plain = z.union([z.string().max(200), z.number(), z.boolean()]);
const sentences = z
  .strictObject({ en: z.string().min(1).max(500).optional(), zh: z.string().min(1).max(500).optional() })
  .refine(({ en, zh }) => en !== undefined || zh !== undefined, { message: 'needs a text in en or zh' })
  .describe(
    'May hold {customer.name|dear customer} and facts of the event, {event.sum|your payment}; after the bar what is said where it is not known.',
  );

const condition = z
  .union([
    plain,
    z
      .strictObject({
        is: plain.optional(),
        not: plain.optional(),
        least: z.number().optional().describe('A number, at least this.'),
        most: z.number().optional().describe('A number, at most this.'),
        in: z.array(plain).min(1).max(50).optional().describe('One of these.'),
        contains: z.string().min(1).max(200).optional().describe('A text with this in it; case does not matter.'),
      })
      .describe('All that stands here must hold.'),
  ])
  .describe('What the fact must be.');
const where = z
  .record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/), condition)
  .describe('Facts of the event that must all hold.');
const step = { event: eventName, where: where.optional() };

const when = z
  .union([
    z
      .strictObject({
        sequence: z
          .array(z.strictObject({ ...step, count: z.number().int().min(1).max(20).optional() }))
          .min(2)
          .max(5),
        within: duration,
      })
      .describe('These events, one after the other, the last within that time of the first.'),
    z
      .strictObject({ ...step, count: z.number().int().min(2).max(50), within: duration })
      .describe('So many of the event within that time.'),
    z
      .strictObject({ ...step, without: z.strictObject(step), within: duration })
      .describe('The event, and the other one does not follow within that time.'),
    z.strictObject(step).describe('The event.'),
  ])
  .describe('What must happen.');

const tag = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u, 'must be letters, digits, space, dot, dash');
const skills = z.record(name, z.number().int().min(1).max(5));

const action = z
  .union([
    z.strictObject({ tag, for: duration }).describe('Sets a tag that expires.'),
    z
      .strictObject({ priority: z.number().int().min(0).max(10) })
      .describe('Her contact that waits, or is about to, gets this priority.'),
    z
      .strictObject({ route: z.strictObject({ queue: name.optional(), skills: skills.optional() }) })
      .describe('Her contact that waits, or is about to, goes to this queue, or asks for these skills.'),
    z.strictObject({ hint: sentences }).describe('The agent who gets her sees this.'),
    z
      .strictObject({ message: sentences, channels: z.array(name).min(1).max(5).optional() })
      .describe('A message, on the channel where she writes to us; `channels` limits which.'),
    z
      .strictObject({ callback: z.strictObject({ queue: name, in: duration.optional() }) })
      .describe('An agent of the queue calls her, at once or after that time.'),
    z.strictObject({ signal: name }).describe('An event moment.signalled for programs that listen.'),
  ])
  .describe('What is done.');

export const momentSchema = z
  .strictObject({
    $schema: z.string().optional(),
    moment: name.describe('Its name, as its file.'),
    note: z.string().optional(),
    disabled: z.boolean().optional(),
    rank: z.number().int().min(0).max(100).describe('Of several moments of one customer, the highest acts.'),
    class: z
      .enum(['seconds', 'minutes', 'later'])
      .describe(
        'How late it may act: within 30 seconds, 10 minutes, or a day. Later ones wait for the end of quiet hours.',
      ),
    purpose: name.default('service').describe('What consent is asked for: service, marketing …'),
    when,
    if: z
      .strictObject({ tags: z.array(tag).max(10).optional(), notTags: z.array(tag).max(10).optional() })
      .optional()
      .describe('Tags that she has now, and tags that she has not.'),
    do: z.array(action).min(1).max(8),
    again: duration.default('1d').describe('Not again for the same customer before.'),
    owns: duration.default('10m').describe('So long, no moment of a lower rank acts for her.'),
  })
  .meta({ id: 'Moment' });

export type Moment = z.infer<typeof momentSchema>;
export type When = Moment['when'];
export type Action = Moment['do'][number];
export type Condition = z.infer<typeof condition>;

const expected = z.union([z.string(), z.strictObject({ restrained: z.string() })]);

export const momentTestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    moment: name.describe('Name of the moment under test.'),
    tests: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('What is tested, as a sentence.'),
          start: z.iso
            .datetime({ offset: true })
            .default('2026-01-05T10:00:00+08:00')
            .describe('Time of the first step.'),
          timeZone: z.string().default('Asia/Shanghai'),
          consents: z
            .array(z.strictObject({ channel: z.string(), purpose: z.string(), given: z.boolean() }))
            .default([]),
          steps: z
            .array(
              z.strictObject({
                after: duration.optional().describe('So long after the step before.'),
                event: eventName.optional().describe('Happens now; without it, only time passes.'),
                data: z.record(z.string(), plain).optional(),
                tags: z.array(tag).optional().describe('Her tags from now on.'),
                expect: z
                  .array(expected)
                  .default([])
                  .describe('Actions that this step leads to, by their kind, in order.'),
              }),
            )
            .min(1),
        }),
      )
      .min(1),
  })
  .meta({ id: 'MomentTests' });

export type MomentTests = z.infer<typeof momentTestSchema>;

export function momentJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(momentSchema, { io: 'input' });
}

export function momentTestJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(momentTestSchema, { io: 'input' });
}

/** `tag`, `priority`, `route`, `hint`, `message`, `callback`, `signal`: by the key that only that kind has. */
export type ActionKind = 'tag' | 'priority' | 'route' | 'hint' | 'message' | 'callback' | 'signal';

export function kindOf(action: Action): ActionKind {
  if ('tag' in action) return 'tag';
  if ('priority' in action) return 'priority';
  if ('route' in action) return 'route';
  if ('hint' in action) return 'hint';
  if ('message' in action) return 'message';
  if ('callback' in action) return 'callback';
  return 'signal';
}

/** What reaches out to the customer needs her consent and the right hour; the rest only changes how she is served. */
export function reachesOut(action: Action): boolean {
  return 'message' in action || 'callback' in action;
}
