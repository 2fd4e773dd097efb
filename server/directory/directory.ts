// The directory on SQLite: what is configured. Reads come from memory; every change is an event.
import { EventEmitter } from 'node:events';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { Clock } from '../../values/index.ts';
import { isDate } from '../ivr/index.ts';
import type { Journal } from '../journal/index.ts';
import type {
  AgentRecord,
  ChannelRecord,
  DialRule,
  DidRecord,
  Directory,
  DirectoryEvents,
  HoursRecord,
  QueueRecord,
  SipUserRecord,
  SkillRecord,
  Table,
  TrunkRecord,
} from '../ports/index.ts';
import { DirectoryTable, type TableContext } from './directory-table.ts';
import { emergencyNumbersOf } from './emergency-numbers.ts';
import { failed } from './errors.ts';
import {
  agentSchema,
  channelSchema,
  dialRuleSchema,
  didSchema,
  hoursRecordSchema,
  queueSchema,
  sipUserSchema,
  skillSchema,
  trunkSchema,
} from './records.ts';
import { loadSiteKey, seal, unseal } from './site-key.ts';
import { layouts } from './table-layout.ts';

export interface DirectoryOptions {
  database: Database;
  journal: Journal;
  clock: Clock;
  logger: Logger;
  site: Directory['site'];
  /** File of the site's key (made where it is missing), or the key itself (32 bytes) in tests. */
  siteKey: string | Buffer;
  /** Names of the flows that exist, asked for when a DID is put; without it any name passes. */
  flows?: (() => ReadonlySet<string>) | undefined;
}

/**
 * Opens the directory of a site.
 * @throws site-key-open, site-key-missing, site-key-wrong
 */
export function openDirectory(options: DirectoryOptions): SiteDirectory {
  return new SqliteDirectory(options);
}

/** Records that change together. */
export interface DirectoryChanges {
  agents?: AgentRecord[];
  /** May name agents of this very change. */
  sipUsers?: SipUserRecord[];
  dids?: DidRecord[];
}

export interface SiteDirectory extends Directory {
  /** All of it in one transaction, or nothing. @throws invalid-field, unknown-reference, directory-not-saved */
  putTogether(changes: DirectoryChanges, by: string): Promise<void>;
  /** Whether the record could be put now: its fields and what it names. @throws invalid-field, unknown-reference */
  check(kind: 'agents' | 'dids', record: unknown): void;
}

class SqliteDirectory extends EventEmitter<DirectoryEvents> implements SiteDirectory {
  readonly site: Directory['site'];
  readonly emergencyNumbers: readonly string[];
  readonly skills: Table<SkillRecord>;
  readonly hours: Table<HoursRecord>;
  readonly queues: Table<QueueRecord>;
  readonly agents: DirectoryTable<AgentRecord>;
  readonly dids: DirectoryTable<DidRecord>;
  readonly channels: Table<ChannelRecord>;
  readonly trunks: Table<TrunkRecord>;
  readonly sipUsers: DirectoryTable<SipUserRecord>;
  readonly dialRules: Table<DialRule>;
  readonly #logger: Logger;
  readonly #context: TableContext;
  /** Agents that a change under way is about to make. */
  #coming: ReadonlySet<string> = new Set();

  constructor({ database, journal, clock, logger, site, siteKey, flows }: DirectoryOptions) {
    super();
    this.site = site;
    this.emergencyNumbers = emergencyNumbersOf(site.country);
    this.#logger = logger;
    const key = typeof siteKey === 'string' ? loadSiteKey(siteKey, hasSealed(database)) : siteKey;
    let turn: Promise<unknown> = Promise.resolve();
    const context: TableContext = {
      database,
      journal,
      clock,
      inTurn(change) {
        const result = turn.then(change);
        // The next change goes on whatever became of this one; its caller hears of it.
        turn = result.then(
          () => undefined,
          () => undefined,
        );
        return result;
      },
    };

    this.#context = context;
    this.skills = new DirectoryTable<SkillRecord>(context, {
      kind: 'skill',
      schema: skillSchema,
      layout: layouts.skill,
      key: ({ name }) => name,
      store: asItIs,
      journaled: (record) => ({ record: { ...record } }),
      check: () => {},
      usedBy: (name) =>
        phrase(
          'agent',
          this.agents.list(),
          ({ id }) => id,
          ({ skills }) => name in skills,
        ) ??
        phrase(
          'queue',
          this.queues.list(),
          ({ id }) => id,
          ({ skills }) => skills.some(({ skill }) => skill === name),
        ) ??
        phrase(
          'channel',
          this.channels.list(),
          ({ id }) => id,
          ({ skills = [] }) => skills.some(({ skill }) => skill === name),
        ),
      changed: (keys) => this.#changed('skills', keys),
    });
    this.hours = new DirectoryTable<HoursRecord>(context, {
      kind: 'hours',
      schema: hoursRecordSchema,
      layout: layouts.hours,
      key: ({ name }) => name,
      store: asItIs,
      load: (stored) => withRealDays(stored as Pick<HoursRecord, 'closedOn' | 'openOn'>),
      journaled: (record) => ({ record: { ...record } }),
      check: () => {},
      // A flow that names them keeps them until it is changed, and its checker says that they are gone.
      usedBy: (name) =>
        phrase(
          'queue',
          this.queues.list(),
          ({ id }) => id,
          ({ hours }) => hours === name,
        ),
      changed: (keys) => this.#changed('hours', keys),
    });
    this.queues = new DirectoryTable<QueueRecord>(context, {
      kind: 'queue',
      schema: queueSchema,
      layout: layouts.queue,
      key: ({ id }) => id,
      store: asItIs,
      journaled: (record) => ({ record: { ...record } }),
      check: ({ id, skills, rings, hours }) => {
        if (hours !== undefined) known(this.hours, 'hours', 'hours', hours);
        for (const [at, { skill }] of skills.entries()) known(this.skills, `skills.${at}.skill`, 'skill', skill);
        rings.forEach(({ alsoQueues = [] }, at) => {
          for (const queue of alsoQueues) {
            if (queue !== id) known(this.queues, `rings.${at}.alsoQueues`, 'queue', queue);
          }
        });
      },
      usedBy: (id) =>
        phrase(
          'agent',
          this.agents.list(),
          (agent) => agent.id,
          ({ queues }) => queues.includes(id),
        ) ??
        phrase(
          'queue',
          this.queues.list(),
          (queue) => queue.id,
          (queue) => queue.id !== id && queue.rings.some(({ alsoQueues }) => alsoQueues?.includes(id)),
        ) ??
        phrase(
          'channel',
          this.channels.list(),
          (channel) => channel.id,
          ({ to }) => 'queue' in to && to.queue === id,
        ),
      changed: (keys) => this.#changed('queues', keys),
    });
    this.agents = new DirectoryTable<AgentRecord>(context, {
      kind: 'agent',
      schema: agentSchema,
      layout: layouts.agent,
      key: ({ id }) => id,
      store: asItIs,
      // Her phone's SIP user may be made later: until then she is unreachable, and the desk says so.
      check: ({ skills, queues }) => {
        for (const skill of Object.keys(skills)) known(this.skills, `skills.${skill}`, 'skill', skill);
        for (const [at, queue] of queues.entries()) known(this.queues, `queues.${at}`, 'queue', queue);
      },
      usedBy: (id) =>
        phrase(
          'SIP user',
          this.sipUsers.list(),
          ({ user }) => user,
          ({ agent }) => agent === id,
        ),
      journaled: ({ name, phone, ...record }) => ({ record, person: { name, phone } }),
      changed: (keys) => this.#changed('agents', keys),
    });
    this.dids = new DirectoryTable<DidRecord>(context, {
      kind: 'did',
      schema: didSchema,
      layout: layouts.did,
      key: ({ number }) => number,
      store: asItIs,
      journaled: (record) => ({ record: { ...record } }),
      check: ({ flow }) => {
        if (flows && !flows().has(flow)) throw failed['unknown-reference']({ field: 'flow', kind: 'flow', name: flow });
      },
      usedBy: () => undefined,
      changed: (keys) => this.#changed('dids', keys),
    });
    this.channels = new DirectoryTable<ChannelRecord>(context, {
      kind: 'channel',
      schema: channelSchema,
      layout: layouts.channel,
      key: ({ id }) => id,
      store: asItIs,
      journaled: (record) => ({ record: { ...record } }),
      check: ({ to, skills = [] }) => {
        if ('queue' in to) known(this.queues, 'to.queue', 'queue', to.queue);
        else if (flows && !flows().has(to.flow))
          throw failed['unknown-reference']({ field: 'to.flow', kind: 'flow', name: to.flow });
        for (const [at, { skill }] of skills.entries()) known(this.skills, `skills.${at}.skill`, 'skill', skill);
      },
      usedBy: () => undefined,
      changed: (keys) => this.#changed('channels', keys),
    });
    this.trunks = new DirectoryTable<TrunkRecord>(context, {
      kind: 'trunk',
      schema: trunkSchema,
      layout: layouts.trunk,
      key: ({ name }) => name,
      check: () => {},
      usedBy: (name) =>
        phrase(
          'dial rule',
          this.dialRules.list(),
          ({ prefix }) => prefix,
          ({ trunk }) => trunk === name,
        ),
      store: ({ outboundAuth, ...rest }) => ({
        ...rest,
        outboundUser: outboundAuth?.user,
        outboundSealed: outboundAuth && seal(key, outboundAuth.secret, rest.name),
      }),
      load: ({ outboundUser, outboundSealed, ...rest }) =>
        outboundUser === undefined
          ? rest
          : {
              ...rest,
              outboundAuth: { user: outboundUser, secret: unseal(key, outboundSealed as Buffer, String(rest.name)) },
            },
      journaled: ({ inboundAuth, outboundAuth, ...rest }) => ({
        record: { ...rest, inboundUser: inboundAuth?.user, outboundUser: outboundAuth?.user },
      }),
      changed: (keys) => this.#changed('trunks', keys),
    });
    this.sipUsers = new DirectoryTable<SipUserRecord>(context, {
      kind: 'sip-user',
      schema: sipUserSchema,
      layout: layouts['sip-user'],
      key: ({ user }) => user,
      check: ({ agent }) => {
        if (agent !== undefined && !this.#coming.has(agent)) known(this.agents, 'agent', 'agent', agent);
      },
      usedBy: () => undefined,
      store: ({ ha1, ...rest }) => ({ ...rest, ...ha1 }),
      load: ({ realm, md5, sha256, ...rest }) => ({ ...rest, ha1: { realm, md5, sha256 } }),
      journaled: ({ ha1, ...rest }) => ({ record: { ...rest, realm: ha1.realm } }),
      changed: (keys) => this.#changed('sip-users', keys),
    });
    this.dialRules = new DirectoryTable<DialRule>(context, {
      kind: 'dial-rule',
      schema: dialRuleSchema,
      layout: layouts['dial-rule'],
      key: ({ prefix }) => prefix,
      store: asItIs,
      journaled: (record) => ({ record: { ...record } }),
      check: ({ trunk }) => known(this.trunks, 'trunk', 'trunk', trunk),
      usedBy: () => undefined,
      changed: (keys) => this.#changed('dial-rules', keys),
    });
  }

  putTogether({ agents = [], sipUsers = [], dids = [] }: DirectoryChanges, by: string): Promise<void> {
    return this.#context.inTurn(async () => {
      this.#coming = new Set(agents.map(({ id }) => id));
      try {
        const plans = [this.agents.plan(agents, by), this.sipUsers.plan(sipUsers, by), this.dids.plan(dids, by)];
        const commit = await this.#context.journal.append(
          plans.flatMap(({ events }) => events),
          () => {
            for (const { write } of plans) write();
          },
        );
        const names = plans.flatMap(({ keys }) => keys).join(', ');
        if (commit.undone) throw failed['directory-not-saved']({ kind: 'records', name: names });
        for (const { keys, apply } of plans) if (keys.length > 0) apply();
      } finally {
        this.#coming = new Set();
      }
    });
  }

  check(kind: 'agents' | 'dids', record: unknown): void {
    // What a plan throws is what a put would throw; this one is never written.
    if (kind === 'agents') this.agents.plan([record as AgentRecord], '');
    else this.dids.plan([record as DidRecord], '');
  }

  #changed(kind: DirectoryEvents['changed'][0], keys: string[]): void {
    // The change is committed: a listener that throws must not make it look failed.
    for (const listener of this.listeners('changed')) {
      try {
        listener(kind, keys);
      } catch (error) {
        this.#logger.error({ err: error, kind }, 'a listener of the directory failed on a change');
      }
    }
  }
}

const asItIs = (row: object): Record<string, unknown> => ({ ...row });

/** Hours of before such days were refused may have some that no calendar has: they never held. */
function withRealDays({ closedOn, openOn, ...stored }: Pick<HoursRecord, 'closedOn' | 'openOn'>): object {
  return {
    ...stored,
    ...(closedOn && { closedOn: closedOn.filter(isDate) }),
    ...(openOn && { openOn: openOn.filter(({ date }) => isDate(date)) }),
  };
}

/** @throws unknown-reference */
function known(table: Table<object>, field: string, kind: string, name: string): void {
  if (table.get(name) === undefined) throw failed['unknown-reference']({ field, kind, name });
}

/** The first record that uses another, as a phrase. */
function phrase<Row>(
  kind: string,
  rows: readonly Row[],
  key: (row: Row) => string,
  uses: (row: Row) => boolean,
): string | undefined {
  const user = rows.find(uses);
  return user === undefined ? undefined : `${kind} ${key(user)}`;
}

function hasSealed(database: Database): boolean {
  return database.prepare('SELECT 1 FROM trunks WHERE outbound_sealed IS NOT NULL').get() !== undefined;
}
