// One customer or two: agents may suggest, staff merges and takes apart.
import { z } from 'zod';
import type { Customer, Suggestion } from '../../customers/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { confinedTo, mayServe, visible } from '../scope.ts';
import { customerSchema, shownCustomer } from './customer-views.ts';

const id = z.string().min(1).max(64);
const byId = z.object({ id });
const suggestion = z
  .object({
    customer: z.string(),
    other: z.string(),
    why: z.enum(['said', 'proved', 'parted', 'by-hand']),
    kind: z.string().optional().describe('Of the identity that both have to do with'),
    since: z.number(),
    by: z.string(),
  })
  .meta({ id: 'MergeSuggestion' });

const decided = z
  .object({
    seq: z.number(),
    at: z.number(),
    by: z.string().optional(),
    what: z.enum(['merged', 'unmerged', 'dismissed']),
    customer: z.string(),
    other: z.string(),
    why: z.string().optional().describe('Kind of the identity that proved it, or by-hand'),
    undone: z.boolean().describe('Of a merge: the two stand by themselves now'),
  })
  .meta({ id: 'MergeDecision' });

const decisions = {
  'customer.merged': 'merged',
  'customer.unmerged': 'unmerged',
  'customer.merge-suggestion-closed': 'dismissed',
} as const;

export function customerMergeEndpoints({ customers, audit }: ApiDeps): Endpoint[] {
  const must = (principal: Principal, of: string) => visible(principal, customers.get(of), 'customer', of);
  const common = { tag: 'Customers', errors: ['not-found'] };
  const shown = (one: Suggestion) => suggestion.parse(one);
  return [
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/suggestions',
      about: 'Pairs of customers who may be one person and wait for a decision, newest first.',
      roles: staff,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(200).default(50),
        before: z.coerce.number().int().optional().describe('`since` of the last one of the page before'),
      }),
      answer: z.object({
        suggestions: z.array(suggestion),
        customers: z.record(z.string(), customerSchema).describe('Those of the pairs, by the ids that stand there'),
        next: z.number().optional().describe('`before` of the next page'),
      }),
      handle({ query, principal }) {
        const found = customers.suggestions({ ...query, team: confinedTo(principal) });
        const people: Record<string, Customer> = {};
        for (const id of new Set(found.flatMap(({ customer, other }) => [customer, other]))) {
          const known = customers.get(id);
          if (known && mayServe(principal, known)) people[id] = shownCustomer(principal, known);
        }
        // Those who became one meanwhile, and those of whom one is not hers to see, are no question.
        const open = found.filter(({ customer, other }) => {
          const [one, two] = [people[customer], people[other]];
          return one !== undefined && two !== undefined && one.id !== two.id;
        });
        const next = found.length === query.limit ? found.at(-1)?.since : undefined;
        return { suggestions: open.map(shown), customers: people, ...(next === undefined ? {} : { next }) };
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/merges',
      about: 'Who was merged, taken apart, or declared to be two persons, and by whom or by which rule; newest first.',
      roles: staff,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(200).default(50),
        before: z.coerce.number().int().min(1).optional().describe('`next` of the page before'),
      }),
      answer: z.object({
        decisions: z.array(decided),
        customers: z.record(z.string(), customerSchema).describe('Those of the pairs, by the ids that stand there'),
        next: z.number().optional(),
      }),
      async handle({ query: { limit, before }, principal }) {
        // Who decided just now wants to see it.
        await audit?.settled();
        const found = audit?.find({ type: 'customer.*', limit, before }) ?? [];
        const people: Record<string, Customer> = {};
        const seen = (of: string): Customer | undefined => {
          const known = people[of] ?? customers.get(of);
          if (known === undefined || !mayServe(principal, known)) return undefined;
          people[of] = shownCustomer(principal, known);
          return people[of];
        };
        const rows = found.flatMap(({ seq, at, type, by, subject = '', data }): z.infer<typeof decided>[] => {
          const what = Object.hasOwn(decisions, type) ? decisions[type as keyof typeof decisions] : undefined;
          // A merge closes its suggestion, too: that is one decision.
          if (what === undefined || data.state === 'merged') return [];
          const other = String(data.loser ?? data.from ?? data.other ?? '');
          const [one, two] = [seen(subject), seen(other)];
          if (one === undefined || two === undefined) return [];
          const why = typeof data.why === 'string' ? { why: data.why } : {};
          return [{ seq, at, ...(by && { by }), what, customer: subject, other, ...why, undone: one.id !== two.id }];
        });
        const next = found.length === limit ? found.at(-1)?.seq : undefined;
        return { decisions: rows, customers: people, ...(next === undefined ? {} : { next }) };
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/:id/suggestions',
      about: 'Who may be the same person as this customer.',
      roles: everyone,
      params: byId,
      answer: z.object({ suggestions: z.array(suggestion) }),
      handle({ params, principal }) {
        must(principal, params.id);
        return { suggestions: customers.suggestionsOf(params.id).map(shown) };
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/customers/:id/suggestions',
      about: 'Says that another customer may be the same person; staff decides.',
      roles: everyone,
      params: byId,
      body: z.strictObject({ other: id }),
      answer: suggestion,
      status: 201,
      errors: ['not-found', 'customer-merged-already'],
      async handle({ params, body, principal }) {
        must(principal, params.id);
        must(principal, body.other);
        return shown(await customers.merging.suggest(params.id, body.other, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/customers/:id/suggestions/:other',
      audit: { by: ['customer.merge-suggestion-closed'] },
      about: 'They are two persons: the suggestion is gone, and is not made again.',
      roles: staff,
      params: byId.extend({ other: id }),
      async handle({ params, principal }) {
        must(principal, params.id);
        await customers.merging.dismiss(params.id, params.other, principal.by);
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/customers/:id/merge',
      audit: { by: ['customer.merged'] },
      about: 'Another customer is this one: everything of both is hers, and the other id goes on as a name of hers.',
      roles: staff,
      params: byId,
      body: z.strictObject({ other: id }),
      answer: customerSchema,
      errors: ['not-found', 'customer-merged-already', 'customer-parts-many'],
      async handle({ params, body, principal }) {
        must(principal, params.id);
        must(principal, body.other);
        return shownCustomer(principal, await customers.merging.merge(params.id, body.other, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/customers/:id/unmerge',
      audit: { by: ['customer.unmerged'] },
      about:
        'Takes a customer who was merged (`id` is hers, not the one of the person) apart again: both have what they had, and what came by their own identities since.',
      roles: staff,
      params: byId,
      answer: z.object({ customer: customerSchema, from: customerSchema }),
      errors: ['not-found', 'customer-not-merged'],
      async handle({ params, principal }) {
        must(principal, params.id);
        const { customer, from } = await customers.merging.part(params.id, principal.by);
        return { customer: shownCustomer(principal, customer), from: shownCustomer(principal, from) };
      },
    }),
  ];
}
