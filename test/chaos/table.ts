// The table of the chaos suite: printed at the end, and written to a file after every row, so that a run that is cut short
// leaves what it found.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../bench/report.ts';
import type { Counted } from './crowd.ts';

export interface Row {
  what: string;
  /** Calls with sound both ways, before and after. */
  before: number | string;
  after: number | string;
  /** Longest pause in what any party heard, ms. */
  pauseMs: number | string;
  counted: Counted | undefined;
  lost: string;
}

export class ChaosTable {
  readonly file = process.env.CHAOS_TABLE || join(tmpdir(), 'switchroom-chaos.md');
  readonly #calls: number;
  readonly #rows: (Row & { seconds: number })[] = [];
  #began = performance.now();

  constructor(calls: number) {
    this.#calls = calls;
  }

  /** A row begins. */
  begin(): void {
    this.#began = performance.now();
  }

  add(row: Row): void {
    this.#rows.push({ ...row, seconds: Math.round((performance.now() - this.#began) / 1_000) });
    writeFileSync(this.file, this.#markdown());
  }

  print(): void {
    table(
      this.#rows.map(({ what, before, after, pauseMs, counted, seconds, lost }) => ({
        what,
        before,
        after,
        'pause ms': pauseMs,
        calls: counted?.calls,
        contacts: counted?.contacts,
        closed: counted?.closed,
        'with recording': counted?.complete,
        s: seconds,
        lost,
      })),
    );
    process.stderr.write(`written to ${this.file}\n`);
  }

  #markdown(): string {
    const head = [
      `${new Date().toISOString().slice(0, 16)}, ${this.#calls} talks, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
      '',
      '| what | talks before → after | longest pause | calls as callers saw | contacts | closed records | with recording | what was lost | took |',
      '|---|---|---|---|---|---|---|---|---|',
    ];
    const rows = this.#rows.map(({ what, before, after, pauseMs, counted, lost, seconds }) => {
      const pause = typeof pauseMs === 'number' ? `${pauseMs} ms` : pauseMs;
      const counts = [counted?.calls, counted?.contacts, counted?.closed, counted?.complete].map(
        (count) => count ?? '–',
      );
      return `| ${[what, `${before} → ${after}`, pause, ...counts, lost, `${seconds} s`].join(' | ')} |`;
    });
    return `${[...head, ...rows].join('\n')}\n`;
  }
}
