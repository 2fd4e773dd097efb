// Canned answers: written by staff, found and filled in by agents.
import { z } from 'zod';
import { cannedAnswerSchema, filledIn } from '../../conversations/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { confinedTo, mayChange, visible } from '../scope.ts';

const cannedAnswer = cannedAnswerSchema
  .extend({ id: z.string(), site: z.string(), at: z.number(), by: z.string() })
  .meta({ id: 'CannedAnswer' });

export function cannedAnswerEndpoints({ conversations, directory }: ApiDeps): Endpoint[] {
  const { canned } = conversations;
  const tag = 'Canned answers';
  const must = (principal: Principal, id: string) =>
    visible(principal, canned.get(id), 'canned answer', id) as ReturnType<typeof canned.get>;
  const mustWrite = (principal: Principal, id: string): void => {
    if (!mayChange(principal, must(principal, id))) throw failed['not-allowed']({ roles: 'admin' });
  };
  return [
    endpoint({
      method: 'get',
      path: '/canned-answers',
      tag,
      about:
        'Canned answers by words of their name, tags and text. With `interaction`: those for that conversation of hers, filled in (`filled`).',
      roles: everyone,
      query: z.object({
        text: z.string().max(200).optional(),
        queue: z.string().max(64).optional(),
        language: z.enum(['en', 'zh']).optional(),
        interaction: z.string().max(80).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(20),
      }),
      answer: z.object({ answers: z.array(cannedAnswer.extend({ filled: z.string().optional() })) }),
      errors: ['not-found'],
      handle({ query, principal }) {
        const { text, interaction, limit } = query;
        const servedTeam = confinedTo(principal) ?? (principal.roles.includes('admin') ? undefined : principal.team);
        if (interaction === undefined) {
          const { queue, language } = query;
          return { answers: canned.find({ text, queue, language, servedTeam, limit }) };
        }
        const view = conversations.get(interaction);
        const hers = view && principal.agent !== undefined && [view.agent, ...view.joined].includes(principal.agent);
        if (!view || !hers) throw failed['not-found']({ kind: 'conversation', name: interaction });
        const { name, agent = '', queue, channel, variables } = view;
        const language = query.language ?? view.language;
        const queueName = queue === undefined ? undefined : directory.queues.get(queue)?.name[language];
        const values = {
          ...variables,
          name,
          agent: directory.agents.get(agent)?.name,
          queue: queueName ?? queue,
        };
        return {
          answers: canned
            .find({ text, queue, channel, language, servedTeam, limit })
            .map((answer) => ({ ...answer, filled: filledIn(answer.texts[language] ?? '', values) })),
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/canned-answers',
      audit: { by: ['canned-answer.put'] },
      tag,
      about: 'Writes a canned answer.',
      roles: staff,
      body: cannedAnswerSchema,
      answer: cannedAnswer,
      status: 201,
      errors: ['canned-answers-many'],
      handle: ({ body, principal }) =>
        canned.put(undefined, { ...body, team: confinedTo(principal) ?? body.team }, principal.by),
    }),
    endpoint({
      method: 'put',
      path: '/canned-answers/:id',
      audit: { by: ['canned-answer.put'] },
      tag,
      about: 'Changes a canned answer.',
      roles: staff,
      body: cannedAnswerSchema,
      answer: cannedAnswer,
      errors: ['not-found', 'canned-answer-unknown'],
      handle({ params, body, principal }) {
        mustWrite(principal, params.id!);
        return canned.put(params.id!, { ...body, team: confinedTo(principal) ?? body.team }, principal.by);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/canned-answers/:id',
      audit: { by: ['canned-answer.removed'] },
      tag,
      about: 'Removes a canned answer.',
      roles: staff,
      errors: ['not-found', 'canned-answer-unknown'],
      async handle({ params, principal }) {
        mustWrite(principal, params.id!);
        await canned.remove(params.id!, principal.by);
        return undefined;
      },
    }),
  ];
}
