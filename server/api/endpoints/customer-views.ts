// How customers go over the API, and what of them each role sees.
import { z } from 'zod';
import { type Customer, type Identity, maskIdentity } from '../../customers/index.ts';
import type { Principal } from '../../directory/index.ts';
import { isStaff } from '../scope.ts';

const text = z.string().trim().min(1);

export const identity = z
  .strictObject({
    kind: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes'),
    value: text.max(320),
    verified: z.boolean().optional().describe('It was proved, by a login or a signed token'),
  })
  .meta({ id: 'Identity' });

const tag = z.object({ tag: z.string(), since: z.number(), until: z.number().optional(), by: z.string() });
const merge = { into: z.string(), at: z.number(), by: z.string(), why: z.string() };

export const customerSchema = z
  .object({
    id: z.string(),
    site: z.string(),
    team: z.string().optional(),
    name: z.string().optional(),
    language: z.enum(['en', 'zh']).optional(),
    createdAt: z.number(),
    updatedAt: z.number(),
    identities: z.array(identity),
    claims: z.array(identity).optional().describe('What she only says is hers'),
    tags: z.array(tag),
    parts: z
      .array(z.object({ id: z.string(), name: z.string().optional(), identities: z.array(identity), ...merge }))
      .optional()
      .describe('Customers who turned out to be her; their ids go on as names of hers'),
  })
  .meta({ id: 'Customer' });

export const timelineEntry = z
  .discriminatedUnion('entry', [
    z.object({
      entry: z.literal('interaction'),
      id: z.string(),
      at: z.number(),
      channel: z.string(),
      direction: z.string(),
      endedAt: z.number().optional(),
      outcome: z.string(),
      queue: z.string().optional(),
      agent: z.string().optional(),
      disposition: z.string().optional(),
      note: z.string().optional(),
      talkMs: z.number(),
      thread: z
        .string()
        .optional()
        .describe('The first contact of those that go on from one another, on whatever channel'),
    }),
    z.object({
      entry: z.literal('event'),
      id: z.string(),
      at: z.number(),
      name: z.string(),
      data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    }),
  ])
  .meta({ id: 'TimelineEntry' });

/** Agents read identities masked. */
export function shownCustomer(principal: Principal, customer: Customer): Customer {
  if (isStaff(principal)) return customer;
  const masked = (identities: Identity[]) => identities.map(maskIdentity);
  return {
    ...customer,
    identities: masked(customer.identities),
    ...(customer.claims && { claims: masked(customer.claims) }),
    ...(customer.parts && {
      parts: customer.parts.map((part) => ({ ...part, identities: masked(part.identities) })),
    }),
  };
}
