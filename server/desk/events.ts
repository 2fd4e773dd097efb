// What the desk tells a panel by itself. Events are numbered and can be resumed; live figures are not: the newest counts.
import { z } from 'zod';
import { conversationEvents, conversationLive } from './conversation-protocol.ts';
import { phoneQuality, phoneView } from './phone-protocol.ts';
import {
  agentLive,
  callView,
  floorAgent,
  id,
  offerOutcome,
  parkedCall,
  popContent,
  popView,
  queueLive,
  setup,
  today,
  workView,
} from './views.ts';

interface Told {
  about: string;
  with: z.ZodType;
}

export const deskEvents = {
  agent: {
    about: 'Her presence or her contacts changed: all of it, and her figures of the day.',
    with: z.object({ live: agentLive, today }),
  },
  pop: {
    about:
      'A contact is offered. The panel shows it and says `pop-shown`; the phone rings after that. Told again, all of it, when the customer writes on meanwhile. With an outcome at once: a written contact that she has without an offer.',
    with: popView,
  },
  hints: {
    about: 'What to know about the customer of a contact on her screen, as of now: all of it.',
    with: z.object({ interaction: id, hints: popContent.shape.hints.unwrap() }),
  },
  'offer-ended': {
    about: 'What became of an offer.',
    with: z.object({ offer: id, interaction: id, outcome: offerOutcome }),
  },
  call: { about: 'A call of hers, or one that she is in as a party, began or changed: all of it.', with: callView },
  asked: {
    about:
      'A colleague asks her into a call (`consult`), or adds her to it (`add`): her phone rings, and this is the customer. The call follows as `call`, and goes with `call-gone`, unless she gets it.',
    with: z.object({ party: id, as: z.enum(['consult', 'add']), by: id.optional(), content: popContent }),
  },
  parked: { about: 'Parked calls changed: all of them.', with: z.object({ calls: z.array(parkedCall) }) },
  'call-gone': { about: 'The call is no longer hers.', with: z.object({ interaction: id }) },
  work: { about: 'Disposition or note of a contact changed, perhaps on another panel of hers.', with: workView },
  'detour-ended': {
    about: 'The caller is back from a flow, with its result, or the flow could not be done.',
    with: z.object({
      interaction: id,
      flow: id,
      result: z.record(z.string(), z.string()).optional(),
      failed: z.object({ code: z.string(), reason: z.string() }).optional(),
    }),
  },
  phone: {
    about: 'Her phone inside the panels changed: which panel has the audio, what rings, what is heard. All of it.',
    with: phoneView,
  },
  ...conversationEvents,
  setup: { about: 'Something that is configured changed: all of it.', with: setup },
  'signed-out': {
    about: 'She is offline; the connection closes.',
    with: z.object({ why: z.enum(['asked', 'disabled', 'elsewhere']) }),
  },
} as const satisfies Record<string, Told>;

export const liveFigures = {
  queues: { about: 'Live figures of queues that changed.', with: z.array(queueLive) },
  calls: {
    about: 'Calls that began, changed or ended (`phase`), for panels that watch.',
    with: z.array(callView),
  },
  'phone-quality': {
    about: 'How her panel’s phone hears and is heard: packets, losses, jitter, MOS of the last 10 s, about every 5 s.',
    with: phoneQuality,
  },
  ...conversationLive,
  floor: { about: 'Agents that changed, for panels that watch.', with: z.array(floorAgent) },
} as const satisfies Record<string, Told>;

export type DeskEventName = keyof typeof deskEvents;
export type DeskEventWith<Name extends DeskEventName> = z.infer<(typeof deskEvents)[Name]['with']>;
export type LiveName = keyof typeof liveFigures;
export type LiveWith<Name extends LiveName> = z.infer<(typeof liveFigures)[Name]['with']>;
