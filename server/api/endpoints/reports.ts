// Reports: queues, agents, staffing. Times are the site's; a date stands for its midnight there.
import { z } from 'zod';
import type { Language } from '../../../values/index.ts';
import type { Principal } from '../../directory/index.ts';
import {
  type AgentReportRow,
  agentReport,
  agentsNeeded,
  erlangA,
  type QueueReportRow,
  queueReport,
  serviceLevelC,
  ZoneClock,
} from '../../reports/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, everyone, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { agentColumns, type Names, queueColumns } from '../report-columns.ts';
import { downloads, inLanguage } from '../report-downloads.ts';
import { confinedTo, isStaff } from '../scope.ts';
import { byteOrderMark } from '../send-csv.ts';

const moment = z
  .string()
  .regex(/^(\d{4}-\d{2}-\d{2}|\d{1,15})$/, 'a date such as 2026-03-29, or milliseconds since 1970 UTC')
  .optional();
const names = z
  .string()
  .max(4_000)
  .transform((text) => text.split(',').filter((name) => name !== ''))
  .optional();
const common = {
  from: moment.describe("Date (its midnight at the site) or ms; default: today's midnight"),
  until: moment.describe('Up to before that; default: now'),
  interval: z
    .enum(['15', '30', '60', 'day', 'total'])
    .default('day')
    .describe('Minutes, a day of the site, or all in one'),
  team: z.string().min(1).max(64).optional(),
};
const queueQuery = z.object({
  ...common,
  queue: names.describe('Comma-separated; default all'),
  channel: z.enum(['voice', 'chat', 'social', 'mail', 'sms', 'work']).optional(),
  serviceLevel: z.enum(['a', 'b', 'c', 'd']).default('b').describe('Which variant `serviceLevel` is'),
  together: z.enum(['true', 'false']).default('false').describe('One line for all queues of an interval'),
});
const agentQuery = z.object({
  ...common,
  agent: names.describe('Comma-separated; default all; agents see themselves'),
  queue: names.describe('Those who take contacts of one of these queues now; comma-separated'),
  together: z.enum(['true', 'false']).default('false').describe('One line for all agents of an interval'),
});

const rate = z.number().optional();
const interval = { start: z.number(), local: z.string().describe('Wall clock of the site: 2026-03-29T02:30+02:00') };
const queueRow = z
  .object({
    ...interval,
    queue: z.string().optional(),
    offered: z.number(),
    answered: z.number(),
    answeredInTime: z.number(),
    abandoned: z.number(),
    abandonedInTime: z.number(),
    left: z.record(z.string(), z.number()).describe('Left without an answer for other reasons than giving up'),
    offers: z.number(),
    notTaken: z.record(z.string(), z.number()).describe('Offers that no agent took'),
    handled: z.number(),
    transferred: z.number(),
    dispositionsMissing: z.number(),
    serviceLevel: rate,
    serviceLevels: z.object({ a: rate, b: rate, c: rate, d: rate }),
    abandonRate: rate,
    averageAnswerMs: rate,
    averageAbandonMs: rate,
    longestWaitMs: z.number(),
    averageHandleMs: rate,
    talkMs: z.number(),
    holdMs: z.number(),
    wrapUpMs: z.number(),
    transferRate: rate,
  })
  .meta({ id: 'QueueReportRow' });
const agentRow = z
  .object({
    ...interval,
    agent: z.string().optional(),
    signedInMs: z.number(),
    availableMs: z.number(),
    ringMs: z.number(),
    talkMs: z.number(),
    holdMs: z.number(),
    wrapUpMs: z.number(),
    ownMs: z.number(),
    notReadyMs: z.number(),
    reasons: z.array(z.object({ reason: z.string(), ms: z.number(), share: rate })),
    occupancy: rate,
    utilisation: rate,
    offers: z.number(),
    answered: z.number(),
    missed: z.number(),
    declined: z.number(),
    unreachable: z.number(),
    handled: z.number(),
    transferred: z.number(),
    dispositionsMissing: z.number(),
    averageHandleMs: rate,
    averageTalkMs: rate,
    averageWrapUpMs: rate,
    missedRate: rate,
  })
  .meta({ id: 'AgentReportRow' });
const span = { timeZone: z.string(), from: z.number(), until: z.number(), interval: z.string() };

const mostDays = { '15': 31, '30': 62, '60': 92, day: 800, total: 800 } as const;
const dayMs = 86_400_000;

export function reportEndpoints({ reads, reports, directory, clock }: ApiDeps): Endpoint[] {
  const { timeZone } = directory.site;
  const zone = new ZoneClock(timeZone);

  /** @throws request-invalid */
  const spanOf = (query: {
    from?: string | undefined;
    until?: string | undefined;
    interval: keyof typeof mostDays;
  }) => {
    const now = clock.now();
    const at = (given: string | undefined, otherwise: number) =>
      given === undefined ? otherwise : given.includes('-') ? dateOf(given) : Number(given);
    const dateOf = (given: string) => (Number.isNaN(Date.parse(given)) ? Number.NaN : zone.startOfDate(given));
    const from = at(query.from, zone.startOfDay(now));
    // The quarter of an hour under way is part of it.
    const until = at(query.until, now + 900_000);
    const invalid = (field: string, reason: string) => failed['request-invalid']({ part: 'query', field, reason });
    if (!Number.isFinite(from) || !Number.isFinite(until)) throw invalid('from', 'not a date');
    if (until <= from) throw invalid('until', 'it must be after from');
    if ((until - from) / dayMs > mostDays[query.interval]) {
      throw invalid('interval', `at most ${mostDays[query.interval]} days in intervals of ${query.interval}`);
    }
    return { from, until, interval: query.interval, timeZone };
  };

  const named = (language: Language): Names => ({
    queue: (id) => {
      const { name = {} } = directory.queues.get(id) ?? {};
      return name[language] ?? name.en ?? name.zh ?? id;
    },
    agent: (id) => directory.agents.get(id)?.name ?? id,
  });

  const queues = async (query: z.infer<typeof queueQuery>, principal: Principal) => {
    const asked = spanOf(query);
    const rows = await reads.ask(queueReport, {
      ...asked,
      team: query.team,
      servedTeam: confinedTo(principal),
      queues: query.queue,
      channel: query.channel,
      variant: query.serviceLevel,
      together: query.together === 'true',
    });
    return { asked, rows };
  };

  const agents = async (query: z.infer<typeof agentQuery>, principal: Principal) => {
    const asked = spanOf(query);
    const own = isStaff(principal) ? undefined : [principal.agent ?? ''];
    const { agent: named, queue } = query;
    const serving =
      queue && directory.agents.list().filter(({ queues: hers }) => hers.some((one) => queue.includes(one)));
    const wanted = serving?.map(({ id }) => id).filter((id) => named === undefined || named.includes(id)) ?? named;
    const rows = await reads.ask(agentReport, {
      ...asked,
      team: query.team,
      servedTeam: own ? undefined : confinedTo(principal),
      agents: own ?? wanted,
      together: query.together === 'true',
      now: clock.now(),
    });
    return { asked, rows };
  };

  return [
    endpoint({
      method: 'get',
      path: '/reports/queues',
      tag: 'Reports',
      about: 'What came to queues and what became of it, by interval.',
      roles: staff,
      query: queueQuery,
      answer: z.object({ ...span, serviceLevel: z.string(), rows: z.array(queueRow) }),
      async handle({ query, principal }) {
        const { asked, rows } = await queues(query, principal);
        return { ...asked, serviceLevel: query.serviceLevel, rows };
      },
    }),
    ...downloads<z.infer<typeof queueQuery>, QueueReportRow>({
      name: 'queues',
      queryWithMark: queueQuery.extend(byteOrderMark),
      queryInLanguage: queueQuery.extend(inLanguage),
      title: { en: 'Queues', zh: '队列' },
      columns: (language) => queueColumns(named(language)),
      rows: async (query, principal) => (await queues(query, principal)).rows,
    }),
    endpoint({
      method: 'get',
      path: '/reports/agents',
      tag: 'Reports',
      about: 'What agents did, by interval, up to this moment. Agents see themselves.',
      roles: everyone,
      query: agentQuery,
      answer: z.object({ ...span, rows: z.array(agentRow) }),
      async handle({ query, principal }) {
        const { asked, rows } = await agents(query, principal);
        return { ...asked, rows };
      },
    }),
    ...downloads<z.infer<typeof agentQuery>, AgentReportRow>({
      name: 'agents',
      queryWithMark: agentQuery.extend(byteOrderMark),
      queryInLanguage: agentQuery.extend(inLanguage),
      title: { en: 'Agents', zh: '坐席' },
      columns: (language) => agentColumns(named(language)),
      rows: async (query, principal) => (await agents(query, principal)).rows,
    }),
    endpoint({
      method: 'get',
      path: '/reports/staffing',
      tag: 'Reports',
      about:
        'How many agents a load needs: Erlang C (nobody gives up; too many) and, with a patience, Erlang A. Each line is a number of agents.',
      roles: staff,
      query: z.object({
        callsPerHour: z.coerce.number().min(0.01).max(1_000_000),
        handleSeconds: z.coerce.number().min(1).max(86_400),
        withinSeconds: z.coerce.number().min(0).max(3_600).default(20),
        serviceLevel: z.coerce.number().min(0.01).max(0.9999).default(0.8),
        patienceSeconds: z.coerce.number().min(1).max(86_400).optional(),
      }),
      answer: z.object({
        needed: z.number().describe('Fewest agents for the service level by Erlang C'),
        lines: z.array(
          z.object({
            agents: z.number(),
            serviceLevel: z.number(),
            waiting: z.number(),
            averageWaitSeconds: rate,
            abandoned: z.number(),
            occupancy: z.number(),
          }),
        ),
      }),
      handle({ query }) {
        const { callsPerHour, handleSeconds: handle, withinSeconds: within, serviceLevel, patienceSeconds } = query;
        const arrivals = callsPerHour / 3_600;
        if (arrivals * handle > 20_000)
          throw failed['request-invalid']({
            part: 'query',
            field: 'callsPerHour',
            reason: 'a load above 20,000 erlang',
          });
        const needed = agentsNeeded({ arrivals, handle }, { serviceLevel, within });
        const lines = [];
        for (let agents = Math.max(1, needed - 5); agents <= needed + 5; agents++) {
          const load = { arrivals, handle, agents };
          const { waiting, wait, abandoned, occupancy } = erlangA(load, patienceSeconds ?? Infinity);
          const averageWaitSeconds = wait === Infinity ? undefined : wait;
          lines.push({
            agents,
            serviceLevel: serviceLevelC(load, within),
            waiting,
            averageWaitSeconds,
            abandoned,
            occupancy,
          });
        }
        return { needed, lines };
      },
    }),
    endpoint({
      method: 'post',
      path: '/reports/rebuild',
      tag: 'Reports',
      about: 'Makes the figures of all reports again, from the journal alone. Calls go on; it can take minutes.',
      roles: admins,
      async handle() {
        await reports.rebuild();
        return undefined;
      },
    }),
  ];
}
