// Social care: what is said in public, one by one and by the question that it asks, and what is done about it.
import { z } from 'zod';
import { content } from '../../../connector/index.ts';
import { conversationView, filledIn, messageView } from '../../conversations/index.ts';
import type { Principal } from '../../directory/index.ts';
import { type SocialStream, type StreamItem, socialPage, socialQuestions, socialStates } from '../../social/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { actorOf, confinedTo, mayServe, visible } from '../scope.ts';

const optional = z.string().optional();
const id = z.string().min(1).max(80);
const time = z.coerce.number().int().min(0);
const tone = z.enum(['positive', 'neutral', 'negative']);
const item = z
  .object({
    id: z.string().describe('Of the message'),
    at: z.number(),
    via: z.string().describe('The digital channel'),
    kind: z.enum(['mention', 'comment', 'post', 'review']),
    reach: z.number().describe('Followers of the author'),
    engaged: z.number().describe('Likes, shares and comments'),
    score: z.number().describe('Tone: -1 to 1'),
    state: z.enum(socialStates).describe('`waiting`: an answer waits for a second person'),
    content,
    interaction: z.string(),
    thread: z.string(),
    customer: optional,
    author: optional.describe('As the author calls herself there'),
    cluster: optional.describe('Items of the same one ask the same'),
    alike: z.number().describe('Items that ever asked the same, this one too'),
    url: optional,
    ignoredBy: optional,
    phase: z.string().optional().describe('Of the conversation in its thread, where one is under way'),
    queue: optional,
    agent: z.object({ id: z.string(), name: optional }).optional().describe('Who has it'),
  })
  .meta({ id: 'SocialItem' });
const problem = z
  .object({
    cluster: z.string(),
    items: z.number(),
    reach: z.number(),
    tone: z.number(),
    first: z.number(),
    last: z.number(),
    newer: z.number().describe('Items in the later half of that time'),
    older: z.number().describe('Items in the earlier half'),
    trend: z.array(z.number()).describe('Items in equal pieces of that time, the earliest first'),
    open: z.number().describe('Items that nobody answered yet'),
    examples: z.array(item).describe('The most read ones'),
  })
  .meta({ id: 'SocialProblem' });
const text = z.string().trim().min(1).max(5_000);
const key = z.string().min(1).max(60).describe('The same one is one answer, however often it is sent');

const weekMs = 7 * 86_400_000;
/** Answered at once; the rest with the next request. */
const mostAnswers = 200;

export function socialCareEndpoints(deps: ApiDeps): Endpoint[] {
  const { socialStream, conversations, interactions, directory, reads, clock } = deps;
  if (socialStream === undefined) return [];
  const tag = 'Social';
  const must = (principal: Principal, given: string): StreamItem => mustSee(deps, socialStream, principal, given);
  const shown = (one: StreamItem): z.infer<typeof item> => {
    const live = conversations.get(one.interaction) ?? conversations.inThreadOf(one.interaction);
    const { phase, queue, agent } = live ?? {};
    const has = phase === 'active' && agent !== undefined;
    return {
      ...one,
      phase,
      queue,
      agent: has ? { id: agent, name: directory.agents.get(agent)?.name } : undefined,
    };
  };
  const answerErrors = ['not-found', 'conversation-wrong-phase', 'window-closed', 'quota-spent', 'message-content'];
  return [
    endpoint({
      method: 'get',
      path: '/social/items',
      tag,
      about: 'What was said in public, the newest first, with its tone, its reach and what became of it.',
      roles: everyone,
      query: z.object({
        state: z.enum(socialStates).optional(),
        via: id.optional(),
        tone: tone.optional(),
        cluster: id.optional(),
        since: time.optional(),
        before: id.optional().describe('Id of the item after which the page begins: older ones'),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      answer: z.object({
        items: z.array(item),
        states: z.record(z.enum(socialStates), z.number()).describe('How many of each state in the last seven days'),
      }),
      async handle({ query, principal }) {
        const filter = { ...query, site: principal.site, servedTeam: confinedTo(principal) };
        await interactions.settled();
        const { items, states } = await reads.ask(socialPage, { filter, countedSince: clock.now() - weekMs });
        return { items: items.map(shown), states };
      },
    }),
    endpoint({
      method: 'get',
      path: '/social/problems',
      tag,
      about: 'Questions that more than one asked in that time: what grows most first, with examples.',
      roles: staff,
      query: z.object({
        since: time.optional().describe('Default: a week ago'),
        until: time.optional(),
        order: z.enum(['growing', 'frequent']).default('growing'),
        limit: z.coerce.number().int().min(1).max(100).default(20),
      }),
      answer: z.object({ since: z.number(), until: z.number(), problems: z.array(problem) }),
      async handle({ query, principal }) {
        const until = query.until ?? clock.now() + 1;
        const since = query.since ?? until - weekMs;
        const { order, limit } = query;
        const given = { site: principal.site, servedTeam: confinedTo(principal), since, until, order, limit };
        await interactions.settled();
        const problems = await reads.ask(socialQuestions, given);
        return {
          since,
          until,
          problems: problems.map(({ examples, ...rest }) => ({ ...rest, examples: examples.map(shown) })),
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/social/items/:id/ignore',
      audit: { shows: ['ignored'] },
      tag,
      about: 'Says that an item wants no answer, or wants one after all; who waits in a queue with it waits no more.',
      roles: staff,
      body: z.strictObject({ ignored: z.boolean() }),
      answer: item,
      errors: ['not-found', 'social-item-answered', 'conversation-wrong-phase'],
      async handle({ params, body, principal }) {
        const one = must(principal, params.id!);
        const under = conversations.get(one.interaction);
        if (body.ignored && under?.phase === 'active')
          throw failed['social-item-taken']({ item: one.id, agent: under.agent ?? '' });
        const now = await socialStream.ignore(one.id, body.ignored, principal.by);
        if (body.ignored && under) await conversations.end(one.interaction, principal.by);
        return shown(now);
      },
    }),
    endpoint({
      method: 'post',
      path: '/social/items/:id/queue',
      audit: { shows: ['queue'] },
      tag,
      about: 'Puts it into a queue: from another, from the bot, or again where its contact is over.',
      roles: staff,
      body: z.strictObject({ queue: id }),
      answer: conversationView,
      errors: ['not-found', 'queue-unknown', 'conversation-wrong-phase'],
      async handle({ params, body, principal }) {
        const one = must(principal, params.id!);
        visible(principal, directory.queues.get(body.queue), 'queue', body.queue);
        await socialStream.ignore(one.id, false, principal.by);
        return conversations.outside.queue(one.interaction, body.queue);
      },
    }),
    endpoint({
      method: 'post',
      path: '/social/items/:id/take',
      tag,
      about: 'The agent who asks has it now, on her desk.',
      roles: everyone,
      answer: conversationView,
      errors: ['not-found', 'conversation-wrong-phase', 'conversation-queue'],
      async handle({ params, principal }) {
        const one = must(principal, params.id!);
        if (principal.agent === undefined) throw failed['not-found']({ kind: 'agent', name: 'me' });
        return conversations.outside.take(one.interaction, principal.agent);
      },
    }),
    endpoint({
      method: 'post',
      path: '/social/items/:id/answer',
      tag,
      about:
        'Answers in public; where the channel asks for it, a second person reads it first. Its contact is over with that.',
      roles: staff,
      body: z.strictObject({ text, key }),
      answer: messageView,
      status: 201,
      errors: answerErrors,
      handle({ params, body, principal }) {
        const one = must(principal, params.id!);
        return conversations.outside.answer(
          actorOf(principal),
          one.interaction,
          { type: 'text', text: filledIn(body.text, { name: one.author ?? '' }) },
          body.key,
        );
      },
    }),
    endpoint({
      method: 'post',
      path: '/social/problems/:cluster/answer',
      tag,
      about:
        'Answers all open items of a question with the same words, `{name}` filled in for each; a second person reads each answer before everybody does, whatever the channel says.',
      roles: staff,
      body: z.strictObject({ text, key, since: z.number().int().min(0).optional().describe('Default: a week ago') }),
      answer: z.object({
        submitted: z.number(),
        skipped: z.array(z.object({ item: z.string(), code: z.string(), reason: z.string() })),
        more: z.boolean().describe('Others are open still: ask again with another key'),
      }),
      async handle({ params, body, principal }) {
        const given = { cluster: params.cluster!, state: 'open' as const, servedTeam: confinedTo(principal) };
        const since = body.since ?? clock.now() - weekMs;
        // Nobody is answered in public who was just called.
        await interactions.settled();
        const items = socialStream.list({ ...given, since, limit: mostAnswers + 1 });
        const skipped: { item: string; code: string; reason: string }[] = [];
        let submitted = 0;
        for (const one of items.slice(0, mostAnswers)) {
          const words = { type: 'text' as const, text: filledIn(body.text, { name: one.author ?? '' }) };
          try {
            const how = { approval: true };
            await conversations.outside.answer(
              actorOf(principal),
              one.interaction,
              words,
              `${body.key}-${one.id}`,
              how,
            );
            submitted++;
          } catch (error) {
            const { code, message } = error as { code?: string; message: string };
            if (code === undefined) throw error;
            skipped.push({ item: one.id, code, reason: message });
          }
        }
        return { submitted, skipped, more: items.length > mostAnswers };
      },
    }),
  ];
}

/** Agents see those of their team too: what everybody may read. @throws not-found */
function mustSee({ conversations }: ApiDeps, stream: SocialStream, principal: Principal, id: string): StreamItem {
  const one = stream.get(id);
  if (!one || !mayServe(principal, conversations.scopeOf(one.interaction)))
    throw failed['not-found']({ kind: 'public item', name: id });
  return one;
}
