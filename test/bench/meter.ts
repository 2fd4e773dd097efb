// CPU, memory and idle time as the kernel counts them (proc(5)), for processes given by pid.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds (user and system) that a process has used; 0 once it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch (error) {
    if (gone(error)) return 0;
    throw error;
  }
}

/** Resident memory in MB; 0 once it is gone. */
export function residentMb(pid: number): number {
  const { own, files } = resident(pid);
  return own + files;
}

/**
 * Resident memory in MB of several processes. Those that run the same program have its code in memory once between them,
 * so of each program the files that it maps (the code of Node and of its libraries) count once.
 */
export function residentMbTogether(pids: readonly number[]): number {
  let mb = 0;
  const filesOf = new Map<string, number>();
  for (const pid of pids) {
    const { own, files, program } = resident(pid);
    mb += own;
    filesOf.set(program, Math.max(filesOf.get(program) ?? 0, files));
  }
  return mb + [...filesOf.values()].reduce((sum, files) => sum + files, 0);
}

/** Megabytes that are its own, and those of files that it maps. */
function resident(pid: number): { own: number; files: number; program: string } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { own: mb('RssAnon') + mb('RssShmem'), files: mb('RssFile'), program: readlinkSync(`/proc/${pid}/exe`) };
  } catch (error) {
    if (gone(error)) return { own: 0, files: 0, program: '' };
    throw error;
  }
}

/** Idle and total CPU seconds of the whole machine. */
export function machineSeconds(): { idle: number; all: number } {
  const fields = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').trim().split(/\s+/).slice(1).map(Number);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return { idle: idle / ticksPerSecond, all: fields.slice(0, 8).reduce((a, b) => a + b, 0) / ticksPerSecond };
}

function gone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}

export interface Reading {
  seconds: number;
  /** CPU seconds by name of the group. */
  cpu: Record<string, number>;
  /** Share of the machine that was idle, 0 to 1. */
  idle: number;
  /** Cores that programs outside the groups used. */
  others: number;
}

/** Measures groups of processes from now until `read`. */
export class Meter {
  readonly #groups: Record<string, number[]>;
  readonly #began = performance.now();
  readonly #cpu: Record<string, number>;
  readonly #machine = machineSeconds();

  constructor(groups: Record<string, number[]>) {
    this.#groups = groups;
    this.#cpu = this.#sum();
  }

  read(): Reading {
    const now = this.#sum();
    const machine = machineSeconds();
    const cpu: Record<string, number> = {};
    for (const name of Object.keys(now)) cpu[name] = (now[name] ?? 0) - (this.#cpu[name] ?? 0);
    const all = machine.all - this.#machine.all;
    const idle = machine.idle - this.#machine.idle;
    const seconds = (performance.now() - this.#began) / 1000;
    const ours = Object.values(cpu).reduce((sum, one) => sum + one, 0);
    return {
      seconds,
      cpu,
      idle: all > 0 ? idle / all : 0,
      others: Math.max(0, (all - idle - ours) / seconds),
    };
  }

  #sum(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const [name, pids] of Object.entries(this.#groups))
      sums[name] = pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    return sums;
  }
}
