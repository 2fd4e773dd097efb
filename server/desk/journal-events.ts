// What agents do at their desks, as events of the journal.
import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';
import { popContent } from './views.ts';

const channel = z.enum(['voice', 'chat', 'social', 'mail', 'sms', 'work']);

export const deskFacts = {
  signedIn: defineEvent('desk.signed-in', 1, { session: z.string() }, { about: 'An agent signed in by her panel.' }),
  signedOut: defineEvent(
    'desk.signed-out',
    1,
    { why: z.enum(['asked', 'disabled', 'elsewhere']) },
    { about: 'An agent is offline and her panels were closed.' },
  ),
  panelConnected: defineEvent(
    'desk.panel-connected',
    1,
    { session: z.string(), how: z.enum(['hello', 'resumed', 'snapshot']), panels: z.number() },
    { about: 'A panel connected; how many of this agent there are now.' },
  ),
  panelClosed: defineEvent(
    'desk.panel-closed',
    1,
    { session: z.string(), code: z.number(), panels: z.number() },
    { about: 'A panel’s connection ended; how many of this agent are left.' },
  ),
  panelLost: defineEvent(
    'desk.panel-lost',
    1,
    { goneMs: z.number() },
    { about: 'An agent had no panel for too long and was made not ready.' },
  ),
  popped: defineEvent(
    'desk.popped',
    1,
    { offer: z.string(), at: z.number(), deadline: z.number(), panels: z.number(), content: popContent },
    { personal: ['content'], about: 'A screen-pop was written to the agent’s panels: what it showed.' },
  ),
  hinted: defineEvent(
    'desk.hinted',
    1,
    { hints: popContent.shape.hints.unwrap() },
    {
      personal: ['hints'],
      about:
        'What to know of the customer changed while her contact was on the agent’s screen: all that stands there now.',
    },
  ),
  popShown: defineEvent(
    'desk.pop-shown',
    1,
    { offer: z.string(), afterMs: z.number() },
    { about: 'A panel said that the screen-pop is on the screen.' },
  ),
  dispositionSet: defineEvent(
    'desk.disposition-set',
    1,
    { disposition: z.string() },
    { about: 'The agent said what came of the contact; the last one counts.' },
  ),
  noteWritten: defineEvent(
    'desk.note-written',
    1,
    { note: z.string() },
    { personal: ['note'], about: 'The agent’s note about the contact; replaces the one before.' },
  ),
  stateForced: defineEvent(
    'desk.state-forced',
    1,
    { by: z.string(), to: z.enum(['ready', 'not-ready', 'sign-out']), reason: z.string().optional() },
    { about: 'A supervisor (`by`) set the state of an agent.' },
  ),
  contactWorked: defineEvent(
    'desk.contact-worked',
    1,
    {
      channel,
      outcome: z.enum(['handled', 'missed', 'declined']),
      talkMs: z.number(),
      wrapUpMs: z.number(),
    },
    { about: 'A contact left the agent’s desk: her part in it, for her figures of the day.' },
  ),
};
