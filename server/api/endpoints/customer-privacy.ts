// What a person may ask of a company that keeps data about her: everything of it in her hand, and her word on what for.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { drained } from '../drained.ts';
import { admins, type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { visible } from '../scope.ts';

const byId = z.object({ id: z.string().min(1).max(64) });
const word = z.string().regex(/^(\*|[a-z][a-z0-9-]{0,39})$/, 'lower-case letters, digits and dashes, or * for all');
const consent = z
  .object({
    channel: word,
    purpose: word,
    given: z.boolean(),
    since: z.number(),
    by: z.string(),
    proof: z.string().optional(),
  })
  .meta({ id: 'Consent' });

export function customerPrivacyEndpoints({ customers }: ApiDeps): Endpoint[] {
  const must = (principal: Principal, id: string) => visible(principal, customers.get(id), 'customer', id);
  const common = { tag: 'Customers', errors: ['not-found'], params: byId };
  return [
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/:id/export',
      about:
        'Everything about one person as one JSON file: identities, notes, consents, interactions, messages, the list of recordings, events. Who exported it stands in the audit.',
      roles: admins,
      raw: 'application/json',
      async handle({ params, principal, response }) {
        must(principal, params.id);
        const pieces = await customers.export(params.id, principal.by);
        response.set({
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Disposition': `attachment; filename="${params.id}.json"`,
          'Cache-Control': 'no-store',
        });
        let written = 0;
        for (const piece of pieces) {
          // Calls go first: after every few records others have their turn.
          if (!response.write(piece)) await drained(response);
          else if (++written % 50 === 0) await new Promise(setImmediate);
          if (response.destroyed) return;
        }
        response.end();
      },
    }),
    endpoint({
      ...common,
      method: 'get',
      path: '/customers/:id/consents',
      about: 'Whether she agreed to be written to or called, by channel and purpose.',
      roles: everyone,
      answer: z.object({ consents: z.array(consent) }),
      handle({ params, principal }) {
        must(principal, params.id);
        return { consents: customers.consents(params.id) };
      },
    }),
    endpoint({
      ...common,
      method: 'put',
      path: '/customers/:id/consents/:channel/:purpose',
      audit: { shows: ['given'] },
      about: 'She agreed, or took it back. `*` is every channel, or every purpose; the most precise word counts.',
      roles: everyone,
      params: byId.extend({ channel: word, purpose: word }),
      body: z.strictObject({ given: z.boolean(), proof: z.string().max(200).optional() }),
      answer: z.object({ consents: z.array(consent) }),
      async handle({ params: { id, channel, purpose }, body, principal }) {
        must(principal, id);
        return { consents: await customers.consent(id, { channel, purpose, ...body }, principal.by) };
      },
    }),
  ];
}
