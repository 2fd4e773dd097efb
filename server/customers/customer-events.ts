import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const identity = { kind: z.string(), value: z.string().optional() };
const by = z.string();

export const customerCreated = defineEvent(
  'customer.created',
  1,
  { by, kind: z.string().optional(), value: z.string().optional(), name: z.string().optional() },
  { personal: ['value', 'name'], about: 'A customer is known for the first time, by that identity.' },
);

export const customerChanged = defineEvent(
  'customer.changed',
  1,
  { by, name: z.string().nullable().optional(), language: z.string().nullable().optional() },
  { personal: ['name'], about: 'Name or language of a customer changed; null takes it away.' },
);

export const identityAdded = defineEvent(
  'customer.identity-added',
  1,
  { by, ...identity },
  { personal: ['value'], about: 'The customer has one more identity.' },
);

export const identityRemoved = defineEvent(
  'customer.identity-removed',
  1,
  { by, ...identity },
  { personal: ['value'], about: 'An identity was taken from the customer.' },
);

export const customerTagged = defineEvent(
  'customer.tagged',
  1,
  { by, tag: z.string(), until: z.number().optional() },
  { about: 'The customer got a tag, for good or until that time.' },
);

export const customerUntagged = defineEvent(
  'customer.untagged',
  1,
  { by, tag: z.string() },
  { about: 'A tag was taken off the customer.' },
);

export const customerNoted = defineEvent(
  'customer.noted',
  1,
  { by, note: z.string(), text: z.string().optional() },
  { personal: ['text'], about: 'Somebody wrote a note about the customer; `note` is its id.' },
);
