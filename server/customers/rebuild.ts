// The tables of customers made again from the journal alone: what each event says, as rows.
import type { Database } from 'better-sqlite3';
import type { CustomerId, Language } from '../../values/index.ts';
import { type Journal, type JournalEvent, journalErased } from '../journal/index.ts';
import { ConsentRows } from './consents.ts';
import { CustomerRows } from './customer-rows.ts';
import type { Identity } from './identity.ts';
import { SuggestionRows } from './suggestions.ts';

const chunk = 1_000;

interface Said {
  by: string;
  kind?: string;
  value?: string;
  verified?: boolean;
  name?: string | null;
  language?: Language | null;
  loser?: CustomerId;
  from?: CustomerId;
  other?: CustomerId;
  why?: string;
  state?: 'dismissed' | 'merged';
  tag?: string;
  until?: number;
  note?: string;
  text?: string;
  event?: string;
  key?: string;
  data?: unknown;
  channel?: string;
  purpose?: string;
  given?: boolean;
  proof?: string;
}

/**
 * Empties the tables and folds customer.* and journal.person-erased over them, in one transaction: for maintenance, with no
 * server on the database. Of erased persons nothing comes back. @returns how many events were folded
 */
export function rebuildCustomers(database: Database, journal: Pick<Journal, 'read'>): number {
  const rows = new CustomerRows(database);
  const suggestions = new SuggestionRows(database);
  const consents = new ConsentRows(database);
  const outside = database.prepare(
    'INSERT INTO customer_events (id, key, customer, at, name, data) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const removeOutside = database.prepare('DELETE FROM customer_events WHERE customer = ?');

  const fold = ({ type, at, customer: id = '', site, team, data }: JournalEvent): void => {
    const said = data as unknown as Said;
    const { by, kind = '', value = '', verified } = said;
    const identity: Identity = { kind, value, ...(verified === undefined ? {} : { verified }) };
    switch (type) {
      case 'customer.created': {
        const [name, language] = [said.name ?? undefined, said.language ?? undefined];
        const identities = value === '' ? [] : [identity];
        const times = { createdAt: at, updatedAt: at };
        rows.create({ id, site, team, name, language, ...times, identities, claims: [], tags: [] });
        break;
      }
      case 'customer.changed':
        rows.change(id, said, at);
        break;
      case 'customer.identity-added':
        if (value !== '') rows.addIdentity(id, identity, at);
        break;
      case 'customer.identity-verified':
        rows.verify(identity);
        break;
      case 'customer.identity-claimed':
        if (value !== '') rows.claim(id, identity, at);
        break;
      case 'customer.identity-removed':
        for (const part of personIds(rows, id)) rows.removeIdentity(part, identity, at);
        break;
      case 'customer.merged':
        rows.merge(said.loser ?? '', id, at, by, said.why ?? '');
        suggestions.close(id, said.loser ?? '', 'merged', by);
        break;
      case 'customer.unmerged':
        rows.merge(id, null, at, by, '');
        suggestions.part(id, said.from ?? '', at, by);
        break;
      case 'customer.merge-suggested':
        suggestions.open({
          customer: id,
          other: said.other ?? '',
          why: said.why ?? '',
          kind: said.kind,
          since: at,
          by,
        });
        break;
      case 'customer.merge-suggestion-closed':
        suggestions.close(id, said.other ?? '', said.state ?? 'dismissed', by);
        break;
      case 'customer.tagged':
        rows.tag(id, { tag: said.tag ?? '', since: at, until: said.until, by }, at);
        break;
      case 'customer.untagged':
        rows.untag(id, said.tag ?? '', at);
        break;
      case 'customer.noted':
        rows.note(id, { id: said.note ?? '', at, by, text: said.text ?? '' });
        break;
      case 'customer.event': {
        const facts = said.data === undefined ? null : JSON.stringify(said.data);
        outside.run(said.event, said.key, id, at, said.name, facts);
        break;
      }
      case 'customer.consent-set': {
        const { channel = '*', purpose = '*', given = false, proof } = said;
        consents.put(id, { channel, purpose, given, since: at, by, proof });
        break;
      }
      case journalErased.name:
        for (const subject of (data as { subjects: string[] }).subjects) {
          rows.remove(subject);
          suggestions.remove(subject);
          removeOutside.run(subject);
        }
        break;
    }
  };

  return database.transaction(() => {
    for (const table of ['customers', 'customer_suggestions', 'customer_events']) database.exec(`DELETE FROM ${table}`);
    let folded = 0;
    let after = 0;
    const filter = { types: ['customer.*', journalErased.name] };
    for (;;) {
      const events = journal.read(after, { limit: chunk, filter });
      for (const event of events) fold(event);
      folded += events.length;
      const last = events.at(-1);
      if (last === undefined || events.length < chunk) return folded;
      after = last.seq;
    }
  })();
}

/** All ids of the person of whom this one is the head. */
function personIds(rows: CustomerRows, head: CustomerId): CustomerId[] {
  const all = [head];
  for (let at = 0; at < all.length; at++) all.push(...rows.mergedWith(all[at] as CustomerId));
  return all;
}
