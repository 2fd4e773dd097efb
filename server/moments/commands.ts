// What `switchroom moment check|test|list` does, without a server: rows for `--json`, lines for people.
import path from 'node:path';
import { type Finding, formatFinding } from '../ivr/index.ts';
import { type MomentContext, readMomentTests } from './check.ts';
import type { UsedMoment } from './evaluate.ts';
import { readMoments, readTests } from './folder.ts';
import { type MomentTestResult, runMomentTests } from './moment-tests.ts';
import { kindOf } from './schema.ts';

export interface Outcome<Row> {
  /** False: exit code 1. */
  ok: boolean;
  rows: Row[];
  lines: string[];
}

export interface MomentRow {
  moment: string;
  state: 'in use' | 'disabled' | 'has errors';
  rank?: number;
  class?: string;
  actions?: string[];
}

export async function momentCheck(folder: string, context: MomentContext = {}): Promise<Outcome<Finding>> {
  const files = await readMoments(folder, context);
  const tests = await readTests(folder);
  const rows = [
    ...files.flatMap(({ findings }) => findings),
    ...tests.flatMap(({ file, text }) => readMomentTests(text, file).findings),
  ];
  const errors = rows.filter(({ severity }) => severity === 'error').length;
  const lines = rows.map((row) => formatFinding({ ...row, file: path.join(folder, row.file) }));
  const count = `${files.length} ${files.length === 1 ? 'moment' : 'moments'} and ${tests.length} test files`;
  lines.push(
    rows.length === 0 ? `${count}: no findings.` : `${count}: ${errors} errors, ${rows.length - errors} warnings.`,
  );
  return { ok: errors === 0, rows, lines };
}

/** @param only names of moments; absent: all */
export async function momentTest(folder: string, only: readonly string[] = []): Promise<Outcome<MomentTestResult>> {
  const wanted = (name: string) => only.length === 0 || only.includes(name);
  const files = await readMoments(folder);
  const moments = files.flatMap(({ used }): UsedMoment[] => (used ? [used] : []));
  const rows: MomentTestResult[] = [];
  const lines: string[] = [];
  let broken = 0;
  for (const { file, name, findings, used } of files) {
    if (used || !wanted(name)) continue;
    broken++;
    lines.push(`${file}: not tested, because it has errors.`, ...findings.map((one) => `  ${formatFinding(one)}`));
  }
  for (const { file, text } of await readTests(folder)) {
    const { tests, findings } = readMomentTests(text, file);
    if (!tests) {
      if (!wanted(path.basename(file, '.test.json'))) continue;
      broken++;
      lines.push(...findings.map(formatFinding));
      continue;
    }
    if (!wanted(tests.moment) || files.some(({ name, used }) => name === tests.moment && !used)) continue;
    if (!moments.some(({ moment }) => moment.moment === tests.moment)) {
      broken++;
      lines.push(`${file}: there is no moment "${tests.moment}".`);
      continue;
    }
    rows.push(...runMomentTests(moments, tests));
  }
  for (const { ok, moment, name, wrong } of rows) {
    lines.push(`${ok ? 'ok    ' : 'FAILED'} ${moment}: ${name}`, ...(wrong === undefined ? [] : [`       ${wrong}`]));
  }
  const failed = rows.filter(({ ok }) => !ok).length;
  for (const name of only) {
    if (files.some((file) => file.name === name)) continue;
    broken++;
    lines.push(`There is no moment "${name}".`);
  }
  lines.push(`${rows.length} tests, ${failed} failed.`);
  return { ok: failed === 0 && broken === 0, rows, lines };
}

export async function momentList(folder: string): Promise<Outcome<MomentRow>> {
  const files = await readMoments(folder);
  const rows = files.map(({ name, used }): MomentRow => {
    if (!used) return { moment: name, state: 'has errors' };
    const { rank, disabled } = used.moment;
    const actions = used.moment.do.map(kindOf);
    return { moment: name, state: disabled ? 'disabled' : 'in use', rank, class: used.moment.class, actions };
  });
  const lines = rows.map(
    ({ moment, state, rank, class: how, actions }) =>
      `${moment.padEnd(24)} ${state.padEnd(10)} ${rank === undefined ? '' : `rank ${rank}, ${how}: ${actions?.join(', ')}`}`,
  );
  return { ok: true, rows, lines: lines.length === 0 ? ['There are no moments.'] : lines };
}
