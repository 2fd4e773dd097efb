// What staff do by the API is in the audit log: where no event of its own says who did it, the router says it, so that no
// endpoint can be forgotten.
import { staffActed } from '../audit/index.ts';
import { newEvent } from '../journal/index.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoint, Given } from './endpoint.ts';
import { isStaff } from './scope.ts';

/** The one parameter of a path that is no id: an identity of a customer. */
const personal = 'value';

/** Resolves when it is in the journal. */
export async function noteActed(
  { method, path, audit }: Endpoint,
  { params, query, body, principal }: Given<unknown, unknown, unknown>,
  { journal, clock }: Pick<ApiDeps, 'journal' | 'clock'>,
): Promise<void> {
  if (audit === 'nothing' || (audit !== undefined && 'by' in audit)) return;
  if (method === 'get' && audit === undefined) return;
  // The public endpoints have nobody yet; connectors and agents are not staff.
  if (principal === undefined || !isStaff(principal)) return;
  const on = Object.fromEntries(Object.entries(params as Record<string, string>).filter(([name]) => name !== personal));
  // What a supervisor does at a desk of her own is told by the contact's events, as any agent's.
  const hers = path.startsWith('/agents/:id/') && (on.id === 'me' || on.id === principal.agent);
  if (hers) return;
  const fields = { ...(query as object), ...(typeof body === 'object' ? body : {}) } as Record<string, unknown>;
  if (fields.dryRun === true) return;
  const given = Object.fromEntries((audit?.shows ?? []).flatMap((name) => shown(name, fields[name])));
  const data = {
    by: principal.by,
    what: `${method.toUpperCase()} ${path}`,
    ...(Object.keys(on).length > 0 && { on }),
    ...(Object.keys(given).length > 0 && { with: given }),
  };
  await journal.append([newEvent(staffActed, clock.now(), data)]);
}

function shown(name: string, value: unknown): [string, string | number | boolean][] {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, value]] : [];
}
