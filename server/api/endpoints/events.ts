import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import { type EventFilter, type JournalEvent, matches } from '../../journal/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { streamEvents } from '../event-stream.ts';
import { eventFor, isAdmin, isDiscreet, isStaff, mayServe } from '../scope.ts';

/** Prefixes of events that only administrators read: settings, logins, the journal and the router itself, of all teams. */
const adminsOnly = [
  'directory.',
  'account.',
  'journal.',
  'routing.decided',
  'routing.snapshot-taken',
  'routing.healed',
  'routing.rebuilt',
];

function mayRead(principal: Principal, event: JournalEvent): boolean {
  if (isAdmin(principal)) return event.site === principal.site;
  if (adminsOnly.some((prefix) => event.type.startsWith(prefix)) || isDiscreet(principal, event)) return false;
  if (isStaff(principal)) return mayServe(principal, event);
  return event.agent !== undefined && event.agent === principal.agent;
}

const word = z.string().min(1).max(64).optional();
const number = z.coerce.number().int().min(0);

export function eventEndpoints(deps: ApiDeps): Endpoint[] {
  const { journal, accounts, mostStreams = 200, mostStreamsEach = 20, streamBeatMs } = deps;
  let open = 0;
  const openBy = new Map<string, number>();
  const count = (by: string, change: 1 | -1): void => {
    open += change;
    const now = (openBy.get(by) ?? 0) + change;
    if (now > 0) openBy.set(by, now);
    else openBy.delete(by);
  };
  return [
    endpoint({
      method: 'get',
      path: '/events',
      tag: 'Events',
      about:
        'The stream of events (text/event-stream). Begins after `Last-Event-ID` or `after`, without them with what happens from now on; a client that comes back misses nothing. Agents get the events that concern them, supervisors those of their team, administrators all.',
      roles: everyone,
      query: z.object({
        after: number.optional().describe('Number of the last event that the client has; 0: from the beginning'),
        types: z
          .string()
          .regex(/^[a-z0-9.,*-]{1,500}$/)
          .optional()
          .describe('Names or prefixes with *, by comma: interaction.*,desk.popped'),
        interaction: word,
        agent: word,
        queue: word,
        team: word,
      }),
      raw: 'text/event-stream',
      errors: ['too-many-streams', 'request-invalid'],
      async handle({ query, principal, request, response }) {
        if (open >= mostStreams) throw failed['too-many-streams']({ most: mostStreams });
        if ((openBy.get(principal.by) ?? 0) >= mostStreamsEach) {
          throw failed['too-many-streams']({ most: `${mostStreamsEach} of one login` });
        }
        const header = number.safeParse(request.get('last-event-id') || undefined);
        if (request.get('last-event-id') && !header.success) {
          throw failed['request-invalid']({ part: 'header', field: 'Last-Event-ID', reason: 'it is no number' });
        }
        const { after, types, ...rest } = query;
        const filter: EventFilter = { ...rest, ...(types ? { types: types.split(',') } : {}) };
        const { cookie, authorization } = request.headers;
        if (request.method === 'HEAD') {
          response.type('text/event-stream').end();
          return undefined;
        }
        /** As she is now: roles and team may change while the stream is open. */
        let who = principal;
        count(principal.by, 1);
        try {
          response.status(200).set({
            'Content-Type': 'text/event-stream; charset=utf-8',
            'Cache-Control': 'no-store',
            'X-Accel-Buffering': 'no',
          });
          response.flushHeaders();
          await streamEvents({
            journal,
            beatMs: streamBeatMs,
            response,
            // A number beyond our end comes from another journal (restored backup): from now on.
            after: Math.min(header.data ?? after ?? journal.last, journal.last),
            passes: (event) => matches(event, filter) && mayRead(who, event),
            seen: (event) => eventFor(who, event, deps),
            stillAllowed: () => {
              const now = accounts.authenticate({ cookie, authorization });
              who = now ?? who;
              return now !== undefined;
            },
          });
        } finally {
          count(principal.by, -1);
        }
        return undefined;
      },
    }),
  ];
}
