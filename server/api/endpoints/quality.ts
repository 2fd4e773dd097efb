// Evaluations of agents' contacts: forms, scores, the agent's answer, calibration of evaluators.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import { type Evaluation, type Form, formBodySchema } from '../../quality/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { preconditionOf } from '../precondition.ts';
import { confinedTo, isStaff, mayChange, visible } from '../scope.ts';

const optional = z.string().optional();
const name = z.string().min(1).max(64);
const form = formBodySchema
  .safeExtend({ id: z.string(), version: z.number(), site: z.string(), at: z.number(), by: z.string() })
  .meta({ id: 'EvaluationForm' });
const answers = z.record(
  name,
  z.strictObject({ value: z.number().nullable(), comment: z.string().max(2_000).optional() }),
);
const score = z.object({
  total: z.number().describe('0 to 100'),
  sections: z.record(z.string(), z.number().nullable()),
  knockout: optional.describe('The question that made it 0'),
});
const evaluation = z
  .object({
    id: z.string(),
    site: z.string(),
    team: optional,
    form: z.string(),
    version: z.number(),
    interaction: z.string(),
    agent: z.string(),
    evaluator: z.string(),
    at: z.number(),
    state: z.enum(['draft', 'submitted', 'answered']),
    calibration: optional,
    answers,
    score,
    comment: optional,
    agrees: z.boolean().optional(),
    reply: optional,
  })
  .meta({ id: 'Evaluation' });
const spread = z
  .object({ evaluations: z.number(), mean: z.number(), least: z.number(), most: z.number(), deviation: z.number() })
  .meta({ id: 'Spread' });
const calibration = z
  .object({
    id: z.string(),
    site: z.string(),
    team: optional,
    form: z.string(),
    version: z.number(),
    interaction: z.string(),
    agent: z.string(),
    evaluators: z.array(z.string()),
    state: z.enum(['open', 'closed']),
    at: z.number(),
    by: z.string(),
  })
  .meta({ id: 'Calibration' });
const result = calibration
  .extend({
    submitted: z.array(z.string()),
    total: spread.optional(),
    questions: z.record(z.string(), spread).optional(),
    evaluations: z.array(evaluation).optional(),
  })
  .meta({ id: 'CalibrationResult' });
const judged = { answers, comment: z.string().max(10_000).optional(), draft: z.boolean().default(false) };

export function qualityEndpoints({ quality, interactions, directory }: ApiDeps): Endpoint[] {
  /** Whose contact it is. @throws not-found */
  const contact = (principal: Principal, interaction: string, agent: string) => {
    const record = visible(principal, interactions.get(interaction), 'interaction', interaction);
    const person = visible(principal, directory.agents.get(agent), 'agent', agent);
    return person.team ?? record.team;
  };
  const shown = (principal: Principal, id: string): Evaluation => {
    const found = visible(principal, quality.evaluation(id), 'evaluation', id) as Evaluation;
    const hers = found.agent === principal.agent && found.state !== 'draft' && found.calibration === undefined;
    // In an open calibration nobody sees what others gave.
    const hidden =
      found.evaluator !== evaluatorOf(principal) &&
      (found.state === 'draft' ||
        (found.calibration !== undefined && quality.calibration(found.calibration).state === 'open'));
    if ((isStaff(principal) && !hidden) || hers) return found;
    throw failed['not-found']({ kind: 'evaluation', name: id });
  };
  /** Who may score contacts of a team (absent: of any that the principal sees). */
  const evaluators = (principal: Principal, team?: string) =>
    directory.agents.list().filter((one) => {
      const { roles, disabled, site } = one;
      if (disabled || site !== principal.site) return false;
      if (roles.includes('admin')) return true;
      const scope = team ?? confinedTo(principal);
      return roles.includes('supervisor') && (one.team === undefined || scope === undefined || one.team === scope);
    });
  const tag = 'Quality';
  return [
    endpoint({
      method: 'get',
      path: '/quality/forms',
      tag,
      about: 'The newest version of each evaluation form.',
      roles: everyone,
      answer: z.object({ forms: z.array(form) }),
      handle: ({ principal }) => ({ forms: quality.forms().filter((one) => sees(principal, one)) }),
    }),
    endpoint({
      method: 'get',
      path: '/quality/forms/:id',
      tag,
      about: 'One form, in its newest or the given version.',
      roles: everyone,
      query: z.object({ version: z.coerce.number().int().min(1).optional() }),
      answer: form,
      errors: ['form-unknown'],
      handle: ({ params, query, principal }) =>
        visible(principal, quality.form(params.id!, query.version), 'form', params.id!) as Form,
    }),
    endpoint({
      method: 'put',
      path: '/quality/forms/:id',
      audit: { by: ['quality.form-put'] },
      tag,
      about:
        'Creates a form, or a new version of it where anything changed. The tag of a form is its `version`: `"3"`.',
      conditional: true,
      roles: staff,
      params: z.object({ id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and dashes') }),
      body: formBodySchema,
      answer: form,
      errors: ['changed-meanwhile'],
      handle({ params, body, principal, request }) {
        const before = quality.forms().find(({ id }) => id === params.id);
        if (before && !mayChange(principal, before)) throw failed['not-allowed']({ roles: 'admin' });
        const check = preconditionOf(request, { kind: 'evaluation form', name: params.id });
        const scoped = { ...body, team: confinedTo(principal) ?? body.team };
        return quality.putForm(params.id, scoped, principal.by, (now) => check(now && String(now.version), now));
      },
    }),
    endpoint({
      method: 'get',
      path: '/quality/evaluations',
      tag,
      about: 'Evaluations, newest first. Agents see those of theirs that are submitted.',
      roles: everyone,
      query: z.object({
        agent: name.optional(),
        evaluator: name.optional(),
        interaction: name.optional(),
        form: name.optional(),
        since: z.coerce.number().int().min(0).optional(),
        until: z.coerce.number().int().min(0).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ evaluations: z.array(evaluation) }),
      handle({ query, principal }) {
        const { site } = principal;
        const own = isStaff(principal) ? {} : { agent: principal.agent ?? '', shownToAgent: true };
        const servedTeam = isStaff(principal) ? confinedTo(principal) : undefined;
        const found = quality.list({ ...query, ...own, site, servedTeam });
        const me = evaluatorOf(principal);
        // Those of calibrations are read there.
        return {
          evaluations: found.filter(
            (one) => one.evaluator === me || (one.state !== 'draft' && one.calibration === undefined),
          ),
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/quality/evaluations',
      audit: { by: ['quality.evaluated'] },
      tag,
      about: "Scores an agent's part in a contact; as a draft, or for good. With `calibration`, one's part in that.",
      roles: staff,
      body: z.strictObject({
        form: name,
        version: z.number().int().min(1).optional(),
        interaction: name,
        agent: name,
        calibration: name.optional(),
        ...judged,
      }),
      answer: evaluation,
      status: 201,
      errors: ['form-unknown', 'answers-wrong', 'calibration-over', 'calibration-not-yours', 'evaluation-final'],
      handle({ body, principal }) {
        const team = contact(principal, body.interaction, body.agent);
        return quality.evaluate({ ...body, team }, evaluatorOf(principal));
      },
    }),
    endpoint({
      method: 'get',
      path: '/quality/evaluations/:id',
      tag,
      about: 'One evaluation.',
      roles: everyone,
      answer: evaluation,
      errors: ['evaluation-unknown'],
      handle: ({ params, principal }) => shown(principal, params.id!),
    }),
    endpoint({
      method: 'put',
      path: '/quality/evaluations/:id',
      audit: { by: ['quality.evaluated'] },
      tag,
      about: 'Goes on with a draft of one’s own.',
      roles: staff,
      body: z.strictObject(judged),
      answer: evaluation,
      errors: ['evaluation-final', 'evaluation-not-yours', 'answers-wrong'],
      handle({ params, body, principal }) {
        shown(principal, params.id!);
        return quality.revise(params.id!, body, evaluatorOf(principal));
      },
    }),
    endpoint({
      method: 'post',
      path: '/quality/evaluations/:id/answer',
      audit: { by: ['quality.evaluation-answered'] },
      tag,
      about: 'The agent has seen her evaluation: agrees or not, with a reply.',
      roles: everyone,
      body: z.strictObject({ agrees: z.boolean(), reply: z.string().max(10_000).optional() }),
      answer: evaluation,
      errors: ['evaluation-not-yours'],
      handle({ params, body, principal }) {
        shown(principal, params.id!);
        return quality.answer(params.id!, principal.agent ?? '', body);
      },
    }),
    endpoint({
      method: 'get',
      path: '/quality/calibrations',
      tag,
      about: 'Calibrations: several evaluators score one contact, each without seeing the others.',
      roles: staff,
      answer: z.object({ calibrations: z.array(calibration) }),
      handle: ({ principal }) => ({ calibrations: quality.calibrations(principal.site, confinedTo(principal)) }),
    }),
    endpoint({
      method: 'get',
      path: '/quality/evaluators',
      tag,
      about: 'Who may be asked to score contacts: supervisors and administrators of the site, or of the team, by name.',
      roles: staff,
      answer: z.object({ evaluators: z.array(z.object({ id: z.string(), name: z.string() })) }),
      handle: ({ principal }) => ({
        evaluators: evaluators(principal)
          .map((one) => ({ id: one.id, name: one.name }))
          .sort((a, b) => a.name.localeCompare(b.name)),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/quality/calibrations',
      audit: { by: ['quality.calibration-opened'] },
      tag,
      about: 'Opens a calibration.',
      roles: staff,
      body: z.strictObject({
        form: name,
        interaction: name,
        agent: name,
        evaluators: z
          .array(name)
          .min(2)
          .max(50)
          .refine((all) => new Set(all).size === all.length, 'names somebody twice')
          .describe('Their logins; a program that scores is `token:…`'),
      }),
      answer: calibration,
      status: 201,
      errors: ['form-unknown', 'evaluator-unfit'],
      handle({ body, principal }) {
        const team = contact(principal, body.interaction, body.agent);
        const may = new Set(evaluators(principal, team).map(({ id }) => id));
        const unfit = body.evaluators.find((one) => !one.startsWith('token:') && !may.has(one));
        if (unfit !== undefined) throw failed['evaluator-unfit']({ evaluator: unfit });
        return quality.calibrate({ ...body, team }, principal.by);
      },
    }),
    endpoint({
      method: 'get',
      path: '/quality/calibrations/:id',
      tag,
      about: 'One calibration: who has submitted and, once it is closed, how far the evaluators are apart.',
      roles: staff,
      answer: result,
      errors: ['calibration-unknown'],
      handle: ({ params, principal }) => {
        const found = quality.calibration(params.id!);
        visible(principal, found, 'calibration', params.id!);
        return found;
      },
    }),
    endpoint({
      method: 'post',
      path: '/quality/calibrations/:id/close',
      audit: { by: ['quality.calibration-closed'] },
      tag,
      about: 'Closes it.',
      roles: staff,
      answer: result,
      errors: ['calibration-unknown', 'calibration-over'],
      handle({ params, principal }) {
        visible(principal, quality.calibration(params.id!), 'calibration', params.id!);
        return quality.closeCalibration(params.id!, principal.by);
      },
    }),
  ];
}

/** A person by her login, so that she is the same in the panel and by token. */
function evaluatorOf({ agent, by }: Principal): string {
  return agent ?? by;
}

function sees(principal: Principal, { team }: { team?: string | undefined }): boolean {
  const confined = confinedTo(principal);
  return confined === undefined || team === undefined || team === confined;
}
