// What a panel can ask of the desk: each command with what goes with it and what its answer holds.
import { z } from 'zod';
import { conversationCommands } from './conversation-protocol.ts';
import { limits } from './limits.ts';
import { phoneCommands } from './phone-protocol.ts';
import { callView, colleague, floorAgent, id, language, monitorMode, queueCard, queueLive, snapshot } from './views.ts';

interface Command {
  about: string;
  with: z.ZodType;
  answer: z.ZodType;
}

const nothing = z.strictObject({});
const contact = z.strictObject({ interaction: id });
const person = z.union([
  z.strictObject({ agent: id }),
  z.strictObject({ number: z.string().regex(/^\+?[0-9*#]{2,32}$/) }),
]);
const target = z.union([z.strictObject({ queue: id }), ...person.options]);
const session = z.string().min(1).max(64);

const welcome = z.object({
  /** Names this panel; kept over reloads in the tab, not over tabs. */
  session,
  /** Names this run of the server: another one means that all numbers begin anew. */
  epoch: z.string(),
  how: z.enum(['snapshot', 'resumed']),
  snapshot: snapshot.optional(),
});

export const commands = {
  hello: {
    about: 'First message of a new panel. Signs the agent in where she is offline; answered with a snapshot.',
    with: z.strictObject({ protocol: z.int(), language }),
    answer: welcome,
  },
  resume: {
    about:
      'First message after a reload (without `seen`) or a lost connection: the missed events follow, or, where they are no longer kept or the server is another run, a snapshot is in the answer.',
    with: z.strictObject({
      protocol: z.int(),
      language,
      session,
      epoch: z.string().max(64),
      seen: z.int().min(0).optional(),
    }),
    answer: welcome,
  },
  language: {
    about: 'The language of the sentences in failed answers.',
    with: z.strictObject({ language }),
    answer: nothing,
  },
  ready: { about: 'Takes contacts.', with: nothing, answer: nothing },
  'not-ready': {
    about: 'Takes no new contacts, for a reason of the list in `setup.reasons`.',
    with: z.strictObject({ reason: z.string().min(1).max(40) }),
    answer: nothing,
  },
  'sign-out': {
    about: 'Ends her work after what she has on hand; the connection closes with 4001 when she is offline.',
    with: nothing,
    answer: nothing,
  },
  'pop-shown': {
    about: 'The screen-pop of this offer is on the screen: the phone may ring.',
    with: z.strictObject({ offer: id }),
    answer: nothing,
  },
  answer: {
    about: 'Makes her ringing phone answer, where `setup.me.canAnswer`.',
    with: z.strictObject({ offer: id }),
    answer: nothing,
  },
  decline: { about: 'Refuses the offer.', with: z.strictObject({ offer: id }), answer: nothing },
  hold: { about: 'The customer hears music.', with: contact, answer: nothing },
  'resume-call': { about: 'Takes the customer back from hold.', with: contact, answer: nothing },
  transfer: {
    about: 'Blind transfer to a queue, an agent or a number.',
    with: z.strictObject({
      interaction: id,
      to: target,
    }),
    answer: nothing,
  },
  consult: {
    about: 'Asks a queue, an agent or a number while the customer hears music. The call says how it goes on.',
    with: z.strictObject({ interaction: id, to: target }),
    answer: z.object({ party: id }),
  },
  swap: { about: 'To the other of customer and consulted party, and back.', with: contact, answer: nothing },
  merge: { about: 'Customer, agent and consulted party talk together.', with: contact, answer: nothing },
  complete: {
    about: 'The customer goes to the consulted party; while that still rings, as a blind transfer.',
    with: contact,
    answer: nothing,
  },
  retract: { about: 'Lets the consulted party go and takes the customer back.', with: contact, answer: nothing },
  invite: {
    about: 'Calls an agent or a number into the talk, which goes on meanwhile.',
    with: z.strictObject({ interaction: id, to: person }),
    answer: z.object({ party: id }),
  },
  drop: {
    about: 'Takes a consulted or added party out.',
    with: z.strictObject({ interaction: id, party: id }),
    answer: nothing,
  },
  leave: { about: 'Leaves a conference; the others go on.', with: contact, answer: nothing },
  park: {
    about: 'The customer waits at a slot, where every agent can retrieve her; after a time she comes back.',
    with: contact,
    answer: z.object({ slot: z.string() }),
  },
  unpark: {
    about: 'Rings her phone and gives her who is parked at that slot.',
    with: z.strictObject({ slot: z.string().regex(/^7[0-9]{2}$/) }),
    answer: z.object({ interaction: id }),
  },
  dial: {
    about:
      'Rings her phone, then an agent or a number; `hangup` cancels it. It counts for the queue (default: her first).',
    with: z.strictObject({ to: person, queue: id.optional() }),
    answer: z.object({ interaction: id }),
  },
  monitor: {
    about:
      'For supervisors: rings their phone and puts them into a talk: `listen`, `whisper` (only the agent hears) or `barge`; again changes how.',
    with: z.strictObject({ interaction: id, mode: monitorMode }),
    answer: nothing,
  },
  unmonitor: { about: 'For supervisors: ends listening.', with: contact, answer: nothing },
  'take-over': {
    about: 'For supervisors who are in a talk: the customer is theirs, the agent is out.',
    with: contact,
    answer: nothing,
  },
  force: {
    about: 'For supervisors: sets the state of an agent; `reason` goes with `not-ready`.',
    with: z.strictObject({
      agent: id,
      to: z.enum(['ready', 'not-ready', 'sign-out']),
      reason: z.string().min(1).max(40).default('supervisor'),
    }),
    answer: nothing,
  },
  detour: {
    about: 'Sends the caller into a flow; answered when the flow has begun, and `detour-ended` tells its result.',
    with: z.strictObject({ interaction: id, flow: id }),
    answer: nothing,
  },
  dtmf: {
    about: 'Sends digits to the customer’s side.',
    with: z.strictObject({ interaction: id, digits: z.string().regex(/^[0-9A-D*#]{1,32}$/) }),
    answer: nothing,
  },
  hangup: { about: 'Ends the call.', with: contact, answer: nothing },
  'pause-recording': { about: 'Pauses the recording.', with: contact, answer: nothing },
  'resume-recording': { about: 'Goes on with the recording.', with: contact, answer: nothing },
  disposition: {
    about: 'What came of the contact, one of its queue’s dispositions.',
    with: z.strictObject({ interaction: id, disposition: z.string().min(1).max(80) }),
    answer: nothing,
  },
  note: {
    about: 'The agent’s note about the contact; replaces the one before.',
    with: z.strictObject({ interaction: id, note: z.string().max(limits.noteLength) }),
    answer: nothing,
  },
  'wrap-up-done': {
    about: 'Ends the wrap-up; refused without a disposition where the queue requires one.',
    with: contact,
    answer: nothing,
  },
  extend: {
    about: 'More time for the wrap-up.',
    with: z.strictObject({ interaction: id, byMs: z.int().min(1_000).max(limits.extendMs) }),
    answer: nothing,
  },
  ...phoneCommands,
  ...conversationCommands,
  targets: {
    about: 'Where a contact can be transferred to now: agents whose id or name contains `search`, and all queues.',
    with: z.strictObject({ search: z.string().max(80) }),
    answer: z.object({ colleagues: z.array(colleague), queues: z.array(queueLive) }),
  },
  watch: {
    about: 'For supervisors and administrators: begins or ends the live view of all agents and queues in their scope.',
    with: z.strictObject({ on: z.boolean() }),
    answer: z.object({
      agents: z.array(floorAgent),
      queues: z.array(queueCard),
      figures: z.array(queueLive),
      calls: z.array(callView),
    }),
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof commands;
export type CommandWith<Name extends CommandName> = z.infer<(typeof commands)[Name]['with']>;
export type CommandAnswer<Name extends CommandName> = z.infer<(typeof commands)[Name]['answer']>;
export type Welcome = z.infer<typeof welcome>;
