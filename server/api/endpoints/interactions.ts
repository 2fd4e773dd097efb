import { z } from 'zod';
import { type InteractionFilter, type InteractionRecord, listInteractions } from '../../customers/index.ts';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { interactionCsv } from '../interaction-csv.ts';
import { interactionHeadings, interactionSheet } from '../interaction-sheet.ts';
import { confinedTo, hadPart, isDiscreet, isStaff, maskedFor, visible } from '../scope.ts';
import { byteOrderMark, sendCsv } from '../send-csv.ts';
import { sendXlsx } from '../send-xlsx.ts';
import { languageOf } from '../sentences.ts';
import { mediaType } from '../xlsx/index.ts';

const optional = z.string().optional();
const millis = z.number().optional();

export const interactionSchema = z
  .object({
    id: z.string(),
    site: z.string(),
    team: optional,
    channel: z.string(),
    direction: z.string(),
    callId: optional,
    customer: optional,
    identifiedBy: optional,
    from: optional,
    fromDialled: optional,
    fromName: optional,
    thread: optional.describe('The first contact of those that go on from one another, on whatever channel'),
    to: optional,
    toDialled: optional,
    trunk: optional,
    did: optional,
    language: optional,
    flow: optional,
    flowVersion: optional,
    path: z.array(z.object({ at: z.number(), node: z.string(), type: z.string(), label: optional, value: optional })),
    queue: optional.describe('The last one'),
    agent: optional.describe('The last one that talked'),
    agents: z.array(
      z.object({
        agent: z.string(),
        queue: optional,
        offeredAt: millis,
        outcome: optional,
        answeredAt: millis,
        endedAt: millis,
        talkMs: z.number(),
        holdMs: z.number(),
        wrapUpMs: z.number(),
      }),
    ),
    startedAt: z.number(),
    queuedAt: millis,
    answeredAt: millis,
    endedAt: millis,
    waitMs: z.number(),
    talkMs: z.number(),
    holdMs: z.number(),
    wrapUpMs: z.number(),
    outcome: z.enum(['open', 'answered', 'abandoned', 'contained', 'transferred', 'failed']),
    endedWhere: optional,
    endedBy: optional,
    cause: optional,
    sipStatus: z.number().optional(),
    transfers: z.array(z.object({ at: z.number(), kind: z.string(), to: optional, by: optional })),
    parties: z.array(
      z.object({
        party: z.string(),
        as: z.enum(['consult', 'add', 'monitor']),
        kind: z.string(),
        to: optional,
        agent: optional,
        by: optional,
        calledAt: z.number(),
        answeredAt: z.number().optional(),
        endedAt: z.number().optional(),
        privateMs: z.number(),
        asideMs: z.number(),
        inMs: z.number(),
        end: optional,
      }),
    ),
    disposition: optional,
    note: optional,
    quality: z.array(
      z.object({
        leg: z.string(),
        party: z.string(),
        codec: z.string(),
        received: z.number(),
        lost: z.number(),
        jitterMs: z.number(),
        rttMs: z.number().optional(),
        mos: z.number(),
      }),
    ),
    recordings: z.array(
      z.object({
        id: z.string(),
        agent: optional,
        startedAt: z.number(),
        endedAt: millis,
        ms: millis,
        bytes: millis,
        sha256: optional,
      }),
    ),
    lastSeq: z.number(),
  })
  .meta({ id: 'Interaction' });

const time = z.coerce.number().int().min(0).optional();
const word = z.string().min(1).max(200).optional();
const filterShape = {
  since: time.describe('Started at or after, ms since 1970 UTC'),
  until: time.describe('Started before'),
  channel: word,
  direction: z.enum(['in', 'out', 'internal']).optional(),
  outcome: interactionSchema.shape.outcome.optional(),
  queue: word,
  agent: word.describe('Had a part in it, or was offered it'),
  customer: word,
  did: word,
  trunk: word,
  disposition: word,
  number: word.describe('From or to, E.164 or as received'),
};

/** What the audit log shows of an export: all but numbers. */
const taken = Object.keys(filterShape).filter((name) => name !== 'number');

export function interactionEndpoints(deps: ApiDeps): Endpoint[] {
  const { customers, interactions, journal, agentWork, directory, reads } = deps;
  /** What this principal may see of what is asked for: agents their own contacts, supervisors their team's. */
  const confined = (principal: Principal, given: InteractionFilter): InteractionFilter => {
    const { site } = principal;
    const { customer } = given;
    // A person may be made of several customers; of one who is gone, her own id is still in the record.
    const parts = typeof customer === 'string' ? customers.idsOf(customer) : [];
    const filter = parts.length === 0 ? given : { ...given, customer: parts };
    if (isStaff(principal)) return { ...filter, site, servedTeam: confinedTo(principal) };
    // An agent without an agent's id (a token) has had a part in nothing.
    return { ...filter, site, agent: principal.agent ?? '', tookPart: true };
  };
  const must = (principal: Principal, id: string): InteractionRecord => {
    const record = visible(principal, interactions.get(id), 'interaction', id) as InteractionRecord;
    if (isStaff(principal) || hadPart(principal, record)) return record;
    throw failed['not-found']({ kind: 'interaction', name: id });
  };
  return [
    endpoint({
      method: 'get',
      path: '/interactions',
      tag: 'Interactions',
      about: 'Interactions, newest first, a page at a time. Agents see those they had a part in, with numbers masked.',
      roles: everyone,
      query: z.object({
        ...filterShape,
        limit: z.coerce.number().int().min(1).max(500).default(50),
        after: word.describe('`next` of the page before'),
      }),
      answer: z.object({ interactions: z.array(interactionSchema), next: optional }),
      async handle({ query: { limit, after, ...filter }, principal }) {
        await interactions.settled();
        const page = await reads.ask(listInteractions, { filter: confined(principal, filter), limit, after });
        return { interactions: page.interactions.map((record) => maskedFor(principal, record)), next: page.next };
      },
    }),
    endpoint({
      method: 'get',
      path: '/interactions.csv',
      audit: { shows: taken },
      tag: 'Interactions',
      about: 'The same as CSV, all of it. Cells that a spreadsheet would take for formulas begin with an apostrophe.',
      roles: staff,
      query: z.object({ ...filterShape, ...byteOrderMark }),
      raw: 'text/csv',
      async handle({ query: { bom, ...query }, principal, response }) {
        await interactions.settled();
        await sendCsv(response, 'interactions.csv', reads.stream(interactionCsv, confined(principal, query)), bom);
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/interactions.xlsx',
      audit: { shows: taken },
      tag: 'Interactions',
      about: "The same as a workbook, with dates at the site's wall clock and times as such.",
      roles: staff,
      query: z.object({
        ...filterShape,
        language: z.enum(['en', 'zh']).default('en').describe('Of the headings'),
      }),
      raw: mediaType,
      async handle({ query: { language, ...query }, principal, response }) {
        const filter = confined(principal, query);
        await interactions.settled();
        await sendXlsx(response, 'interactions.xlsx', {
          name: language === 'zh' ? '会话' : 'Interactions',
          headings: interactionHeadings(language),
          pieces: reads.stream(interactionSheet, { filter, timeZone: directory.site.timeZone }),
        });
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/interactions/:id',
      tag: 'Interactions',
      about: 'The record of one interaction.',
      roles: everyone,
      answer: interactionSchema,
      errors: ['not-found'],
      handle: ({ params, principal }) => maskedFor(principal, must(principal, params.id!)),
    }),
    endpoint({
      method: 'get',
      path: '/interactions/:id/events',
      tag: 'Interactions',
      about: 'Everything that happened in it, as events of the journal.',
      roles: staff,
      answer: z.object({ events: z.array(z.record(z.string(), z.unknown())) }),
      errors: ['not-found'],
      handle({ params, principal }) {
        must(principal, params.id!);
        const events = journal.ofInteraction(params.id!).filter((event) => !isDiscreet(principal, event));
        return { events: events.map((event) => ({ ...event })) };
      },
    }),
    endpoint({
      method: 'get',
      path: '/interactions/:id/decisions',
      tag: 'Interactions',
      about: 'Why it went, or did not go, to whom.',
      roles: staff,
      answer: z.object({
        decisions: z.array(
          z.object({
            at: z.number(),
            code: z.string(),
            sentence: z.string(),
            details: z.record(z.string(), z.unknown()),
          }),
        ),
      }),
      handle({ params, principal, request }) {
        const record = interactions.get(params.id!);
        // Before there is a record nobody can tell whose it is.
        if (record || confinedTo(principal) !== undefined) must(principal, params.id!);
        return { decisions: agentWork.explain(params.id!, languageOf(request)) };
      },
    }),
  ];
}
