// SIPp as a load generator: processes of ours with ports of their own, their statistics read from their files.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scenarios = join(dirname(fileURLToPath(import.meta.url)), 'sipp');

export interface SippOptions {
  scenario: string;
  /** Folder for its files; must exist. */
  folder: string;
  /** Name of its files. */
  name: string;
  port: number;
  controlPort: number;
  mediaPort: number;
  /** Only for callers. */
  target?: string;
  args: string[];
}

export class Sipp {
  readonly process: ChildProcess;
  readonly ended: Promise<number>;
  readonly #options: SippOptions;

  constructor(options: SippOptions) {
    this.#options = options;
    const args = [
      ...(options.target === undefined ? [] : [options.target]),
      ...['-sf', join(scenarios, options.scenario), '-i', '127.0.0.1', '-p', String(options.port)],
      ...['-cp', String(options.controlPort), '-mp', String(options.mediaPort), '-nostdin'],
      ...['-trace_stat', '-stf', `${options.name}.csv`, '-fd', '1'],
      ...options.args,
    ];
    const errors = openSync(join(options.folder, `${options.name}.err`), 'w');
    this.process = spawn('sipp', args, { cwd: options.folder, stdio: ['ignore', 'ignore', errors] });
    this.ended = once(this.process, 'exit').then(([code]) => Number(code ?? -1));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Last line of the statistics, by column name. */
  statistics(): Record<string, string> {
    const rows = this.#rows();
    const head = rows[0] ?? [];
    const last = rows.at(-1) ?? [];
    return Object.fromEntries(head.map((name, i) => [name, last[i] ?? '']));
  }

  /** Largest value that a column had. */
  peak(column: string): number {
    const [head, ...rows] = this.#rows();
    const at = head?.indexOf(column) ?? -1;
    return rows.reduce((most, row) => Math.max(most, Number(row[at] ?? 0)), 0);
  }

  /** Response times of timer n (`start_rtd`/`rtd`) that ended `sinceMs` after SIPp's start or later, milliseconds. */
  responseTimes(timer: number, sinceMs = 0): number[] {
    const times: number[] = [];
    for (const file of readdirSync(this.#options.folder)) {
      if (!file.endsWith(`_${this.pid}_rtt.csv`)) continue;
      for (const line of readFileSync(join(this.#options.folder, file), 'utf8').split('\n').slice(1)) {
        const [at, ms, which] = line.split(';');
        if (Number(which) === timer && Number(at) >= sinceMs) times.push(Number(ms));
      }
    }
    return times;
  }

  /** Asks it to end after the calls under way, then ends it. */
  async stop(graceMs = 4000): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGUSR1');
    const late = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(late);
  }

  #rows(): string[][] {
    const file = join(this.#options.folder, `${this.#options.name}.csv`);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(';'));
  }
}

/** UDP ports that are bound and never read: media sent there costs the kernel alone. */
export async function sinks(count: number): Promise<{ ports: number[]; close(): void }> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    stopReading(socket);
    sockets.push(socket);
  }
  return {
    ports: sockets.map((socket) => socket.address().port),
    close: () => {
      for (const socket of sockets) socket.close();
    },
  };
}

/** Node has no public way to bind without reading; without this the sink would cost CPU and blur the figures. */
function stopReading(socket: Socket): void {
  const state = Object.getOwnPropertySymbols(socket).find((symbol) => String(symbol).includes('state'));
  const inner = state && (socket as unknown as Record<symbol, { handle?: { recvStop?(): void } }>)[state];
  if (!inner?.handle?.recvStop) throw new Error('this Node has no recvStop on a datagram handle');
  inner.handle.recvStop();
}
