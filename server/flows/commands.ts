// What `switchroom flow check|test|list` does, without a server: rows for `--json`, lines for people.
import path from 'node:path';
import {
  type CheckContext,
  type CompiledFlow,
  type Finding,
  type FlowTestResult,
  flowSet,
  formatFinding,
  readFlowTests,
  runFlowTests,
} from '../ivr/index.ts';
import { readFolder, readTests, recordingsOf } from './folder.ts';

export interface Outcome<Row> {
  /** False: exit code 1. */
  ok: boolean;
  rows: Row[];
  lines: string[];
}

/**
 * Checks all flows of a folder and the shape of their tests.
 * @param context queues and skills where they are known; recordings are looked for beside the flows
 */
export async function flowCheck(folder: string, context: Omit<CheckContext, 'flows'> = {}): Promise<Outcome<Finding>> {
  const files = await readFolder(folder, { ...recordingsOf(folder), ...context });
  const tests = await readTests(folder);
  const rows = [
    ...files.flatMap((each) => each.findings),
    ...tests.flatMap(({ file, text }) => readFlowTests(text, file).findings),
  ];
  const errors = rows.filter((each) => each.severity === 'error').length;
  const lines = rows.map((each) => formatFinding({ ...each, file: path.join(folder, each.file) }));
  const count = `${files.length} ${files.length === 1 ? 'flow' : 'flows'} and ${tests.length} test files`;
  lines.push(
    rows.length === 0 ? `${count}: no findings.` : `${count}: ${errors} errors, ${rows.length - errors} warnings.`,
  );
  return { ok: errors === 0, rows, lines };
}

/**
 * Runs the tests of a folder.
 * @param only names of flows; absent: all
 * @param hours of the site, where they are known; tests may state their own
 */
export async function flowTest(
  folder: string,
  only: readonly string[] = [],
  hours: CheckContext['hours'] = new Map(),
): Promise<Outcome<FlowTestResult>> {
  const files = await readFolder(folder, recordingsOf(folder));
  const flows = files.flatMap((each): CompiledFlow[] => (each.flow ? [each.flow] : []));
  const set = flowSet(flows, hours);
  const rows: FlowTestResult[] = [];
  const lines: string[] = [];
  let broken = 0;
  for (const { file, findings } of files) {
    if (!findings.some((each) => each.severity === 'error')) continue;
    if (only.length > 0 && !only.includes(path.basename(file, '.json'))) continue;
    broken += 1;
    lines.push(
      `${file}: not tested, because the flow has errors.`,
      ...findings.map((each) => `  ${formatFinding(each)}`),
    );
  }
  for (const { file, text } of await readTests(folder)) {
    const { tests, findings } = readFlowTests(text, file);
    if (!tests) {
      broken += 1;
      lines.push(...findings.map(formatFinding));
      continue;
    }
    // A flow with errors was already reported as such; its tests would only echo that.
    if (
      (only.length > 0 && !only.includes(tests.flow)) ||
      files.some((each) => !each.flow && each.file === `${tests.flow}.json`)
    )
      continue;
    const results = runFlowTests(set, tests);
    rows.push(...results);
    for (const result of results) {
      lines.push(`${result.ok ? 'ok  ' : 'FAIL'} ${result.flow}: ${result.name}`);
      if (result.failure) lines.push(`     step ${result.failure.step}: ${result.failure.sentence}`);
    }
    const passed = new Set(results.flatMap((each) => each.visited));
    const flow = set.flows.get(tests.flow);
    const never = [...(flow?.nodes.keys() ?? [])].filter((node) => !passed.has(`${tests.flow}/${node}`));
    if (never.length > 0)
      lines.push(`     ${tests.flow}: no test passes ${never.map((node) => `"${node}"`).join(', ')}.`);
  }
  for (const name of only) {
    if (!files.some((each) => each.file === `${name}.json`)) {
      broken += 1;
      lines.push(`There is no flow "${name}".`);
    }
  }
  const failed = rows.filter((each) => !each.ok).length;
  lines.push(`${rows.length} tests, ${failed} failed.`);
  return { ok: failed === 0 && broken === 0, rows, lines };
}

export interface FlowRow {
  flow: string;
  file: string;
  nodes: number;
  languages: string[];
  errors: number;
  warnings: number;
}

/** The flows of a folder. */
export async function flowList(folder: string, context: Omit<CheckContext, 'flows'> = {}): Promise<Outcome<FlowRow>> {
  const files = await readFolder(folder, { ...recordingsOf(folder), ...context });
  const rows = files.map(({ file, flow, findings }): FlowRow => {
    const errors = findings.filter((each) => each.severity === 'error').length;
    return {
      flow: flow?.name ?? path.basename(file, '.json'),
      file,
      nodes: flow?.nodes.size ?? 0,
      languages: [...(flow?.languages ?? [])],
      errors,
      warnings: findings.length - errors,
    };
  });
  const lines = rows.map(
    (row) =>
      `${row.flow.padEnd(20)} ${row.errors > 0 ? `${row.errors} errors` : `${row.nodes} nodes, ${row.languages.join(' ')}`}${row.warnings > 0 ? `, ${row.warnings} warnings` : ''}`,
  );
  return { ok: true, rows, lines };
}
