// CPU, memory and idle time as the kernel counts them (proc(5)), for processes given by pid.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

/** Resident memory in MB. */
export function residentMb(pid: number): number {
  try {
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kb ?? 0) / 1024;
  } catch (error) {
    if (gone(error)) return 0;
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
