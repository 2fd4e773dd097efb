// One program under the supervisor: started, watched by its heartbeat, started again when it dies.
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machine } from '../values/index.ts';
import { failed } from './errors.ts';
import type { FromSupervisor } from './lifeline.ts';
import { turnLog } from './log-file.ts';
import { spawnProgram } from './spawn-program.ts';
import { Standby } from './standby.ts';
import { waitedForProcessorMs } from './starved.ts';
import { Watchdog } from './watchdog.ts';

export type ProgramState = 'stopped' | 'starting' | 'running' | 'stopping' | 'waiting';
type ProgramEvent = 'spawn' | 'attach' | 'ready' | 'stop' | 'exit' | 'die';

/**
 *   stopped ──spawn──▶ starting ──ready──▶ running ──stop──▶ stopping ──exit──▶ stopped
 *      └───attach──────────┼──────────────────▲ │
 *                          └──die──▶ waiting ◀──die
 *                                       └──spawn──▶ starting
 */
const life = machine<ProgramState, ProgramEvent>('program', {
  stopped: { spawn: 'starting', attach: 'running' },
  starting: { ready: 'running', die: 'waiting', stop: 'stopping' },
  running: { stop: 'stopping', die: 'waiting', ready: 'running' },
  stopping: { exit: 'stopped', die: 'stopped' },
  waiting: { spawn: 'starting', stop: 'stopped' },
});

export interface ProgramEvents {
  ready: [info: unknown];
  /** It did not become ready: a sentence for people. */
  failed: [reason: string];
  died: [why: string];
  stopped: [];
}

export interface ProgramOptions {
  name: string;
  /** The TypeScript file to run. */
  main: string;
  /** Handed over once the child has said hello; asked for anew at each start. */
  configuration(): unknown;
  run: string;
  socket: string;
  /** Where its output goes: a file, or undefined for our own. */
  log?: string | undefined;
}

const BEAT_LIMIT_MS = 5000;
const START_LIMIT_MS = 30_000;
const RECALL_LIMIT_MS = 2000;
const STOP_LIMIT_MS = 10_000;
/** Its log is looked at every so many beats. */
const LOG_BEATS = 20;

export class Program extends EventEmitter<ProgramEvents> {
  state: ProgramState = 'stopped';
  pid: number | undefined;
  restarts = 0;
  /** The survivor of an earlier supervisor that we wait to hear from. */
  attachTo: number | undefined;
  readonly options: ProgramOptions;
  #say: ((message: FromSupervisor) => void) | undefined;
  readonly #watchdog = new Watchdog();
  #restart: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #quickDeaths = 0;
  #beats = 0;
  #standby: Standby | undefined;

  constructor(options: ProgramOptions) {
    super();
    this.options = options;
  }

  get pidFile(): string {
    return join(this.options.run, `${this.options.name}.pid`);
  }

  /** The process that an earlier supervisor left running, if it is still there and still ours. */
  survivor(): number | undefined {
    if (!existsSync(this.pidFile)) return undefined;
    const pid = Number(readFileSync(this.pidFile, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    try {
      // A pid may have been given to another program since: the command line tells.
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return command.includes(this.options.main) && command.includes(this.options.socket) ? pid : undefined;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ESRCH') return undefined;
      throw error;
    }
  }

  start(): void {
    const next = life.next(this.state, 'spawn');
    if (!next) return;
    this.state = next;
    this.#startedAt = performance.now();
    if (this.#takeUpStandby()) return;
    const child = spawnProgram(this.options);
    const pid = child.pid;
    child.on('error', (error) => this.#gone(pid, `could not be started: ${error.message}`));
    child.on('exit', (code, signal) => this.#gone(pid, signal ? `was ended by ${signal}` : `ended with code ${code}`));
    if (pid === undefined) return;
    this.pid = pid;
    this.#notePid(pid);
    this.#watch(START_LIMIT_MS, 'did not become ready');
  }

  /**
   * Starts its next process beside it, which loads its code and waits. The one that there is goes on.
   * @throws program-failed where that cannot be loaded: then nothing has changed
   */
  async prepare(): Promise<void> {
    this.#standby?.end();
    const standby = new Standby(this.options);
    this.#standby = standby;
    try {
      await standby.prepared;
    } catch (error) {
      if (this.#standby === standby) this.#standby = undefined;
      throw failed['program-failed'](
        { program: this.options.name, reason: (error as Error).message },
        { cause: error },
      );
    }
  }

  /** A process says that it is this program: our own child, the one that waits, the survivor that we wait for, or one too many. */
  hello(pid: number, ready: unknown, say: (message: FromSupervisor) => void): void {
    if (this.#standby !== undefined && this.#standby.pid === pid) {
      this.#standby.hello(say, this.options.configuration());
      return;
    }
    const expected = this.state === 'stopped' ? this.attachTo : this.pid;
    if (pid !== expected) {
      say({ stop: 'replaced' });
      return;
    }
    this.#say = say;
    if (ready === undefined) {
      say({ start: this.options.configuration() });
      return;
    }
    if (this.state === 'stopping') {
      say({ stop: 'shutdown' });
      return;
    }
    if (this.state === 'stopped') {
      this.pid = pid;
      this.state = life.next(this.state, 'attach') ?? this.state;
      this.emit('ready', ready);
    }
    this.beat();
  }

  /** By the line of the process that waits. */
  prepared(say: (message: FromSupervisor) => void): void {
    if (this.#standby?.speaks(say)) this.#standby.isPrepared();
  }

  ready(info: unknown): void {
    const next = life.next(this.state, 'ready');
    if (!next) return;
    this.state = next;
    this.beat();
    this.emit('ready', info);
  }

  failed(reason: string): void {
    this.emit('failed', reason);
  }

  /** @param say by which line; that of a process that waits says nothing about the one that works */
  beat(say = this.#say): void {
    if (say !== this.#say) return;
    if (this.state === 'running') this.#watch(BEAT_LIMIT_MS, 'gave no sign of life');
    const { log } = this.options;
    if (log !== undefined && ++this.#beats % LOG_BEATS === 0) turnLog(log);
  }

  /** The line broke. A child of ours is seen to die by itself; one that we attached to is dead when its pid is. */
  lineClosed(say: (message: FromSupervisor) => void): void {
    if (this.#standby?.speaks(say)) return;
    if (this.#say === say) this.#say = undefined;
    // Of a process that another one has followed: it is gone.
    else if (this.#say !== undefined) return;
    if (this.pid === undefined) return;
    if (!alive(this.pid)) this.#gone(this.pid, 'is gone');
    // A living one calls again within half a second.
    else if (this.state === 'running') this.#watch(RECALL_LIMIT_MS, 'lost its line to the supervisor');
    // The exit of a process that is not our child is seen by nobody: look until it is gone (#watch bounds it).
    else if (this.state === 'stopping') setTimeout(() => this.lineClosed(say), 20);
  }

  /** The process that waits becomes the program. @returns whether there was one */
  #takeUpStandby(): boolean {
    const standby = this.#standby;
    this.#standby = undefined;
    const waiting = standby?.takeOver((why) => this.#gone(standby.pid, why));
    if (!waiting) return false;
    this.pid = waiting.pid;
    this.#say = waiting.say;
    this.#notePid(waiting.pid);
    this.#watch(START_LIMIT_MS, 'did not become ready');
    waiting.say({ start: this.options.configuration() });
    return true;
  }

  stop(why: string, { keepStandby = false } = {}): void {
    if (!keepStandby) {
      this.#standby?.end();
      this.#standby = undefined;
    }
    const next = life.next(this.state, 'stop');
    if (!next) return;
    clearTimeout(this.#restart);
    this.#watchdog.rest();
    this.state = next;
    if (next === 'stopped') {
      this.emit('stopped');
      return;
    }
    if (this.#say) this.#say({ stop: why });
    else if (this.pid !== undefined) kill(this.pid, 'SIGTERM');
    this.#watch(STOP_LIMIT_MS, 'did not stop');
  }

  #watch(ms: number, reason: string): void {
    const { pid } = this;
    let waited = pid === undefined ? undefined : waitedForProcessorMs(pid);
    let since = performance.now();
    this.#watchdog.watch({
      ms,
      // For most of the time it was ready to run, and others ran: to end it would cost its calls and mend nothing.
      excused: () => {
        const [before, began] = [waited, since];
        waited = pid === undefined ? undefined : waitedForProcessorMs(pid);
        since = performance.now();
        return waited !== undefined && before !== undefined && waited - before > (since - began) / 2;
      },
      bite: () => {
        if (this.pid === undefined) return;
        const ended = this.pid;
        kill(ended, 'SIGKILL');
        this.#gone(ended, reason);
      },
    });
  }

  #gone(pid: number | undefined, why: string): void {
    if (pid !== this.pid || this.state === 'stopped' || this.state === 'waiting') return;
    this.#watchdog.rest();
    this.pid = undefined;
    this.#say = undefined;
    rmSync(this.pidFile, { force: true });
    const asked = this.state === 'stopping';
    this.state = life.next(this.state, asked ? 'exit' : 'die') ?? 'stopped';
    if (asked) {
      this.emit('stopped');
      return;
    }
    // A program that dies as soon as it is started is given more and more time; one that ran is started at once.
    this.#quickDeaths = performance.now() - this.#startedAt < 5000 ? this.#quickDeaths + 1 : 0;
    this.restarts++;
    this.emit('died', why);
    if (this.state !== 'waiting') return;
    this.#restart = setTimeout(
      () => this.start(),
      this.#quickDeaths === 0 ? 0 : Math.min(250 * 2 ** this.#quickDeaths, 15_000),
    );
  }

  /** For the next supervisor. A full disk must not keep this one from its work. */
  #notePid(pid: number): void {
    try {
      writeFileSync(this.pidFile, String(pid), { mode: 0o600 });
    } catch (error) {
      const { name } = this.options;
      process.stderr.write(
        `switchroom: ${this.pidFile} could not be written: ${(error as Error).message}; ${name} runs\n`,
      );
    }
  }
}

function alive(pid: number): boolean {
  return kill(pid, 0);
}

/** @returns false where it is gone already */
export function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
