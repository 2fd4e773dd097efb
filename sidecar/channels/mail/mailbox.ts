// One mailbox over IMAP: what is new is taken, in order of UID, and the cursor moves with it in one commit.
//
//   connecting ──▶ taking ◀──▶ waiting (IDLE, or every pollMs)
//        ▲            │            │
//        └── pausing ◀┴────────────┘  the connection broke: longer pauses each time
import { ImapFlow } from 'imapflow';
import type { ConnectorTools, Delivery, TokenKeeper } from '../../connector.ts';
import { deliveryOf } from './inbound.ts';
import type { MailSettings } from './settings.ts';
import { tlsOf } from './tls.ts';

interface Cursor {
  /** UIDVALIDITY: with another one all UIDs mean something else (RFC 9051 2.3.1.1). */
  validity: string;
  /** The last one taken. */
  uid: number;
  /** Until this UID only what nobody had read: mails that were there before the first start. */
  unseenUntil?: number | undefined;
  /** After the server numbered anew: nothing older than this. */
  since?: number | undefined;
  at: number;
}

/** Of mails above the limit, and where a server cannot give one whole. */
const beginning = 64 * 1024;
/** Tries with one mail before it is left out, so that it stops nothing. */
const mostTries = 3;
const day = 86_400_000;

export interface MailboxOptions {
  path: string;
  imap: MailSettings['imap'];
  tools: ConnectorTools;
  /** Of the account, where it is renewed. */
  token?: TokenKeeper | undefined;
  /** First and longest pause after a broken connection. */
  pauseMs?: { first: number; most: number };
}

export class Mailbox {
  readonly path: string;
  readonly #options: MailboxOptions;
  #client: ImapFlow | undefined;
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #trouble: string | undefined;
  #failures = 0;
  #stuck = { uid: 0, tries: 0 };
  /** Mails that the server could not give. */
  leftOut = 0;

  constructor(options: MailboxOptions) {
    this.path = options.path;
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const client = this.#client;
    if (client) {
      // A server that hangs is not waited for.
      const timer = setTimeout(() => client.close(), 2_000);
      await client.logout().catch((error: unknown) => {
        this.#options.tools.logger.debug({ mailbox: this.path, err: error }, 'IMAP logout failed');
      });
      clearTimeout(timer);
      client.close();
    }
    await this.#running;
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  /** Puts a copy of a mail that we sent into a mailbox. @throws where there is no connection just now, or no such mailbox */
  async append(path: string, raw: Buffer): Promise<void> {
    if (!this.#client?.usable) throw new Error('there is no IMAP connection just now');
    await this.#client.append(path, raw, ['\\Seen']);
  }

  async #run(): Promise<void> {
    const { tools, pauseMs = { first: 1_000, most: 120_000 } } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#failures++;
        this.#trouble = `${this.path}: ${reasonOf(error)}`;
        tools.logger.warn(
          { mailbox: this.path, failures: this.#failures, reason: reasonOf(error) },
          'IMAP is away; tried again',
        );
      }
      const pause = Math.min(pauseMs.most, pauseMs.first * 2 ** Math.min(this.#failures - 1, 20));
      await this.#wait(pause * (0.5 + Math.random() / 2));
    }
  }

  async #session(): Promise<void> {
    const { imap, tools, token } = this.#options;
    const accessToken = (await token?.get()) ?? imap.accessToken;
    const client = new ImapFlow({
      host: imap.host,
      port: imap.port,
      secure: imap.security === 'tls',
      ...(imap.security !== 'tls' && { doSTARTTLS: imap.security === 'starttls' }),
      tls: tlsOf(imap),
      auth: {
        user: imap.user ?? '',
        ...(accessToken ? { accessToken } : { pass: imap.password ?? '' }),
      },
      logger: false,
      clientInfo: { name: 'Switchroom' },
      autoIdleDelay: 250,
      maxIdleTime: Math.max(imap.pollMs * 4, 60_000),
      connectionTimeout: 20_000,
      greetingTimeout: 15_000,
      socketTimeout: Math.max(imap.pollMs * 2, 60_000),
      // What a hostile or broken server may send before we hang up.
      maxLineLength: 8_000_000,
      maxLiteralSize: imap.mostBytes + 1_000_000,
      maxResponseSize: imap.mostBytes + 9_000_000,
    });
    this.#client = client;
    let wake = () => {};
    let broken: unknown;
    let news = false;
    const alarm = () => {
      news = true;
      wake();
    };
    client.on('error', (error: unknown) => {
      broken = error;
      wake();
    });
    client.on('close', () => {
      broken ??= new Error('the server closed the connection');
      wake();
    });
    client.on('exists', alarm);
    const stopped = () => wake();
    this.#stop.signal.addEventListener('abort', stopped);
    try {
      await client.connect().catch((error: unknown) => {
        if (accessToken && (error as { authenticationFailed?: boolean }).authenticationFailed) {
          token?.refused(accessToken);
        }
        throw error;
      });
      await client.mailboxOpen(this.path);
      this.#trouble = undefined;
      tools.logger.info({ mailbox: this.path, idle: client.capabilities.has('IDLE') }, 'mailbox is open');
      while (!this.#stop.signal.aborted && broken === undefined) {
        news = false;
        await this.#take(client);
        this.#failures = 0;
        if (news || this.#stop.signal.aborted || broken !== undefined) continue;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, imap.pollMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      if (broken !== undefined && !this.#stop.signal.aborted) throw broken;
    } finally {
      this.#stop.signal.removeEventListener('abort', stopped);
      this.#client = undefined;
      client.close();
    }
  }

  async #take(client: ImapFlow): Promise<void> {
    let cursor = await this.#cursor(client);
    const found: { uid: number; size: number; received: number; seen: boolean }[] = [];
    // Servers look into their store at NOOP; a FETCH alone may be answered from what they saw before.
    await client.noop();
    // "5:*" always gives the last mail, also where its UID is lower.
    for await (const one of client.fetch(
      `${cursor.uid + 1}:*`,
      { uid: true, size: true, internalDate: true, flags: true },
      { uid: true },
    )) {
      if (one.uid > cursor.uid) {
        const received = one.internalDate ? new Date(one.internalDate).getTime() : this.#options.tools.clock.now();
        found.push({ uid: one.uid, size: one.size ?? 0, received, seen: one.flags?.has('\\Seen') ?? false });
      }
    }
    found.sort((one, other) => one.uid - other.uid);
    for (const one of found) {
      if (this.#stop.signal.aborted) return;
      const wanted =
        !(cursor.unseenUntil !== undefined && one.uid <= cursor.unseenUntil && one.seen) &&
        !(cursor.since !== undefined && one.received < cursor.since);
      cursor = { ...cursor, uid: one.uid, at: Math.max(cursor.at, one.received) };
      await this.#one(client, one, wanted, cursor);
    }
  }

  async #one(
    client: ImapFlow,
    one: { uid: number; size: number; received: number },
    wanted: boolean,
    cursor: Cursor,
  ): Promise<void> {
    const { tools, imap } = this.#options;
    const deliveries: Delivery[] = [];
    const tries = this.#stuck.uid === one.uid ? this.#stuck.tries : 0;
    if (wanted && tries >= mostTries) {
      this.leftOut++;
      tools.logger.error(
        { mailbox: this.path, uid: one.uid, bytes: one.size },
        'a mail that the server cannot give is left out',
      );
    } else if (wanted) {
      const cut = one.size > imap.mostBytes || tries === mostTries - 1;
      try {
        const source = cut ? { start: 0, maxLength: beginning } : true;
        const fetched = await client.fetchOne(String(one.uid), { source }, { uid: true });
        // Deleted meanwhile: nothing to take.
        const raw = fetched ? fetched.source : undefined;
        if (raw) {
          const taken = {
            mailbox: this.path,
            uid: one.uid,
            received: one.received,
            size: one.size,
            ...(cut && { cut: true }),
          };
          deliveries.push(deliveryOf(taken, raw));
        }
      } catch (error) {
        // Only what the mail itself may be the cause of: our own disk, below, refuses all mails alike, and takes them later.
        this.#stuck = { uid: one.uid, tries: tries + 1 };
        throw error;
      }
    }
    await tools.inbox.accept(deliveries, { name: this.#name, value: JSON.stringify(cursor) });
    this.#stuck = { uid: 0, tries: 0 };
    if (deliveries.length > 0 && imap.markSeen)
      await client.messageFlagsAdd(String(one.uid), ['\\Seen'], { uid: true });
  }

  get #name(): string {
    return `imap:${this.path}`;
  }

  /** Where to go on; set at the first start, and where the server numbers anew. */
  async #cursor(client: ImapFlow): Promise<Cursor> {
    const { tools, imap } = this.#options;
    const box = client.mailbox;
    if (box === false) throw new Error('no mailbox is open');
    const validity = String(box.uidValidity);
    const text = tools.inbox.cursor(this.#name);
    const kept = text === undefined ? undefined : (JSON.parse(text) as Cursor);
    if (kept?.validity === validity) return kept;
    const now = tools.clock.now();
    let cursor: Cursor;
    if (kept) {
      tools.logger.warn(
        { mailbox: this.path, validity },
        'the server numbered the mailbox anew; known mails are left out',
      );
      cursor = { validity, uid: 0, since: kept.at - day, at: kept.at };
    } else if (imap.begin === 'new') cursor = { validity, uid: box.uidNext - 1, at: now };
    else if (imap.begin === 'unseen') cursor = { validity, uid: 0, unseenUntil: box.uidNext - 1, at: now };
    else cursor = { validity, uid: 0, at: 0 };
    await tools.inbox.accept([], { name: this.#name, value: JSON.stringify(cursor) });
    return cursor;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stop.signal.addEventListener('abort', done);
      if (this.#stop.signal.aborted) done();
    });
  }
}

/** What the server said, without what we said. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an error of an unknown kind';
  const said = (error as { responseText?: unknown }).responseText;
  const code = (error as { code?: unknown }).code;
  return [typeof said === 'string' ? said : error.message, typeof code === 'string' ? `(${code})` : '']
    .filter(Boolean)
    .join(' ')
    .slice(0, 300);
}
