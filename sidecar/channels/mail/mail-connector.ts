// The mail channel: mailboxes in, submission out, threads between.
import type { InboundItem, OutboundMessage } from '../../../connector/index.ts';
import type { Connector, ConnectorTools, Delivery, Sent } from '../../connector.ts';
import { mailToken } from './access-token.ts';
import { compose } from './compose.ts';
import { normaliseMail } from './inbound.ts';
import { LoopGuard } from './loop-guard.ts';
import { Mailbox } from './mailbox.ts';
import { normalAddress } from './read-mail.ts';
import type { MailSettings } from './settings.ts';
import { Submission } from './submission.ts';
import { Threads } from './threads.ts';

export interface MailTuning {
  /** Pauses after a broken IMAP connection. */
  pauseMs?: { first: number; most: number };
}

export class MailConnector implements Connector {
  readonly #settings: MailSettings;
  readonly #tools: ConnectorTools;
  readonly #threads: Threads;
  readonly #guard: LoopGuard;
  readonly #mailboxes: Mailbox[];
  readonly #submission: Submission;

  constructor(settings: MailSettings, tools: ConnectorTools, tuning: MailTuning = {}) {
    this.#settings = settings;
    this.#tools = tools;
    this.#threads = new Threads(tools.memory, tools.secret('mail thread tokens'));
    this.#guard = new LoopGuard(tools.memory, tools.clock, settings.automaticPerHour);
    const token = settings.oauth && mailToken(settings.oauth, tools);
    this.#mailboxes = settings.imap.mailboxes.map(
      (path) => new Mailbox({ path, imap: settings.imap, tools, token, ...tuning }),
    );
    this.#submission = new Submission(settings.smtp, token);
  }

  async start(): Promise<void> {
    for (const mailbox of this.#mailboxes) mailbox.start();
  }

  async stop(): Promise<void> {
    this.#submission.stop();
    await Promise.all(this.#mailboxes.map((mailbox) => mailbox.stop()));
  }

  normalise(delivery: Delivery): Promise<InboundItem[]> {
    return normaliseMail(delivery, this.#settings, this.#tools, this.#threads);
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const { memory, logger } = this.#tools;
    const before = memory.get(`accepted:${message.message}`);
    // The server has it, though it was not noted in the outbox any more.
    if (before !== undefined) return { ok: true, provider: before };
    const facts = this.#threads.facts(message.thread) ?? this.#freshThread(message.thread);
    if (facts === undefined) {
      return {
        ok: false,
        code: 'rejected',
        reason: 'the thread is not known here, and is no mail address',
        again: false,
      };
    }
    if (message.author !== 'agent' && !this.#guard.allows(message.thread, message.message)) {
      const reason = `more than ${this.#settings.automaticPerHour} automatic mails in one thread and hour: a loop`;
      return { ok: false, code: 'quota-spent', reason, again: false };
    }
    try {
      const token = this.#threads.token(message.thread);
      const open = (id: string) => this.#tools.attachments.open(id);
      const mail = await compose({ message, facts, token, settings: this.#settings, open });
      if (mail === undefined) return { ok: false, code: 'rejected', reason: 'a mail has no templates', again: false };
      // Noted before it goes: an answer may be faster than our note of it.
      this.#threads.went(message.thread, facts, message.message, mail.messageId);
      const sent = await this.#submission.send(mail);
      if (!sent.ok) return sent;
      memory.set(`accepted:${message.message}`, sent.provider ?? mail.messageId);
      memory.set(
        `menu:${message.thread}`,
        message.content.type === 'menu' ? JSON.stringify(message.content.choices) : '',
      );
      await this.#copy(mail.raw);
      return sent;
    } catch (error) {
      logger.error({ message: message.message, err: error }, 'a mail could not be made; tried again');
      return { ok: false, code: 'unknown', reason: 'the mail could not be made', again: true };
    }
  }

  trouble(): string | undefined {
    const all = [this.#submission.trouble(), ...this.#mailboxes.map((mailbox) => mailbox.trouble())];
    return all.filter((one) => one !== undefined).join('; ') || undefined;
  }

  /** An agent, a moment or a flow writes first: the thread is then named by the customer's address. */
  #freshThread(thread: string) {
    const address = normalAddress(thread);
    return address === undefined ? undefined : this.#threads.empty(address, '');
  }

  async #copy(raw: Buffer): Promise<void> {
    const path = this.#settings.imap.sentMailbox;
    if (path === undefined) return;
    try {
      await this.#mailboxes[0]?.append(path, raw);
    } catch (error) {
      // The mail is sent; its copy is a comfort.
      this.#tools.logger.warn({ mailbox: path, err: error }, 'no copy of a sent mail could be kept');
    }
  }
}
