// What an agent does at her desk, by API: for synthetic agents, load tests and desktops of others. `me` is the agent who
// asks; staff may act for others of their team.
import { z } from 'zod';
import { interactionDisposed } from '../../customers/index.ts';
import { invalidField, type Principal } from '../../directory/index.ts';
import { newEvent } from '../../journal/index.ts';
import { type AgentRecord, dispositionCodes, teamOf } from '../../ports/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { isStaff, visible } from '../scope.ts';
import { agentLiveSchema } from './live.ts';

const reason = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes');
const person = z.union([
  z.strictObject({ agent: z.string().min(1).max(64) }),
  z.strictObject({ number: z.string().regex(/^\+?[0-9*#]{1,32}$/, 'digits, with or without +') }),
]);
const transferTarget = z.union([z.strictObject({ queue: z.string().min(1).max(64) }), ...person.options]);
const begun = z.object({ interaction: z.string() });
/** A transfer that would reach nobody is refused, and the talk goes on. */
const nobodyThere = ['agent-unreached', 'queue-closed', 'queue-full', 'queue-unstaffed', 'agent-away'];
const offerBody = z.strictObject({ offer: z.string().min(1).max(64) });
const wrapUp = z.strictObject({
  disposition: z.string().min(1).max(200).optional(),
  note: z.string().max(4_000).optional(),
});

export function agentActionEndpoints(deps: ApiDeps): Endpoint[] {
  const { agentWork, callControl, directory, journal, clock } = deps;

  /** @throws not-found, not-allowed */
  const who = (principal: Principal, id: string): AgentRecord => {
    const wanted = id === 'me' ? principal.agent : id;
    if (wanted === undefined) throw failed['not-found']({ kind: 'agent', name: 'me' });
    if (wanted !== principal.agent && !isStaff(principal))
      throw failed['not-allowed']({ roles: 'supervisor or admin' });
    return visible(principal, directory.agents.get(wanted), 'agent', wanted) as AgentRecord;
  };

  const live = (agent: string) => {
    const found = agentWork.agent(agent);
    return found ?? { agent, presence: 'offline' as const, since: 0, contacts: [], occupied: {} };
  };

  const action = <Body = undefined>(
    path: string,
    about: string,
    body: z.ZodType<Body> | undefined,
    act: (agent: AgentRecord, body: Body, principal: Principal) => void | Promise<void>,
  ): Endpoint =>
    endpoint({
      method: 'post',
      path: `/agents/:id/${path}`,
      tag: 'Agents at work',
      about,
      roles: everyone,
      ...(body ? { body } : {}),
      answer: agentLiveSchema,
      errors: ['not-found', 'not-allowed'],
      async handle({ params, body: given, principal }) {
        const agent = who(principal, params.id!);
        await act(agent, given as Body, principal);
        return live(agent.id);
      },
    });

  const onContact = <Body = undefined>(
    path: string,
    about: string,
    body: z.ZodType<Body> | undefined,
    act: (agent: AgentRecord, interaction: string, body: Body) => void | Promise<void>,
    more: readonly string[] = [],
  ): Endpoint =>
    endpoint({
      method: 'post',
      path: `/agents/:id/contacts/:interaction/${path}`,
      tag: 'Agents at work',
      about,
      roles: everyone,
      ...(body ? { body } : {}),
      errors: ['not-found', 'not-allowed', 'call-not-yours', 'call-wrong-phase', ...more],
      async handle({ params, body: given, principal }) {
        await act(who(principal, params.id!), params.interaction!, given as Body);
        return undefined;
      },
    });

  const asking = <To>(
    path: string,
    about: string,
    body: z.ZodType<To>,
    act: (agent: string, interaction: string, to: To) => Promise<string>,
  ): Endpoint =>
    endpoint({
      method: 'post',
      path: `/agents/:id/contacts/:interaction/${path}`,
      tag: 'Agents at work',
      about,
      roles: everyone,
      body,
      answer: z.object({ party: z.string() }),
      errors: ['not-found', 'not-allowed', 'call-not-yours', 'call-wrong-phase', 'party-there', 'phone-unreachable'],
      handle: async ({ params, body: to, principal }) => ({
        party: await act(who(principal, params.id!).id, params.interaction!, to as To),
      }),
    });

  /** @param ends her wrap-up: what the queue asks for must have been given by then */
  const dispose = async (
    agent: AgentRecord,
    interaction: string,
    { disposition, note }: z.infer<typeof wrapUp>,
    ends = false,
  ): Promise<void> => {
    const contact = live(agent.id).contacts.find((one) => one.interaction === interaction);
    if (contact === undefined) throw failed['not-found']({ kind: 'contact of this agent', name: interaction });
    const queue = contact.queue === undefined ? undefined : directory.queues.get(contact.queue);
    if (
      queue !== undefined &&
      disposition !== undefined &&
      !dispositionCodes(queue.dispositions).includes(disposition)
    ) {
      throw wrong('disposition', `the queue ${queue.id} has no such disposition`);
    }
    const missing = queue?.dispositionRequired && disposition === undefined && !contact.disposed;
    if (missing && (ends || note === undefined)) throw wrong('disposition', `the queue ${queue.id} asks for one`);
    if (disposition === undefined && note === undefined) return;
    const scope = { interaction, agent: agent.id, queue: contact.queue };
    await journal.append([
      newEvent(
        interactionDisposed,
        clock.now(),
        { disposition, note },
        {
          ...scope,
          team: teamOf(directory, scope),
        },
      ),
    ]);
    if (disposition !== undefined) agentWork.disposed(agent.id, interaction);
  };

  return [
    endpoint({
      method: 'get',
      path: '/agents/:id/live',
      tag: 'Agents at work',
      about: 'What the agent does at this moment.',
      roles: everyone,
      answer: agentLiveSchema,
      errors: ['not-found', 'not-allowed'],
      handle: ({ params, principal }) => live(who(principal, params.id!).id),
    }),
    action('sign-in', 'Signs her in: not ready.', undefined, ({ id }) => agentWork.signIn(id)),
    action('sign-out', 'Signs her out after what she has on hand.', undefined, ({ id }) => agentWork.signOut(id)),
    action('ready', 'She takes contacts.', undefined, ({ id }) => agentWork.ready(id)),
    action('not-ready', 'She takes no new contacts.', z.strictObject({ reason }), ({ id }, body) =>
      agentWork.notReady(id, body.reason),
    ),
    action('answer', 'Makes her ringing phone answer, where it can be made to.', offerBody, ({ id }, { offer }) =>
      callControl.answer(id, offer),
    ),
    action('decline', 'Declines an offer.', offerBody, ({ id }, { offer }) => agentWork.decline(id, offer)),
    onContact('hold', 'Puts the customer on hold.', undefined, ({ id }, call) => callControl.hold(id, call)),
    onContact('resume', 'Ends the hold.', undefined, ({ id }, call) => callControl.resume(id, call)),
    onContact(
      'transfer',
      'Transfers blind to a queue, an agent or a number.',
      transferTarget,
      ({ id }, call, to) => callControl.transfer(id, call, to),
      nobodyThere,
    ),
    asking(
      'consult',
      'Asks a queue, an agent or a number while the customer hears music.',
      transferTarget,
      (id, call, to) => callControl.consult(id, call, to),
    ),
    asking('invite', 'Calls an agent or a number into the talk.', person, (id, call, to) =>
      callControl.invite(id, call, to),
    ),
    onContact('swap', 'To the other of customer and consulted party.', undefined, ({ id }, call) =>
      callControl.swap(id, call),
    ),
    onContact('merge', 'Customer, agent and consulted party talk together.', undefined, ({ id }, call) =>
      callControl.merge(id, call),
    ),
    onContact(
      'complete',
      'Hands the customer over to the consulted party.',
      undefined,
      ({ id }, call) => callControl.complete(id, call),
      nobodyThere,
    ),
    onContact('retract', 'Takes the customer back from the consultation.', undefined, ({ id }, call) =>
      callControl.retract(id, call),
    ),
    onContact(
      'drop',
      'Takes a consulted or added party out.',
      z.strictObject({ party: z.string().min(1).max(64) }),
      ({ id }, call, { party }) => callControl.drop(id, call, party),
    ),
    onContact('leave', 'Leaves a conference; the others go on.', undefined, ({ id }, call) =>
      callControl.leave(id, call),
    ),
    endpoint({
      method: 'post',
      path: '/agents/:id/contacts/:interaction/park',
      tag: 'Agents at work',
      about: 'Parks the customer at a slot, where every agent can retrieve her.',
      roles: everyone,
      answer: z.object({ slot: z.string() }),
      errors: ['not-found', 'not-allowed', 'call-not-yours', 'call-wrong-phase', 'park-full'],
      handle: async ({ params, principal }) => ({
        slot: await callControl.park(who(principal, params.id!).id, params.interaction!),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/agents/:id/parked/:slot/retrieve',
      tag: 'Agents at work',
      about: 'Rings her phone and gives her the call that is parked at that slot.',
      roles: everyone,
      answer: begun,
      errors: ['not-found', 'not-allowed', 'park-slot-empty', 'phone-unreachable'],
      handle: async ({ params, principal }) => ({
        interaction: await callControl.unpark(who(principal, params.id!).id, params.slot!),
      }),
    }),
    endpoint({
      method: 'post',
      path: '/agents/:id/calls',
      tag: 'Agents at work',
      about: 'Click to call: rings her phone, then the agent or number. It counts for the queue (default: her first).',
      roles: everyone,
      body: z.strictObject({ to: person, queue: z.string().min(1).max(64).optional() }),
      answer: begun,
      errors: ['not-found', 'not-allowed', 'agent-in-call', 'number-not-allowed', 'phone-unreachable'],
      handle: async ({ params, principal, body }) => ({
        interaction: await callControl.dial(who(principal, params.id!).id, body),
      }),
    }),
    onContact('hangup', 'Hangs up.', undefined, ({ id }, call) => callControl.hangup(id, call)),
    onContact(
      'dtmf',
      'Sends digits to the customer.',
      z.strictObject({ digits: z.string().regex(/^[0-9*#A-D]{1,64}$/, '0-9, *, #, A to D') }),
      ({ id }, call, { digits }) => callControl.sendDtmf(id, call, digits),
    ),
    onContact('pause-recording', 'Pauses the recording.', undefined, ({ id }, call) =>
      callControl.pauseRecording(id, call),
    ),
    onContact('resume-recording', 'Goes on recording.', undefined, ({ id }, call) =>
      callControl.resumeRecording(id, call),
    ),
    onContact('disposition', 'Says what the contact was about; a note may come alone.', wrapUp, dispose),
    onContact(
      'wrap-up',
      'Ends the wrap-up, with the disposition where it was not given before.',
      wrapUp,
      async (agent, call, given) => {
        await dispose(agent, call, given, true);
        agentWork.wrapUpDone(agent.id, call);
      },
    ),
    onContact(
      'extend-wrap-up',
      'Makes the wrap-up longer.',
      z.strictObject({ ms: z.number().int().min(1_000).max(600_000) }),
      ({ id }, call, { ms }) => agentWork.extendWrapUp(id, call, ms),
    ),
  ];
}

function wrong(field: string, message: string): Error {
  return invalidField(new z.ZodError([{ code: 'custom', path: [field], message, input: undefined }]));
}
