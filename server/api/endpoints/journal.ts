import { z } from 'zod';
import type { ChainReport } from '../../journal/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';

const report = z
  .object({
    whole: z.boolean(),
    events: z.number().describe('Events looked at, up to the first that is broken'),
    erased: z.number().describe('Of those, with personal fields that were erased'),
    broken: z
      .object({ seq: z.number(), why: z.enum(['missing', 'changed', 'personal-changed']) })
      .optional()
      .describe('The first event that is not as it was written'),
  })
  .meta({ id: 'ChainReport' });

export function journalEndpoints({ journal }: ApiDeps): Endpoint[] {
  /** It reads the whole journal: all who ask meanwhile share one look. */
  let looking: Promise<ChainReport> | undefined;
  return [
    endpoint({
      method: 'get',
      path: '/journal/chain',
      tag: 'Journal',
      about:
        'Walks the hash chain of the journal from its first event, beside the calls, and says whether anything was changed or taken out since it was written. Takes about a second for 100,000 events.',
      roles: admins,
      answer: report,
      async handle() {
        looking ??= journal.verifyChain().finally(() => {
          looking = undefined;
        });
        const { events, erased, broken } = await looking;
        return { whole: broken === undefined, events, erased, broken };
      },
    }),
  ];
}
