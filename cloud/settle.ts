// A site that was restored from an older backup has another history from some event on than the cloud has. What only the cloud
// has is set aside, under a name of its own, where reports and timelines still find it; or dropped, by who runs the cloud. The
// site then goes on from the last event that both have alike.
import { randomUUID } from 'node:crypto';
import type { OutgoingEvent } from '../uplink/index.ts';
import { type SettleAnswer, type TailAnswer, uplinkLimits } from '../uplink/index.ts';
import type { Millis } from '../values/index.ts';
import { note } from './audit.ts';
import { type Contact, fold, newContact } from './contact.ts';
import { failed } from './errors.ts';
import { changeOf, lockTenant, putContacts, type SiteKey, tell } from './ingest.ts';
import type { Client, Store } from './store.ts';

/** What the cloud has after an event, so that the site can compare; that it asks says that it halted. */
export async function tailOf(
  store: Store,
  { tenant, site }: SiteKey,
  { after, common }: { after: number; common?: number | undefined },
  now: Millis,
): Promise<TailAnswer> {
  const { rows } = await store.pool.query<{ cursor: number }>(
    `UPDATE sites SET halted_at = coalesce(halted_at, $3), halted_after = coalesce($4, halted_after)
     WHERE tenant = $1 AND site = $2 RETURNING cursor`,
    [tenant, site, now, common ?? null],
  );
  const { rows: events } = await store.pool.query<TailAnswer['events'][number]>(
    'SELECT seq, at, type FROM events WHERE tenant = $1 AND site = $2 AND seq > $3 ORDER BY seq LIMIT $4',
    [tenant, site, after, uplinkLimits.eventsAtOnce],
  );
  return { cursor: rows[0]?.cursor ?? 0, events };
}

export interface Settlement {
  /** The last event that both have alike. */
  after: number;
  /** Where the cloud was when that was found out; undefined: wherever it is. */
  cursor?: number | undefined;
  /** `aside`: kept under another name. `drop`: gone. */
  tail: 'aside' | 'drop';
  /** Nothing is changed. */
  dryRun?: boolean;
  /** Who decided, for the audit log; default: the site itself. */
  by?: string;
}

/** @throws cloud-site-unknown, settle-elsewhere */
export async function settle(
  store: Store,
  from: SiteKey,
  { after, cursor: expected, tail, dryRun = false, by = `site ${from.site}` }: Settlement,
  now: Millis,
): Promise<SettleAnswer> {
  const { tenant, site } = from;
  return store.inTransaction(async (client) => {
    const { rows } = await client.query<{ cursor: number }>(
      'SELECT cursor FROM sites WHERE tenant = $1 AND site = $2 AND settled_from IS NULL FOR UPDATE',
      [tenant, site],
    );
    if (!rows[0]) throw failed['cloud-site-unknown']({ site });
    const { cursor } = rows[0];
    if (after > cursor || (expected !== undefined && expected !== cursor))
      throw failed['settle-elsewhere']({ site, cursor, after });
    await lockTenant(client, tenant);
    const { whole, cut } = await contactsAfter(client, from, after);
    const events = await countAfter(client, from, after);
    const aside = tail === 'aside' ? await freeName(client, from, now) : undefined;
    const answer = { cursor: after, aside, events, contacts: whole.length };
    if (dryRun) return answer;
    const told = await toldOf(client, from, whole);
    if (aside === undefined) await drop(client, from, after, whole);
    else await setAside(client, from, after, whole, aside, now);
    await refold(client, from, after, cut);
    await tellOf(client, from, told, aside);
    await client.query('UPDATE batches SET upto = $3 WHERE tenant = $1 AND site = $2 AND after < $3 AND upto > $3', [
      tenant,
      site,
      after,
    ]);
    await client.query(
      'UPDATE sites SET cursor = $3, halted_at = NULL, halted_after = NULL WHERE tenant = $1 AND site = $2',
      [tenant, site, after],
    );
    await client.query('INSERT INTO settlements VALUES ($1, $2, $3, $4, $5, $6, $7, $8)', [
      ...[tenant, site, now, after, cursor, aside ?? null, events, whole.length],
    ]);
    const data = { site, after, cursor, aside, events, contacts: whole.length };
    await note(client, { by, at: now }, { type: 'site.settled', tenant, data });
    return answer;
  });
}

/** Contacts that began after the event, and those that were under way then. */
async function contactsAfter(
  client: Client,
  { tenant, site }: SiteKey,
  after: number,
): Promise<{ whole: string[]; cut: string[] }> {
  const { rows } = await client.query<{ interaction: string; cut: boolean }>(
    `SELECT t.interaction, EXISTS (SELECT 1 FROM events e WHERE e.tenant = $1 AND e.site = $2
       AND e.interaction = t.interaction AND e.seq <= $3) AS cut
     FROM (SELECT DISTINCT interaction FROM events
       WHERE tenant = $1 AND site = $2 AND seq > $3 AND interaction IS NOT NULL) t`,
    [tenant, site, after],
  );
  const named = (of: boolean) => rows.filter(({ cut }) => cut === of).map(({ interaction }) => interaction);
  return { whole: named(false), cut: named(true) };
}

async function countAfter(client: Client, { tenant, site }: SiteKey, after: number): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*) AS count FROM events WHERE tenant = $1 AND site = $2 AND seq > $3',
    [tenant, site, after],
  );
  return rows[0]?.count ?? 0;
}

/** `main-2026-05-15`, or `main-2026-05-15-2`. */
async function freeName(client: Client, { tenant, site }: SiteKey, now: Millis): Promise<string> {
  const base = `${site}-${new Date(now).toISOString().slice(0, 10)}`;
  const { rows } = await client.query<{ site: string }>(
    'SELECT site FROM sites WHERE tenant = $1 AND starts_with(site, $2)',
    [tenant, base],
  );
  const taken = new Set(rows.map((row) => row.site));
  for (let nth = 1; ; nth++) {
    const name = nth === 1 ? base : `${base}-${nth}`;
    if (!taken.has(name)) return name;
  }
}

async function drop(client: Client, { tenant, site }: SiteKey, after: number, whole: string[]): Promise<void> {
  await client.query('DELETE FROM events WHERE tenant = $1 AND site = $2 AND seq > $3', [tenant, site, after]);
  await client.query('DELETE FROM batches WHERE tenant = $1 AND site = $2 AND after >= $3', [tenant, site, after]);
  await client.query('DELETE FROM interactions WHERE tenant = $1 AND site = $2 AND interaction = ANY($3)', [
    tenant,
    site,
    whole,
  ]);
}

async function setAside(
  client: Client,
  { tenant, site }: SiteKey,
  after: number,
  whole: string[],
  aside: string,
  now: Millis,
): Promise<void> {
  await client.query(
    `INSERT INTO sites (tenant, site, public_key, cursor, heard_at, event_at, disabled, created_at, settled_from)
     SELECT tenant, $3, $4, cursor, heard_at, event_at, true, $5, site FROM sites WHERE tenant = $1 AND site = $2`,
    // No key: nobody can sign for it.
    [tenant, site, aside, `settled ${randomUUID()}`, now],
  );
  for (const sql of [
    'UPDATE events SET site = $4 WHERE tenant = $1 AND site = $2 AND seq > $3',
    'UPDATE batches SET site = $4 WHERE tenant = $1 AND site = $2 AND after >= $3',
  ])
    await client.query(sql, [tenant, site, after, aside]);
  await client.query('UPDATE interactions SET site = $4 WHERE tenant = $1 AND site = $2 AND interaction = ANY($3)', [
    tenant,
    site,
    whole,
    aside,
  ]);
}

/** A contact that was under way then goes on at the site: it is again what its earlier events say. */
async function refold(client: Client, { tenant, site }: SiteKey, after: number, cut: string[]): Promise<void> {
  if (cut.length === 0) return;
  const { rows: before } = await client.query<Contact>(
    'SELECT * FROM interactions WHERE tenant = $1 AND site = $2 AND interaction = ANY($3)',
    [tenant, site, cut],
  );
  const { rows: events } = await client.query<OutgoingEvent>(
    `SELECT * FROM events WHERE tenant = $1 AND site = $2 AND interaction = ANY($3) AND seq <= $4 ORDER BY seq`,
    [tenant, site, cut, after],
  );
  const folded = new Map<string, Contact>();
  for (const event of events) {
    const { interaction = '' } = event;
    let contact = folded.get(interaction);
    if (!contact) {
      contact = newContact(site, event);
      folded.set(interaction, contact);
    }
    fold(contact, event);
  }
  for (const { interaction, identities, erased, customer } of before) {
    const contact = folded.get(interaction);
    // What is known of who it was with, and what was forgotten, stays so.
    if (contact)
      Object.assign(contact, { identities, erased, customer: erased ? null : (contact.customer ?? customer) });
  }
  await putContacts(client, tenant, [...folded.values()], new Map());
}

/** Contacts of which the other sites may know. */
async function toldOf(client: Client, { tenant, site }: SiteKey, whole: string[]): Promise<Contact[]> {
  const { rows } = await client.query<Contact>(
    `SELECT * FROM interactions
     WHERE tenant = $1 AND site = $2 AND interaction = ANY($3) AND (cardinality(identities) > 0 OR erased)`,
    [tenant, site, whole],
  );
  return rows;
}

/**
 * The sites, the restored one too, learn of the contacts under their new name: nothing that agents knew is lost. Of those that
 * were dropped they learn that they are no more.
 */
async function tellOf(
  client: Client,
  { tenant, site }: SiteKey,
  told: Contact[],
  aside: string | undefined,
): Promise<void> {
  const now = told.map((contact) =>
    aside === undefined ? { ...contact, identities: [] } : { ...contact, site: aside },
  );
  const gone = told.map(({ interaction }) => `${site} ${interaction}`);
  await tell(
    client,
    tenant,
    now.map((contact) => changeOf(contact, site)),
    gone,
  );
}
