// Agents and numbers in bulk, from CSV: all of it or nothing.
import { z } from 'zod';
import { generatePassword } from '../../directory/index.ts';
import { agentColumns, type ImportPlan, numberColumns, planAgents, planNumbers } from '../csv-import.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';

/** Each takes some 20 ms of a core: not more than a request may take. */
const mostPasswords = 500;

const body = {
  csv: z.string().max(4_000_000).describe('First line: names of columns'),
  dryRun: z.boolean().default(false).describe('Checks everything and changes nothing'),
};

const outcome = {
  dryRun: z.boolean(),
  created: z.array(z.string()),
  changed: z.array(z.string()),
};

const secrets = z
  .array(z.object({ login: z.string(), password: z.string().optional(), sipSecret: z.string().optional() }))
  .describe('What was generated; shown only now');

export function importEndpoints({ directory, accounts }: ApiDeps): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/imports/agents',
      audit: { shows: ['passwords'] },
      tag: 'Agents',
      about: `Creates and changes agents from CSV, all or none. Columns: ${agentColumns.join(', ')}; those that are left out stay as they are. Lists with semicolons, skills as name:level, phone as registered, a SIP URI, a number or none.`,
      roles: admins,
      large: true,
      body: z.strictObject({
        ...body,
        passwords: z.boolean().default(false).describe('Generates passwords for who has none, at most 500 at once'),
      }),
      answer: z.object({ ...outcome, secrets }),
      errors: ['import-refused'],
      async handle({ body: { csv, dryRun, passwords }, principal }) {
        const plan = planAgents(csv, directory);
        const without = passwords
          ? [...plan.created, ...plan.changed].filter((login) => !accounts.hasPassword(login))
          : [];
        if (without.length > mostPasswords) {
          const reason = `has ${without.length} people without a password; at most ${mostPasswords} get one at once: import in parts`;
          throw failed['import-refused']({ count: 1, line: 1, reason, problems: [{ line: 1, reason }] });
        }
        if (dryRun) return { ...shown(plan, true), secrets: [] };
        await directory.putTogether(plan.changes, principal.by);
        const made = new Map<string, { password?: string; sipSecret?: string }>();
        for (const [login, sipSecret] of plan.sipSecrets) made.set(login, { sipSecret });
        // One after the other, so that people can log in meanwhile.
        for (const login of without) {
          const password = generatePassword();
          await accounts.setPassword(login, password, principal.by);
          made.set(login, { ...made.get(login), password });
        }
        return { ...shown(plan, false), secrets: [...made].map(([login, one]) => ({ login, ...one })) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/imports/dids',
      tag: 'Numbers',
      about: `Creates and changes numbers from CSV, all or none. Columns: ${numberColumns.join(', ')}; those that are left out stay as they are.`,
      roles: admins,
      large: true,
      body: z.strictObject(body),
      answer: z.object(outcome),
      errors: ['import-refused'],
      async handle({ body: { csv, dryRun }, principal }) {
        const plan = planNumbers(csv, directory);
        if (!dryRun) await directory.putTogether(plan.changes, principal.by);
        return shown(plan, dryRun);
      },
    }),
  ];
}

function shown({ created, changed }: ImportPlan, dryRun: boolean) {
  return { dryRun, created, changed };
}
