// SMTP submission (RFC 6409): hands mails to the bank's own server, and says what its answers mean for the outbox.
import { createTransport, type Transporter } from 'nodemailer';
import type { Sent, TokenKeeper } from '../../connector.ts';
import type { Composed } from './compose.ts';
import type { MailSettings } from './settings.ts';
import { tlsOf } from './tls.ts';

type Failure = Extract<Sent, { ok: false }>;

export class Submission {
  readonly #transport: Transporter;
  readonly #token: TokenKeeper | undefined;
  /** The token that the server was shown last. */
  #shown: string | undefined;
  #trouble: string | undefined;

  /** @param token of the account, where it is renewed */
  constructor(smtp: MailSettings['smtp'], token?: TokenKeeper) {
    this.#transport = createTransport({
      pool: true,
      host: smtp.host,
      port: smtp.port,
      secure: smtp.security === 'tls',
      requireTLS: smtp.security === 'starttls',
      ignoreTLS: smtp.security === 'none',
      tls: tlsOf(smtp),
      ...(smtp.user !== undefined && {
        auth: token
          ? { type: 'OAuth2' as const, user: smtp.user }
          : smtp.accessToken
            ? { type: 'OAuth2' as const, user: smtp.user, accessToken: smtp.accessToken }
            : { user: smtp.user, pass: smtp.password ?? '' },
      }),
      maxConnections: smtp.connections,
      connectionTimeout: smtp.timeoutMs,
      greetingTimeout: smtp.timeoutMs,
      socketTimeout: smtp.timeoutMs,
      logger: false,
    });
    this.#token = token;
    if (token) this.#transport.set('oauth2_provision_cb', this.#provide);
  }

  /** Never rejects. */
  async send(mail: Composed): Promise<Sent> {
    try {
      const info = await this.#handOver(mail);
      this.#trouble = undefined;
      return { ok: true, provider: String(info.response ?? mail.messageId).slice(0, 200) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'unreachable' || failure.code === 'token-expired') this.#trouble = `SMTP: ${failure.reason}`;
      return failure;
    }
  }

  /** A token may be refused before its end: then once more with a new one. */
  async #handOver(mail: Composed): Promise<{ response?: unknown }> {
    const letter = { envelope: { from: mail.from, to: [mail.to] }, raw: mail.raw };
    try {
      return await this.#transport.sendMail(letter);
    } catch (error) {
      if (this.#token === undefined || (error as { code?: string }).code !== 'EAUTH') throw error;
      if (this.#shown !== undefined) this.#token.refused(this.#shown);
      return await this.#transport.sendMail(letter);
    }
  }

  /** How nodemailer asks for a token, with `renew` where the server asked for another one. */
  readonly #provide = (
    _user: string,
    renew: boolean,
    done: (error: Error | null, token?: string, endsAt?: number) => void,
  ): void => {
    if (renew && this.#shown !== undefined) this.#token?.refused(this.#shown);
    this.#token?.get().then(
      (token) => {
        this.#shown = token;
        // Ended already for nodemailer: the keeper knows better than its own note of it.
        done(null, token, 1);
      },
      (error: Error) => done(error),
    );
  };

  trouble(): string | undefined {
    return this.#trouble;
  }

  stop(): void {
    this.#transport.close();
  }
}

/** The reply code first (RFC 5321 4.2), with its enhanced status (RFC 3463); then what happened to the connection. */
export function failureOf(error: unknown): Failure {
  const { responseCode, response, code, message } = error as Error & {
    responseCode?: number;
    response?: string;
    code?: string;
  };
  const reason = String(response ?? message ?? 'unknown')
    .replace(/\s+/g, ' ')
    .slice(0, 300);
  // Wrong credentials are the administrator's to mend; the mail waits meanwhile.
  if (code === 'EAUTH' || responseCode === 530 || responseCode === 535)
    return { ok: false, code: 'token-expired', reason, again: true };
  if (responseCode !== undefined && responseCode >= 500) {
    const tooLarge = responseCode === 552 || /\b5\.(3\.4|2\.3)\b/.test(reason);
    return { ok: false, code: tooLarge ? 'too-large' : 'rejected', reason, again: false };
  }
  if (responseCode !== undefined && responseCode >= 400) return { ok: false, code: 'busy', reason, again: true };
  if (code === 'EENVELOPE') return { ok: false, code: 'rejected', reason, again: false };
  return { ok: false, code: 'unreachable', reason, again: true };
}
