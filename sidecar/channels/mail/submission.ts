// SMTP submission (RFC 6409): hands mails to the bank's own server, and says what its answers mean for the outbox.
import { createTransport, type Transporter } from 'nodemailer';
import type { Sent } from '../../connector.ts';
import type { Composed } from './compose.ts';
import type { MailSettings } from './settings.ts';
import { tlsOf } from './tls.ts';

type Failure = Extract<Sent, { ok: false }>;

export class Submission {
  readonly #transport: Transporter;
  #trouble: string | undefined;

  constructor(smtp: MailSettings['smtp']) {
    this.#transport = createTransport({
      pool: true,
      host: smtp.host,
      port: smtp.port,
      secure: smtp.security === 'tls',
      requireTLS: smtp.security === 'starttls',
      ignoreTLS: smtp.security === 'none',
      tls: tlsOf(smtp),
      ...(smtp.user !== undefined && {
        auth: smtp.accessToken
          ? { type: 'OAuth2' as const, user: smtp.user, accessToken: smtp.accessToken }
          : { user: smtp.user, pass: smtp.password ?? '' },
      }),
      maxConnections: smtp.connections,
      connectionTimeout: smtp.timeoutMs,
      greetingTimeout: smtp.timeoutMs,
      socketTimeout: smtp.timeoutMs,
      logger: false,
    });
  }

  /** Never rejects. */
  async send(mail: Composed): Promise<Sent> {
    try {
      const info = await this.#transport.sendMail({ envelope: { from: mail.from, to: [mail.to] }, raw: mail.raw });
      this.#trouble = undefined;
      return { ok: true, provider: String(info.response ?? mail.messageId).slice(0, 200) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'unreachable' || failure.code === 'token-expired') this.#trouble = `SMTP: ${failure.reason}`;
      return failure;
    }
  }

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
