// What moments bring about: figures of days, and what they did lately.
import { z } from 'zod';
import type { MomentLine } from '../../moments/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, staff } from '../endpoint.ts';
import { confinedTo, visible } from '../scope.ts';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-01-05')
  .describe('Day of the site');
const counts = z.record(z.string(), z.number());
const row = z
  .object({
    moment: z.string(),
    fired: z.number(),
    reached: z.number(),
    answered: z.number(),
    restrained: counts.describe('By reason'),
    held: counts.describe('Single actions that were left out, by action and reason'),
    acted: counts.describe('By action and result'),
  })
  .meta({ id: 'MomentEffects' });

const dayRow = z
  .object({
    day: z.string(),
    moment: z.string(),
    fired: z.number(),
    reached: z.number(),
    answered: z.number(),
    restrained: z.number(),
  })
  .meta({ id: 'MomentDay' });
const kind = z.enum(['tag', 'priority', 'route', 'hint', 'message', 'callback', 'signal']);
const line = z
  .object({
    id: z.number(),
    at: z.number(),
    moment: z.string(),
    customer: z.string(),
    name: z.string().optional().describe('Of the customer'),
    firing: z.string().optional().describe('Absent: it was restrained'),
    why: z.string().optional().describe('Why it did nothing at all'),
    actions: z.array(kind).optional(),
    held: z.array(z.object({ action: kind, why: z.string() })).optional(),
    acted: z
      .array(z.object({ action: kind, result: z.enum(['done', 'refused', 'failed']), why: z.string().optional() }))
      .optional(),
    reached: z.object({ how: z.string(), ms: z.number() }).optional(),
    answered: z.number().optional().describe('ms after it fired'),
  })
  .meta({ id: 'MomentLine' });

export function momentEffectEndpoints({ moments, customers }: ApiDeps): Endpoint[] {
  if (moments === undefined) return [];
  return [
    endpoint({
      method: 'get',
      path: '/reports/moments',
      tag: 'Reports',
      about:
        'What moments brought about: how often each fired, was restrained and why, reached the customer, and was answered by her within a day.',
      roles: staff,
      query: z.object({ from: day, until: day }),
      answer: z.object({ rows: z.array(row) }),
      handle({ query: { from, until } }) {
        const rows = new Map<string, z.infer<typeof row>>();
        for (const { moment: name, what, detail, count } of moments.figures(from, until)) {
          const one: z.infer<typeof row> = rows.get(name) ?? {
            ...{ moment: name, fired: 0, reached: 0, answered: 0 },
            ...{ restrained: {}, held: {}, acted: {} },
          };
          rows.set(name, one);
          if (what === 'fired' || what === 'reached' || what === 'answered') one[what] += count;
          else if (what === 'restrained' || what === 'held' || what === 'acted')
            one[what][detail] = (one[what][detail] ?? 0) + count;
        }
        return { rows: [...rows.values()] };
      },
    }),
    endpoint({
      method: 'get',
      path: '/reports/moments/days',
      tag: 'Reports',
      about: 'The same day by day, for a chart; days without anything are left out.',
      roles: staff,
      query: z.object({ from: day, until: day, moment: z.string().max(64).optional() }),
      answer: z.object({ rows: z.array(dayRow) }),
      handle({ query: { from, until, moment } }) {
        const rows = new Map<string, z.infer<typeof dayRow>>();
        for (const figure of moments.figures(from, until)) {
          const { what } = figure;
          if (moment !== undefined && figure.moment !== moment) continue;
          if (what !== 'fired' && what !== 'reached' && what !== 'answered' && what !== 'restrained') continue;
          const key = `${figure.day} ${figure.moment}`;
          const { day: of, moment: name } = figure;
          const one = rows.get(key) ?? { day: of, moment: name, fired: 0, reached: 0, answered: 0, restrained: 0 };
          one[what] += figure.count;
          rows.set(key, one);
        }
        return { rows: [...rows.values()] };
      },
    }),
    endpoint({
      method: 'get',
      path: '/moments/log',
      tag: 'Moments',
      about:
        'What moments did in the last thirty days, newest first: for whom, what became of each action, and why something was held back.',
      roles: staff,
      query: z.object({
        moment: z.string().max(64).optional(),
        customer: z.string().max(64).optional(),
        what: z.enum(['fired', 'restrained']).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        before: z.coerce.number().int().min(1).optional().describe('`id` of the last one of the page before'),
      }),
      answer: z.object({ lines: z.array(line) }),
      handle({ query, principal }) {
        if (query.customer !== undefined) {
          visible(principal, customers.get(query.customer), 'customer', query.customer);
        }
        const lines = moments.log({ ...query, team: confinedTo(principal) });
        return { lines: lines.map((one) => named(one, customers.get(one.customer)?.name)) };
      },
    }),
  ];
}

function named({ team: _, ...told }: MomentLine, name: string | undefined): z.infer<typeof line> {
  return { ...told, ...(name === undefined ? {} : { name }) };
}
