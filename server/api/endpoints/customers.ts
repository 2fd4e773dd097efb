import { z } from 'zod';
import { type Customer, findCustomers, type Identity, searchedTexts } from '../../customers/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { confinedTo, isStaff, visible } from '../scope.ts';
import { customerSchema, identity, shownCustomer as shown, timelineEntry } from './customer-views.ts';

const text = z.string().trim().min(1);
const tagName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u, 'letters, digits, space, dot, dash');
const note = z.object({ id: z.string(), at: z.number(), by: z.string(), text: z.string() }).meta({ id: 'Note' });
const language = z.enum(['en', 'zh']);
const limit = z.coerce.number().int().min(1).max(200).default(50);

export function customerEndpoints({ customers, interactions, reads }: ApiDeps): Endpoint[] {
  const must = (principal: Principal, id: string): Customer =>
    visible(principal, customers.get(id), 'customer', id) as Customer;
  /** What is proved makes two customers one by itself: an agent only says it. @throws identity-proof */
  const mayProve = (principal: Principal, identities: readonly Identity[]): void => {
    if (isStaff(principal) || principal.agent === undefined) return;
    if (identities.some(({ verified }) => verified === true)) throw failed['identity-proof']({ field: 'verified' });
  };
  const common = { tag: 'Customers', roles: everyone, errors: ['not-found'] };
  const byId = z.object({ id: z.string().min(1).max(64) });
  return [
    endpoint({
      ...common,
      method: 'get',
      path: '/customers',
      about: 'Searches customers by a part of the name, or the beginning of a number or account.',
      query: z.object({ text: text.max(100), limit }),
      answer: z.object({ customers: z.array(customerSchema) }),
      async handle({ query, principal }) {
        const { text: typed, limit: most } = query;
        const texts = searchedTexts(typed, customers.country);
        const ids = await reads.ask(findCustomers, { texts, limit: most, team: confinedTo(principal) });
        // Two parts of one person are one answer.
        const found = new Map(ids.flatMap((id) => customers.get(id) ?? []).map((customer) => [customer.id, customer]));
        return { customers: [...found.values()].map((customer) => shown(principal, customer)) };
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/customers',
      about: 'Creates a customer.',
      body: z.strictObject({
        name: text.max(200).optional(),
        language: language.optional(),
        team: z.string().max(64).optional(),
        identities: z.array(identity).max(50).default([]),
      }),
      answer: customerSchema,
      status: 201,
      errors: ['identity-taken', 'identity-proof'],
      async handle({ body, principal }) {
        mayProve(principal, body.identities);
        const team = confinedTo(principal) ?? body.team;
        return shown(principal, await customers.create({ ...body, team }, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/:id',
      about: 'One customer.',
      params: byId,
      answer: customerSchema,
      handle: ({ params, principal }) => shown(principal, must(principal, params.id)),
    }),
    endpoint({
      ...common,
      method: 'patch',
      path: '/customers/:id',
      about: 'Changes name or language; null takes it away.',
      params: byId,
      body: z.strictObject({ name: text.max(200).nullable().optional(), language: language.nullable().optional() }),
      answer: customerSchema,
      async handle({ params, body, principal }) {
        must(principal, params.id);
        return shown(principal, await customers.change(params.id, body, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/customers/:id',
      audit: { by: ['journal.person-erased'] },
      about: 'Erases the person: all personal fields about her and her contacts, for good. Figures stay.',
      roles: admins,
      params: byId,
      answer: z.object({ events: z.number().describe('Events whose personal fields were erased') }),
      async handle({ params, principal }) {
        must(principal, params.id);
        return { events: await customers.erase(params.id, principal.by) };
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/customers/:id/identities',
      about: 'Adds an identity.',
      params: byId,
      body: identity,
      answer: customerSchema,
      errors: ['identity-taken', 'identity-proof'],
      async handle({ params, body, principal }) {
        must(principal, params.id);
        mayProve(principal, [body]);
        return shown(principal, await customers.addIdentity(params.id, body, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/customers/:id/identities/:kind/:value',
      about: 'Takes an identity away.',
      answer: customerSchema,
      async handle({ params: { id, kind, value }, principal }) {
        must(principal, id!);
        return shown(principal, await customers.removeIdentity(id!, { kind: kind!, value: value! }, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'put',
      path: '/customers/:id/tags/:tag',
      about: 'Tags the customer, for good or until a time.',
      params: byId.extend({ tag: tagName }),
      body: z.strictObject({ until: z.number().int().optional() }),
      answer: customerSchema,
      async handle({ params, body, principal }) {
        must(principal, params.id);
        return shown(principal, await customers.tag(params.id, params.tag, principal.by, body.until));
      },
    }),
    endpoint({
      ...common,
      method: 'delete',
      path: '/customers/:id/tags/:tag',
      about: 'Takes a tag off.',
      params: byId.extend({ tag: tagName }),
      answer: customerSchema,
      async handle({ params, principal }) {
        must(principal, params.id);
        return shown(principal, await customers.untag(params.id, params.tag, principal.by));
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/:id/notes',
      about: 'Notes about the customer, newest first.',
      params: byId,
      answer: z.object({ notes: z.array(note) }),
      handle({ params, principal }) {
        must(principal, params.id);
        return { notes: customers.notes(params.id) };
      },
    }),
    endpoint({
      ...common,
      method: 'post',
      path: '/customers/:id/notes',
      about: 'Writes a note about the customer.',
      params: byId,
      body: z.strictObject({ text: text.max(4_000) }),
      answer: note,
      status: 201,
      handle({ params, body, principal }) {
        must(principal, params.id);
        return customers.note(params.id, body.text, principal.by);
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/:id/timeline',
      about: 'Everything that happened to her, on every channel and outside, newest first, by pages.',
      params: byId,
      query: z.object({ limit, after: z.string().max(100).optional().describe('`next` of the page before') }),
      answer: z.object({ entries: z.array(timelineEntry), next: z.string().optional() }),
      async handle({ params, query, principal }) {
        must(principal, params.id);
        await interactions.settled();
        return customers.timeline(params.id, query);
      },
    }),
  ];
}
