// What happens to customers outside, told by other systems: a payment failed, a cart was left.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, staff } from '../endpoint.ts';
import { confinedTo, mayServe } from '../scope.ts';
import { identity } from './customer-views.ts';

const fact = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]);
const event = z
  .strictObject({
    key: z.string().min(1).max(200).describe('Unique for ever: the same key again changes nothing'),
    customer: z.string().min(1).max(64).optional(),
    identities: z
      .array(identity)
      .min(1)
      .max(10)
      .optional()
      .describe('How the system knows her, the surest first; who is not known yet is made'),
    name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and dashes'),
    at: z.number().int().nonnegative().optional().describe('Default: now'),
    data: z
      .record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/), fact)
      .refine((data) => Object.keys(data).length <= 32, 'at most 32 facts')
      .optional(),
  })
  .refine(({ customer, identities }) => (customer === undefined) !== (identities === undefined), {
    message: 'either customer or identities',
    path: ['customer'],
  })
  .meta({ id: 'OutsideEvent' });

/** How far a clock elsewhere may be ahead. */
const mostAheadMs = 5 * 60_000;

export function customerEventEndpoints({ customers, clock }: ApiDeps): Endpoint[] {
  type Told = z.infer<typeof event>;

  /** @returns the customer, or why it is refused */
  const whose = (principal: Principal, { customer, identities }: Told): { id: string; team?: string } | string => {
    if (customer !== undefined) {
      const known = customers.get(customer);
      if (!known || !mayServe(principal, known)) return `There is no customer ${customer}.`;
      return { id: customer, ...(known.team === undefined ? {} : { team: known.team }) };
    }
    const holder = identities?.map((one) => customers.find(one)).find((one) => one !== undefined);
    if (holder && !mayServe(principal, holder)) return 'This identity belongs to a customer of another team.';
    const team = confinedTo(principal);
    const found = customers.identify(identities ?? [], principal.by, { team });
    return { id: found.owner, ...(found.customer.team === undefined ? {} : { team: found.customer.team }) };
  };

  return [
    endpoint({
      method: 'post',
      path: '/customers/events',
      tag: 'Customers',
      about:
        'Tells what happened to customers outside: it stands in their timeline, and moments react to it. At most 100 at once, each taken once by its key; what is refused does not stop the others.',
      roles: staff,
      body: z.strictObject({ events: z.array(event).min(1).max(100) }),
      answer: z.object({
        events: z.array(
          z.object({
            key: z.string(),
            result: z.enum(['taken', 'known', 'refused']),
            customer: z.string().optional(),
            event: z.string().optional(),
            reason: z.string().optional(),
          }),
        ),
      }),
      async handle({ body, principal }) {
        const now = clock.now();
        const answers = body.events.map(async (told) => {
          const { key, name, data } = told;
          const at = told.at ?? now;
          if (at > now + mostAheadMs) return { key, result: 'refused' as const, reason: '`at` lies in the future.' };
          const customer = whose(principal, told);
          if (typeof customer === 'string') return { key, result: 'refused' as const, reason: customer };
          const { id, team } = customer;
          const facts = { key, customer: id, at, name, team, ...(data === undefined ? {} : { data }) };
          const { known, id: saved } = customers.happened(facts, principal.by);
          return { key, result: known ? ('known' as const) : ('taken' as const), customer: id, event: await saved };
        });
        return { events: await Promise.all(answers) };
      },
    }),
  ];
}
