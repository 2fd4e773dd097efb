// SIPp as a phone, a caller or a carrier: one process, one scenario, told what to do next by the test. What it sent and
// got is read from its own message trace, so that the test sees the call as an outside program did.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from './until.ts';

const scenarios = join(import.meta.dirname, 'sipp');

export interface SippMessage {
  /** Milliseconds since 1970, with a fraction. */
  at: number;
  way: 'sent' | 'received';
  /** Method of a request or status of a response. */
  what: string;
  callId: string;
  text: string;
}

export interface SippOptions {
  /** Name of a file in sipp/, or `-sn` for one of SIPp's own. */
  scenario: string;
  /** `127.0.0.1:5060`, for those who call. */
  target?: string;
  /** `-key name value`. */
  keys?: Record<string, string | number>;
  args?: string[];
  transport?: 'udp' | 'tcp';
  calls?: number;
  /** Default: a free one. */
  port?: number;
}

/** Whether there is such a program here; tests that need it are skipped by name where it is missing. */
export function has(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((closed) => socket.close(closed));
  return port;
}

/** SIPp takes four ports from there for media, whether it sends any or not; below those that the system hands out by itself. */
async function freeMediaPort(): Promise<number> {
  for (;;) {
    const first = 10_000 + 4 * Math.floor(Math.random() * 2_400);
    const sockets = await Promise.all([0, 1, 2, 3].map((more) => taken(first + more)));
    await Promise.all(sockets.map((socket) => socket && new Promise<void>((closed) => socket.close(closed))));
    if (sockets.every((socket) => socket !== undefined)) return first;
  }
}

/** @returns undefined where somebody else has it */
async function taken(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  try {
    await once(socket, 'listening');
    return socket;
  } catch {
    return undefined;
  }
}

let started = 0;

export class Sipp {
  readonly port: number;
  /** The Call-ID of a caller; a phone's is known when it was called. */
  readonly callId: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<number>;
  readonly #transport: 'udp' | 'tcp';
  #errors = '';

  private constructor(options: SippOptions, port: number, mediaPort: number) {
    const { scenario, target, keys = {}, args = [], transport = 'udp', calls = 1 } = options;
    this.port = port;
    // Ports come again within one run; a Call-ID must not.
    this.callId = `test-${process.pid}-${port}-${++started}`;
    this.#transport = transport;
    this.#folder = mkdtempSync(join(tmpdir(), 'switchroom-sipp-'));
    const file = scenario.startsWith('-sn ') ? ['-sn', scenario.slice(4)] : ['-sf', join(scenarios, `${scenario}.xml`)];
    const all = [
      ...(target === undefined ? [] : [target]),
      ...file,
      ...['-i', '127.0.0.1', '-p', String(port), '-mp', String(mediaPort), '-m', String(calls), '-nostdin'],
      ...['-t', transport === 'udp' ? 'u1' : 't1', '-trace_msg', '-message_file', join(this.#folder, 'messages')],
      ...(target !== undefined && calls === 1 ? ['-cid_str', this.callId] : []),
      ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, String(value)]),
      ...args,
    ];
    this.#process = spawn('sipp', all, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#errors += String(text);
    });
    this.#ended = once(this.#process, 'exit').then(([code]) => Number(code ?? -1));
  }

  /** Resolves when it listens. */
  static async start(options: SippOptions): Promise<Sipp> {
    const sipp = new Sipp(options, options.port ?? (await freePort()), await freeMediaPort());
    await until(() => sipp.#listens() || sipp.#over, 'SIPp listens');
    return sipp;
  }

  get #over(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #listens(): boolean {
    const hex = this.port.toString(16).toUpperCase().padStart(4, '0');
    const table = readFileSync(`/proc/net/${this.#transport}`, 'utf8');
    return table.includes(`0100007F:${hex} `) || this.messages().length > 0;
  }

  /** Everything so far, oldest first; what the test told it is left out. */
  messages(): SippMessage[] {
    const file = join(this.#folder, 'messages');
    if (!existsSync(file)) return [];
    const found: SippMessage[] = [];
    for (const part of readFileSync(file, 'utf8')
      .split(/^-{40,} /m)
      .slice(1)) {
      const [stamp = '', head = '', , ...lines] = part.split('\n');
      const text = lines.join('\n').replaceAll('\r', '');
      const first = text.split('\n', 1)[0] ?? '';
      const what = first.startsWith('SIP/2.0 ') ? first.slice(8, 11) : (first.split(' ')[0] ?? '');
      if (what === '' || text.includes('\nX-Told: ')) continue;
      const callId = /^(?:call-id|i): *(\S+)/im.exec(text)?.[1] ?? '';
      const [date = '', time = ''] = stamp.trim().split(/[ \t]/);
      const [whole, fraction = '0'] = time.split('.');
      const at = Date.parse(`${date}T${whole}`) + Number(`0.${fraction}`) * 1_000;
      found.push({ at, way: head.includes('sent') ? 'sent' : 'received', what, callId, text });
    }
    return found;
  }

  got(what: string | number): SippMessage[] {
    return this.messages().filter((message) => message.way === 'received' && message.what === String(what));
  }

  /** The nth message of that kind, as soon as it is there. */
  async message(
    what: string | number,
    nth = 1,
    way: 'sent' | 'received' = 'received',
    ms?: number,
  ): Promise<SippMessage> {
    const find = () => this.messages().filter((one) => one.way === way && one.what === String(what))[nth - 1];
    await until(() => find() !== undefined || this.#over, `SIPp has ${way} ${nth} × ${what}`, ms);
    const found = find();
    if (!found) throw new Error(`SIPp ended without ${what}: ${this.#said()}`);
    return found;
  }

  /** Makes its scenario go on: a made-up request in the call, which only SIPp sees. */
  async tell(what: string, headers: Record<string, string> = {}, callId = this.callId): Promise<void> {
    const socket = createSocket('udp4');
    const lines = [
      `${what} sip:sipp@127.0.0.1:${this.port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-told-${Math.random()}`,
      'From: <sip:test@127.0.0.1>;tag=test',
      'To: <sip:sipp@127.0.0.1>',
      `Call-ID: ${callId}`,
      `CSeq: 1 ${what}`,
      'X-Told: by the test',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'Content-Length: 0',
      '',
      '',
    ];
    await new Promise<void>((sent, failed) =>
      socket.send(lines.join('\r\n'), this.port, '127.0.0.1', (error) => (error ? failed(error) : sent())),
    );
    socket.close();
  }

  /** Waits until its calls are done. @throws where one of them was not as the scenario says */
  async done(ms = 15_000): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_done, fail) => {
      late = setTimeout(() => fail(new Error(`SIPp did not end: ${this.#said()}`)), ms);
    });
    try {
      const code = await Promise.race([this.#ended, tooLate]);
      if (code !== 0) throw new Error(`SIPp ended with ${code}: ${this.#said()}`);
    } finally {
      clearTimeout(late);
    }
  }

  /** Ends it whatever it does: a phone that is switched off. */
  async kill(): Promise<void> {
    if (!this.#over) this.#process.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #said(): string {
    const messages = this.messages().map(({ way, what }) => `${way === 'sent' ? '→' : '←'} ${what}`);
    return `${messages.join(' ')}\n${this.#errors.trim().split('\n').slice(-6).join('\n')}`;
  }
}
