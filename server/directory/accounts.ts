// Who may come in: people by login and password (a session cookie), programs by token. Desk and API both ask
// `authenticate`. Everything that is looked up per request is in memory.
import { hash, randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { AgentId, Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import type { AgentRecord, Directory, Role } from '../ports/index.ts';
import { failed } from './errors.ts';
import { loggedIn, loggedOut, loginRefused, passwordSet } from './events.ts';
import { LoginGuard } from './login-guard.ts';
import { checkPassword, hashPassword, verifyPassword } from './passwords.ts';
import { type NewToken, type TokenRecord, Tokens } from './tokens.ts';

/** Whoever is behind a request. */
export interface Principal {
  kind: 'session' | 'token';
  /** For the audit: the agent's id, or `token:<id>`. */
  by: string;
  name: string;
  /** The agent who acts; a token has one only where it was made for one. */
  agent?: AgentId | undefined;
  roles: readonly Role[];
  site: string;
  /** A supervisor with a team sees that team only; without one, the whole site. */
  team?: string | undefined;
  /** Sessions only: what must come back in X-CSRF-Token with every request that changes something. */
  csrf?: string | undefined;
  /** Sessions only: names the session, is not the cookie. */
  session?: string | undefined;
}

/** The two headers of a request that can say who it is from. */
export interface Credentials {
  /** The Cookie header. */
  cookie?: string | undefined;
  /** The Authorization header: `Bearer swr_…`. */
  authorization?: string | undefined;
}

export interface Accounts {
  authenticate(credentials: Credentials): Principal | undefined;
  /** @throws login-failed, login-locked (details.seconds), login-busy */
  login(request: { login: string; password: string; address: string }): Promise<{
    /** Value of the cookie `sessionCookie`; not kept anywhere in clear. */
    cookie: string;
    principal: Principal;
    endsAt: Millis;
  }>;
  logout(principal: Principal): Promise<void>;
  /** Ends all her sessions. @throws person-unknown, password-weak */
  setPassword(agent: AgentId, password: string, by: string): Promise<void>;
  hasPassword(agent: AgentId): boolean;
  /** The token is in the answer and nowhere else. @throws person-unknown */
  createToken(token: NewToken, by: string): Promise<{ record: TokenRecord; token: string }>;
  tokens(): TokenRecord[];
  /** @throws token-unknown */
  revokeToken(id: string, by: string): Promise<void>;
  /**
   * Ends sessions that are too old, or that nobody used for too long; call it every minute or so.
   * @param inUse names of sessions that are used by other means than requests (an open panel)
   */
  sweep(inUse: ReadonlySet<string>): void;
  /** Hears of sessions that are over their time (asked, disabled, too old …), so that their sockets can be closed. @returns how to stop */
  onEnded(listener: (session: string) => void): () => void;
}

export interface AccountsOptions {
  database: Database;
  journal: Journal;
  directory: Directory;
  clock: Clock;
  /** A session nobody used for that long is over. Default 12 h. */
  idleMs?: number;
  /** A session is over after that, whatever happens. Default 24 h. */
  longestMs?: number;
}

export const sessionCookie = 'switchroom_session';
const hours = 3_600_000;
/** Sessions of one person at the same time; the one used longest ago goes first. */
const mostSessions = 32;
/** How often the last use of a session is written down. */
const seenEveryMs = 5 * 60_000;

interface Session {
  hash: string;
  agent: AgentId;
  csrf: string | undefined;
  seenAt: Millis;
  writtenAt: Millis;
  endsAt: Millis;
}

export function openAccounts(options: AccountsOptions): Accounts {
  return new SqliteAccounts(options);
}

class SqliteAccounts implements Accounts {
  readonly #journal: Journal;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #longestMs: number;
  readonly #guard = new LoginGuard();
  readonly #passwords = new Map<AgentId, string>();
  readonly #sessions = new Map<string, Session>();
  readonly #tokens: Tokens;
  readonly #ended = new Set<(session: string) => void>();

  constructor({ database, journal, directory, clock, idleMs, longestMs }: AccountsOptions) {
    this.#journal = journal;
    this.#directory = directory;
    this.#clock = clock;
    this.#idleMs = idleMs ?? 12 * hours;
    this.#longestMs = longestMs ?? 24 * hours;
    this.#tokens = new Tokens(database, journal, directory, clock);
    const logins = database.prepare<[], { agent: string; password_hash: string }>('SELECT * FROM logins').all();
    for (const { agent, password_hash } of logins) this.#passwords.set(agent, password_hash);
    database.prepare('DELETE FROM sessions WHERE ends_at < ?').run(clock.now());
    const sessions = database
      .prepare<[], { token_hash: string; agent: string; seen_at: number; ends_at: number }>('SELECT * FROM sessions')
      .all();
    for (const { token_hash, agent, seen_at, ends_at } of sessions) {
      this.#sessions.set(token_hash, {
        hash: token_hash,
        agent,
        csrf: undefined,
        seenAt: seen_at,
        writtenAt: seen_at,
        endsAt: ends_at,
      });
    }
    directory.on('changed', (kind, ids) => {
      if (kind === 'agents') this.#agentsChanged(ids);
    });
  }

  authenticate({ cookie, authorization }: Credentials): Principal | undefined {
    const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (authorization !== undefined) return bearer === undefined ? undefined : this.#tokens.principal(bearer);
    const value = cookie === undefined ? undefined : cookieValue(cookie, sessionCookie);
    return value === undefined ? undefined : this.#ofSession(value);
  }

  #ofSession(cookie: string): Principal | undefined {
    const session = this.#sessions.get(hash('sha256', cookie));
    if (session === undefined) return undefined;
    const now = this.#clock.now();
    const agent = this.#directory.agents.get(session.agent);
    if (this.#isOver(session, now) || agent === undefined || agent.disabled) {
      void this.#forget(session);
      return undefined;
    }
    this.#used(session, now);
    session.csrf ??= csrfOf(cookie);
    return principalOf(agent, session);
  }

  sweep(inUse: ReadonlySet<string>): void {
    const now = this.#clock.now();
    for (const session of this.#sessions.values()) {
      if (inUse.has(nameOf(session))) this.#used(session, now);
      if (this.#isOver(session, now)) void this.#forget(session);
    }
  }

  #isOver({ endsAt, seenAt }: Session, now: Millis): boolean {
    return now >= endsAt || now - seenAt > this.#idleMs;
  }

  #used(session: Session, now: Millis): void {
    session.seenAt = now;
    if (now - session.writtenAt <= seenEveryMs) return;
    session.writtenAt = now;
    void this.#journal.append([], (db) => {
      db.prepare('UPDATE sessions SET seen_at = ? WHERE token_hash = ?').run(now, session.hash);
    });
  }

  /** So that a program that logs in for every request fills neither memory nor database. */
  #makeRoom(agent: AgentId): void {
    const hers = [...this.#sessions.values()].filter((session) => session.agent === agent);
    hers.sort((a, b) => a.seenAt - b.seenAt);
    for (const session of hers.slice(0, Math.max(0, hers.length - mostSessions + 1))) void this.#forget(session);
  }

  async login({
    login,
    password,
    address,
  }: {
    login: string;
    password: string;
    address: string;
  }): ReturnType<Accounts['login']> {
    const now = this.#clock.now();
    const wait = this.#guard.attempt(login, address, now);
    if (wait > 0) throw failed['login-locked']({ seconds: Math.ceil(wait / 1_000) });
    const agent = this.#directory.agents.get(login);
    const stored = agent?.disabled ? undefined : this.#passwords.get(login);
    const right = await verifyPassword(stored, password);
    if (!right || agent === undefined) {
      const scope = agent === undefined ? {} : { agent: agent.id, team: agent.team };
      // Who types her password into the wrong field shall not find it in the journal.
      const known = agent === undefined ? {} : { login };
      void this.#journal.append([newEvent(loginRefused, now, { ...known, address }, scope)]);
      throw failed['login-failed']();
    }
    this.#guard.succeeded(login, address, now);
    const cookie = randomBytes(32).toString('base64url');
    const session: Session = {
      hash: hash('sha256', cookie),
      agent: agent.id,
      csrf: csrfOf(cookie),
      seenAt: now,
      writtenAt: now,
      endsAt: now + this.#longestMs,
    };
    this.#makeRoom(agent.id);
    this.#sessions.set(session.hash, session);
    const event = newEvent(loggedIn, now, { session: nameOf(session), address }, { agent: agent.id, team: agent.team });
    await this.#journal.append([event], (db) => {
      db.prepare('INSERT INTO sessions (token_hash, agent, created_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?)').run(
        session.hash,
        agent.id,
        now,
        now,
        session.endsAt,
      );
    });
    return { cookie, principal: principalOf(agent, session), endsAt: session.endsAt };
  }

  async logout({ session: name }: Principal): Promise<void> {
    for (const session of this.#sessions.values()) if (nameOf(session) === name) await this.#end(session, 'asked');
  }

  async setPassword(agent: AgentId, password: string, by: string): Promise<void> {
    if (this.#directory.agents.get(agent) === undefined) throw failed['person-unknown']({ agent });
    checkPassword(agent, password);
    const stored = await hashPassword(password);
    const now = this.#clock.now();
    await this.#journal.append([newEvent(passwordSet, now, { by }, { agent })], (db) => {
      db.prepare(
        `INSERT INTO logins (agent, password_hash, changed_at) VALUES (?, ?, ?) ON CONFLICT (agent)
         DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at`,
      ).run(agent, stored, now);
    });
    this.#passwords.set(agent, stored);
    await this.#endAll(agent, 'password-changed');
  }

  hasPassword(agent: AgentId): boolean {
    return this.#passwords.has(agent);
  }

  createToken(token: NewToken, by: string): Promise<{ record: TokenRecord; token: string }> {
    return this.#tokens.create(token, by);
  }

  tokens(): TokenRecord[] {
    return this.#tokens.list();
  }

  revokeToken(id: string, by: string): Promise<void> {
    return this.#tokens.revoke(id, by);
  }

  onEnded(listener: (session: string) => void): () => void {
    this.#ended.add(listener);
    return () => this.#ended.delete(listener);
  }

  #agentsChanged(ids: string[]): void {
    for (const id of ids) {
      const agent = this.#directory.agents.get(id);
      if (agent !== undefined && !agent.disabled) continue;
      void this.#endAll(id, 'disabled');
      if (agent !== undefined) continue;
      this.#passwords.delete(id);
      // An agent who is made again under the same id must not inherit the password.
      void this.#journal.append([], (db) => {
        db.prepare('DELETE FROM logins WHERE agent = ?').run(id);
      });
    }
  }

  async #endAll(agent: AgentId, why: 'password-changed' | 'disabled'): Promise<void> {
    const hers = [...this.#sessions.values()].filter((session) => session.agent === agent);
    await Promise.all(hers.map((session) => this.#end(session, why)));
  }

  async #end(session: Session, why: 'asked' | 'password-changed' | 'disabled'): Promise<void> {
    const data = { session: nameOf(session), why };
    await this.#forget(session, [newEvent(loggedOut, this.#clock.now(), data, { agent: session.agent })]);
  }

  #forget(session: Session, events: ReturnType<typeof newEvent>[] = []): Promise<unknown> {
    this.#sessions.delete(session.hash);
    for (const listener of this.#ended) listener(nameOf(session));
    return this.#journal.append(events, (db) => {
      db.prepare('DELETE FROM sessions WHERE token_hash = ?').run(session.hash);
    });
  }
}

function principalOf(agent: AgentRecord, session: Session): Principal {
  return {
    kind: 'session',
    by: agent.id,
    name: agent.name,
    agent: agent.id,
    roles: agent.roles,
    site: agent.site,
    team: agent.team,
    csrf: session.csrf,
    session: nameOf(session),
  };
}

/** Derived, so that nothing more needs to be kept; it tells nothing about the cookie. */
function csrfOf(cookie: string): string {
  return hash('sha256', `csrf ${cookie}`, 'base64url');
}

function nameOf(session: Session): string {
  return session.hash.slice(0, 16);
}

/** One cookie of a Cookie header (RFC 6265 §4.2.1). */
function cookieValue(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
