import { hash } from 'node:crypto';
import { z } from 'zod';
import { newEvent } from '../../journal/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { flowSaved } from '../events.ts';

const finding = z
  .object({
    severity: z.enum(['error', 'warning']),
    code: z.string(),
    file: z.string(),
    line: z.number(),
    column: z.number(),
    sentence: z.string(),
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

export function flowEndpoints({ flows, journal, clock }: ApiDeps): Endpoint[] {
  const plain = (findings: readonly z.infer<typeof finding>[]) => findings.map((each) => ({ ...each }));
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
      about: 'The file of a flow, as it is written.',
      roles: staff,
      params,
      raw: 'application/json',
      errors: ['not-found'],
      async handle({ params: { flow }, response }) {
        const text = await flows.text(flow);
        if (text === undefined) throw failed['not-found']({ kind: 'flow', name: flow });
        response.type('application/json').send(text);
        return undefined;
      },
    }),
    endpoint({
      method: 'put',
      path: '/flows/:flow',
      tag: 'Flows',
      about:
        'Checks and saves a flow; calls under way finish on the version they started with. With errors nothing is saved.',
      roles: admins,
      params,
      body: flowText,
      textBody: true,
      answer: z.object({ findings: z.array(finding) }),
      errors: ['flow-has-errors'],
      async handle({ params: { flow }, body, principal }) {
        const text = body as unknown as string;
        const findings = plain(await flows.check(flow, text));
        const errors = findings.filter(({ severity }) => severity === 'error');
        if (errors.length > 0) {
          throw failed['flow-has-errors']({ flow, count: errors.length, first: errors[0]?.sentence, findings });
        }
        await flows.save(flow, text);
        const data = { flow, by: principal.by, sha256: hash('sha256', text) };
        await journal.append([newEvent(flowSaved, clock.now(), data)]);
        return { findings };
      },
    }),
    endpoint({
      method: 'post',
      path: '/flows/:flow/check',
      tag: 'Flows',
      about: 'Checks a text as if it were that flow, and saves nothing.',
      roles: staff,
      params,
      body: flowText,
      textBody: true,
      answer: z.object({ findings: z.array(finding) }),
      async handle({ params: { flow }, body }) {
        return { findings: plain(await flows.check(flow, body as unknown as string)) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/flows/:flow/test',
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
  ];
}
