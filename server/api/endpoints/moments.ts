// Moments: which are in use, and what they bring about.
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, staff } from '../endpoint.ts';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-01-05')
  .describe('Day of the site');
const moment = z
  .object({
    moment: z.string(),
    state: z.enum(['current', 'kept', 'refused', 'disabled']),
    rank: z.number().optional(),
    class: z.enum(['seconds', 'minutes', 'later']).optional(),
    findings: z.array(
      z.object({
        severity: z.enum(['error', 'warning']),
        code: z.string(),
        file: z.string(),
        line: z.number(),
        column: z.number(),
        sentence: z.string(),
      }),
    ),
  })
  .meta({ id: 'MomentStatus' });
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

export function momentEndpoints({ moments, momentStore }: ApiDeps): Endpoint[] {
  if (moments === undefined || momentStore === undefined) return [];
  return [
    endpoint({
      method: 'get',
      path: '/moments',
      tag: 'Moments',
      about: 'Moments with what the checker says of their files.',
      roles: staff,
      answer: z.object({ moments: z.array(moment) }),
      handle: () => ({
        moments: momentStore.statuses.map(({ moment: name, state, findings }) => {
          const used = momentStore.current.find((one) => one.moment.moment === name)?.moment;
          return {
            moment: name,
            state,
            ...(used && { rank: used.rank, class: used.class }),
            findings: findings.map((one) => ({ ...one })),
          };
        }),
      }),
    }),
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
  ];
}
