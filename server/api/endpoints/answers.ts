// How soon digital channels are answered, and where a customer can be written to.
import { z } from 'zod';
import { replyWindow } from '../../../connector/index.ts';
import { answerReport } from '../../conversations/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { confinedTo, visible } from '../scope.ts';

const count = z.number();
const ms = z.number().optional();
const row = z
  .object({
    via: z.string().describe('The digital channel'),
    queue: z.string().optional().describe('Where rows are by queue'),
    first: count.describe('First answers of a person, one for each conversation'),
    firstInTime: count,
    firstAverageMs: ms,
    firstLongestMs: ms,
    answers: count.describe('All answers to words that waited'),
    inTime: count,
    averageMs: ms,
    soon: count.describe('So often the alarm was raised that an answer would be late soon'),
    overdue: count.describe('So often somebody waited for longer than the channel allows'),
  })
  .meta({ id: 'AnswersOfChannel' });

const dayMs = 86_400_000;
const longestMs = 92 * dayMs;

export function answerEndpoints({ conversations, customers, reads, clock }: ApiDeps): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/reports/answers',
      tag: 'Reports',
      about: 'How soon people answered on each digital channel; default: the last 24 hours, at most 92 days.',
      roles: staff,
      query: z.object({
        from: z.coerce.number().int().nonnegative().optional(),
        until: z.coerce.number().int().nonnegative().optional(),
        by: z.enum(['channel', 'queue']).default('channel').describe('`queue`: a row for each queue of a channel'),
      }),
      answer: z.object({ from: z.number(), until: z.number(), channels: z.array(row) }),
      async handle({ query, principal }) {
        const until = query.until ?? clock.now() + 1;
        const from = Math.max(query.from ?? until - dayMs, until - longestMs);
        const args = { site: principal.site, team: confinedTo(principal), from, until, byQueue: query.by === 'queue' };
        return { from, until, channels: await reads.ask(answerReport, args) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/customers/:id/places',
      tag: 'Customers',
      about:
        'Where this customer wrote to us, the latest first, and what the provider still allows there: places for a conversation that we begin.',
      roles: everyone,
      answer: z.object({
        places: z.array(
          z.object({ via: z.string(), kind: z.string(), thread: z.string(), window: replyWindow.optional() }),
        ),
      }),
      errors: ['not-found'],
      handle({ params, principal }) {
        const customer = visible(principal, customers.get(params.id!), 'customer', params.id!);
        return { places: conversations.placesOf(customers.idsOf((customer as { id: string }).id)) };
      },
    }),
  ];
}
