// Who may come in: people by login and password (a session cookie), programs by token. Desk and API both ask
// `authenticate`. Everything that is looked up per request is in memory.
import { hash, timingSafeEqual } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { AgentId, Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import type { AgentRecord, Directory, Role } from '../ports/index.ts';
import { agentOfLogin } from './agent-of-login.ts';
import { failed } from './errors.ts';
import { loginRefused, passwordSet } from './events.ts';
import { LoginGuard } from './login-guard.ts';
import { checkPassword, hashPassword, verifyPassword } from './passwords.ts';
import type { Credentials, LoggedIn, Principal, Way } from './principal.ts';
import { SecondFactors } from './second-factors.ts';
import { nameOf, type Session, Sessions } from './sessions.ts';
import { type NewToken, type TokenRecord, Tokens } from './tokens.ts';

export interface Accounts {
  authenticate(credentials: Credentials): Principal | undefined;
  /** @throws login-failed, code-needed, code-wrong, login-locked (details.seconds), login-busy */
  login(request: LoginRequest): Promise<LoggedIn>;
  /** Lets somebody in whom an OpenID provider has vouched for. @throws login-failed where she is disabled or gone */
  enter(agent: AgentId, how: { address: string; way: Way }): Promise<LoggedIn>;
  /** Whether that is her password (and code), counted like a login. @throws as `login` */
  prove(request: LoginRequest): Promise<void>;
  /** Passwords of people who have none here are asked of `check`. */
  useElsewhere(check: CheckElsewhere): void;
  /** Her second factor: whether she has one, whether her roles need one, unused recovery codes. */
  secondFactor(agent: AgentId): { on: boolean; required: boolean; recoveryLeft: number };
  /** @returns the secret (base32) and what a QR code of it holds. @throws second-factor-there */
  beginSecondFactor(agent: AgentId): { secret: string; uri: string };
  /** @returns recovery codes, shown only now. @throws second-factor-not-begun, code-wrong, login-locked */
  confirmSecondFactor(agent: AgentId, code: string, by: string): Promise<string[]>;
  /** New ones instead of the earlier ones, shown only now. @throws second-factor-not-begun: there is none */
  renewRecoveryCodes(agent: AgentId, by: string): Promise<string[]>;
  /** Ends her sessions where somebody else removes it. @throws person-unknown */
  removeSecondFactor(agent: AgentId, by: string): Promise<void>;
  logout(principal: Principal): Promise<void>;
  /** Ends all her sessions. @throws person-unknown, password-weak */
  setPassword(agent: AgentId, password: string, by: string): Promise<void>;
  /** By herself, with the old one; ends all her sessions. @throws as `login`, password-elsewhere, password-weak */
  changePassword(request: LoginRequest & { next: string }): Promise<void>;
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

export interface LoginRequest {
  login: string;
  password: string;
  address: string;
  /** Of the authenticator app, or a recovery code. */
  code?: string | undefined;
}

/** Somebody whose password was right, or for whom a provider vouched. */
export interface Vouched {
  agent: AgentId;
  /** Makes her, or gives her the roles of her groups: to be called once she has proved all that is asked of her. */
  admit(): Promise<void>;
}

/** @returns undefined where login or password is wrong, or she may not in */
export type CheckElsewhere = (login: string, password: string) => Promise<Vouched | undefined>;

export interface AccountsOptions {
  database: Database;
  journal: Journal;
  directory: Directory;
  clock: Clock;
  /** The clock that authenticator apps are compared with. Default: the same. */
  codeClock?: Clock;
  /** File of the site's key, or the key itself: seals second factors. */
  siteKey: string | Buffer;
  /** Roles that need a second factor. Default none. */
  secondFactorFor?: readonly Role[];
  /** Name of the site in authenticator apps. Default Switchroom. */
  issuer?: string;
  /** Whoever sends it is the connector of this site's own sidecar: it may reach all digital channels. Default: none. */
  siteConnector?: string;
  /** A session nobody used for that long is over. Default 12 h. */
  idleMs?: number;
  /** A session is over after that, whatever happens. Default 24 h. */
  longestMs?: number;
}

export const sessionCookie = 'switchroom_session';
const hours = 3_600_000;
export function openAccounts(options: AccountsOptions): Accounts {
  return new SqliteAccounts(options);
}

class SqliteAccounts implements Accounts {
  readonly #journal: Journal;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #guard = new LoginGuard();
  readonly #passwords = new Map<AgentId, string>();
  readonly #sessions: Sessions;
  readonly #tokens: Tokens;
  readonly #factors: SecondFactors;
  readonly #secondFactorFor: readonly Role[];
  /** SHA-256 of the token. */
  readonly #siteConnector: Buffer | undefined;
  readonly #sidecar: Principal;
  #elsewhere: CheckElsewhere | undefined;

  constructor(options: AccountsOptions) {
    const { database, journal, directory, clock, siteKey, secondFactorFor, issuer, idleMs, longestMs } = options;
    const { siteConnector } = options;
    this.#journal = journal;
    this.#directory = directory;
    this.#clock = clock;
    const lives = { idleMs: idleMs ?? 12 * hours, longestMs: longestMs ?? 24 * hours };
    this.#sessions = new Sessions({ database, journal, clock, ...lives });
    this.#tokens = new Tokens(database, journal, directory, clock);
    this.#secondFactorFor = secondFactorFor ?? [];
    this.#siteConnector = siteConnector === undefined ? undefined : hash('sha256', siteConnector, 'buffer');
    this.#sidecar = {
      kind: 'token',
      by: 'sidecar',
      name: 'sidecar',
      roles: [],
      site: directory.site.name,
      connector: { channels: 'all' },
    };
    this.#factors = new SecondFactors({
      database,
      journal,
      clock: options.codeClock ?? clock,
      siteKey,
      issuer: issuer ?? 'Switchroom',
    });
    const logins = database.prepare<[], { agent: string; password_hash: string }>('SELECT * FROM logins').all();
    for (const { agent, password_hash } of logins) this.#passwords.set(agent, password_hash);
    directory.on('changed', (kind, ids) => {
      if (kind === 'agents') this.#agentsChanged(ids);
    });
  }

  authenticate({ cookie, authorization }: Credentials): Principal | undefined {
    const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (bearer !== undefined && this.#isSiteConnector(bearer)) return this.#sidecar;
    if (authorization !== undefined) return bearer === undefined ? undefined : this.#tokens.principal(bearer);
    const value = cookie === undefined ? undefined : cookieValue(cookie, sessionCookie);
    return value === undefined ? undefined : this.#ofSession(value);
  }

  #isSiteConnector(bearer: string): boolean {
    const wanted = this.#siteConnector;
    return wanted !== undefined && timingSafeEqual(hash('sha256', bearer, 'buffer'), wanted);
  }

  #ofSession(cookie: string): Principal | undefined {
    const session = this.#sessions.use(cookie);
    if (session === undefined) return undefined;
    const agent = this.#directory.agents.get(session.agent);
    if (agent === undefined || agent.disabled) {
      void this.#sessions.forget(session);
      return undefined;
    }
    return this.#principalOf(agent, session);
  }

  sweep(inUse: ReadonlySet<string>): void {
    this.#sessions.sweep(inUse);
  }

  async login(request: LoginRequest): Promise<LoggedIn> {
    const { agent, way } = await this.#proved(request);
    return this.#begin(agent, request.address, way);
  }

  async prove(request: LoginRequest): Promise<void> {
    await this.#proved(request);
  }

  async enter(id: AgentId, { address, way }: { address: string; way: Way }): Promise<LoggedIn> {
    const agent = this.#directory.agents.get(id);
    if (agent === undefined || agent.disabled) throw failed['login-failed']();
    return this.#begin(agent, address, way);
  }

  useElsewhere(check: CheckElsewhere): void {
    this.#elsewhere = check;
  }

  /** @throws login-failed, code-needed, code-wrong, login-locked, login-busy */
  async #proved({ login, password, address, code }: LoginRequest): Promise<{ agent: AgentRecord; way: Way }> {
    const now = this.#clock.now();
    const wait = this.#guard.attempt(login, address, now);
    if (wait > 0) throw locked(wait);
    const { known, way, vouched } = await this.#checked(login, password);
    if (vouched === undefined || known?.disabled) {
      this.#refused(known, address, now);
      throw failed['login-failed']();
    }
    const { agent: id } = vouched;
    if (this.#factors.has(id)) {
      if (code === undefined) {
        this.#guard.halfway(login, address, now);
        throw failed['code-needed']();
      }
      const codeWait = this.#guard.attemptCode(id, now);
      if (codeWait > 0) throw locked(codeWait);
      if (!(await this.#factors.take(id, code))) {
        this.#refused(known, address, now);
        throw failed['code-wrong']();
      }
      this.#guard.codeRight(id);
    }
    await vouched.admit();
    const agent = this.#directory.agents.get(id);
    if (agent === undefined || agent.disabled) throw failed['login-failed']();
    this.#guard.succeeded(login, address, now);
    return { agent, way };
  }

  /** By the password that is kept here, else by the directory's word; a login that nobody has takes the same way. */
  async #checked(
    login: string,
    password: string,
  ): Promise<{ known: AgentRecord | undefined; way: Way; vouched: Vouched | undefined }> {
    const known = agentOfLogin(this.#directory, login);
    const stored = known === undefined || known.disabled ? undefined : this.#passwords.get(known.id);
    if (stored === undefined && this.#elsewhere) {
      return { known, way: 'ldap', vouched: await this.#elsewhere(login, password) };
    }
    const right = await verifyPassword(stored, password);
    const vouched = right && known !== undefined ? { agent: known.id, admit: async () => {} } : undefined;
    return { known, way: 'password', vouched };
  }

  #refused(agent: AgentRecord | undefined, address: string, now: Millis): void {
    const scope = agent === undefined ? {} : { agent: agent.id, team: agent.team };
    // Who types her password into the wrong field shall not find it in the journal.
    const known = agent === undefined ? {} : { login: agent.id };
    void this.#journal.append([newEvent(loginRefused, now, { ...known, address }, scope)]);
  }

  async #begin(agent: AgentRecord, address: string, way: Way): Promise<LoggedIn> {
    const { cookie, session } = await this.#sessions.begin(agent, { address, way });
    return { cookie, principal: this.#principalOf(agent, session), endsAt: session.endsAt };
  }

  secondFactor(agent: AgentId): { on: boolean; required: boolean; recoveryLeft: number } {
    const roles = this.#directory.agents.get(agent)?.roles ?? [];
    const required = roles.some((role) => this.#secondFactorFor.includes(role));
    return { on: this.#factors.has(agent), required, recoveryLeft: this.#factors.recoveryLeft(agent) };
  }

  beginSecondFactor(agent: AgentId): { secret: string; uri: string } {
    return this.#factors.begin(agent);
  }

  async confirmSecondFactor(agent: AgentId, code: string, by: string): Promise<string[]> {
    const wait = this.#guard.attemptCode(agent, this.#clock.now());
    if (wait > 0) throw locked(wait);
    const codes = await this.#factors.confirm(agent, code, by);
    this.#guard.codeRight(agent);
    return codes;
  }

  renewRecoveryCodes(agent: AgentId, by: string): Promise<string[]> {
    return this.#factors.renewRecoveryCodes(agent, by);
  }

  async removeSecondFactor(agent: AgentId, by: string): Promise<void> {
    if (this.#directory.agents.get(agent) === undefined) throw failed['person-unknown']({ agent });
    await this.#factors.remove(agent, by);
    if (by !== agent) await this.#sessions.endAll(agent, 'second-factor-removed');
  }

  logout({ session }: Principal): Promise<void> {
    return this.#sessions.endNamed(session);
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
    await this.#sessions.endAll(agent, 'password-changed');
  }

  async changePassword({ next, ...request }: LoginRequest & { next: string }): Promise<void> {
    if (!this.hasPassword(request.login)) throw failed['password-elsewhere']();
    await this.#proved(request);
    await this.setPassword(request.login, next, request.login);
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
    return this.#sessions.onEnded(listener);
  }

  #principalOf(agent: AgentRecord, session: Session): Principal {
    // A provider asks for its own second factor.
    const { on, required } = this.secondFactor(agent.id);
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
      way: session.way,
      needs: required && !on && session.way !== 'oidc' ? 'second-factor' : undefined,
    };
  }

  #agentsChanged(ids: string[]): void {
    for (const id of ids) {
      const agent = this.#directory.agents.get(id);
      if (agent !== undefined && !agent.disabled) continue;
      void this.#sessions.endAll(id, 'disabled');
      if (agent !== undefined) continue;
      this.#passwords.delete(id);
      void this.#factors.remove(id, 'directory');
      // An agent who is made again under the same id must not inherit the password.
      void this.#journal.append([], (db) => {
        db.prepare('DELETE FROM logins WHERE agent = ?').run(id);
      });
    }
  }
}

function locked(wait: Millis): Error {
  return failed['login-locked']({ seconds: Math.ceil(wait / 1_000) });
}

/** One cookie of a Cookie header (RFC 6265 §4.2.1). */
function cookieValue(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
