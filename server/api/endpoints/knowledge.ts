// Knowledge articles: search, suggestions for a contact, voices.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import { articleBodySchema, searchArticles, suggestArticles } from '../../knowledge/index.ts';
import { teamOf } from '../../ports/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { confinedTo, hadPart, isStaff, mayChange, mayServe, visible } from '../scope.ts';

const article = articleBodySchema
  .safeExtend({
    id: z.string(),
    site: z.string(),
    at: z.number(),
    by: z.string(),
    helpful: z.number(),
    notHelpful: z.number(),
  })
  .meta({ id: 'Article' });
const found = z.object({ articles: z.array(article.safeExtend({ fit: z.number() })) });

export function knowledgeEndpoints(deps: ApiDeps): Endpoint[] {
  const { knowledge, reads, interactions, callControl, agentWork, directory } = deps;
  const scope = (principal: Principal, limit: number) => ({
    site: principal.site,
    servedTeam: confinedTo(principal),
    drafts: isStaff(principal),
    limit,
  });
  const must = (principal: Principal, id: string) => {
    const one = visible(principal, knowledge.article(id), 'article', id);
    if (one.draft && !isStaff(principal)) throw failed['not-found']({ kind: 'article', name: id });
    return knowledge.article(id);
  };
  /** @throws not-allowed: an article of the whole site is not one team's to change */
  const mayWrite = (principal: Principal, id: string): void => {
    if (!mayChange(principal, must(principal, id))) throw failed['not-allowed']({ roles: 'admin' });
  };
  /** What is known of a contact in words; nothing of a contact that is not hers. */
  const wordsOf = (principal: Principal, id: string): { texts: string[]; queue: string | undefined } => {
    const call = callControl.get(id);
    const record = interactions.get(id);
    const { agent } = principal;
    const talks = agent !== undefined && call?.agent === agent;
    // What is offered this moment, its record does not know yet: it is written a moment later, and her screen asks at once.
    const contact =
      agent === undefined ? undefined : agentWork.agent(agent)?.contacts.find(({ interaction }) => interaction === id);
    const hers = talks || contact !== undefined || (record !== undefined && hadPart(principal, record));
    if (record) visible(principal, record, 'interaction', id);
    // A call that began this moment has no record yet; its team is that of its queue, agent or number.
    if (call && !hers && !mayServe(principal, { site: principal.site, team: teamOf(directory, call) }))
      throw failed['not-found']({ kind: 'interaction', name: id });
    if (!hers && ((!call && !record) || !isStaff(principal)))
      throw failed['not-found']({ kind: 'interaction', name: id });
    const path = callControl.content(id)?.path ?? record?.path ?? [];
    const queue = call?.queue ?? record?.queue ?? contact?.queue;
    const names = queue === undefined ? {} : (directory.queues.get(queue)?.name ?? {});
    const values = Object.entries(call?.variables ?? {}).flat();
    return {
      texts: [...path.flatMap(({ label, node }) => [label ?? '', node]), ...values, ...Object.values(names)],
      queue,
    };
  };
  const limit = z.coerce.number().int().min(1).max(100);
  const tag = 'Knowledge';
  return [
    endpoint({
      method: 'get',
      path: '/knowledge/articles',
      tag,
      about: 'Articles by full text in English and Chinese, best first; without text, the newest.',
      roles: everyone,
      query: z.object({
        text: z.string().max(500).optional(),
        tag: z.string().max(64).optional(),
        limit: limit.default(20),
      }),
      answer: found,
      handle: async ({ query, principal }) => ({
        articles: await reads.ask(searchArticles, {
          ...scope(principal, query.limit),
          text: query.text,
          tag: query.tag,
        }),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/knowledge/suggestions',
      tag,
      about: 'What fits a contact, by its path through the IVR, its variables and its queue, and what was said.',
      roles: everyone,
      query: z.object({
        interaction: z.string().min(1).max(80),
        text: z.string().max(2_000).optional().describe('Of the conversation'),
        limit: limit.default(5),
      }),
      answer: found,
      async handle({ query, principal }) {
        const { texts, queue } = wordsOf(principal, query.interaction);
        const asked = { ...scope(principal, query.limit), drafts: false, texts: [...texts, query.text ?? ''], queue };
        return { articles: await reads.ask(suggestArticles, asked) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/knowledge/articles',
      audit: { by: ['knowledge.article-put'] },
      tag,
      about: 'Writes an article.',
      roles: staff,
      body: articleBodySchema,
      answer: article,
      status: 201,
      handle: ({ body, principal }) =>
        knowledge.put(undefined, { ...body, team: confinedTo(principal) ?? body.team }, principal.by),
    }),
    endpoint({
      method: 'get',
      path: '/knowledge/articles/:id',
      tag,
      about: 'One article.',
      roles: everyone,
      answer: article,
      errors: ['article-unknown'],
      handle: ({ params, principal }) => must(principal, params.id!),
    }),
    endpoint({
      method: 'put',
      path: '/knowledge/articles/:id',
      audit: { by: ['knowledge.article-put'] },
      tag,
      about: 'Changes an article.',
      roles: staff,
      body: articleBodySchema,
      answer: article,
      errors: ['article-unknown'],
      handle({ params, body, principal }) {
        mayWrite(principal, params.id!);
        return knowledge.put(params.id!, { ...body, team: confinedTo(principal) ?? body.team }, principal.by);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/knowledge/articles/:id',
      audit: { by: ['knowledge.article-removed'] },
      tag,
      about: 'Removes an article.',
      roles: staff,
      errors: ['article-unknown'],
      async handle({ params, principal }) {
        mayWrite(principal, params.id!);
        await knowledge.remove(params.id!, principal.by);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/knowledge/articles/:id/feedback',
      audit: { by: ['knowledge.article-rated'] },
      tag,
      about: 'Whether it helped: one voice for each person and contact.',
      roles: everyone,
      body: z.strictObject({ helpful: z.boolean(), interaction: z.string().min(1).max(80).optional() }),
      answer: article,
      errors: ['article-unknown'],
      handle({ params, body, principal }) {
        must(principal, params.id!);
        const { agent, by } = principal;
        return knowledge.rate(params.id!, body.helpful, { person: agent ?? by, agent, interaction: body.interaction });
      },
    }),
  ];
}
