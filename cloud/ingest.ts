// A batch of a site: taken whole, once, in order, in one transaction with everything that follows from it.

import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { PoolClient } from 'pg';
import { type Batch, batch, type OutgoingEvent, type RemoteInteraction, uplinkLimits } from '../uplink/index.ts';
import type { Millis } from '../values/index.ts';
import { type Contact, fold, forgetWho, newContact, tellsOfContact } from './contact.ts';
import { failed } from './errors.ts';
import { ensureMonths } from './months.ts';
import { customerEvents, People, subjectsOf } from './people.ts';
import type { Client, Store } from './store.ts';

/** Who sends. */
export interface SiteKey {
  tenant: string;
  site: string;
}

interface Change {
  /** The site that knows it already. */
  origin: string | null;
  kind: string;
  /** Of the same thing only the newest change is kept. */
  what: string;
  data: object;
}

/** Channel of NOTIFY: its payload is the tenant that has news. */
export const newsChannel = 'switchroom_changes';

const erasing = 'journal.person-erased';
/** Of interactions one kind of events, by the beginning of its name. */
const erasingKinds = 'journal.kinds-erased';

const decompress = promisify(zstdDecompress);

/** @throws batch-invalid */
export async function readBatch(body: Buffer): Promise<Batch> {
  try {
    const text = await decompress(body, { maxOutputLength: uplinkLimits.bytes });
    const read = batch.parse(storable(text.toString('utf8')));
    let last = read.after;
    for (const { seq } of read.events) {
      if (seq <= last || seq > read.upto) throw new Error(`event ${seq} is out of order`);
      last = seq;
    }
    return read;
  } catch (error) {
    throw failed['batch-invalid']({ reason: (error as Error).message.slice(0, 300) }, { cause: error });
  }
}

/** @returns the new cursor @throws batch-elsewhere with `cursor` in its details */
export async function takeBatch(store: Store, from: SiteKey, read: Batch, now: Millis): Promise<number> {
  await ensureMonths(
    store,
    read.events.map(({ at }) => at),
    now,
  );
  return store.inTransaction(async (client) => {
    const { tenant, site } = from;
    const { rows } = await client.query<{ cursor: number }>(
      'SELECT cursor FROM sites WHERE tenant = $1 AND site = $2 FOR UPDATE',
      [tenant, site],
    );
    const cursor = rows[0]?.cursor ?? 0;
    const { after, upto, events, policy } = read;
    // A batch that was taken already, whose answer got lost, ends here too: the site goes on from the cursor.
    if (after !== cursor || upto <= after) throw failed['batch-elsewhere']({ cursor, after });
    await insertEvents(client, from, events);
    await project(client, from, events, now);
    await client.query(
      'INSERT INTO batches (tenant, site, upto, after, at, events, policy) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [tenant, site, upto, after, now, events.length, policy],
    );
    await client.query(
      'UPDATE sites SET cursor = $3, heard_at = $4, event_at = coalesce($5, event_at), halted_at = NULL, halted_after = NULL WHERE tenant = $1 AND site = $2',
      [tenant, site, upto, now, events.at(-1)?.at ?? null],
    );
    return upto;
  });
}

async function insertEvents(
  client: Client,
  { tenant, site }: SiteKey,
  events: readonly OutgoingEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `INSERT INTO events (tenant, site, seq, at, type, version, interaction, agent, queue, customer, team, data)
     SELECT $1, $2, seq, at, type, version, interaction, agent, queue, customer, team, data
     FROM jsonb_to_recordset($3::jsonb) AS e (seq bigint, at bigint, type text, version integer, interaction text,
       agent text, queue text, customer text, team text, data jsonb)`,
    [tenant, site, JSON.stringify(events)],
  );
}

/** PostgreSQL's texts hold neither NUL nor half of a surrogate pair; a site's texts may come with both, from anywhere. */
function storable(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return /\\u(0000|d[89a-f])/i.test(text) ? cleaned(value) : value;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed();
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [cleaned(name) as string, cleaned(inner)]));
}

async function project(
  client: PoolClient,
  from: SiteKey,
  events: readonly OutgoingEvent[],
  now: Millis,
): Promise<void> {
  const { tenant, site } = from;
  if (
    !events.some(
      (one) => customerEvents.has(one.type) || one.type === erasing || one.type === erasingKinds || tellsOfContact(one),
    )
  )
    return;
  // Until the commit: two sites' batches must not change one person at once, and numbers of changes become visible in their
  // order, so that no reader skips one.
  await lockTenant(client, tenant);
  const people = await People.read(client, from, events, now);
  const contacts = await contactsOf(client, from, events);
  const seen = new Set<Contact>();
  const forgotten: Change[] = [];
  for (const event of events) {
    if (customerEvents.has(event.type)) people.take(event);
    else if (event.type === erasing) {
      people.erase(event);
      forgotten.push(...(await eraseSubjects(client, from, event, contacts)));
    } else if (event.type === erasingKinds) await eraseKinds(client, from, event);
    if (event.interaction === undefined || !tellsOfContact(event)) continue;
    let contact = contacts.get(event.interaction);
    if (!contact) {
      contact = newContact(site, event);
      contacts.set(event.interaction, contact);
    }
    if (fold(contact, event)) seen.add(contact);
  }
  await people.save();
  const customers = [...new Set([...contacts.values()].flatMap(({ customer }) => customer ?? []))];
  await putContacts(client, tenant, [...contacts.values()], await people.identitiesOf(customers));

  const changes: Change[] = [];
  // First of all: what is said of her afterwards stays.
  const { erased } = people;
  for (let first = 0; first < erased.length; first += 1_000) {
    const identities = erased.slice(first, first + 1_000);
    await client.query(`DELETE FROM changes WHERE tenant = $1 AND data -> 'identities' ?| $2`, [tenant, identities]);
    const what = `erased ${identities[0]}`;
    changes.push({ origin: null, kind: 'erased', what, data: { kind: 'erased', identities } });
  }
  for (const change of people.changes())
    changes.push({ origin: null, kind: 'profile', what: change.profile, data: change });
  changes.push(...forgotten);
  for (const contact of seen) if (contact.identities.length > 0) changes.push(changeOf(contact, site));
  await tell(client, tenant, changes, people.gone);
}

export async function lockTenant(client: Client, tenant: string): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`switchroom ${tenant}`]);
}

async function contactsOf(
  client: Client,
  { tenant, site }: SiteKey,
  events: readonly OutgoingEvent[],
): Promise<Map<string, Contact>> {
  const ids = [...new Set(events.filter(tellsOfContact).map((one) => one.interaction))];
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<Contact & { tenant: string }>(
    'SELECT * FROM interactions WHERE tenant = $1 AND site = $2 AND interaction = ANY($3)',
    [tenant, site, ids],
  );
  return new Map(rows.map(({ tenant: _, ...contact }) => [contact.interaction, contact]));
}

/** @param known identities' hashes by customer */
export async function putContacts(
  client: Client,
  tenant: string,
  contacts: Contact[],
  known: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  if (contacts.length === 0) return;
  for (const contact of contacts) {
    if (contact.customer === null) continue;
    contact.identities = [...new Set([...contact.identities, ...(known.get(contact.customer) ?? [])])];
  }
  await client.query(
    `INSERT INTO interactions (tenant, site, interaction, channel, direction, started_at, queued_at, answered_at, ended_at,
       queue, agent, customer, disposition, wait_ms, talk_ms, abandoned, identities, waiting_since, called_back, transferred,
       talks, erased)
     SELECT $1, site, interaction, channel, direction, started_at, queued_at, answered_at, ended_at, queue, agent, customer,
       disposition, wait_ms, talk_ms, abandoned, identities, waiting_since, called_back, transferred, talks, erased
     FROM jsonb_to_recordset($2::jsonb) AS c (site text, interaction text, channel text, direction text, started_at bigint,
       queued_at bigint, answered_at bigint, ended_at bigint, queue text, agent text, customer text, disposition text,
       wait_ms bigint, talk_ms bigint, abandoned boolean, identities text[], waiting_since bigint, called_back boolean,
       transferred boolean, talks jsonb, erased boolean)
     ON CONFLICT (tenant, site, interaction) DO UPDATE SET channel = excluded.channel, direction = excluded.direction,
       started_at = excluded.started_at, queued_at = excluded.queued_at, answered_at = excluded.answered_at,
       ended_at = excluded.ended_at, queue = excluded.queue, agent = excluded.agent, customer = excluded.customer,
       disposition = excluded.disposition, wait_ms = excluded.wait_ms, talk_ms = excluded.talk_ms,
       abandoned = excluded.abandoned, identities = excluded.identities, waiting_since = excluded.waiting_since,
       called_back = excluded.called_back, transferred = excluded.transferred, talks = excluded.talks,
       erased = excluded.erased`,
    [tenant, JSON.stringify(contacts)],
  );
}

/** What a site erased is erased here, in the tables and in the contacts of the batch. @returns what the other sites are told */
async function eraseSubjects(
  client: Client,
  { tenant, site }: SiteKey,
  { data }: OutgoingEvent,
  contacts: ReadonlyMap<string, Contact>,
): Promise<Change[]> {
  const subjects = subjectsOf(data);
  const values = [tenant, await withAsides(client, tenant, site), subjects];
  await client.query(
    `UPDATE events SET data = '{}' WHERE tenant = $1 AND site = ANY($2) AND (customer = ANY($3) OR interaction = ANY($3))`,
    values,
  );
  const { rows } = await client.query<Contact & { told: boolean }>(
    `UPDATE interactions i SET identities = '{}', customer = NULL, erased = true
     FROM (SELECT tenant, site, interaction, cardinality(identities) > 0 AS told FROM interactions
       WHERE tenant = $1 AND site = ANY($2) AND (customer = ANY($3) OR interaction = ANY($3))) b
     WHERE i.tenant = b.tenant AND i.site = b.site AND i.interaction = b.interaction RETURNING i.*, b.told`,
    values,
  );
  const gone = new Set(subjects);
  for (const contact of contacts.values())
    if (gone.has(contact.interaction) || (contact.customer !== null && gone.has(contact.customer))) forgetWho(contact);
  return rows.filter(({ told }) => told).map((contact) => changeOf(contact, site));
}

/** What was written, say, of contacts that are too old: the rest of them stays. */
async function eraseKinds(client: Client, { tenant, site }: SiteKey, { data }: OutgoingEvent): Promise<void> {
  const { types } = data;
  if (typeof types !== 'string' || types === '') return;
  await client.query(
    `UPDATE events SET data = '{}'
     WHERE tenant = $1 AND site = ANY($2) AND interaction = ANY($3) AND starts_with(type, $4)`,
    [tenant, await withAsides(client, tenant, site), subjectsOf(data), types],
  );
}

/** A site, and what was set aside of it (settle.ts): the same people. */
async function withAsides(client: Client, tenant: string, site: string): Promise<string[]> {
  const { rows } = await client.query<{ site: string }>(
    'SELECT site FROM sites WHERE tenant = $1 AND settled_from = $2',
    [tenant, site],
  );
  return [site, ...rows.map((one) => one.site)];
}

/** @param origin the site it came from; a contact that was set aside is one of that site's no more */
export function changeOf(contact: Contact, origin: string): Change {
  const what = `${contact.site} ${contact.interaction}`;
  const data = remoteOf(contact);
  if (contact.site === origin) return { origin, kind: 'interaction', what, data };
  return { origin: null, kind: 'interaction', what, data: { ...data, was: origin } };
}

function remoteOf(contact: Contact): Omit<RemoteInteraction, 'seq'> {
  const { site, interaction, identities, channel, direction, started_at, ended_at, queue, agent, disposition } =
    contact;
  const optional = { endedAt: ended_at, queue, agent, disposition, talkMs: contact.talk_ms };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  return {
    kind: 'interaction',
    site,
    interaction,
    identities: identities.slice(0, 100),
    channel,
    direction,
    startedAt: started_at,
    ...given,
  };
}

/** @param gone profiles of which nothing is said any more */
export async function tell(client: Client, tenant: string, changes: Change[], gone: readonly string[]): Promise<void> {
  if (changes.length === 0 && gone.length === 0) return;
  await client.query('DELETE FROM changes WHERE tenant = $1 AND what = ANY($2)', [
    tenant,
    [...changes.map(({ what }) => what), ...gone],
  ]);
  await client.query(
    `INSERT INTO changes (tenant, origin, kind, what, data)
     SELECT $1, origin, kind, what, data
     FROM jsonb_to_recordset($2::jsonb) AS c (origin text, kind text, what text, data jsonb)`,
    [tenant, JSON.stringify(changes)],
  );
  await client.query('SELECT pg_notify($1, $2)', [newsChannel, tenant]);
}
