// Public answers that a second person reads before everybody does: what waits, what was decided, and whose it is.
import { z } from 'zod';
import { content } from '../../../connector/index.ts';
import type { ReviewedAnswer } from '../../conversations/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { actorOf, isStaff, mayServe } from '../scope.ts';

const optional = z.string().optional();
const person = z.object({ id: z.string(), name: optional });
const approval = z
  .object({
    message: z.string(),
    interaction: z.string(),
    via: z.string().describe('The digital channel'),
    at: z.number(),
    writer: person.describe('Who wrote it'),
    content,
    state: z.string().describe('Of the message: approval, waiting, sent …'),
    name: optional.describe('Of the customer, at the provider'),
    customer: optional,
    original: z
      .object({
        message: z.string(),
        at: z.number(),
        content,
        kind: z.enum(['mention', 'comment', 'post', 'review']).optional(),
        reach: z.number().optional(),
        url: optional,
      })
      .optional()
      .describe('What it answers'),
    own: z.boolean().describe('Written by who asks: somebody else has to decide on it'),
    review: z.object({ at: z.number(), by: person, approved: z.boolean(), why: optional }).optional(),
  })
  .meta({ id: 'Approval' });

/** More than anybody looks at; the rest comes when these are decided on. */
const most = 500;

export function approvalEndpoints({ conversations, directory, socialStream }: ApiDeps): Endpoint[] {
  const named = (id: string) => ({ id, name: directory.agents.get(id.replace(/^agent:/, ''))?.name });
  const shown = (principal: Principal, answer: ReviewedAnswer): z.infer<typeof approval> => {
    const { writer, writtenBy, original, review, ...rest } = answer;
    const post = original && socialStream?.get(original.message);
    return {
      ...rest,
      writer: named(writer),
      own: [writer, writtenBy].includes(actorOf(principal)),
      original: original && { ...original, ...(post && { kind: post.kind, reach: post.reach, url: post.url }) },
      review: review && { ...review, by: named(review.by) },
    };
  };
  const list = (principal: Principal, found: ReviewedAnswer[], limit: number) =>
    found
      .filter(({ interaction }) => !isStaff(principal) || mayServe(principal, conversations.scopeOf(interaction)))
      .slice(0, limit)
      .map((answer) => shown(principal, answer));
  const query = z.object({
    mine: z.stringbool().default(false).describe('Only those that I wrote; agents get no others'),
    limit: z.coerce.number().int().min(1).max(most).default(100),
  });
  const writerOf = (principal: Principal, mine: boolean) =>
    mine || !isStaff(principal) ? actorOf(principal) : undefined;
  return [
    endpoint({
      method: 'get',
      path: '/approvals',
      tag: 'Social',
      about:
        'Public answers that wait for a second person, with the post that each answers, the oldest first. Decide with POST /messages/:id/review.',
      roles: everyone,
      query,
      answer: z.object({ approvals: z.array(approval) }),
      handle: ({ query: { mine, limit }, principal }) => ({
        approvals: list(principal, conversations.outsideRows.awaiting(writerOf(principal, mine), most), limit),
      }),
    }),
    endpoint({
      method: 'get',
      path: '/approvals/decided',
      tag: 'Social',
      about: 'Public answers on which a second person decided, the newest first.',
      roles: everyone,
      query,
      answer: z.object({ approvals: z.array(approval) }),
      handle: ({ query: { mine, limit }, principal }) => ({
        approvals: list(principal, conversations.outsideRows.decided(writerOf(principal, mine), most), limit),
      }),
    }),
  ];
}
