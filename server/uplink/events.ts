import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const uplinkBehind = defineEvent(
  'uplink.behind',
  1,
  {
    events: z.number().int(),
    oldestMs: z.number().int(),
    freeBytes: z.number().optional(),
    why: z.enum(['events', 'age', 'disk', 'restored']),
  },
  {
    about:
      'The cloud lags behind more than the alarm allows, or the disk that keeps what waits gets full. `restored`: the cloud knows more of this site than this data does (a backup was restored): nothing is sent until somebody decides.',
  },
);

export const uplinkCaughtUp = defineEvent(
  'uplink.caught-up',
  1,
  { behindMs: z.number().int() },
  { about: 'The cloud has the journal again as far as it goes; how long it lagged behind.' },
);

export const egressPolicyChanged = defineEvent(
  'egress.policy-changed',
  1,
  { policy: z.string() },
  { about: 'From here on another policy says what may leave the site; `policy` is its hash.' },
);

export const uplinkSettled = defineEvent(
  'uplink.settled',
  1,
  {
    after: z.number().int(),
    cursor: z.number().int(),
    aside: z.string().optional(),
    contacts: z.number().int(),
    by: z.string(),
  },
  {
    about:
      'The site was restored from an older backup, and goes on after `after`; what the cloud had of it up to `cursor` is kept there under the name `aside`.',
  },
);

export const egressLogSealed = defineEvent(
  'egress.log-sealed',
  1,
  {
    nth: z.number().int(),
    file: z.string(),
    firstBatch: z.number().int(),
    lastBatch: z.number().int(),
    batches: z.number().int(),
    upto: z.number().int(),
    digest: z.string(),
    previous: z.string(),
    seal: z.string(),
  },
  {
    about:
      'A day of the egress log went into a file in `<data>/egress`: its SHA-256, and the seal over it and the seal before it, which this event puts into the hash chain of the journal.',
  },
);

export const egressLogLarge = defineEvent(
  'egress.log-large',
  1,
  { batches: z.number().int(), most: z.number().int(), days: z.number().int() },
  {
    about:
      'More batches of the egress log are in the database than `uplink.log.mostBatches` allows, though what is older than `days` was taken out.',
  },
);
