// Whether a customer agreed to be written to or called: the most precise record of channel and purpose counts, and of two
// equally precise ones (channel for all purposes, purpose on all channels) a refusal.
import type { Database, Statement } from 'better-sqlite3';
import type { CustomerId, Millis } from '../../values/index.ts';

export interface Consent {
  /** `voice`, `sms`, `wechat` … or `*`. */
  channel: string;
  /** `service`, `marketing` … or `*`. */
  purpose: string;
  given: boolean;
  since: Millis;
  by: string;
  /** Where it is written down: number of a form, id of an interaction. */
  proof?: string | undefined;
}

interface Cells {
  channel: string;
  purpose: string;
  given: number;
  since: number;
  by: string;
  proof: string | null;
}

/** @returns undefined where nothing was ever said about it */
export function agreedTo(consents: readonly Consent[], channel: string, purpose: string): boolean | undefined {
  const fits = (consent: Consent, wanted: [string, string]) =>
    consent.channel === wanted[0] && consent.purpose === wanted[1];
  for (const wanted of [
    [[channel, purpose]],
    [
      [channel, '*'],
      ['*', purpose],
    ],
    [['*', '*']],
  ] as [string, string][][]) {
    const found = consents.filter((consent) => wanted.some((one) => fits(consent, one)));
    if (found.length > 0) return found.every(({ given }) => given);
  }
  return undefined;
}

export class ConsentRows {
  readonly #of: Statement<[string], Cells>;
  readonly #put: Statement;

  constructor(database: Database) {
    this.#of = database.prepare('SELECT * FROM consents WHERE customer = ? ORDER BY channel, purpose');
    this.#put = database.prepare(
      `INSERT INTO consents (customer, channel, purpose, given, since, by, proof) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (customer, channel, purpose) DO UPDATE SET given = excluded.given, since = excluded.since,
         by = excluded.by, proof = excluded.proof`,
    );
  }

  of(customer: CustomerId): Consent[] {
    return this.#of.all(customer).map(({ channel, purpose, given, since, by, proof }) => ({
      channel,
      purpose,
      given: given === 1,
      since,
      by,
      proof: proof ?? undefined,
    }));
  }

  put(customer: CustomerId, { channel, purpose, given, since, by, proof }: Consent): void {
    this.#put.run(customer, channel, purpose, given ? 1 : 0, since, by, proof ?? null);
  }
}
