import { z } from 'zod';
import { maskNumber } from '../../../values/index.ts';
import type { Principal } from '../../directory/index.ts';
import { type CallView, servesCall, teamOf } from '../../ports/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { confinedTo, isStaff, mayServe, visible } from '../scope.ts';

const optional = z.string().optional();

const monitorMode = z.enum(['listen', 'whisper', 'barge']);

const callSchema = z
  .object({
    interaction: z.string(),
    callId: z.string(),
    direction: z.string(),
    phase: z.string(),
    since: z.number(),
    startedAt: z.number(),
    from: optional,
    to: z.string(),
    trunk: optional,
    did: optional,
    flow: optional,
    node: optional,
    queue: optional,
    agent: optional,
    language: z.string(),
    recording: z.enum(['on', 'paused', 'off']),
    variables: z.record(z.string(), z.string()),
    parties: z
      .array(
        z.object({
          party: z.string(),
          as: z.enum(['consult', 'add', 'monitor']),
          state: z.enum(['calling', 'private', 'aside', 'in']),
          kind: z.enum(['queue', 'agent', 'number']),
          to: z.string(),
          agent: optional,
          mode: monitorMode.optional(),
          since: z.number(),
        }),
      )
      .optional(),
    park: z.object({ slot: z.string(), by: z.string(), until: z.number() }).optional(),
    detourEnded: z.object({ flow: z.string(), result: z.record(z.string(), z.string()) }).optional(),
  })
  .meta({ id: 'LiveCall' });

const queueSchema = z
  .object({
    queue: z.string(),
    waiting: z.number(),
    longestWaitMs: z.number(),
    agents: z.number(),
    free: z.number(),
    expectedWaitMs: z.number().optional(),
    today: z.object({
      offered: z.number(),
      answered: z.number(),
      abandoned: z.number(),
      overflowed: z.number(),
      serviceLevel: z.number().optional(),
      averageAnswerMs: z.number().optional(),
      averageHandleMs: z.number().optional(),
    }),
  })
  .meta({ id: 'LiveQueue' });

export const agentLiveSchema = z
  .object({
    agent: z.string(),
    presence: z.enum(['offline', 'ready', 'not-ready']),
    reason: optional,
    since: z.number(),
    contacts: z.array(
      z.object({
        interaction: z.string(),
        channel: z.string(),
        queue: optional,
        state: z.enum(['offered', 'connected', 'wrap-up']),
        since: z.number(),
        until: z.number().optional(),
        overdue: z.boolean().optional(),
        disposed: z.boolean().optional(),
        offer: optional,
      }),
    ),
    occupied: z.record(z.string(), z.number()),
  })
  .meta({ id: 'LiveAgent' });

export function liveEndpoints({ callControl, agentWork, directory }: ApiDeps): Endpoint[] {
  const servesAgent = (principal: Principal, id: string | undefined): boolean => {
    const agent = id === undefined ? undefined : directory.agents.get(id);
    return agent !== undefined && mayServe(principal, agent);
  };
  /** Staff see the calls of their team (its queues, numbers and agents) and those of no team; agents their own. */
  const mayWatch = (principal: Principal, call: CallView): boolean => {
    if (!isStaff(principal)) return call.agent !== undefined && call.agent === principal.agent;
    return servesCall(directory, principal, call);
  };
  const shown = (principal: Principal, call: CallView): CallView => {
    if (isStaff(principal)) return call;
    // Whether supervisors listen is told by the panel, where the queue says so.
    const seen = { ...call, parties: call.parties?.filter(({ as }) => as !== 'monitor') };
    if (call.agent === principal.agent) return seen;
    return { ...seen, from: call.from && maskNumber(call.from), to: maskNumber(call.to) };
  };
  /** @throws not-found, not-allowed where nobody is behind the token */
  const supervisor = (principal: Principal, interaction: string): string => {
    must(principal, interaction);
    if (principal.agent === undefined) throw failed['not-allowed']({ roles: 'supervisor or admin with a phone' });
    return principal.agent;
  };
  const must = (principal: Principal, interaction: string): CallView => {
    const call = callControl.get(interaction);
    if (call === undefined || !mayWatch(principal, call))
      throw failed['not-found']({ kind: 'call', name: interaction });
    return call;
  };
  return [
    endpoint({
      method: 'get',
      path: '/live/calls',
      tag: 'Live',
      about: 'The calls of this moment; agents see their own.',
      roles: everyone,
      answer: z.object({ calls: z.array(callSchema) }),
      handle: ({ principal }) => ({
        calls: callControl
          .list()
          .filter((call) => mayWatch(principal, call))
          .map((call) => shown(principal, call)),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/live/calls/:interaction',
      tag: 'Live',
      about: 'One call of this moment.',
      roles: everyone,
      answer: callSchema,
      errors: ['not-found'],
      handle: ({ principal, params }) => shown(principal, must(principal, params.interaction!)),
    }),
    endpoint({
      method: 'post',
      path: '/live/calls/:interaction/end',
      tag: 'Live',
      about: 'Ends a call.',
      roles: staff,
      errors: ['not-found'],
      async handle({ principal, params }) {
        must(principal, params.interaction!);
        await callControl.end(params.interaction!, principal.by);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/live/calls/:interaction/monitor',
      audit: { shows: ['mode'] },
      tag: 'Live',
      about: 'Rings your phone and puts you into a talk: listen, whisper to the agent, or barge in; again changes how.',
      roles: staff,
      body: z.strictObject({ mode: monitorMode }),
      errors: ['not-found', 'not-allowed', 'call-wrong-phase', 'phone-unreachable'],
      async handle({ principal, params, body }) {
        await callControl.monitor(supervisor(principal, params.interaction!), params.interaction!, body.mode);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/live/calls/:interaction/unmonitor',
      tag: 'Live',
      about: 'Ends your listening.',
      roles: staff,
      errors: ['not-found', 'not-allowed', 'party-unknown'],
      async handle({ principal, params }) {
        await callControl.unmonitor(supervisor(principal, params.interaction!), params.interaction!);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/live/calls/:interaction/take-over',
      tag: 'Live',
      about: 'Takes the customer from the agent whose talk you listen to.',
      roles: staff,
      errors: ['not-found', 'not-allowed', 'call-wrong-phase', 'party-unknown'],
      async handle({ principal, params }) {
        await callControl.takeOver(supervisor(principal, params.interaction!), params.interaction!);
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/live/parked',
      tag: 'Live',
      about: 'Calls that are parked at this moment.',
      roles: everyone,
      answer: z.object({
        parked: z.array(
          z.object({ interaction: z.string(), slot: z.string(), by: z.string(), until: z.number(), from: optional }),
        ),
      }),
      handle: ({ principal }) => ({
        parked: callControl.list().flatMap((call) => {
          const { interaction, park, from } = call;
          const mine = mayServe(principal, { site: principal.site, team: teamOf(directory, call) });
          return park && mine ? [{ interaction, ...park, from: from && maskNumber(from) }] : [];
        }),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/live/contacts/:interaction/move',
      audit: { shows: ['queue', 'agent'] },
      tag: 'Live',
      about:
        'Takes a waiting contact out of turn to an agent, or to another queue. Where it would not wait there (closed, full, nobody signed in) it stays where it is.',
      roles: staff,
      body: z.union([z.strictObject({ queue: z.string() }), z.strictObject({ agent: z.string() })]),
      errors: ['not-found', 'queue-closed', 'queue-full', 'queue-unstaffed', 'agent-away'],
      handle({ principal, params, body }) {
        // What is no call (yet) cannot be told apart by team: then only those move it who see all.
        const call = callControl.get(params.interaction!);
        if (call || confinedTo(principal) !== undefined) must(principal, params.interaction!);
        // Nor does she send what is hers to others: their queues and agents are not there for her.
        if ('queue' in body) visible(principal, directory.queues.get(body.queue), 'queue', body.queue);
        else visible(principal, directory.agents.get(body.agent), 'agent', body.agent);
        agentWork.move(params.interaction!, body);
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/live/queues',
      tag: 'Live',
      about: 'The queues of this moment and their figures of the day.',
      roles: everyone,
      answer: z.object({ queues: z.array(queueSchema) }),
      handle: ({ principal }) => ({
        queues: agentWork.queues().filter(({ queue }) => {
          const record = directory.queues.get(queue);
          return record === undefined || mayServe(principal, record);
        }),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/live/agents',
      tag: 'Live',
      about: 'What the agents do at this moment; agents see themselves.',
      roles: everyone,
      answer: z.object({ agents: z.array(agentLiveSchema) }),
      handle: ({ principal }) => ({
        agents: agentWork
          .agents()
          .filter(({ agent }) => (isStaff(principal) ? servesAgent(principal, agent) : agent === principal.agent)),
      }),
    }),
  ];
}
