// Agents and numbers in bulk, from CSV: all of it or nothing.
import { z } from 'zod';
import { generatePassword } from '../../directory/index.ts';
import { agentColumns, type ImportPlan, numberColumns, planAgents, planNumbers } from '../csv-import.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint } from '../endpoint.ts';

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
      tag: 'Agents',
      about: `Creates and changes agents from CSV, all or none. Columns: ${agentColumns.join(', ')}; those that are left out stay as they are. Lists with semicolons, skills as name:level, phone as registered, a SIP URI, a number or none.`,
      roles: admins,
      large: true,
      body: z.strictObject({
        ...body,
        passwords: z.boolean().default(false).describe('Generates passwords for who has none'),
      }),
      answer: z.object({ ...outcome, secrets }),
      errors: ['import-refused'],
      async handle({ body: { csv, dryRun, passwords }, principal }) {
        const plan = planAgents(csv, directory);
        if (dryRun) return { ...shown(plan, true), secrets: [] };
        await directory.putTogether(plan.changes, principal.by);
        const made = new Map<string, { password?: string; sipSecret?: string }>();
        for (const [login, sipSecret] of plan.sipSecrets) made.set(login, { sipSecret });
        if (passwords) {
          const without = [...plan.created, ...plan.changed].filter((login) => !accounts.hasPassword(login));
          for (const login of without) {
            const password = generatePassword();
            await accounts.setPassword(login, password, principal.by);
            made.set(login, { ...made.get(login), password });
          }
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
