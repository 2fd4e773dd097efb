// Sessions of people: kept in memory for every request, and on disk so that a panel stays logged in over a restart.
import { hash, randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { AgentId, Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { loggedIn, loggedOut } from './events.ts';
import type { Way } from './principal.ts';

/** Sessions of one person at the same time; the one used longest ago goes first. */
const mostSessions = 32;
/** How often the last use of a session is written down. */
const seenEveryMs = 5 * 60_000;

export type EndedBecause = 'asked' | 'password-changed' | 'second-factor-removed' | 'disabled';

export interface Session {
  /** SHA-256 of the cookie, hex. */
  hash: string;
  agent: AgentId;
  way: Way;
  /** Known once the cookie was seen. */
  csrf: string | undefined;
  seenAt: Millis;
  writtenAt: Millis;
  endsAt: Millis;
}

interface SessionsOptions {
  database: Database;
  journal: Journal;
  clock: Clock;
  idleMs: number;
  longestMs: number;
}

export class Sessions {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #longestMs: number;
  readonly #known = new Map<string, Session>();
  readonly #ended = new Set<(session: string) => void>();

  constructor({ database, journal, clock, idleMs, longestMs }: SessionsOptions) {
    this.#journal = journal;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#longestMs = longestMs;
    database.prepare('DELETE FROM sessions WHERE ends_at < ?').run(clock.now());
    const rows = database
      .prepare<[], { token_hash: string; agent: string; way: Way; seen_at: number; ends_at: number }>(
        'SELECT * FROM sessions',
      )
      .all();
    for (const { token_hash, agent, way, seen_at, ends_at } of rows) {
      const session = { hash: token_hash, agent, way, csrf: undefined, seenAt: seen_at, writtenAt: seen_at };
      this.#known.set(token_hash, { ...session, endsAt: ends_at });
    }
  }

  /** The session of a cookie, used by that; undefined where there is none, or it is over. */
  use(cookie: string): Session | undefined {
    const session = this.#known.get(hash('sha256', cookie));
    if (session === undefined) return undefined;
    const now = this.#clock.now();
    if (this.#isOver(session, now)) {
      void this.forget(session);
      return undefined;
    }
    this.#used(session, now);
    session.csrf ??= csrfOf(cookie);
    return session;
  }

  async begin(
    { id, team }: { id: AgentId; team?: string | undefined },
    { address, way }: { address: string; way: Way },
  ): Promise<{ cookie: string; session: Session }> {
    const now = this.#clock.now();
    const cookie = randomBytes(32).toString('base64url');
    const session: Session = {
      hash: hash('sha256', cookie),
      agent: id,
      way,
      csrf: csrfOf(cookie),
      seenAt: now,
      writtenAt: now,
      endsAt: now + this.#longestMs,
    };
    this.#makeRoom(id);
    this.#known.set(session.hash, session);
    const event = newEvent(loggedIn, now, { session: nameOf(session), address, way }, { agent: id, team });
    await this.#journal.append([event], (db) => {
      db.prepare(
        'INSERT INTO sessions (token_hash, agent, way, created_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)',
      ).run(session.hash, id, way, now, now, session.endsAt);
    });
    return { cookie, session };
  }

  sweep(inUse: ReadonlySet<string>): void {
    const now = this.#clock.now();
    for (const session of this.#known.values()) {
      if (inUse.has(nameOf(session))) this.#used(session, now);
      if (this.#isOver(session, now)) void this.forget(session);
    }
  }

  async endNamed(name: string | undefined): Promise<void> {
    for (const session of this.#known.values()) if (nameOf(session) === name) await this.#end(session, 'asked');
  }

  async endAll(agent: AgentId, why: EndedBecause): Promise<void> {
    const hers = [...this.#known.values()].filter((session) => session.agent === agent);
    await Promise.all(hers.map((session) => this.#end(session, why)));
  }

  forget(session: Session, events: ReturnType<typeof newEvent>[] = []): Promise<unknown> {
    this.#known.delete(session.hash);
    for (const listener of this.#ended) listener(nameOf(session));
    return this.#journal.append(events, (db) => {
      db.prepare('DELETE FROM sessions WHERE token_hash = ?').run(session.hash);
    });
  }

  onEnded(listener: (session: string) => void): () => void {
    this.#ended.add(listener);
    return () => this.#ended.delete(listener);
  }

  async #end(session: Session, why: EndedBecause): Promise<void> {
    const data = { session: nameOf(session), why };
    await this.forget(session, [newEvent(loggedOut, this.#clock.now(), data, { agent: session.agent })]);
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
    const hers = [...this.#known.values()].filter((session) => session.agent === agent);
    hers.sort((a, b) => a.seenAt - b.seenAt);
    for (const session of hers.slice(0, Math.max(0, hers.length - mostSessions + 1))) void this.forget(session);
  }
}

/** Derived, so that nothing more needs to be kept; it tells nothing about the cookie. */
function csrfOf(cookie: string): string {
  return hash('sha256', `csrf ${cookie}`, 'base64url');
}

/** Names a session in events and to its sockets. */
export function nameOf(session: Session): string {
  return session.hash.slice(0, 16);
}
