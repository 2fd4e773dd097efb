// API tokens: `swr_<id>_<secret>`. The secret has 256 random bits, so its SHA-256 is all that needs to be kept.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { AgentId, Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import type { Directory, Role } from '../ports/index.ts';
import { failed } from './errors.ts';
import { tokenCreated, tokenRevoked } from './events.ts';
import type { Principal } from './principal.ts';

export interface NewToken {
  name: string;
  roles: Role[];
  /** Acts as this agent: for synthetic agents and load tests. */
  agent?: AgentId | undefined;
  team?: string | undefined;
  endsAt?: Millis | undefined;
  /** A connector's: it may reach these digital channels, and nothing else. */
  channels?: string[] | undefined;
}

export interface TokenRecord extends NewToken {
  id: string;
  site: string;
  createdBy: string;
  createdAt: Millis;
  revokedAt?: Millis | undefined;
}

interface Row {
  id: string;
  secret_hash: string;
  name: string;
  roles: string;
  agent: string | null;
  site: string;
  team: string | null;
  created_by: string;
  created_at: number;
  ends_at: number | null;
  channels: string | null;
  revoked_at: number | null;
}

export class Tokens {
  readonly #journal: Journal;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #known = new Map<string, { record: TokenRecord; secretHash: Buffer }>();

  constructor(database: Database, journal: Journal, directory: Directory, clock: Clock) {
    this.#journal = journal;
    this.#directory = directory;
    this.#clock = clock;
    for (const row of database.prepare<[], Row>('SELECT * FROM tokens').all()) {
      this.#known.set(row.id, { record: fromRow(row), secretHash: Buffer.from(row.secret_hash, 'hex') });
    }
  }

  list(): TokenRecord[] {
    return [...this.#known.values()].map(({ record }) => record);
  }

  principal(token: string): Principal | undefined {
    const [, id = '', secret = ''] = /^swr_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
    const found = this.#known.get(id);
    if (found === undefined) return undefined;
    const { record, secretHash } = found;
    if (!timingSafeEqual(hash('sha256', secret, 'buffer'), secretHash)) return undefined;
    if (record.revokedAt !== undefined || (record.endsAt !== undefined && record.endsAt <= this.#clock.now())) {
      return undefined;
    }
    const agent = record.agent === undefined ? undefined : this.#directory.agents.get(record.agent);
    if (record.agent !== undefined && (agent === undefined || agent.disabled)) return undefined;
    const { name, roles, site, team, channels } = record;
    const principal = { kind: 'token', by: `token:${id}`, name, agent: agent?.id, roles, site } as const;
    return { ...principal, team: team ?? agent?.team, ...(channels && { connector: { channels } }) };
  }

  async create(token: NewToken, by: string): Promise<{ record: TokenRecord; token: string }> {
    if (token.agent !== undefined && this.#directory.agents.get(token.agent) === undefined) {
      throw failed['person-unknown']({ agent: token.agent, field: 'agent' });
    }
    // Least privilege: what lies on a connector's host opens its channels alone.
    if (token.channels && (token.roles.length > 0 || token.agent !== undefined || token.channels.length === 0))
      throw failed['token-connector']({ field: 'channels' });
    if (!token.channels && token.roles.length === 0) throw failed['token-powerless']({ field: 'roles' });
    for (const channel of token.channels ?? []) {
      if (!this.#directory.channels.get(channel))
        throw failed['unknown-reference']({ field: 'channels', kind: 'channel', name: channel });
    }
    const id = randomBytes(8).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const secretHash = hash('sha256', secret, 'buffer');
    const createdAt = this.#clock.now();
    const record: TokenRecord = { ...token, id, site: this.#directory.site.name, createdBy: by, createdAt };
    const { name, roles, agent, team, endsAt, channels } = record;
    const event = newEvent(tokenCreated, createdAt, { token: id, name, roles, by, endsAt, channels }, { agent, team });
    await this.#journal.append([event], (db) => {
      db.prepare(
        `INSERT INTO tokens (id, secret_hash, name, roles, agent, site, team, created_by, created_at, ends_at, channels)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        id,
        secretHash.toString('hex'),
        name,
        JSON.stringify(roles),
        agent ?? null,
        record.site,
        team ?? null,
        by,
        createdAt,
        endsAt ?? null,
        channels ? JSON.stringify(channels) : null,
      );
    });
    this.#known.set(id, { record, secretHash });
    return { record, token: `swr_${id}_${secret}` };
  }

  async revoke(id: string, by: string): Promise<void> {
    const found = this.#known.get(id);
    if (found === undefined) throw failed['token-unknown']({ token: id });
    if (found.record.revokedAt !== undefined) return;
    const now = this.#clock.now();
    // It stops working at once, not only when that is on disk.
    found.record = { ...found.record, revokedAt: now };
    await this.#journal.append([newEvent(tokenRevoked, now, { token: id, by })], (db) => {
      db.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ?').run(now, id);
    });
  }
}

function fromRow(row: Row): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    roles: JSON.parse(row.roles) as Role[],
    agent: row.agent ?? undefined,
    site: row.site,
    team: row.team ?? undefined,
    createdBy: row.created_by,
    createdAt: row.created_at,
    endsAt: row.ends_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    ...(row.channels !== null && { channels: JSON.parse(row.channels) as string[] }),
  };
}
