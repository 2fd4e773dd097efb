// Digital conversations for people: what is under way, what was written, and what an agent does in hers. `me` is the agent
// who asks; staff may act for others of their team.
import { z } from 'zod';
import { content } from '../../../connector/index.ts';
import { conversationView as conversation, messageView as message } from '../../conversations/index.ts';
import type { Principal } from '../../directory/index.ts';
import { type AgentRecord, type ConversationView, teamOf } from '../../ports/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { mustKnowCustomer } from '../known-customer.ts';
import { actorOf, confinedTo, hadPart, isStaff, mayServe, visible } from '../scope.ts';

const id = z.string().min(1).max(80);
const transferTarget = z.union([z.strictObject({ queue: id }), z.strictObject({ agent: id })]);

export function conversationEndpoints(deps: ApiDeps): Endpoint[] {
  const { conversations, directory, interactions } = deps;
  const tag = 'Conversations';

  const scopeOf = ({ via, queue, agent }: ConversationView) => ({
    site: directory.site.name,
    team: teamOf(directory, { queue, agent }) ?? directory.channels.get(via)?.team,
  });
  const isIn = ({ agent: hers }: Principal, { agent, joined }: ConversationView): boolean =>
    hers !== undefined && (agent === hers || joined.includes(hers));
  const sees = (principal: Principal, view: ConversationView): boolean =>
    isIn(principal, view) || (isStaff(principal) && mayServe(principal, scopeOf(view)));
  /** @throws not-found */
  const must = (principal: Principal, interaction: string): ConversationView => {
    const view = conversations.get(interaction);
    if (!view || !sees(principal, view)) throw failed['not-found']({ kind: 'conversation', name: interaction });
    return view;
  };
  /** Also of one that is over. @throws not-found */
  const mustRead = (principal: Principal, interaction: string): void => {
    const view = conversations.get(interaction);
    if (view && sees(principal, view)) return;
    const record = interactions.get(interaction);
    const hers = record && hadPart(principal, record);
    if (record && (hers || (isStaff(principal) && mayServe(principal, record)))) return;
    throw failed['not-found']({ kind: 'conversation', name: interaction });
  };
  /** @throws not-found, not-allowed */
  const who = (principal: Principal, given: string): AgentRecord => {
    const wanted = given === 'me' ? principal.agent : given;
    if (wanted === undefined) throw failed['not-found']({ kind: 'agent', name: 'me' });
    if (wanted !== principal.agent && !isStaff(principal))
      throw failed['not-allowed']({ roles: 'supervisor or admin' });
    return visible(principal, directory.agents.get(wanted), 'agent', wanted) as AgentRecord;
  };

  const act = <Body = undefined, Answer = undefined>(given: {
    path: string;
    about: string;
    body?: z.ZodType<Body>;
    answer?: z.ZodType<Answer>;
    errors?: readonly string[];
    /** `by`: who asks; somebody else than the agent where staff act for her. */
    act: (agent: string, interaction: string, body: Body, by: string) => Promise<Answer>;
  }): Endpoint =>
    endpoint({
      method: 'post',
      path: `/agents/:id/conversations/:interaction/${given.path}`,
      tag,
      about: given.about,
      roles: everyone,
      ...(given.body ? { body: given.body } : {}),
      ...(given.answer ? { answer: given.answer } : {}),
      errors: ['not-found', 'not-allowed', 'conversation-unknown', 'conversation-not-yours', ...(given.errors ?? [])],
      handle: ({ params, body, principal }) =>
        given.act(who(principal, params.id!).id, params.interaction!, body as Body, actorOf(principal)),
    });

  return [
    endpoint({
      method: 'get',
      path: '/conversations',
      tag,
      about: 'Conversations under way: for agents their own, for staff those of their team.',
      roles: everyone,
      query: z.object({
        via: id.optional(),
        queue: id.optional(),
        agent: id.optional(),
        phase: conversation.shape.phase.optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(200),
      }),
      answer: z.object({ conversations: z.array(conversation), total: z.number() }),
      handle({ query, principal }) {
        const { via, queue, agent, phase, limit } = query;
        const found = conversations
          .list()
          .filter(
            (view) =>
              (via === undefined || view.via === via) &&
              (queue === undefined || view.queue === queue) &&
              (agent === undefined || view.agent === agent) &&
              (phase === undefined || view.phase === phase) &&
              sees(principal, view),
          )
          .sort((one, other) => one.startedAt - other.startedAt);
        return { conversations: found.slice(0, limit), total: found.length };
      },
    }),
    endpoint({
      method: 'get',
      path: '/conversations/:interaction',
      tag,
      about: 'One conversation that is under way.',
      roles: everyone,
      answer: conversation,
      errors: ['not-found'],
      handle: ({ params, principal }) => must(principal, params.interaction!),
    }),
    endpoint({
      method: 'get',
      path: '/conversations/:interaction/messages',
      tag,
      about:
        'What was written in the thread of a conversation, also one that is over, and in the ones before it: the last ones, the oldest first.',
      roles: everyone,
      query: z.object({
        before: z.coerce.number().int().min(1).optional().describe('Number of a message: those before it'),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ messages: z.array(message) }),
      errors: ['not-found'],
      handle({ params, query, principal }) {
        const interaction = params.interaction!;
        mustRead(principal, interaction);
        const now = conversations.get(interaction) ?? conversations.inThreadOf(interaction);
        // What came after it may be another agent's, of another team: for who has that, and for who sees the whole site.
        const all = (now && sees(principal, now)) || (isStaff(principal) && confinedTo(principal) === undefined);
        return { messages: conversations.messages(interaction, { ...query, untilItsEnd: !all }) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/conversations/:interaction/end',
      tag,
      about: 'Ends a conversation.',
      roles: staff,
      errors: ['not-found'],
      async handle({ params, principal }) {
        must(principal, params.interaction!);
        await conversations.end(params.interaction!, principal.by);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/agents/:id/conversations',
      tag,
      about: 'Writes to a customer first; the conversation is the agent’s at once.',
      roles: everyone,
      body: z.strictObject({
        via: id,
        thread: z.string().min(1).max(200).describe('Where the customer is: an openid, an address, a number'),
        customer: id.optional(),
        queue: id.describe('Where it counts'),
        origin: id.optional().describe('The contact from which it goes on: a call, for example'),
        content,
      }),
      answer: conversation,
      status: 201,
      errors: [
        'channel-unknown',
        'channel-disabled',
        'queue-unknown',
        'conversation-open',
        'conversation-queue',
        'window-closed',
        'quota-spent',
        'message-content',
      ],
      handle({ params, body, principal }) {
        const agent = who(principal, params.id!);
        visible(principal, directory.channels.get(body.via), 'digital channel', body.via);
        if (body.customer !== undefined)
          mustKnowCustomer(deps, principal, body.customer, body.origin === undefined ? [] : [body.origin]);
        const { content: first, ...to } = body;
        return conversations.begin(agent.id, to, first, actorOf(principal));
      },
    }),
    endpoint({
      method: 'post',
      path: '/agents/:id/calls/:interaction/messages',
      tag,
      about:
        'From a call that goes on from a conversation (a callback that was asked for there), during it and after it: writes to the customer where that was, after it for as long as the channel brings her words back to the agent. What nobody has there becomes the agent’s; the same `key` is one message.',
      roles: everyone,
      body: z.strictObject({ content, key: z.string().min(1).max(100) }),
      answer: message,
      status: 201,
      errors: [
        'not-found',
        'not-allowed',
        'contact-without-thread',
        'contact-long-over',
        'conversation-not-yours',
        'conversation-queue',
        'channel-disabled',
        'window-closed',
        'quota-spent',
        'message-content',
        'attachment-unknown',
      ],
      handle({ params, body, principal }) {
        const agent = who(principal, params.id!);
        return conversations.goOn(agent.id, params.interaction!, body.content, body.key, actorOf(principal));
      },
    }),
    endpoint({
      method: 'post',
      path: '/agents/:id/conversations/accept',
      tag,
      about: 'Takes the conversation that is offered.',
      roles: everyone,
      body: z.strictObject({ offer: id }),
      errors: ['not-found', 'not-allowed', 'conversation-not-offered'],
      async handle({ params, body, principal }) {
        await conversations.accept(who(principal, params.id!).id, body.offer);
        return undefined;
      },
    }),
    act({
      path: 'messages',
      about:
        'Sends a message. The same `key` is one message, however often it is sent. Public answers wait for approval, where the channel asks for it.',
      body: z.strictObject({ content, key: z.string().min(1).max(100) }),
      answer: message,
      errors: ['window-closed', 'quota-spent', 'message-content', 'attachment-unknown'],
      act: (agent, interaction, { content: given, key }, by) => conversations.send(agent, interaction, given, key, by),
    }),
    act({
      path: 'notes',
      about: 'Writes a note for colleagues; the customer never sees it.',
      body: z.strictObject({ text: z.string().trim().min(1).max(4_000) }),
      answer: message,
      act: (agent, interaction, { text }) => conversations.note(agent, interaction, text),
    }),
    act({
      path: 'typing',
      about: 'The agent writes just now: shown to the customer where the channel can.',
      act: async (agent, interaction) => conversations.typing(agent, interaction),
    }),
    act({
      path: 'transfer',
      about: 'Hands the conversation to a queue or a colleague, with all that was written.',
      body: transferTarget,
      errors: ['queue-unknown', 'agent-unknown', 'conversation-wrong-phase'],
      act: async (agent, interaction, to) => conversations.transfer(agent, interaction, to),
    }),
    act({
      path: 'join',
      about: 'Lets a colleague read and write along.',
      body: z.strictObject({ agent: id }),
      errors: ['agent-unknown'],
      act: async (agent, interaction, { agent: colleague }) => conversations.join(agent, interaction, colleague),
    }),
    act({
      path: 'leave',
      about: 'Leaves the conversation; whoever reads along has it then.',
      errors: ['conversation-wrong-phase', 'conversation-queue'],
      act: async (agent, interaction) => conversations.leave(agent, interaction),
    }),
    act({
      path: 'close',
      about: 'The agent is done with it; her wrap-up begins.',
      errors: ['conversation-wrong-phase'],
      act: async (agent, interaction) => conversations.close(agent, interaction),
    }),
    act({
      path: 'escalate',
      about: 'Has the customer called back, first by this agent, as a contact that goes on from this one.',
      body: z.strictObject({
        queue: id,
        number: z
          .string()
          .regex(/^\+?[0-9]{2,20}$/, 'digits, with or without +')
          .optional()
          .describe('Default: the number that is known of the customer'),
      }),
      answer: z.object({ callback: z.string() }),
      errors: ['number-missing', 'queue-unknown'],
      act: async (agent, interaction, to) => ({ callback: await conversations.escalate(agent, interaction, to) }),
    }),
    endpoint({
      method: 'get',
      path: '/messages/awaiting-approval',
      tag,
      about: 'Public answers that wait for a second person, the oldest first.',
      roles: staff,
      query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
      answer: z.object({ messages: z.array(message) }),
      handle: ({ query, principal }) => ({
        messages: conversations
          .awaitingApproval(query.limit)
          .filter(({ interaction }) => mayServe(principal, conversations.scopeOf(interaction))),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/messages/:id/review',
      audit: { shows: ['approved'] },
      tag,
      about: 'Lets a public answer go out, or does not. Its author cannot.',
      roles: staff,
      body: z.strictObject({ approved: z.boolean(), why: z.string().max(1_000).optional() }),
      answer: message,
      errors: ['not-found', 'message-unknown', 'message-not-pending', 'approval-own', 'window-closed', 'quota-spent'],
      handle({ params, body, principal }) {
        const place = conversations.placeOfMessage(params.id!);
        if (!mayServe(principal, conversations.scopeOf(place)))
          throw failed['not-found']({ kind: 'message', name: params.id! });
        return conversations.approve(actorOf(principal), params.id!, body.approved, body.why);
      },
    }),
  ];
}
