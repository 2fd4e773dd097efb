// Names of things beside the nodes: variables, hours, queues, skills, agents, other flows and their results.
import type { CheckContext, FlowOutline, Report } from './check.ts';
import { locatedParts, promptsIn } from './exits.ts';
import { isTimeZone } from './hours.ts';
import { didYouMean } from './nearest.ts';
import type { Condition, FlowFile, FlowNode } from './schema.ts';
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
      report('value-wrong', ['variables', name], `"${name}" is a variable of every call and cannot be declared.`, {
        key: true,
      });
    }
  }
  const read = (name: string, path: Path) => {
    if (!known.has(name)) {
      report(
        'variable-unknown',
        path,
        `Nothing sets the variable "${name}".${didYouMean(name, known) || ' Declare it in "variables", or collect it.'}`,
      );
    }
  };
  const open = (template: string | undefined, path: Path) => {
    for (const name of template === undefined ? [] : variablesIn(template)) {
      read(name, path);
      if (secret.has(name))
        report(
          'secret-spoken',
          path,
          `"${name}" is secret: it can be compared in a branch, but neither said nor shown nor passed on.`,
        );
    }
  };

  for (const [name, hours] of Object.entries(flow.hours ?? {})) {
    if (hours.timeZone !== undefined && !isTimeZone(hours.timeZone)) {
      report(
        'zone-unknown',
        ['hours', name, 'timeZone'],
        `There is no time zone "${hours.timeZone}"; one is called such as "Asia/Shanghai".`,
      );
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
          report('value-wrong', [...at, 'variables', key], `"${key}" is a variable of every call and cannot be set.`, {
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
        report('value-wrong', [...at, 'min'], `"min" (${node.min}) is more than "max" (${node.max}).`);
      }
      if ((builtIn as readonly string[]).includes(node.variable)) {
        report(
          'value-wrong',
          [...at, 'variable'],
          `"${node.variable}" is a variable of every call and cannot be collected.`,
        );
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
    report(
      'value-wrong',
      path,
      questions.length === 0
        ? 'The "if" asks nothing.'
        : `The "if" asks several things (${questions.join(', ')}); put them into "all" or "any".`,
    );
  }
  if (condition.variable !== undefined) {
    read(condition.variable, [...path, 'variable']);
    if (used.length === 0)
      report(
        'value-wrong',
        path,
        `What about "${condition.variable}"? Beside "variable" stands one of ${operators.join(', ')}.`,
      );
  } else if (used.length > 0 && questions.length > 0) {
    report('value-wrong', [...path, used[0]!], `"${used[0]}" stands beside "variable" only.`, { key: true });
  }
  for (const key of ['equals', 'endsWith'] as const)
    for (const name of variablesIn(condition[key] ?? '')) read(name, [...path, key]);
  for (const key of ['in', 'startsWith'] as const) {
    for (const each of [condition[key] ?? []].flat()) for (const name of variablesIn(each)) read(name, [...path, key]);
  }
  if (condition.hours !== undefined && hours !== undefined && !hours.includes(condition.hours)) {
    report(
      'hours-unknown',
      [...path, 'hours'],
      `Neither the flow nor the site has hours "${condition.hours}".${didYouMean(condition.hours, hours)}`,
    );
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
    code: Parameters<Report>[0],
    what: string,
    path: Path,
    key: boolean,
  ) => {
    if (names === undefined) return;
    const all = [...names];
    // `{language}` is the one variable whose values are known beforehand.
    for (const each of name.includes('{language}') ? languages.map((l) => name.replaceAll('{language}', l)) : [name]) {
      if (!hasVariables(each) && !all.includes(each))
        report(code, path, `There is no ${what} "${each}".${didYouMean(each, all)}`, { key });
    }
  };
  switch (node.type) {
    case 'queue':
      open(node.queue, [...at, 'queue']);
      open(node.callback?.number, [...at, 'callback', 'number']);
      exists(node.queue, context.queues, 'queue-unknown', 'queue', [...at, 'queue'], false);
      for (const skill of Object.keys(node.skills ?? {})) {
        open(skill, [...at, 'skills', skill]);
        exists(skill, context.skills, 'skill-unknown', 'skill', [...at, 'skills', skill], true);
      }
      if (node.music !== undefined && context.hasMusic && !context.hasMusic(node.music)) {
        report(
          'music-unknown',
          [...at, 'music'],
          `There is no music "${node.music}": prompts/music/${node.music}.wav is missing.`,
        );
      }
      return;
    case 'transfer':
      if ((node.to === undefined) === (node.agent === undefined)) {
        report('value-wrong', at, 'A transfer goes either "to" a number or to an "agent".', { key: true });
      }
      open(node.to, [...at, 'to']);
      open(node.agent, [...at, 'agent']);
      if (node.agent !== undefined)
        exists(node.agent, context.agents, 'agent-unknown', 'agent', [...at, 'agent'], false);
      return;
    case 'flow': {
      if (!context.flows) return;
      const called = context.flows.get(node.flow);
      if (!called) {
        exists(node.flow, context.flows.keys(), 'flow-unknown', 'flow', [...at, 'flow'], false);
        return;
      }
      for (const result of Object.keys(node.results ?? {})) {
        if (called.results.includes(result)) continue;
        const sentence = `The flow "${node.flow}" never returns "${result}".${didYouMean(result, called.results)}`;
        report('result-unknown', [...at, 'results', result], sentence, { key: true, warning: true });
      }
      const circle = wayBack(node.flow, flow.flow, context.flows);
      if (circle)
        report(
          'flow-circle',
          [...at, 'flow'],
          `Flows call each other in a circle: ${[flow.flow, ...circle].join(' → ')}.`,
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
