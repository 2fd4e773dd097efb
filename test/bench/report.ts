// What every bench prints: a table for people, or with --json one object on stdout.
import { cpus, totalmem } from 'node:os';

export interface Goal {
  name: string;
  value: number | undefined;
  goal: number;
  unit: string;
  /** Undefined where this run could not judge it (--quick, or a machine that was too busy); `why` says so. */
  ok: boolean | undefined;
  why?: string;
}

export interface Report {
  bench: string;
  machine: { cpu: string; cores: number; memoryGb: number; node: string };
  at: string;
  goals: Goal[];
  details: unknown;
}

export interface BenchOptions {
  json: boolean;
  quick: boolean;
}

export function benchOptions(args = process.argv.slice(2)): BenchOptions {
  return { json: args.includes('--json'), quick: args.includes('--quick') };
}

/** A goal reached when the value is at least (`≥`) or at most (`≤`) the wanted one. */
export function goal(name: string, value: number | undefined, sense: '≥' | '≤', wanted: number, unit: string): Goal {
  const ok = value === undefined ? undefined : sense === '≥' ? value >= wanted : value <= wanted;
  return {
    name: `${name} ${sense} ${wanted}`,
    value: value === undefined ? undefined : round(value),
    goal: wanted,
    unit,
    ok,
  };
}

export function unjudged(name: string, wanted: number, unit: string, why: string): Goal {
  return { name, value: undefined, goal: wanted, unit, ok: undefined, why };
}

/** Prints, and sets the exit code: 1 where a judged goal was missed. */
export function finish(bench: string, goals: Goal[], details: unknown, options: BenchOptions): void {
  const cpu = cpus();
  const report: Report = {
    bench,
    machine: {
      cpu: cpu[0]?.model ?? 'unknown',
      cores: cpu.length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    at: new Date().toISOString(),
    goals,
    details,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    say('');
    for (const one of goals) {
      const mark = one.ok === undefined ? 'not judged' : one.ok ? 'ok' : 'MISSED';
      say(`${mark.padEnd(11)} ${one.name} ${one.unit}: ${one.value ?? '–'}${one.why ? ` (${one.why})` : ''}`);
    }
  }
  if (goals.some((one) => one.ok === false)) process.exitCode = 1;
}

/** Progress goes to stderr, so that --json keeps stdout to itself. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function table(rows: Record<string, string | number | undefined>[]): void {
  if (rows.length === 0) return;
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name] ?? '–').length)));
  const line = (cells: string[]) => say(cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
  line(names);
  for (const row of rows) line(names.map((name) => String(row[name] ?? '–')));
}

export function round(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Percentile of unsorted values; undefined for none. */
export function percentile(values: number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
