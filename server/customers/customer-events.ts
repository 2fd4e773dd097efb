import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

const identity = { kind: z.string(), value: z.string().optional() };
const by = z.string();
const verified = z.boolean().optional();

// Before customers were known on several channels.
defineEvent(
  'customer.created',
  1,
  { by, kind: z.string().optional(), value: z.string().optional(), name: z.string().optional() },
  { personal: ['value', 'name'], about: 'A customer is known for the first time, by that identity.' },
);

export const customerCreated = defineEvent(
  'customer.created',
  2,
  {
    by,
    kind: z.string().optional(),
    value: z.string().optional(),
    verified,
    name: z.string().optional(),
    language: z.string().optional(),
  },
  { personal: ['value', 'name'], about: 'A customer is known for the first time, by that identity.' },
);

export const customerChanged = defineEvent(
  'customer.changed',
  1,
  { by, name: z.string().nullable().optional(), language: z.string().nullable().optional() },
  { personal: ['name'], about: 'Name or language of a customer changed; null takes it away.' },
);

defineEvent(
  'customer.identity-added',
  1,
  { by, ...identity },
  { personal: ['value'], about: 'The customer has one more identity.' },
);

export const identityAdded = defineEvent(
  'customer.identity-added',
  2,
  { by, ...identity, verified },
  { personal: ['value'], about: 'The customer has one more identity; `verified`: it was proved.' },
);

export const identityVerified = defineEvent(
  'customer.identity-verified',
  1,
  { by, ...identity },
  { personal: ['value'], about: 'An identity of the customer was proved.' },
);

export const identityClaimed = defineEvent(
  'customer.identity-claimed',
  1,
  { by, ...identity },
  { personal: ['value'], about: 'The customer said that an identity is hers, without proof. Nobody is found by it.' },
);

export const identityRemoved = defineEvent(
  'customer.identity-removed',
  1,
  { by, ...identity },
  { personal: ['value'], about: 'An identity was taken from the customer.' },
);

export const customersMerged = defineEvent(
  'customer.merged',
  1,
  { by, loser: z.string(), why: z.string() },
  {
    about:
      'Another customer (`loser`) turned out to be this one; her id goes on as another name. `why`: the kind of identity that proved it, or `by-hand`.',
  },
);

export const customersParted = defineEvent(
  'customer.unmerged',
  1,
  { by, from: z.string() },
  { about: 'The customer stands by herself again, with everything that she had; no rule merges the two any more.' },
);

export const customersSuggested = defineEvent(
  'customer.merge-suggested',
  1,
  { by, other: z.string(), why: z.string(), kind: z.string().optional() },
  { about: 'The customer may be the same person as another one; somebody should look.' },
);

export const suggestionClosed = defineEvent(
  'customer.merge-suggestion-closed',
  1,
  { by, other: z.string(), state: z.enum(['dismissed', 'merged']) },
  { about: 'A person decided whether two customers are the same.' },
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

/** What happened to her elsewhere; `data` is JSON text, so that it is erased whole. */
export const customerEvent = defineEvent(
  'customer.event',
  1,
  { by, event: z.string(), key: z.string(), name: z.string(), data: z.record(z.string(), z.unknown()).optional() },
  {
    personal: ['data'],
    about: 'Something happened to the customer outside: a payment failed, a cart was left. `event` is its id.',
  },
);

export const consentSet = defineEvent(
  'customer.consent-set',
  1,
  { by, channel: z.string(), purpose: z.string(), given: z.boolean(), proof: z.string().optional() },
  {
    personal: ['proof'],
    about: 'The customer agreed to be written to or called on a channel for a purpose, or took that back. `*` is all.',
  },
);

export const customerExported = defineEvent(
  'customer.exported',
  1,
  { by },
  { about: 'Everything about the customer was exported.' },
);
