// Names of things beside the nodes: variables, hours, queues, skills, agents, other flows and their results.
import type { CheckContext, FlowOutline, Report } from './check.ts';
import { locatedParts, promptsIn } from './exits.ts';
import { isTimeZone } from './hours.ts';
import { meant } from './nearest.ts';
import type { Condition, FlowFile, FlowNode } from './schema.ts';
import type { Said } from './sentences.ts';
import { builtIn, hasVariables, variablesIn } from './template.ts';

type Path = (string | number)[];

export function checkNames(flow: FlowFile, context: CheckContext, report: Report): void {
  const nodes = Object.entries(flow.nodes);
  const secret = new Set<string>();
  const known = new Set<string>([...builtIn, ...Object.keys(flow.variables ?? {})]);
  for (const [, node] of nodes) {
    if (node.type === 'collect') {
      known.add(node.variable);
      if (node.secret) secret.add(node.variable);
    }
    if ((node.type === 'set' || node.type === 'flow') && node.variables)
      for (const name of Object.keys(node.variables)) known.add(name);
  }
  // A sub-flow's variables belong to the call too, but are not known here: a name that only it sets is declared by its reader.
  for (const name of builtIn) {
    if (flow.variables && Object.hasOwn(flow.variables, name)) {
      report('value-wrong', ['variables', name], [{ say: 'variable-declared', values: { name } }], { key: true });
    }
  }
  const read = (name: string, path: Path) => {
    if (!known.has(name)) {
      const other = meant(name, known);
      report('variable-unknown', path, [
        { say: 'variable-unknown', values: { name } },
        ...(other.length > 0 ? other : [{ say: 'declare-or-collect' } as const]),
      ]);
    }
  };
  const open = (template: string | undefined, path: Path) => {
    for (const name of template === undefined ? [] : variablesIn(template)) {
      read(name, path);
      if (secret.has(name)) report('secret-spoken', path, [{ say: 'secret-spoken', values: { name } }]);
    }
  };

  for (const [name, hours] of Object.entries(flow.hours ?? {})) {
    if (hours.timeZone !== undefined && !isTimeZone(hours.timeZone)) {
      report('zone-unknown', ['hours', name, 'timeZone'], [{ say: 'zone-unknown', values: { zone: hours.timeZone } }]);
    }
  }
  // Without a site only the flow's own are known: names may be the site's.
  const hours = context.hours && [...Object.keys(flow.hours ?? {}), ...context.hours.keys()];
  for (const [name, node] of nodes) {
    const at: Path = ['nodes', name];
    for (const { path, prompt } of promptsIn(node)) {
      for (const { path: inner, part } of locatedParts(prompt, [...at, ...path])) {
        for (const key of ['en', 'zh', 'digits', 'number'] as const) open(part[key], [...inner, key]);
      }
    }
    if (node.type === 'set' || node.type === 'flow') {
      for (const [key, template] of Object.entries(node.variables ?? {})) {
        open(template, [...at, 'variables', key]);
        if ((builtIn as readonly string[]).includes(key)) {
          report('value-wrong', [...at, 'variables', key], [{ say: 'variable-set', values: { name: key } }], {
            key: true,
          });
        }
      }
    }
    if (node.type === 'branch') {
      for (const [i, each] of node.cases.entries())
        checkCondition(each.if, [...at, 'cases', i, 'if'], hours, read, report);
    }
    if (node.type === 'collect') {
      if (node.min !== undefined && node.min > node.max) {
        const { min, max } = node;
        report('value-wrong', [...at, 'min'], [{ say: 'min-over-max', values: { min, max } }]);
      }
      if ((builtIn as readonly string[]).includes(node.variable)) {
        const said: Said = { say: 'variable-collected', values: { name: node.variable } };
        report('value-wrong', [...at, 'variable'], [said]);
      }
    }
    checkTargets(node, at, flow, context, open, report);
  }
}

const operators = ['equals', 'in', 'startsWith', 'endsWith', 'length', 'atLeast', 'atMost', 'empty'] as const;

/** @param hours names that are known; undefined: not checked */
function checkCondition(
  condition: Condition,
  path: Path,
  hours: readonly string[] | undefined,
  read: (name: string, path: Path) => void,
  report: Report,
): void {
  const used = operators.filter((key) => condition[key] !== undefined);
  const questions = (['tag', 'language', 'hours', 'all', 'any', 'not', 'variable'] as const).filter(
    (key) => condition[key] !== undefined,
  );
  if (questions.length !== 1) {
    const several: Said = { say: 'if-several', values: { names: questions.join(', ') } };
    report('value-wrong', path, [questions.length === 0 ? { say: 'if-nothing' } : several]);
  }
  if (condition.variable !== undefined) {
    read(condition.variable, [...path, 'variable']);
    if (used.length === 0)
      report('value-wrong', path, [
        { say: 'operator-missing', values: { name: condition.variable, names: operators.join(', ') } },
      ]);
  } else if (used.length > 0 && questions.length > 0) {
    report('value-wrong', [...path, used[0]!], [{ say: 'operator-alone', values: { name: used[0]! } }], { key: true });
  }
  for (const key of ['equals', 'endsWith'] as const)
    for (const name of variablesIn(condition[key] ?? '')) read(name, [...path, key]);
  for (const key of ['in', 'startsWith'] as const) {
    for (const each of [condition[key] ?? []].flat()) for (const name of variablesIn(each)) read(name, [...path, key]);
  }
  if (condition.hours !== undefined && hours !== undefined && !hours.includes(condition.hours)) {
    const said: Said = { say: 'hours-unknown', values: { name: condition.hours } };
    report('hours-unknown', [...path, 'hours'], [said, ...meant(condition.hours, hours)]);
  }
  for (const key of ['all', 'any'] as const)
    for (const [i, each] of (condition[key] ?? []).entries())
      checkCondition(each, [...path, key, i], hours, read, report);
  if (condition.not) checkCondition(condition.not, [...path, 'not'], hours, read, report);
}

function checkTargets(
  node: FlowNode,
  at: Path,
  flow: FlowFile,
  context: CheckContext,
  open: (template: string | undefined, path: Path) => void,
  report: Report,
): void {
  const languages = flow.languages ?? ['en', 'zh'];
  const exists = (
    name: string,
    names: Iterable<string> | undefined,
    code: 'queue-unknown' | 'skill-unknown' | 'agent-unknown' | 'flow-unknown',
    path: Path,
    key: boolean,
  ) => {
    if (names === undefined) return;
    const all = [...names];
    // `{language}` is the one variable whose values are known beforehand.
    for (const each of name.includes('{language}') ? languages.map((l) => name.replaceAll('{language}', l)) : [name]) {
      if (!hasVariables(each) && !all.includes(each))
        report(code, path, [{ say: code, values: { name: each } }, ...meant(each, all)], { key });
    }
  };
  switch (node.type) {
    case 'queue':
      open(node.queue, [...at, 'queue']);
      open(node.callback?.number, [...at, 'callback', 'number']);
      exists(node.queue, context.queues, 'queue-unknown', [...at, 'queue'], false);
      for (const skill of Object.keys(node.skills ?? {})) {
        open(skill, [...at, 'skills', skill]);
        exists(skill, context.skills, 'skill-unknown', [...at, 'skills', skill], true);
      }
      if (node.music !== undefined && context.hasMusic && !context.hasMusic(node.music)) {
        report('music-unknown', [...at, 'music'], [{ say: 'music-unknown', values: { name: node.music } }]);
      }
      return;
    case 'transfer':
      if ((node.to === undefined) === (node.agent === undefined)) {
        report('value-wrong', at, [{ say: 'transfer-target' }], { key: true });
      }
      open(node.to, [...at, 'to']);
      open(node.agent, [...at, 'agent']);
      if (node.agent !== undefined) exists(node.agent, context.agents, 'agent-unknown', [...at, 'agent'], false);
      return;
    case 'flow': {
      if (!context.flows) return;
      const called = context.flows.get(node.flow);
      if (!called) {
        exists(node.flow, context.flows.keys(), 'flow-unknown', [...at, 'flow'], false);
        return;
      }
      for (const result of Object.keys(node.results ?? {})) {
        if (called.results.includes(result)) continue;
        const said: Said = { say: 'result-unknown', values: { flow: node.flow, result } };
        const options = { key: true, warning: true };
        report('result-unknown', [...at, 'results', result], [said, ...meant(result, called.results)], options);
      }
      const circle = wayBack(node.flow, flow.flow, context.flows);
      if (circle)
        report(
          'flow-circle',
          [...at, 'flow'],
          [{ say: 'flow-circle', values: { round: [flow.flow, ...circle].join(' → ') } }],
        );
      return;
    }
    default:
  }
}

/** The flows from one to the other, both included, if there is such a way. */
function wayBack(from: string, to: string, flows: ReadonlyMap<string, FlowOutline>): string[] | undefined {
  const open: string[][] = [[from]];
  const seen = new Set<string>();
  for (let way = open.pop(); way; way = open.pop()) {
    const last = way.at(-1)!;
    if (last === to) return way;
    if (seen.has(last)) continue;
    seen.add(last);
    for (const next of flows.get(last)?.calls ?? []) open.push([...way, next]);
  }
  return undefined;
}
