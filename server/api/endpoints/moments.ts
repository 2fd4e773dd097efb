// Moments as they are edited: which are in use, their texts, drafts and versions; tested and tried before they act.
import type { Request } from 'express';
import { z } from 'zod';
import { type Finding, sentenceIn } from '../../ivr/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { entityTag, preconditionOf, savedBy, sha256 } from '../precondition.ts';
import { visible } from '../scope.ts';
import { languageOf } from '../sentences.ts';

const finding = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  file: z.string(),
  line: z.number(),
  column: z.number(),
  sentence: z.string().describe('In English'),
  said: z
    .array(z.object({ say: z.string(), values: z.record(z.string(), z.unknown()).optional() }))
    .describe('The sentence by code and values, for other languages'),
});
const draftOf = z.object({ at: z.number(), by: z.string() });
const rule = z.record(z.string(), z.unknown());
const moment = z
  .object({
    moment: z.string(),
    state: z.enum(['current', 'kept', 'refused', 'disabled', 'draft']),
    version: z.string().optional(),
    rank: z.number().optional(),
    class: z.enum(['seconds', 'minutes', 'later']).optional(),
    rule: rule.optional().describe('As it is in use, with what is left out filled in (moments/moment.schema.json)'),
    draft: draftOf.optional(),
    findings: z.array(finding),
  })
  .meta({ id: 'MomentStatus' });

const params = z.object({
  moment: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and dashes, as in the file name'),
});
/** The text of a moment's file: JSON with a schema of its own. */
const momentText = z.looseObject({ moment: z.string() });
const fact = z.union([z.string().max(1_000), z.number(), z.boolean()]);
const word = z.string().regex(/^(\*|[a-z][a-z0-9-]{0,39})$/);

const trial = z.strictObject({
  text: z.string().max(100_000).optional().describe("A moment's text that is tried instead of its file"),
  customer: z.string().min(1).max(64).optional().describe('As she is now: tags, consents, what is remembered of her'),
  name: z.string().max(200).optional(),
  tags: z.array(z.string().max(64)).max(50).optional(),
  consents: z
    .array(z.strictObject({ channel: word, purpose: word, given: z.boolean() }))
    .max(50)
    .optional(),
  from: z.number().int().min(0).optional().describe('When the first step comes; default now'),
  steps: z
    .array(
      z.strictObject({
        after: z
          .string()
          .regex(/^[1-9][0-9]{0,4}[smhd]$/, 'a time such as 90s, 30m, 2h or 3d')
          .optional(),
        event: z
          .string()
          .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$/, 'the name of an event')
          .optional(),
        data: z.record(z.string().max(64), fact).optional(),
      }),
    )
    .min(1)
    .max(50),
});
const kind = z.enum(['tag', 'priority', 'route', 'hint', 'message', 'callback', 'signal']);
const tried = z
  .object({
    at: z.number(),
    event: z.string().optional().describe('Absent: time passed'),
    does: z.array(
      z.object({
        kind,
        action: rule,
        said: z.partialRecord(z.enum(['en', 'zh']), z.string()).optional(),
      }),
    ),
    held: z.array(z.object({ kind, why: z.string() })),
    whyNot: z.array(
      z.object({
        why: z.enum(['event', 'fact', 'more', 'waits', 'came', 'tag-missing', 'tag-there', 'restrained', 'quiet']),
        event: z.string().optional(),
        field: z.string().optional(),
        wanted: z.unknown().optional(),
        is: fact.optional(),
        have: z.number().optional(),
        need: z.number().optional(),
        tag: z.string().optional(),
        reason: z.string().optional(),
        until: z.number().optional(),
      }),
    ),
  })
  .meta({ id: 'TriedStep' });

export function momentEndpoints({ moments, momentFiles, customers }: ApiDeps): Endpoint[] {
  if (moments === undefined || momentFiles === undefined) return [];
  const plain = (findings: readonly Finding[]) => findings.map((one) => ({ ...one, said: [...one.said] }));
  const gone = (name: string) => failed['not-found']({ kind: 'moment', name });
  const refused = (name: string, findings: readonly Finding[], request: Request) => {
    const errors = findings.filter(({ severity }) => severity === 'error');
    const facts = { moment: name, count: errors.length, first: sentenceIn(languageOf(request), errors[0]?.said ?? []) };
    return errors.length === 0 ? undefined : failed['moment-has-errors']({ ...facts, findings: plain(findings) });
  };
  /** What it replaces is what was read. */
  const unchanged = (name: string, request: Request) => {
    const check = preconditionOf(request, { kind: 'moment', name });
    return (before: string | undefined) => {
      const version = before === undefined ? undefined : sha256(before);
      check(version, savedBy(momentFiles.versions(name), version));
    };
  };
  const common = { tag: 'Moments', params };
  return [
    endpoint({
      method: 'get',
      path: '/moments',
      tag: 'Moments',
      about: 'Moments with what the checker says of their files, and drafts.',
      roles: staff,
      answer: z.object({ moments: z.array(moment) }),
      handle: () => ({
        moments: momentFiles.list().map(({ moment: name, state, version, rule: used, draft, findings }) => ({
          moment: name,
          state,
          ...(version === undefined ? {} : { version }),
          ...(used && { rank: used.rank, class: used.class, rule: { ...used } }),
          ...(draft && { draft }),
          findings: plain(findings),
        })),
      }),
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/moments/:moment',
      about: 'The file of a moment, as it is written; `ETag` is its version.',
      roles: staff,
      raw: 'application/json',
      errors: ['not-found'],
      async handle({ params: { moment: name }, response }) {
        const text = await momentFiles.text(name);
        if (text === undefined) throw gone(name);
        response
          .set('ETag', entityTag(sha256(text)))
          .type('application/json')
          .send(text);
        return undefined;
      },
    }),
    endpoint({
      ...common,
      method: 'put',
      path: '/moments/:moment',
      audit: { by: ['moment.saved'] },
      about: 'Checks, saves and uses a moment; its draft is done with. With errors nothing is saved.',
      roles: admins,
      query: z.object({
        draft: z
          .union([z.string().regex(/^[0-9a-f]{64}$/), z.literal('none')])
          .optional()
          .describe('The version (`ETag`) of the draft that it was made from: another one by now is kept'),
      }),
      conditional: true,
      body: momentText,
      textBody: true,
      answer: z.object({ findings: z.array(finding) }),
      errors: ['moment-has-errors', 'changed-meanwhile'],
      async handle({ params: { moment: name }, query: { draft }, body, principal, request, response }) {
        const text = body as unknown as string;
        const { findings } = momentFiles.check(name, text);
        const problem = refused(name, findings, request);
        if (problem) throw problem;
        await momentFiles.save(name, text, principal.by, {
          replaces: unchanged(name, request),
          madeFrom: (one) => draft === undefined || draft === sha256(one.text),
        });
        response.set('ETag', entityTag(sha256(text)));
        return { findings: plain(findings) };
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/moments/:moment',
      about: 'Removes a moment with its tests and its draft; its versions are kept.',
      roles: admins,
      conditional: true,
      errors: ['not-found', 'changed-meanwhile'],
      async handle({ params: { moment: name }, principal, request }) {
        if (!(await momentFiles.remove(name, principal.by, unchanged(name, request)))) throw gone(name);
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/moments/:moment/turn',
      audit: { shows: ['on'] },
      about: 'Takes a moment into use, or out of it; nothing else of it changes.',
      roles: admins,
      body: z.strictObject({ on: z.boolean() }),
      errors: ['not-found', 'moment-has-errors'],
      async handle({ params: { moment: name }, body: { on }, principal, request }) {
        const text = await momentFiles.text(name);
        if (text === undefined) throw gone(name);
        const problem = refused(name, momentFiles.check(name, text).findings, request);
        if (problem) throw problem;
        await momentFiles.turn(name, on, principal.by);
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/moments/:moment/draft',
      about: 'The draft of a moment, as somebody left it; `ETag` is its version.',
      roles: staff,
      raw: 'application/json',
      errors: ['not-found'],
      handle({ params: { moment: name }, response }) {
        const draft = momentFiles.draft(name);
        if (draft === undefined) throw failed['not-found']({ kind: 'draft of the moment', name });
        response
          .set('ETag', entityTag(sha256(draft.text)))
          .type('application/json')
          .send(draft.text);
        return undefined;
      },
    }),
    endpoint({
      ...common,
      method: 'put',
      path: '/moments/:moment/draft',
      about: 'Keeps a draft, which nobody uses; it may have errors. An administrator saves it as the moment.',
      roles: staff,
      body: momentText,
      textBody: true,
      conditional: true,
      answer: z.object({ findings: z.array(finding) }),
      errors: ['changed-meanwhile'],
      async handle({ params: { moment: name }, body, principal, request, response }) {
        const text = body as unknown as string;
        const check = preconditionOf(request, { kind: 'draft of the moment', name });
        await momentFiles.keepDraft(name, text, principal.by, (before) => {
          const { by, at } = momentFiles.draft(name) ?? {};
          check(before === undefined ? undefined : sha256(before), { by, at });
        });
        response.set('ETag', entityTag(sha256(text)));
        return { findings: plain(momentFiles.check(name, text).findings) };
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/moments/:moment/draft',
      about: 'Throws the draft of a moment away.',
      roles: staff,
      errors: ['not-found'],
      async handle({ params: { moment: name } }) {
        if (momentFiles.draft(name) === undefined) throw failed['not-found']({ kind: 'draft of the moment', name });
        await momentFiles.dropDraft(name);
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/moments/:moment/check',
      audit: 'nothing',
      about: 'Checks a text as if it were that moment, and saves nothing; with the rule that it is, where it is one.',
      roles: staff,
      body: momentText,
      textBody: true,
      answer: z.object({ findings: z.array(finding), rule: rule.optional() }),
      handle({ params: { moment: name }, body }) {
        const { findings, used } = momentFiles.check(name, body as unknown as string);
        return { findings: plain(findings), ...(used && { rule: { ...used.moment } }) };
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/moments/:moment/test',
      audit: 'nothing',
      about: 'Runs the tests that stand beside the moment, on its file or on the text that is given.',
      roles: staff,
      body: z.strictObject({ text: z.string().max(100_000).optional() }),
      answer: z.object({
        ok: z.boolean(),
        tests: z.array(z.object({ name: z.string(), ok: z.boolean(), wrong: z.string().optional() })),
      }),
      errors: ['not-found', 'moment-has-errors'],
      async handle({ params: { moment: name }, body: { text }, request }) {
        const ran = await momentFiles.test(name, text);
        if (ran === undefined) throw gone(name);
        const problem = refused(name, ran.findings, request);
        if (problem) throw problem;
        const tests = ran.results.map(({ name: of, ok, wrong }) => ({ name: of, ok, ...(wrong && { wrong }) }));
        return { ok: tests.every(({ ok }) => ok), tests };
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/moments/:moment/try',
      audit: 'nothing',
      about:
        'What a moment would do when such things happened to a customer, and why not: under the restraint of the site, for a customer as she is now or as she may be. Nothing is done, and nothing remembered.',
      roles: staff,
      body: trial,
      answer: z.object({ steps: z.array(tried) }),
      errors: ['not-found', 'moment-has-errors'],
      async handle({ params: { moment: name }, body: { text, steps, consents, ...given }, principal, request }) {
        if (given.customer !== undefined) visible(principal, customers.get(given.customer), 'customer', given.customer);
        const tries = text ?? (await momentFiles.text(name));
        if (tries === undefined) throw gone(name);
        const { findings, used } = momentFiles.check(name, tries);
        if (!used) throw refused(name, findings, request) ?? gone(name);
        const said = consents?.map((one) => ({ ...one, since: 0, by: principal.by }));
        const found = moments.rehearse(used, { ...given, consents: said }, steps);
        return {
          steps: found.map(({ does, ...one }) => ({
            ...one,
            does: does.map(({ action, ...what }) => ({ ...what, action: { ...action } })),
          })),
        };
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/moments/:moment/versions',
      about: 'Every version that was in use, newest first. To go back, save its text again.',
      roles: staff,
      answer: z.object({
        versions: z.array(z.object({ version: z.string(), at: z.number(), by: z.string().optional() })),
      }),
      handle: ({ params: { moment: name } }) => ({ versions: momentFiles.versions(name).map((one) => ({ ...one })) }),
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/moments/:moment/versions/:version',
      about: 'The text of a version.',
      roles: staff,
      params: params.extend({ version: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits') }),
      raw: 'application/json',
      errors: ['not-found'],
      handle({ params: { moment: name, version }, response }) {
        const text = momentFiles.version(name, version);
        if (text === undefined) throw failed['not-found']({ kind: `version of ${name}`, name: version });
        response.type('application/json').send(text);
        return undefined;
      },
    }),
  ];
}
