// A file of the dialogs that live, so that an edge that died and was restarted can say BYE for them: no ghost call is
// billed. Lines are written in batches, beside the hot path; a call that is shorter than a batch costs no write at all.
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Destination, Transactions } from '../sip/index.ts';
import { type Dialog, dialogDestination, SipMessage } from '../sip/index.ts';

/** What is needed to say BYE. */
interface Entry {
  id: string;
  callId: string;
  local: string;
  remote: string;
  target: string;
  routes: string[];
  seq: number;
  to: Destination;
}

type Line = { live: Entry } | { over: string };

const batchMs = 50;
/** The file is written anew when it has so many lines, and four times as many as dialogs live. */
const compactFrom = 5_000;
/** Far above the sequence numbers that a call uses; gaps are allowed (RFC 3261 §12.2.1.1). */
const seqLeap = 100_000;

export class Ledger {
  readonly #path: string;
  readonly #log: Logger;
  readonly #live = new Map<string, Entry>();
  /** Not yet in the file: an entry, or undefined for one that is over. */
  #dirty = new Map<string, Entry | undefined>();
  readonly #written = new Set<string>();
  #lines = 0;
  #file: FileHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /**
   * Opens the file and says BYE for what a former edge left in it.
   * @throws the system's error where the file cannot be read or written
   */
  static async open(path: string, transactions: Transactions, log: Logger): Promise<Ledger> {
    const ledger = new Ledger(path, log);
    const left = await readEntries(path, log);
    for (const entry of left) sayBye(entry, transactions, log);
    if (left.length > 0) log.warn({ dialogs: left.length }, 'a former edge left calls behind, BYE was said for them');
    await ledger.#rewrite();
    return ledger;
  }

  /** The dialog was confirmed. */
  add(dialog: Dialog): void {
    const to = dialogDestination(dialog);
    if (to === undefined) return;
    const entry: Entry = {
      id: dialog.id,
      callId: dialog.callId,
      local: dialog.local,
      remote: dialog.remote,
      target: dialog.remoteTarget,
      routes: dialog.routeSet,
      seq: dialog.localSeq,
      to,
    };
    this.#live.set(dialog.id, entry);
    this.#dirty.set(dialog.id, entry);
    this.#later();
  }

  /** The dialog is over. */
  remove(dialog: Dialog): void {
    this.#live.delete(dialog.id);
    if (this.#written.has(dialog.id)) {
      this.#dirty.set(dialog.id, undefined);
      this.#later();
    } else this.#dirty.delete(dialog.id);
  }

  /** Writes what is due now. Resolves when the system has it; never rejects (a full disk ends no call). */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const dirty = this.#dirty;
    if (dirty.size > 0) {
      this.#dirty = new Map();
      let text = '';
      for (const [id, entry] of dirty) {
        const line: Line = entry === undefined ? { over: id } : { live: entry };
        text += `${JSON.stringify(line)}\n`;
        this.#lines++;
        if (entry === undefined) this.#written.delete(id);
        else this.#written.add(id);
      }
      this.#writing = this.#writing.then(() => this.#append(text));
    }
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    await this.#file?.close();
    this.#file = undefined;
  }

  #later(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), batchMs);
  }

  async #append(text: string): Promise<void> {
    try {
      await this.#file?.appendFile(text);
      if (this.#lines > compactFrom && this.#lines > 4 * this.#live.size) await this.#rewrite();
    } catch (error) {
      this.#log.error({ err: error }, 'ledger of dialogs could not be written');
    }
  }

  /** Writes the living entries into a new file that takes the old one's place. */
  async #rewrite(): Promise<void> {
    const fresh = `${this.#path}.new`;
    await rm(fresh, { force: true });
    const file = await open(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    // What is dirty now is written once more by its batch; reading takes the last line of an id, so that is harmless.
    let text = '';
    this.#lines = 0;
    for (const id of this.#written) {
      const entry = this.#live.get(id);
      if (entry === undefined) continue;
      text += `${JSON.stringify({ live: entry } satisfies Line)}\n`;
      this.#lines++;
    }
    await file.appendFile(text);
    await rename(fresh, this.#path);
    await this.#file?.close();
    this.#file = file;
  }
}

async function readEntries(path: string, log: Logger): Promise<Entry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const live = new Map<string, Entry>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    let read: Line;
    try {
      read = JSON.parse(line);
    } catch {
      log.warn('ledger of dialogs has a broken line'); // the last one, where the edge died in the middle of a write
      continue;
    }
    if ('over' in read) live.delete(read.over);
    else live.set(read.live.id, read.live);
  }
  return [...live.values()];
}

function sayBye(entry: Entry, transactions: Transactions, log: Logger): void {
  const bye = SipMessage.request('BYE', entry.target);
  for (const route of entry.routes) bye.headers.add('Route', route);
  bye.headers.add('Max-Forwards', '70');
  bye.headers.add('From', entry.local);
  bye.headers.add('To', entry.remote);
  bye.headers.add('Call-ID', entry.callId);
  bye.headers.add('CSeq', `${entry.seq + seqLeap} BYE`);
  bye.headers.add('Reason', 'SIP;cause=200;text="Edge restarted"');
  const to = { ...entry.to };
  delete to.connection; // it died with the former edge
  transactions.request(bye, to, {
    response: () => undefined,
    failed: (why) => log.info({ callId: entry.callId, why }, 'BYE for a call of a former edge was not answered'),
  });
}
