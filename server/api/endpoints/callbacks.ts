// Callbacks: agreed in a contact, by an agent or by a program; when due, they stand in their queue.
import { z } from 'zod';
import { maskNumber } from '../../../values/index.ts';
import type { Callback } from '../../callbacks/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { isOthersCustomer, mustKnowCustomer } from '../known-customer.ts';
import { confinedTo, hadPart, isStaff, visible } from '../scope.ts';

const optional = z.string().optional();
const name = z.string().min(1).max(64);
const language = z.enum(['en', 'zh']);
const callback = z
  .object({
    id: z.string(),
    site: z.string(),
    team: optional,
    queue: z.string(),
    number: optional.describe('Masked for agents who did not make it; absent once the person was erased'),
    name: optional,
    note: optional,
    customer: optional,
    language,
    preferred: optional.describe('Asked first, for a minute'),
    from: z.number(),
    until: z.number().describe('Not begun after that'),
    since: z.number().optional(),
    origin: optional.describe('The contact in which it was agreed'),
    mostAttempts: z.number(),
    retryMs: z.number(),
    state: z.enum(['scheduled', 'queued', 'dialling', 'done', 'failed', 'expired', 'cancelled']),
    nextAt: z.number(),
    interaction: optional.describe('Of the attempt under way, or the last one'),
    attempts: z.array(
      z.object({
        at: z.number(),
        interaction: z.string(),
        outcome: z.enum(['reached', 'not-reached', 'queue-exit', 'lost']),
      }),
    ),
    at: z.number(),
    by: z.string(),
  })
  .meta({ id: 'Callback' });

export function callbackEndpoints(deps: ApiDeps): Endpoint[] {
  const { callbacks, callControl, directory, interactions } = deps;
  /** Agents see what they made, and what is meant for them or one of their queues. */
  const hers = (principal: Principal, one: Callback): boolean =>
    isStaff(principal) ||
    one.by === principal.by ||
    (principal.agent !== undefined &&
      (one.preferred === principal.agent ||
        directory.agents.get(principal.agent)?.queues.includes(one.queue) === true));
  const shown = (principal: Principal, one: Callback): Callback => {
    const { number, customer } = one;
    const seen = isStaff(principal) || one.by === principal.by || number === undefined ? number : maskNumber(number);
    if (customer === undefined) return { ...one, number: seen };
    // Whose number it is, she learns of those who are there for her.
    if (isOthersCustomer(deps, principal, customer)) return { ...one, number: seen, customer: undefined };
    return { ...one, number: seen, name: one.name ?? deps.customers.get(customer)?.name };
  };
  const must = (principal: Principal, id: string): Callback => {
    const one = callbacks.get(id);
    visible(principal, one, 'callback', id);
    if (!hers(principal, one)) throw failed['not-found']({ kind: 'callback', name: id });
    return one;
  };
  const tag = 'Callbacks';
  return [
    endpoint({
      method: 'get',
      path: '/callbacks',
      tag,
      about: 'Callbacks, the latest due first.',
      roles: everyone,
      query: z.object({
        state: callback.shape.state.optional(),
        queue: name.optional(),
        customer: name.optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ callbacks: z.array(callback) }),
      handle({ query, principal }) {
        // Else she would learn by his id whose number it is that she has called back.
        if (query.customer !== undefined && isOthersCustomer(deps, principal, query.customer)) return { callbacks: [] };
        const { site, by, agent = '' } = principal;
        const { queues = [] } = directory.agents.get(agent) ?? {};
        // Asked for with the rest: of many, hers may be beyond the first hundred.
        const own = isStaff(principal) ? undefined : { by, agent, queues };
        const found = callbacks.list({ ...query, site, servedTeam: confinedTo(principal), hers: own });
        return { callbacks: found.map((one) => shown(principal, one)) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/callbacks',
      tag,
      about: 'Schedules a callback. When it is due it waits in the queue; the agent is rung first, then the customer.',
      roles: everyone,
      body: z.strictObject({
        queue: name,
        number: z
          .string()
          .regex(/^\+?[0-9]{2,20}$/, 'digits, with or without +')
          .optional()
          .describe('Default: that of `origin`'),
        name: z.string().trim().min(1).max(200).optional(),
        note: z.string().max(4_000).optional(),
        customer: name.optional(),
        language: language.optional().describe('Default: what `origin` speaks, else English'),
        preferred: name.optional(),
        from: z.number().int().optional().describe('Default: now'),
        until: z.number().int().optional().describe('Default: a day after `from`'),
        origin: name.optional(),
        attempts: z.number().int().min(1).max(20).optional(),
        retryMs: z.number().int().min(60_000).max(86_400_000).optional(),
      }),
      answer: callback,
      status: 201,
      errors: [
        'queue-unknown',
        'agent-unknown',
        'not-found',
        'callback-window',
        'callback-number-many',
        'callback-person-many',
      ],
      async handle({ body, principal }) {
        // What is unknown is told as such by the callbacks themselves.
        const queue = directory.queues.get(body.queue);
        if (queue) visible(principal, queue, 'queue', body.queue);
        const preferred = body.preferred === undefined ? undefined : directory.agents.get(body.preferred);
        if (preferred) visible(principal, preferred, 'agent', preferred.id);
        const record = body.origin === undefined ? undefined : interactions.get(body.origin);
        if (record) visible(principal, record, 'interaction', record.id);
        // Else she would read any caller's number by calling him back.
        if (record && !isStaff(principal) && !hadPart(principal, record))
          throw failed['not-found']({ kind: 'interaction', name: record.id });
        if (body.customer !== undefined)
          mustKnowCustomer(deps, principal, body.customer, body.origin === undefined ? [] : [body.origin]);
        const number = body.number ?? (record?.direction === 'out' ? record.to : record?.from);
        if (number === undefined) {
          throw failed['request-invalid']({
            part: 'body',
            field: 'number',
            reason: 'it is missing, and origin has none',
          });
        }
        const customer = body.customer ?? record?.customer;
        const spoken = callControl.get(body.origin ?? '')?.language ?? record?.language;
        const speaks = body.language ?? language.safeParse(spoken).data;
        const made = await callbacks.schedule({ ...body, number, customer, language: speaks }, principal.by);
        return shown(principal, made);
      },
    }),
    endpoint({
      method: 'get',
      path: '/callbacks/:id',
      tag,
      about: 'One callback.',
      roles: everyone,
      answer: callback,
      errors: ['callback-unknown'],
      handle: ({ params, principal }) => shown(principal, must(principal, params.id!)),
    }),
    endpoint({
      method: 'post',
      path: '/callbacks/:id/cancel',
      tag,
      about: 'Cancels a callback that is not being dialled yet.',
      roles: everyone,
      answer: callback,
      errors: ['callback-unknown', 'callback-over'],
      async handle({ params, principal }) {
        must(principal, params.id!);
        return shown(principal, await callbacks.cancel(params.id!, principal.by));
      },
    }),
  ];
}
