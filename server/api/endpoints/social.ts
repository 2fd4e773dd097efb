// Social care: figures of public channels, and what people ask there.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import { socialFigures } from '../../social/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, staff } from '../endpoint.ts';
import { confinedTo } from '../scope.ts';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-01-05')
  .describe('Day of the site');
const row = z
  .object({
    day: z.string(),
    via: z.string().describe('Channel'),
    items: z.number(),
    reach: z.number(),
    engaged: z.number(),
    positive: z.number(),
    negative: z.number(),
    answered: z.number(),
    awareness: z.number().describe('How many people could read it'),
    resonance: z.number().optional().describe('Likes, shares and comments for each thousand of them'),
    satisfaction: z.number().optional().describe('-1 (all angry) to 1 (all pleased)'),
    engagement: z.number().optional().describe('Share of items that a person of ours answered'),
  })
  .meta({ id: 'SocialDay' });
const question = z
  .object({
    cluster: z.string(),
    items: z.number(),
    reach: z.number(),
    tone: z.number(),
    first: z.number(),
    last: z.number(),
    sample: z.string().optional().describe('As the first one asked it'),
  })
  .meta({ id: 'SocialQuestion' });

export function socialEndpoints({ social, reads, interactions, clock }: ApiDeps): Endpoint[] {
  if (social === undefined) return [];
  const scopeOf = (principal: Principal) => ({ site: principal.site, servedTeam: confinedTo(principal) });
  return [
    endpoint({
      method: 'get',
      path: '/reports/social',
      tag: 'Reports',
      about: 'Public items by channel and day: awareness, resonance, satisfaction, engagement.',
      roles: staff,
      query: z.object({ from: day, until: day }),
      answer: z.object({ rows: z.array(row) }),
      async handle({ query, principal }) {
        await interactions.settled();
        return { rows: await reads.ask(socialFigures, { ...query, ...scopeOf(principal) }) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/social/questions',
      tag: 'Social',
      about: 'What more than one person asked or said in public in that time, the most frequent first.',
      roles: staff,
      query: z.object({
        since: z.coerce.number().int().min(0).optional().describe('Default: a week ago'),
        until: z.coerce.number().int().min(0).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(20),
      }),
      answer: z.object({ questions: z.array(question) }),
      handle({ query: { since, until, limit }, principal }) {
        const now = clock.now();
        return {
          questions: social.questions(scopeOf(principal), since ?? now - 7 * 86_400_000, until ?? now + 1, limit),
        };
      },
    }),
  ];
}
