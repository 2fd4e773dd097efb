// What moments write to the journal; their report is made of these alone.
import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const firing = z.string();
const moment = z.string();
const kind = z.enum(['tag', 'priority', 'route', 'hint', 'message', 'callback', 'signal']);

export const momentFired = defineEvent(
  'moment.fired',
  1,
  {
    firing,
    moment,
    rank: z.number(),
    since: z.number(),
    actions: z.array(kind),
    held: z.array(z.object({ action: kind, why: z.string() })).optional(),
  },
  {
    about:
      'A moment acts for the customer: what it does, and what it would have done besides (`held`) and why not. `since`: when what made it fire happened.',
  },
);

export const momentRestrained = defineEvent(
  'moment.restrained',
  1,
  { moment, why: z.string() },
  { about: 'A moment was there, and did nothing: again too soon, outranked, too late, cap, quiet hours, no consent.' },
);

export const momentActed = defineEvent(
  'moment.acted',
  1,
  {
    firing,
    moment,
    action: kind,
    result: z.enum(['done', 'refused', 'failed']),
    why: z.string().optional(),
    message: z.string().optional(),
    callback: z.string().optional(),
  },
  { about: 'What became of one action of a moment; `message` and `callback` are what it led to.' },
);

export const momentSignalled = defineEvent(
  'moment.signalled',
  1,
  { firing, moment, signal: z.string() },
  { about: 'A moment tells programs that listen that it is there.' },
);

export const momentReached = defineEvent(
  'moment.reached',
  1,
  { firing, moment, how: z.enum(['contact', 'message', 'callback']), ms: z.number() },
  {
    about:
      'What a moment did came to the customer: an agent has her contact, the message arrived, the callback was answered. `ms` since it fired.',
  },
);

export const momentAnswered = defineEvent(
  'moment.answered',
  1,
  { firing, moment, ms: z.number() },
  { about: 'The customer wrote or called within a day after a moment had reached her. `ms` since it fired.' },
);

export const momentRemoved = defineEvent(
  'moment.removed',
  1,
  { moment: z.string(), by: z.string() },
  { about: 'A moment was removed with its tests and its draft; its versions are kept.' },
);

export const momentSaved = defineEvent(
  'moment.saved',
  1,
  { moment, by: z.string(), sha256: z.string() },
  { about: 'A moment was saved, or turned on or off, by the API; the hash of its text.' },
);
