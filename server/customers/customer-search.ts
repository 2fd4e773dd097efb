// Looking customers up by what a person remembers of them.
import type { Database } from 'better-sqlite3';
import type { CustomerId } from '../../values/index.ts';
import { readJob } from '../journal/index.ts';
import { normalIdentity } from './identity.ts';

/**
 * By the beginning of an identity's value, from the index of each kind (kinds are few), and by a part of the name.
 * @returns ids, newest first
 */
export function searchCustomers(
  database: Database,
): (text: string, page: { limit: number; team?: string | undefined }) => CustomerId[] {
  const search = database
    .prepare<[object], string>(
      `WITH RECURSIVE kinds (kind) AS (
         SELECT min(kind) FROM identities
         UNION ALL SELECT (SELECT min(kind) FROM identities WHERE kind > kinds.kind) FROM kinds WHERE kind IS NOT NULL)
       SELECT id FROM customers WHERE (@team IS NULL OR team IS NULL OR team = @team) AND (instr(lower(name), lower(@text)) > 0
         OR id IN (SELECT i.customer FROM kinds CROSS JOIN identities AS i
           WHERE i.kind = kinds.kind AND i.value >= @text AND i.value < @after))
       ORDER BY id DESC LIMIT @limit`,
    )
    .pluck();
  return (text, { limit, team }) => search.all({ text, after: `${text}\u{10FFFF}`, limit, team: team ?? null });
}

/** What a person types, and how identities of it are kept: `138 0013 8000` → also `+8613800138000`. At most three texts. */
export function searchedTexts(text: string, country: string): string[] {
  const forms = [
    text,
    ...(/^[+\d][\d\s()./-]{4,}$/.test(text) ? ['phone'] : []).map((kind) => kept(kind, text, country)),
  ];
  if (text.includes('@')) forms.push(kept('mail', text, country));
  return [...new Set(forms)];
}

function kept(kind: string, value: string, country: string): string {
  return normalIdentity({ kind, value }, country).value;
}

/** The same for the reading worker: a part of a name is looked for in every name, which takes its time among millions. */
export const findCustomers = readJob(
  import.meta.url,
  'findCustomers',
  (database, { texts, ...page }: { texts: string[]; limit: number; team?: string | undefined }): CustomerId[] => {
    const search = searchCustomers(database);
    return [...new Set(texts.flatMap((text) => search(text, page)))].slice(0, page.limit);
  },
);
