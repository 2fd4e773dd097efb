// What those who run the site do: legal holds, retention, and taking nothing new before the machine is stopped.
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';

const hold = z
  .object({
    id: z.string(),
    kind: z.enum(['customer', 'interaction', 'queue']),
    subject: z.string(),
    reason: z.string(),
    at: z.number(),
    by: z.string(),
  })
  .meta({ id: 'LegalHold' });
const report = z.object({
  rules: z.array(
    z.object({
      rule: z.string(),
      kind: z.enum(['recordings', 'messages', 'personal', 'interactions']),
      days: z.number(),
      count: z.number().describe('Recordings, else contacts, that were taken away, or would be'),
    }),
  ),
});
const drain = z
  .object({
    since: z.number().optional().describe('Since when nothing new is taken; absent: all is taken'),
    calls: z.number(),
    conversations: z.number().describe('Digital ones: they stay over a restart, and are not waited for'),
  })
  .meta({ id: 'Draining' });

export function operationEndpoints({ retention, draining }: ApiDeps): Endpoint[] {
  const common = { tag: 'Operation', roles: admins, errors: ['only-running'] };
  const must = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw failed['only-running']();
    return part;
  };
  return [
    endpoint({
      ...common,
      method: 'get',
      path: '/holds',
      about: 'Legal holds: what neither a rule of retention nor an erasure takes away.',
      answer: z.object({ holds: z.array(hold) }),
      handle: () => ({ holds: must(retention).holds.list() }),
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/holds',
      audit: { by: ['retention.hold-placed'] },
      about: 'Places a legal hold on a customer, one interaction, or all contacts that were in a queue.',
      errors: ['hold-subject-unknown', 'only-running'],
      body: z.strictObject({
        kind: z.enum(['customer', 'interaction', 'queue']),
        subject: z.string().min(1).max(64),
        reason: z.string().trim().min(1).max(500),
      }),
      answer: hold,
      status: 201,
      handle: ({ body, principal }) => must(retention).holds.place(body, principal.by),
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/holds/:id',
      audit: { by: ['retention.hold-released'] },
      about: 'Releases a legal hold.',
      errors: ['hold-unknown', 'only-running'],
      handle: ({ params, principal }) => must(retention).holds.release(params.id!, principal.by),
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/retention/run',
      about: 'Takes away what the rules of retention.json say, as the daily job does; or says what it would be.',
      body: z.strictObject({ dryRun: z.boolean().default(false) }),
      answer: report,
      handle: async ({ body, principal }) => ({ rules: await must(retention).run({ ...body, by: principal.by }) }),
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/drain',
      about: 'Whether new calls are taken, and what is still under way.',
      answer: drain,
      handle: () => must(draining).status(),
    }),
    endpoint({
      ...common,
      method: 'put',
      path: '/drain',
      audit: { by: ['server.drain-began'] },
      about:
        'From now on new calls are refused (503 with Retry-After), but emergency calls; digital conversations are taken as ever, since they stay over a restart.',
      answer: drain,
      async handle({ principal }) {
        await must(draining).begin(principal.by);
        return must(draining).status();
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/drain',
      audit: { by: ['server.drain-cancelled'] },
      about: 'Everything is taken again.',
      answer: drain,
      status: 200,
      async handle({ principal }) {
        await must(draining).cancel(principal.by);
        return must(draining).status();
      },
    }),
  ];
}
