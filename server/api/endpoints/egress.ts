// What leaves the site for the cloud: for administrators and auditors.
import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';

const optional = z.string().optional();
const status = z
  .object({
    state: z.enum(['lost', 'sending', 'idle', 'halted']),
    cursor: z.number().describe('The last event that the cloud has'),
    behind: z.number().describe('Events that wait'),
    oldestMs: z.number().describe('Age of the oldest of them'),
    batches: z.number(),
    events: z.number(),
    wireBytes: z.number(),
    reason: optional,
    alarm: z.enum(['events', 'age', 'disk', 'restored']).optional(),
    halt: z
      .object({
        after: z.number().describe('The last event that journal and cloud have alike'),
        cursor: z.number().describe('The last event that the cloud has'),
      })
      .optional()
      .describe('Where it is halted: this data was restored from an older backup'),
  })
  .meta({ id: 'UplinkStatus' });
const entry = z
  .object({
    batch: z.number(),
    at: z.number(),
    after: z.number(),
    upto: z.number(),
    sent: z.record(z.string(), z.number()).describe('How many left, by kind of event'),
    kept: z.number(),
    bytes: z.number(),
    wire: z.number(),
    digest: z.string().describe('SHA-256 of the uncompressed batch'),
    policy: z.string(),
  })
  .meta({ id: 'EgressBatch' });
const seal = z
  .object({
    nth: z.number(),
    file: z.string().describe('In <data>/egress; lines of JSON, zstd'),
    firstBatch: z.number(),
    lastBatch: z.number(),
    from: z.number(),
    to: z.number(),
    after: z.number(),
    upto: z.number(),
    batches: z.number(),
    sent: z.number().describe('Events that left'),
    kept: z.number(),
    wire: z.number(),
    digest: z.string().describe('SHA-256 of the file'),
    previous: z.string().describe('Seal before'),
    seal: z.string().describe('SHA-256 over all of these'),
  })
  .meta({ id: 'EgressSeal' });
const finding = z.object({ line: z.number(), column: z.number(), sentence: z.string() });
const anyEvent = z.record(z.string(), z.unknown());
const policyText = z.string().max(200_000);

export function egressEndpoints({ egress }: ApiDeps): Endpoint[] {
  if (!egress) return [];
  const tag = 'Cloud';
  return [
    endpoint({
      method: 'get',
      path: '/uplink',
      tag,
      about: 'How far the cloud has the journal of this site, and why it lags behind where it does.',
      roles: admins,
      answer: z.object({ uplink: status.optional().describe('Absent where no cloud is configured') }),
      handle: () => ({ uplink: egress.status() }),
    }),
    endpoint({
      method: 'post',
      path: '/uplink/settle',
      tag,
      about:
        'Settles a halt: what only the cloud has of this site is set aside there under another name (nothing is lost), and the uplink goes on after the last event that both have.',
      roles: admins,
      body: z.strictObject({ dryRun: z.boolean().default(false).describe('Only say what would be set aside') }),
      answer: z
        .object({
          after: z.number(),
          cursor: z.number(),
          aside: z.string().optional().describe('The name under which the cloud keeps it'),
          events: z.number(),
          contacts: z.number(),
        })
        .meta({ id: 'UplinkSettled' }),
      errors: ['uplink-not-there', 'uplink-not-halted', 'uplink-unreachable', 'uplink-refused'],
      handle: ({ body, principal }) => egress.settle(principal.by, body.dryRun),
    }),
    endpoint({
      method: 'get',
      path: '/egress/log',
      tag,
      about: 'What left the site, batch by batch, newest first.',
      roles: admins,
      query: z.object({
        before: z.coerce.number().int().positive().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ batches: z.array(entry) }),
      handle: ({ query }) => ({ batches: egress.log(query) }),
    }),
    endpoint({
      method: 'get',
      path: '/egress/log/:batch',
      tag,
      about:
        'Makes a batch again from the journal and the policy of then, shows it, and compares its digest with what left.',
      roles: admins,
      answer: z.object({ same: z.boolean(), erasedSince: z.boolean(), batch: anyEvent.optional() }),
      errors: ['egress-batch-unknown'],
      async handle({ params }) {
        const batch = Number(params.batch);
        if (!Number.isSafeInteger(batch))
          throw failed['request-invalid']({ part: 'path', field: 'batch', reason: 'it is no number' });
        const { same, erasedSince, text } = await egress.verify(batch);
        return { same, erasedSince, batch: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/egress/seals',
      tag,
      about: 'Days of the egress log that went from the database into sealed files, oldest first.',
      roles: admins,
      answer: z.object({ seals: z.array(seal) }),
      handle: () => ({ seals: egress.seals() }),
    }),
    endpoint({
      method: 'post',
      path: '/egress/seals/verify',
      audit: 'nothing',
      tag,
      about:
        'Goes through every seal and every file: whether one is missing or was changed, or is unknown to the journal.',
      roles: admins,
      answer: z.object({ seals: z.number(), batches: z.number(), wrong: z.array(z.string()) }),
      handle: () => egress.verifySeals(),
    }),
    endpoint({
      method: 'post',
      path: '/egress/check',
      audit: 'nothing',
      tag,
      about: 'Says what is wrong in an egress policy, with line and column.',
      roles: admins,
      body: z.strictObject({ policy: policyText }),
      answer: z.object({ findings: z.array(finding) }),
      handle: ({ body }) => ({ findings: egress.check(body.policy) }),
    }),
    endpoint({
      method: 'post',
      path: '/egress/sample',
      audit: 'nothing',
      tag,
      about: 'Shows what would leave of the newest events, by the policy in use or by one that is given.',
      roles: admins,
      body: z.strictObject({ last: z.number().int().min(1).max(500).default(50), policy: policyText.optional() }),
      answer: z.object({ events: z.array(z.object({ event: anyEvent, leaves: anyEvent.optional() })) }),
      errors: ['egress-policy-invalid'],
      handle: ({ body }) => ({
        events: egress.sample(body.last, body.policy).map(({ event, leaves }) => ({ event: { ...event }, leaves })),
      }),
    }),
  ];
}
