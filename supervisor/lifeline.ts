// A child's end of the line to the supervisor: a local socket, one JSON object a line. The child says who it is, gets
// its configuration, says when it is ready, beats once a second, and is told when to stop. An edge outlives its
// supervisor: it keeps calling until the next one answers, and then says that it is ready already; it stops by itself
// when for some time there was no supervisor, no server and no call.

import { flushCompileCache } from 'node:module';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SwitchroomError } from '../values/index.ts';
import { readMessages, writeMessage } from './lines.ts';
import { Solitude } from './solitude.ts';

export type FromChild =
  | { hello: string; pid: number; ready?: unknown }
  | { prepared: true }
  | { ready: unknown }
  | { failed: string }
  | { beat: number };
/** `prepare` (to a process whose turn comes later): load what there is to load, and wait for `start`. Both bring the configuration. */
export type FromSupervisor = { prepare: unknown } | { start: unknown } | { stop: string };
/** What the command line asks of a supervisor, and is told. */
export type FromOperator = { restart: string };
export type ToOperator = { restarted: string; ms: number } | { refused: string };

export interface LifelineOptions {
  socket: string;
  /** `edge`, `server`. */
  program: string;
  /** Loads what `start` will need, without touching anything: another process still works. */
  prepare?(configuration: unknown): Promise<void>;
  /** Called once with the configuration; what it returns is told to the supervisor as `ready`. */
  start(configuration: unknown): Promise<unknown>;
  /** Called once; the process exits with 0 when it resolves. */
  stop(why: string): Promise<void>;
  /** Without a supervisor: `follow`: stop too, after a moment; else go on and call again, until nobody needs it. */
  whenOrphaned: 'follow' | Outliving;
}

export interface Outliving {
  /** Whether somebody besides the supervisor still needs the program: it has calls, or a server. */
  needed(): boolean;
  /** How long it waits without anybody before it stops, ms. Default 10 minutes: an operator who restarts things is back by then. */
  patienceMs?: number | undefined;
}

const BEAT_MS = 1000;
const RECALL_MS = 500;
/** A supervisor that is being replaced has this long before its followers leave. */
const ORPHAN_MS = 3000;
const PATIENCE_MS = 600_000;
/** Looks at being alone within its patience. */
const LOOKS = 20;

/** Runs a program under a supervisor; never returns before the process ends. */
export function runUnderSupervisor(options: LifelineOptions): void {
  let started = false;
  let ready: unknown;
  let stopping = false;
  let orphaned: NodeJS.Timeout | undefined;
  let supervised = false;

  const stop = async (why: string) => {
    if (stopping) return;
    stopping = true;
    try {
      await options.stop(why);
      process.exit(0);
    } catch (error) {
      process.stderr.write(`switchroom ${options.program}: did not stop cleanly: ${(error as Error).message}\n`);
      process.exit(1);
    }
  };

  const start = async (configuration: unknown, say: (message: FromChild) => void) => {
    if (started) return;
    started = true;
    try {
      ready = await options.start(configuration);
      // At an exit Node does it by itself, but a program that is killed has none. It takes a while, at the first start.
      flushCompileCache();
      // What the start had to tell others leaves at the end of its turn, and being ready includes that.
      await nextTurn();
      say({ ready });
    } catch (error) {
      say({ failed: (error as Error).message });
      // A known error is a sentence that the supervisor prints; of an unknown one we want to see where it came from.
      if (!(error instanceof SwitchroomError)) process.stderr.write(`${(error as Error).stack ?? error}\n`);
      setTimeout(() => process.exit(1), 50);
    }
  };

  const prepare = async (configuration: unknown, say: (message: FromChild) => void) => {
    try {
      await options.prepare?.(configuration);
      flushCompileCache();
      say({ prepared: true });
    } catch (error) {
      process.stderr.write(`${(error as Error).stack ?? error}\n`);
      process.exit(1);
    }
  };

  const call = () => {
    const socket: Socket = connect(options.socket);
    let beat: NodeJS.Timeout | undefined;
    const say = (message: FromChild) => writeMessage(socket, message);
    socket.on('connect', () => {
      clearTimeout(orphaned);
      orphaned = undefined;
      supervised = true;
      say({ hello: options.program, pid: process.pid, ...(ready === undefined ? {} : { ready }) });
      let count = 0;
      beat = setInterval(() => say({ beat: ++count }), BEAT_MS);
    });
    readMessages<FromSupervisor>(socket, (message) => {
      if ('prepare' in message) void prepare(message.prepare, say);
      else if ('start' in message) void start(message.start, say);
      else void stop(message.stop);
    });
    // A refused or broken connection always closes too, and that is where it is answered.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(beat);
      supervised = false;
      if (stopping) return;
      if (options.whenOrphaned === 'follow' && orphaned === undefined) {
        orphaned = setTimeout(() => void stop('orphaned'), ORPHAN_MS);
      }
      setTimeout(call, RECALL_MS);
    });
  };

  // The terminal's Ctrl-C is the supervisor's to act on; it stops its children in order.
  process.on('SIGINT', () => {});
  if (options.whenOrphaned !== 'follow') {
    const { needed, patienceMs = PATIENCE_MS } = options.whenOrphaned;
    const solitude = new Solitude(patienceMs);
    setInterval(() => {
      if (solitude.lasted(!supervised && !needed())) void stop('orphaned');
    }, patienceMs / LOOKS).unref();
  }
  process.on('SIGTERM', () => void stop('terminated'));
  call();
}
