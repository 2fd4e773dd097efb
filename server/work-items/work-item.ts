import { z } from 'zod';
import type { AgentId, CustomerId, Millis, Scope } from '../../values/index.ts';
import type { WorkItemState } from './states.ts';

export const priorities = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof priorities)[number];

const hour = 3_600_000;
/** Time at work within which it is to be solved, where nothing else is said. */
export const solvedWithinMs: Record<Priority, Millis> = {
  low: 80 * hour,
  normal: 24 * hour,
  high: 8 * hour,
  urgent: 2 * hour,
};

const short = z.string().trim().min(1).max(200);
const links = z
  .array(
    z.union([
      z.strictObject({ interaction: short }),
      z.strictObject({ item: short }),
      z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2_048), title: short.optional() }),
    ]),
  )
  .max(50);

export const newWorkItemSchema = z
  .strictObject({
    via: short.describe('Channel of kind work: says queue, team and business hours (of its queue)'),
    key: short.optional().describe('Of the program that makes it: the same one is the same work item'),
    subject: short,
    text: z.string().trim().min(1).max(20_000),
    priority: z.enum(priorities).default('normal'),
    customer: short.optional(),
    owner: short.optional().describe('An agent'),
    solveWithinMs: z
      .number()
      .int()
      .positive()
      .max(400 * 24 * hour)
      .optional()
      .describe('Time at work; default by priority'),
    links: links.default([]),
  })
  .meta({ id: 'NewWorkItem' });
export type NewWorkItem = z.infer<typeof newWorkItemSchema>;

export const workItemChangeSchema = z
  .strictObject({
    subject: short.optional(),
    priority: z.enum(priorities).optional().describe('Does not move the agreed time; due does'),
    owner: short.nullable().optional().describe('null: nobody'),
    due: z.number().int().positive().optional(),
    links: links.optional(),
  })
  .refine((one) => Object.keys(one).length > 0, 'something to change');
export type WorkItemChange = z.infer<typeof workItemChangeSchema>;

export interface WorkItem extends Scope {
  id: string;
  via: string;
  key?: string | undefined;
  state: WorkItemState;
  subject: string;
  priority: Priority;
  customer?: CustomerId | undefined;
  owner?: AgentId | undefined;
  /** The agreed time; while pending, what it was when that began. */
  due: Millis;
  /** While pending or solved: the time at work that is left when it is open again. */
  leftMs?: Millis | undefined;
  /** While pending: when it wakes by itself. */
  until?: Millis | undefined;
  overdue: boolean;
  links: NewWorkItem['links'];
  at: Millis;
  by: string;
  changedAt: Millis;
  solvedAt?: Millis | undefined;
  comments: number;
  /** How often it was put into its queue. */
  rounds: number;
}

export interface Comment {
  number: number;
  at: Millis;
  by: string;
  internal: boolean;
  text: string;
}
