// Second factors of people: a TOTP secret, sealed with the site's key, and recovery codes, of which only hashes are kept.
import { hash, randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { AgentId, Clock, Millis } from '../../values/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { failed } from './errors.ts';
import { recoveryCodesRenewed, recoveryCodeUsed, secondFactorRemoved, secondFactorSet } from './events.ts';
import { loadSiteKey, seal, unseal } from './site-key.ts';
import { base32, keyUri, stepOfCode } from './totp.ts';

/** RFC 4226 §4 R6 asks for 128 bits and recommends 160. */
const secretBytes = 20;
const recoveryCodes = 10;
/** 80 bits each: nobody finds one from its hash. */
const recoveryBytes = 10;
/** What was begun and not confirmed is forgotten. */
const patienceMs: Millis = 15 * 60_000;
const mostBegun = 1_000;

interface Factor {
  secret: Buffer;
  lastStep: number;
  recovery: Set<string>;
}

export interface SecondFactorsOptions {
  database: Database;
  journal: Journal;
  clock: Clock;
  /** File of the site's key, or the key itself. */
  siteKey: string | Buffer;
  /** Name of the site in the app. */
  issuer: string;
}

export class SecondFactors {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #siteKey: string | Buffer;
  readonly #issuer: string;
  readonly #known = new Map<AgentId, Factor>();
  readonly #begun = new Map<AgentId, { secret: Buffer; at: Millis }>();

  /** @throws site-key-missing, site-key-wrong, site-key-open */
  constructor({ database, journal, clock, siteKey, issuer }: SecondFactorsOptions) {
    this.#journal = journal;
    this.#clock = clock;
    this.#siteKey = siteKey;
    this.#issuer = issuer;
    const rows = database
      .prepare<[], { agent: string; sealed: Buffer; last_step: number }>('SELECT * FROM second_factors')
      .all();
    for (const { agent, sealed, last_step } of rows) {
      const secret = Buffer.from(unseal(this.#key(true), sealed, about(agent)), 'base64');
      this.#known.set(agent, { secret, lastStep: last_step, recovery: new Set() });
    }
    const codes = database.prepare<[], { agent: string; code_hash: string }>('SELECT * FROM recovery_codes').all();
    for (const { agent, code_hash } of codes) this.#known.get(agent)?.recovery.add(code_hash);
  }

  has(agent: AgentId): boolean {
    return this.#known.has(agent);
  }

  recoveryLeft(agent: AgentId): number {
    return this.#known.get(agent)?.recovery.size ?? 0;
  }

  /** Makes a secret; it counts once `confirm` has seen a code of it. @throws second-factor-there */
  begin(agent: AgentId): { secret: string; uri: string } {
    if (this.has(agent)) throw failed['second-factor-there']();
    const now = this.#clock.now();
    for (const [other, { at }] of this.#begun) {
      if (now - at > patienceMs || this.#begun.size >= mostBegun) this.#begun.delete(other);
    }
    const secret = randomBytes(secretBytes);
    this.#begun.set(agent, { secret, at: now });
    return { secret: base32(secret), uri: keyUri(this.#issuer, agent, secret) };
  }

  /** @returns the recovery codes, shown only now. @throws second-factor-not-begun, code-wrong */
  async confirm(agent: AgentId, code: string, by: string): Promise<string[]> {
    const now = this.#clock.now();
    const begun = this.#begun.get(agent);
    if (begun === undefined || now - begun.at > patienceMs) throw failed['second-factor-not-begun']();
    const step = stepOfCode(begun.secret, code.trim(), now);
    if (step === undefined) throw failed['code-wrong']();
    this.#begun.delete(agent);
    const codes = Array.from({ length: recoveryCodes }, () => readable(randomBytes(recoveryBytes)));
    const hashes = codes.map(hashOf);
    const sealed = seal(this.#key(false), begun.secret.toString('base64'), about(agent));
    this.#known.set(agent, { secret: begun.secret, lastStep: step, recovery: new Set(hashes) });
    await this.#journal.append([newEvent(secondFactorSet, now, { by }, { agent })], (db) => {
      db.prepare('INSERT INTO second_factors (agent, sealed, last_step, created_at) VALUES (?, ?, ?, ?)').run(
        agent,
        sealed,
        step,
        now,
      );
      const insert = db.prepare('INSERT INTO recovery_codes (agent, code_hash) VALUES (?, ?)');
      for (const one of hashes) insert.run(agent, one);
    });
    return codes;
  }

  /** New recovery codes instead of all earlier ones, shown only now. @throws second-factor-not-begun: there is none */
  async renewRecoveryCodes(agent: AgentId, by: string): Promise<string[]> {
    const factor = this.#known.get(agent);
    if (factor === undefined) throw failed['second-factor-not-begun']();
    const codes = Array.from({ length: recoveryCodes }, () => readable(randomBytes(recoveryBytes)));
    const hashes = codes.map(hashOf);
    factor.recovery = new Set(hashes);
    await this.#journal.append([newEvent(recoveryCodesRenewed, this.#clock.now(), { by }, { agent })], (db) => {
      db.prepare('DELETE FROM recovery_codes WHERE agent = ?').run(agent);
      const insert = db.prepare('INSERT INTO recovery_codes (agent, code_hash) VALUES (?, ?)');
      for (const one of hashes) insert.run(agent, one);
    });
    return codes;
  }

  /** Takes a code of the app, or a recovery code; each counts once, from this moment on. */
  async take(agent: AgentId, given: string): Promise<boolean> {
    const factor = this.#known.get(agent);
    if (factor === undefined) return false;
    const now = this.#clock.now();
    const step = stepOfCode(factor.secret, given.replace(/\s/g, ''), now, factor.lastStep);
    if (step !== undefined) {
      factor.lastStep = step;
      await this.#journal.append([], (db) => {
        db.prepare('UPDATE second_factors SET last_step = ? WHERE agent = ?').run(step, agent);
      });
      return true;
    }
    const hashed = hashOf(given);
    if (!factor.recovery.delete(hashed)) return false;
    const event = newEvent(recoveryCodeUsed, now, { left: factor.recovery.size }, { agent });
    await this.#journal.append([event], (db) => {
      db.prepare('DELETE FROM recovery_codes WHERE agent = ? AND code_hash = ?').run(agent, hashed);
    });
    return true;
  }

  async remove(agent: AgentId, by: string): Promise<void> {
    this.#begun.delete(agent);
    if (!this.#known.delete(agent)) return;
    await this.#journal.append([newEvent(secondFactorRemoved, this.#clock.now(), { by }, { agent })], (db) => {
      db.prepare('DELETE FROM second_factors WHERE agent = ?').run(agent);
      db.prepare('DELETE FROM recovery_codes WHERE agent = ?').run(agent);
    });
  }

  #key(needed: boolean): Buffer {
    return typeof this.#siteKey === 'string' ? loadSiteKey(this.#siteKey, needed) : this.#siteKey;
  }
}

/** Associated data: a sealed secret cannot be moved to another person. */
function about(agent: AgentId): string {
  return `second factor of ${agent}`;
}

/** `ABCD-EFGH-IJKL-MNOP` */
function readable(bytes: Buffer): string {
  return (base32(bytes).match(/.{4}/g) ?? []).join('-');
}

function hashOf(code: string): string {
  return hash('sha256', code.toUpperCase().replace(/[^A-Z0-9]/g, ''));
}
