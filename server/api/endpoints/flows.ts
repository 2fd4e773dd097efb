import { z } from 'zod';
import { readTraffic } from '../../flows/index.ts';
import { type Finding, sentenceIn } from '../../ivr/index.ts';
import { newEvent } from '../../journal/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { flowSaved } from '../events.ts';
import { entityTag, preconditionOf, savedBy, sha256 } from '../precondition.ts';
import { languageOf } from '../sentences.ts';

const finding = z
  .object({
    severity: z.enum(['error', 'warning']),
    code: z.string(),
    file: z.string(),
    line: z.number(),
    column: z.number(),
    sentence: z.string().describe('In English'),
    said: z
      .array(z.object({ say: z.string(), values: z.record(z.string(), z.unknown()).optional() }))
      .describe('The sentence by code and values, for other languages'),
  })
  .meta({ id: 'Finding' });

const flowSummary = z
  .object({
    flow: z.string(),
    state: z.enum(['current', 'kept', 'refused', 'removed']),
    version: z.string().optional(),
    findings: z.array(finding),
  })
  .meta({ id: 'Flow' });

const testResult = z.object({
  flow: z.string(),
  name: z.string(),
  ok: z.boolean(),
  failure: z.object({ step: z.number(), sentence: z.string() }).optional(),
  said: z.array(z.string()),
  visited: z.array(z.string()),
});

const params = z.object({
  flow: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and dashes, as in the file name'),
});

/** The text of a flow's file: JSON with a schema of its own. */
const flowText = z.looseObject({ flow: z.string(), start: z.string(), nodes: z.record(z.string(), z.unknown()) });

const picture = z
  .object({
    start: z.string(),
    nodes: z.array(z.object({ name: z.string(), type: z.string(), about: z.string().optional() })),
    edges: z.array(z.object({ from: z.string(), exit: z.string(), to: z.string() })),
  })
  .meta({ id: 'FlowPicture' });

const simulationBody = z.strictObject({
  text: z.string().max(1_000_000).optional().describe("A flow's text that is tried instead of its file"),
  given: z
    .strictObject({
      language: z.enum(['en', 'zh']).optional(),
      tags: z.array(z.string().max(64)).max(50).optional(),
      from: z.string().max(64).optional(),
      to: z.string().max(64).optional(),
    })
    .default({}),
  inputs: z
    .array(
      z.union([
        z.strictObject({ press: z.string().regex(/^[0-9*#]{1,32}$/, 'at most 32 of 0-9, * and #') }),
        z.strictObject({ wait: z.literal(true) }),
        z.strictObject({ queue: z.enum(['overflow', 'empty', 'full', 'closed', 'failed', 'talked']) }),
        z.strictObject({ transfer: z.enum(['busy', 'no-answer', 'failed']) }),
      ]),
    )
    .max(200)
    .default([]),
});

const simulation = z
  .object({
    said: z.array(z.string()),
    visited: z.array(z.string()),
    node: z.string(),
    waitsFor: z.enum(['keys', 'queue', 'transfer', 'nothing']),
    where: z.string(),
    variables: z.record(z.string(), z.string()),
    language: z.string(),
    refused: z.string().optional(),
  })
  .meta({ id: 'Simulation' });

export function flowEndpoints({ flows, journal, clock, directory, reads }: ApiDeps): Endpoint[] {
  const plain = (findings: readonly Finding[]) => findings.map((each) => ({ ...each, said: [...each.said] }));
  return [
    endpoint({
      method: 'get',
      path: '/flows',
      tag: 'Flows',
      about: 'All flows, with the version in use and what the checker says.',
      roles: staff,
      answer: z.object({ flows: z.array(flowSummary) }),
      handle: () => ({
        flows: flows.list().map(({ flow, state, version, findings }) => ({
          flow,
          state: state as z.infer<typeof flowSummary>['state'],
          version,
          findings: plain(findings),
        })),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/flows/:flow',
      tag: 'Flows',
      about: 'The file of a flow, as it is written; `ETag` is its version.',
      roles: staff,
      params,
      raw: 'application/json',
      errors: ['not-found'],
      async handle({ params: { flow }, response }) {
        const text = await flows.text(flow);
        if (text === undefined) throw failed['not-found']({ kind: 'flow', name: flow });
        response
          .set('ETag', entityTag(sha256(text)))
          .type('application/json')
          .send(text);
        return undefined;
      },
    }),
    endpoint({
      method: 'put',
      path: '/flows/:flow',
      audit: { by: ['flow.saved'] },
      tag: 'Flows',
      about:
        'Checks and saves a flow; calls under way finish on the version they started with. With errors nothing is saved.',
      roles: admins,
      params,
      body: flowText,
      textBody: true,
      conditional: true,
      answer: z.object({ findings: z.array(finding) }),
      errors: ['flow-has-errors', 'changed-meanwhile'],
      async handle({ params: { flow }, body, principal, request, response }) {
        const text = body as unknown as string;
        const findings = plain((await flows.check(flow, text)).findings);
        const errors = findings.filter(({ severity }) => severity === 'error');
        if (errors.length > 0) {
          const first = sentenceIn(languageOf(request), errors[0]?.said ?? []);
          throw failed['flow-has-errors']({ flow, count: errors.length, first, findings });
        }
        const check = preconditionOf(request, { kind: 'flow', name: flow });
        await flows.save(flow, text, principal.by, (before) => {
          const version = before === undefined ? undefined : sha256(before);
          check(version, savedBy(flows.versions(flow), version));
        });
        const data = { flow, by: principal.by, sha256: sha256(text) };
        await journal.append([newEvent(flowSaved, clock.now(), data)]);
        response.set('ETag', entityTag(data.sha256));
        return { findings };
      },
    }),
    endpoint({
      method: 'post',
      path: '/flows/:flow/check',
      audit: 'nothing',
      tag: 'Flows',
      about: 'Checks a text as if it were that flow, and saves nothing.',
      roles: staff,
      params,
      body: flowText,
      textBody: true,
      answer: z.object({ findings: z.array(finding), picture: picture.optional() }),
      async handle({ params: { flow }, body }) {
        const checked = await flows.check(flow, body as unknown as string);
        return { findings: plain(checked.findings), picture: checked.picture };
      },
    }),
    endpoint({
      method: 'post',
      path: '/flows/:flow/test',
      audit: 'nothing',
      tag: 'Flows',
      about: 'Runs the tests that stand beside the flow, without a call.',
      roles: staff,
      params,
      answer: z.object({ ok: z.boolean(), tests: z.array(testResult) }),
      errors: ['not-found'],
      async handle({ params: { flow } }) {
        if (!flows.list().some((each) => each.flow === flow)) throw failed['not-found']({ kind: 'flow', name: flow });
        const tests = [...(await flows.test(flow))];
        return { ok: tests.every(({ ok }) => ok), tests };
      },
    }),
    endpoint({
      method: 'get',
      path: '/flows/:flow/tests',
      tag: 'Flows',
      about: 'The file of the tests that stand beside the flow.',
      roles: staff,
      params,
      raw: 'application/json',
      errors: ['not-found'],
      async handle({ params: { flow }, response }) {
        const text = await flows.tests(flow);
        if (text === undefined) throw failed['not-found']({ kind: 'tests of the flow', name: flow });
        response.type('application/json').send(text);
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/flows/:flow/versions',
      tag: 'Flows',
      about: 'Every version that was in use, newest first. To go back, save its text again.',
      roles: staff,
      params,
      answer: z.object({
        versions: z.array(z.object({ version: z.string(), at: z.number(), by: z.string().optional() })),
      }),
      handle: ({ params: { flow } }) => ({ versions: flows.versions(flow).map((each) => ({ ...each })) }),
    }),
    endpoint({
      method: 'get',
      path: '/flows/:flow/versions/:version',
      tag: 'Flows',
      about: 'The text of a version.',
      roles: staff,
      params: params.extend({ version: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits') }),
      raw: 'application/json',
      errors: ['not-found'],
      handle({ params: { flow, version }, response }) {
        const text = flows.version(flow, version);
        if (text === undefined) throw failed['not-found']({ kind: `version of ${flow}`, name: version });
        response.type('application/json').send(text);
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/flows/:flow/traffic',
      tag: 'Flows',
      about: 'How many calls went from which node to which since a time; an empty `from` is the beginning.',
      roles: staff,
      params,
      query: z.object({ since: z.coerce.number().int().min(0).describe('ms since 1970 UTC; whole hours count') }),
      answer: z.object({ ways: z.array(z.object({ from: z.string(), to: z.string(), calls: z.number() })) }),
      handle: async ({ params: { flow }, query: { since } }) => ({
        ways: await reads.ask(readTraffic, { flow, since }),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/flows/:flow/simulate',
      audit: 'nothing',
      tag: 'Flows',
      about: 'A call through the flow without a call: what the caller hears, where she is, what she is asked.',
      roles: staff,
      params,
      body: simulationBody,
      answer: simulation,
      errors: ['flow-unknown', 'flow-has-errors'],
      handle: ({ params: { flow }, body: { text, given, inputs } }) =>
        flows.simulate(flow, text, { ...given, timeZone: directory.site.timeZone }, inputs),
    }),
  ];
}
