// Work items (tickets): made by people and programs, worked on by agents from the queues of channels of kind work.
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import {
  newWorkItemSchema,
  priorities,
  type WorkItem,
  workItemChangeSchema,
  workItemStates,
} from '../../work-items/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { isOthersCustomer, mustKnowCustomer } from '../known-customer.ts';
import { confinedTo, mayServe, visible } from '../scope.ts';

const optional = z.string().optional();
const state = z.enum(workItemStates);
const states = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(state).min(1));
const workItem = z
  .object({
    id: z.string(),
    site: z.string(),
    team: optional,
    via: z.string(),
    key: optional,
    state,
    subject: z.string(),
    priority: z.enum(priorities),
    customer: optional,
    owner: optional,
    due: z.number().describe('To be solved until then; stands still while it is pending'),
    leftMs: z.number().optional().describe('While pending: time at work that is left'),
    until: z.number().optional().describe('While pending: it wakes by itself then'),
    overdue: z.boolean(),
    links: newWorkItemSchema.shape.links,
    at: z.number(),
    by: z.string(),
    changedAt: z.number(),
    solvedAt: z.number().optional(),
    comments: z.number(),
    rounds: z.number().describe('How often it was put into its queue'),
    ownerName: optional,
    customerName: optional,
  })
  .meta({ id: 'WorkItem' });
const comment = z
  .object({
    number: z.number(),
    at: z.number(),
    by: z.string(),
    internal: z.boolean().describe('For colleagues only'),
    text: z.string(),
  })
  .meta({ id: 'WorkItemComment' });

export function workItemEndpoints(deps: ApiDeps): Endpoint[] {
  const { workItems, directory, customers } = deps;
  /** What is hers she sees, of whatever team it is. */
  const must = (principal: Principal, id: string): WorkItem => {
    const item = workItems.get(id);
    const hers = principal.agent !== undefined && item.owner === principal.agent && item.site === principal.site;
    return hers ? item : visible(principal, item, 'work item', id);
  };
  /** Who works on it reads the name on her screen anyway; others of another team's customer do not. */
  const shown = (principal: Principal, item: WorkItem): z.infer<typeof workItem> => {
    const { owner, customer } = item;
    const hers = owner !== undefined && owner === principal.agent;
    const named = customer !== undefined && (hers || !isOthersCustomer(deps, principal, customer));
    return {
      ...item,
      ownerName: owner === undefined ? undefined : directory.agents.get(owner)?.name,
      customerName: named ? customers.get(customer)?.name : undefined,
    };
  };
  const mustAgent = (principal: Principal, owner: string | null | undefined) => {
    if (typeof owner === 'string') visible(principal, directory.agents.get(owner), 'agent', owner);
  };
  const tag = 'Work items';
  return [
    endpoint({
      method: 'get',
      path: '/work-items',
      tag,
      about: 'Work items, by the time until which they are to be solved.',
      roles: everyone,
      query: z.object({
        state: states.optional().describe('One or several, by comma'),
        owner: optional.describe('An agent, `me`, or `nobody`'),
        priority: z.enum(priorities).optional(),
        via: optional,
        text: z.string().trim().min(1).max(100).optional().describe('A part of the subject'),
        customer: optional,
        overdue: z.stringbool().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ workItems: z.array(workItem) }),
      handle({ query: { state: wanted, owner, ...query }, principal }) {
        // Nobody's is not hers who is nobody.
        const of = owner === 'me' ? (principal.agent ?? '-') : owner === 'nobody' ? '' : owner;
        const scope = { servedTeam: confinedTo(principal), orOf: principal.agent };
        return {
          workItems: workItems
            .list({ ...query, ...scope, states: wanted, owner: of })
            .map((item) => shown(principal, item)),
        };
      },
    }),
    endpoint({
      method: 'post',
      path: '/work-items',
      tag,
      about: 'Makes a work item; it enters the queue of its channel at once. The same `key` gives the same one.',
      roles: everyone,
      body: newWorkItemSchema,
      answer: workItem,
      status: 201,
      errors: ['work-item-channel'],
      async handle({ body, principal }) {
        const channel = directory.channels.get(body.via);
        if (channel && !mayServe(principal, channel)) throw failed['not-found']({ kind: 'channel', name: body.via });
        mustAgent(principal, body.owner);
        if (body.customer !== undefined) {
          const contacts = body.links.flatMap((link) => ('interaction' in link ? [link.interaction] : []));
          mustKnowCustomer(deps, principal, body.customer, contacts);
        }
        return shown(principal, await workItems.create(body, principal.by));
      },
    }),
    endpoint({
      method: 'get',
      path: '/work-items/:id',
      tag,
      about: 'One work item with everything that was written to it.',
      roles: everyone,
      answer: workItem.extend({ written: z.array(comment) }),
      errors: ['work-item-unknown'],
      handle: ({ params, principal }) => ({
        ...shown(principal, must(principal, params.id!)),
        written: workItems.comments(params.id!),
      }),
    }),
    endpoint({
      method: 'patch',
      path: '/work-items/:id',
      tag,
      about: 'Changes owner, priority, time, subject or links.',
      roles: everyone,
      body: workItemChangeSchema,
      answer: workItem,
      errors: ['work-item-unknown', 'work-item-closed'],
      async handle({ params, body, principal }) {
        must(principal, params.id!);
        mustAgent(principal, body.owner);
        return shown(principal, await workItems.change(params.id!, body, principal.by));
      },
    }),
    endpoint({
      method: 'post',
      path: '/work-items/:id/state',
      tag,
      about:
        'Moves it: new → open → pending ⇄ open → solved → closed, or open again. Pending stops its time; it wakes at `until`, and enters its queue again.',
      roles: everyone,
      body: z.strictObject({ to: state, until: z.number().int().positive().optional() }),
      answer: workItem,
      errors: ['work-item-unknown', 'work-item-state'],
      async handle({ params, body, principal }) {
        must(principal, params.id!);
        const until = body.to === 'pending' ? body.until : undefined;
        return shown(principal, await workItems.move(params.id!, body.to, principal.by, until));
      },
    }),
    endpoint({
      method: 'post',
      path: '/work-items/:id/comments',
      tag,
      about: 'Writes to it.',
      roles: everyone,
      body: z.strictObject({ text: z.string().trim().min(1).max(20_000), internal: z.boolean().default(true) }),
      answer: comment,
      status: 201,
      errors: ['work-item-unknown', 'work-item-closed'],
      handle({ params, body, principal }) {
        must(principal, params.id!);
        return workItems.comment(params.id!, body.text, body.internal, principal.by);
      },
    }),
  ];
}
