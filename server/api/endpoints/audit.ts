import { z } from 'zod';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';

const entry = z
  .object({
    seq: z.number().describe('Number of its event in the journal'),
    at: z.number(),
    type: z.string(),
    by: z.string().optional().describe('An agent, token:<id>, local (command line), ldap or oidc'),
    subject: z.string().optional().describe('What it was done to'),
    data: z.record(z.string(), z.unknown()).describe('Of settings, `record` is after and `before` before the change'),
  })
  .meta({ id: 'AuditEntry' });

const time = z.coerce.number().int().min(0).optional();
const word = z.string().min(1).max(200).optional();

export function auditEndpoints({ audit }: ApiDeps): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/audit',
      tag: 'Journal',
      about:
        'Who did what: logins, settings before and after, flows, recordings heard, talks listened to, states forced. Newest first; /journal/chain says whether anything was changed since.',
      roles: admins,
      query: z.strictObject({
        by: word,
        subject: word,
        type: z
          .string()
          .regex(/^[a-z.-]{1,60}\*?$/)
          .optional()
          .describe('A type, or a prefix with *: directory.*'),
        from: time.describe('Milliseconds since 1970 UTC'),
        until: time,
        before: time.describe('`next` of the page before'),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ entries: z.array(entry), next: z.number().optional() }),
      handle({ query }) {
        const entries = audit?.find(query) ?? [];
        const next = entries.length === query.limit ? entries.at(-1)?.seq : undefined;
        return { entries, next };
      },
    }),
    endpoint({
      method: 'put',
      path: '/audit/commands',
      audit: { shows: ['command'] },
      tag: 'Journal',
      about: 'Puts a command into the audit log that the command line runs beside the server: a restart, a backup.',
      roles: admins,
      body: z.strictObject({ command: z.string().regex(/^(backup|restart [a-z]{1,20})$/) }),
      handle: () => undefined,
    }),
  ];
}
