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
import { confinedTo, mayServe, visible } from '../scope.ts';

const optional = z.string().optional();
const state = z.enum(workItemStates);
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

export function workItemEndpoints({ workItems, directory, customers }: ApiDeps): Endpoint[] {
  const must = (principal: Principal, id: string): WorkItem => visible(principal, workItems.get(id), 'work item', id);
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
        state: state.optional(),
        owner: optional,
        customer: optional,
        overdue: z.stringbool().optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ workItems: z.array(workItem) }),
      handle: ({ query, principal }) => ({
        workItems: workItems.list({ ...query, servedTeam: confinedTo(principal) }),
      }),
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
      handle({ body, principal }) {
        const channel = directory.channels.get(body.via);
        if (channel && !mayServe(principal, channel)) throw failed['not-found']({ kind: 'channel', name: body.via });
        mustAgent(principal, body.owner);
        if (body.customer !== undefined && !customers.get(body.customer)) {
          throw failed['not-found']({ kind: 'customer', name: body.customer });
        }
        return workItems.create(body, principal.by);
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
      handle: ({ params, principal }) => ({ ...must(principal, params.id!), written: workItems.comments(params.id!) }),
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
      handle({ params, body, principal }) {
        must(principal, params.id!);
        mustAgent(principal, body.owner);
        return workItems.change(params.id!, body, principal.by);
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
      handle({ params, body, principal }) {
        must(principal, params.id!);
        return workItems.move(params.id!, body.to, principal.by, body.to === 'pending' ? body.until : undefined);
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
