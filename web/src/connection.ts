// The panel's end of the desk's protocol: connects, resumes, numbers commands, notices a dead connection.

import { closeCodes, deskPath, limits, protocolVersion } from '../../server/desk/limits.ts';
import type { CommandAnswer, CommandName, CommandWith, ServerFrame, Welcome } from '../../server/desk/protocol.ts';
import type { Language } from '../../values/index.ts';
import type { Change } from './state/reduce.ts';

/** Why a command failed: the server's sentence, in the agent's language. */
export class CommandFailed extends Error {
  readonly code: string;
  constructor(code: string, reason: string) {
    super(reason);
    this.name = 'CommandFailed';
    this.code = code;
  }
}

/** Why the connection is over for good. */
export type Ending = 'signed-out' | 'left' | 'protocol' | 'unauthenticated';

interface Waiting {
  resolve: (ok: unknown) => void;
  reject: (error: Error) => void;
}

export interface ConnectionOptions {
  language: Language;
  /** Tells the reducer. */
  change: (change: Change) => void;
  onEnd: (why: Ending) => void;
  /** Whether the session cookie is still good; asked when no connection comes about. */
  isLoggedIn: () => Promise<boolean>;
}

const sessionKey = 'switchroom.desk';
/** Waiting times between attempts, ms; the last one is kept to. */
const backoff = [0, 250, 500, 1_000, 2_000, 4_000];

export class Connection {
  #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #opened = false;
  #session: { session: string; epoch: string } | undefined = readSession();
  /** Undefined: nothing is shown yet, or a gap was seen, so a snapshot is needed. */
  #seen: number | undefined;
  #id = 0;
  readonly #waiting = new Map<number, Waiting>();
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Names this panel at the server; undefined before the first welcome. */
  get session(): string | undefined {
    return this.#session?.session;
  }

  start(): void {
    window.addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
    this.#connect();
  }

  /** Leaves without telling the server, which then waits for the panel to come back. */
  stop(): void {
    this.#ended = true;
    window.removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#socket?.close();
    this.#fail();
  }

  /** Leaves for good: somebody who takes no contacts signs out. */
  leave(): void {
    this.#end('left');
  }

  set language(language: Language) {
    this.#options = { ...this.#options, language };
    if (this.#opened) this.do('language', { language }).catch(() => this.#lost());
  }

  /** @throws CommandFailed with the server's sentence; code `desk-offline` where the connection is or gets lost */
  do<Name extends CommandName>(name: Name, given: CommandWith<Name>): Promise<CommandAnswer<Name>> {
    if (!this.#opened && name !== 'hello' && name !== 'resume') {
      return Promise.reject(new CommandFailed('desk-offline', ''));
    }
    return this.#ask(name, given) as Promise<CommandAnswer<Name>>;
  }

  #ask(name: CommandName, given: object): Promise<unknown> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket?.send(JSON.stringify({ id, do: name, with: given }));
    });
  }

  #connect(): void {
    clearTimeout(this.#retry);
    if (this.#ended) return;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}${deskPath}`);
    this.#socket = socket;
    this.#listen();
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = (message) => {
      if (socket === this.#socket) this.#hear(String(message.data));
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code);
    };
  }

  #greet(socket: WebSocket): void {
    const { language } = this.#options;
    const common = { protocol: protocolVersion, language };
    const greeting =
      this.#session === undefined
        ? this.#ask('hello', common)
        : this.#ask('resume', { ...common, ...this.#session, ...(this.#seen !== undefined && { seen: this.#seen }) });
    greeting.then(
      (answer) => {
        if (socket === this.#socket) this.#welcome(answer as Welcome);
      },
      // The server closes after refusing a greeting, with a code that says more; a lost connection is seen by itself.
      () => socket.close(),
    );
  }

  #welcome(welcome: Welcome): void {
    this.#opened = true;
    this.#attempts = 0;
    this.#session = { session: welcome.session, epoch: welcome.epoch };
    sessionStorage.setItem(sessionKey, JSON.stringify(this.#session));
    if (welcome.snapshot !== undefined) this.#seen = welcome.snapshot.seq;
    this.#options.change({ on: 'welcome', welcome, now: Date.now() });
  }

  #hear(text: string): void {
    this.#listen();
    const frame = JSON.parse(text) as ServerFrame;
    if ('beat' in frame) {
      this.#socket?.send(JSON.stringify({ beat: frame.beat, seen: this.#seen ?? 0 }));
      this.#options.change({ on: 'beat', server: frame.beat, now: Date.now() });
    } else if ('seq' in frame) {
      if (this.#seen === undefined || frame.seq <= this.#seen) return;
      if (frame.seq !== this.#seen + 1) {
        this.#seen = undefined;
        this.#lost();
        return;
      }
      this.#seen = frame.seq;
      this.#options.change({ on: 'event', frame });
    } else if ('live' in frame) {
      this.#options.change({ on: 'live', frame, now: Date.now() });
    } else {
      const waiting = this.#waiting.get(frame.re);
      this.#waiting.delete(frame.re);
      if ('failed' in frame) waiting?.reject(new CommandFailed(frame.failed.code, frame.failed.reason));
      else waiting?.resolve(frame.ok);
    }
  }

  /** Something was heard: the connection lives. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), limits.silentMs);
  }

  /** Gives the connection up without waiting for the other end. */
  #lost(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.onclose = null;
    socket.close();
    this.#closed(1006);
  }

  #closed(code: number): void {
    const wasOpen = this.#opened;
    this.#opened = false;
    this.#socket = undefined;
    clearTimeout(this.#silence);
    this.#fail();
    this.#options.change({ on: 'lost', now: Date.now() });
    if (this.#ended) return;
    if (code === closeCodes.signedOut) this.#end('signed-out');
    else if (code === closeCodes.protocol) this.#end('protocol');
    else {
      // Another tab has this session (a duplicated tab takes the session along), or there are too many: begin anew.
      if (code === closeCodes.displaced || code === closeCodes.tooMany) this.#session = undefined;
      this.#again(wasOpen);
    }
  }

  #again(wasOpen: boolean): void {
    const wait = backoff[Math.min(this.#attempts, backoff.length - 1)] ?? 4_000;
    this.#attempts++;
    // Spread, so that all panels of a restarted server don't come in the same moment.
    const spread = wait * (0.75 + Math.random() / 2);
    this.#retry = setTimeout(() => {
      if (wasOpen || this.#attempts < 2) this.#connect();
      else this.#check();
    }, spread);
  }

  /** Nothing comes about: is it the network, or the login? */
  #check(): void {
    this.#options.isLoggedIn().then(
      (loggedIn) => {
        if (loggedIn) this.#connect();
        else this.#end('unauthenticated');
      },
      () => this.#connect(),
    );
  }

  #end(why: Ending): void {
    this.stop();
    sessionStorage.removeItem(sessionKey);
    this.#options.onEnd(why);
  }

  #fail(): void {
    for (const { reject } of this.#waiting.values()) reject(new CommandFailed('desk-offline', ''));
    this.#waiting.clear();
  }

  /** The network is back, or the agent looks: no reason to wait any longer. */
  readonly #hurry = (): void => {
    if (this.#socket === undefined && !document.hidden && this.#retry !== undefined) this.#connect();
  };
}

function readSession(): { session: string; epoch: string } | undefined {
  const text = sessionStorage.getItem(sessionKey);
  if (text === null) return undefined;
  const value = JSON.parse(text) as { session?: unknown; epoch?: unknown };
  return typeof value.session === 'string' && typeof value.epoch === 'string'
    ? { session: value.session, epoch: value.epoch }
    : undefined;
}
