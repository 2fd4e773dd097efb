// Nodes and exits: unknown, missing, never reached, round in circles.
import type { Report } from './check.ts';
import { type Exit, exitsOf } from './exits.ts';
import { canReach, circles, reachable } from './graph.ts';
import { meant } from './nearest.ts';
import type { FlowFile, FlowNode } from './schema.ts';
import type { Said } from './sentences.ts';

export function checkGraph(flow: FlowFile, report: Report): void {
  const names = Object.keys(flow.nodes);
  const known = new Set(names);
  const missing = (to: string, path: (string | number)[]) =>
    report('node-unknown', path, [{ say: 'node-unknown', values: { name: to } }, ...meant(to, names)]);
  if (!known.has(flow.start)) missing(flow.start, ['start']);
  if (flow.error !== undefined && !known.has(flow.error)) missing(flow.error, ['error']);

  const exits = new Map<string, Exit[]>();
  for (const [name, node] of Object.entries(flow.nodes)) {
    const own = exitsOf(node, flow);
    exits.set(name, own);
    for (const exit of own) {
      const key = exit.path.at(-1)!;
      if (exit.to === undefined) {
        const said: Said = { say: 'exit-missing', values: { node: name, exit: key } };
        report('exit-missing', ['nodes', name], [said], { key: true });
      } else if (!known.has(exit.to) && written(node, exit)) missing(exit.to, ['nodes', name, ...exit.path]);
    }
  }

  const edges = edgesOf(exits, known, () => true);
  if (known.has(flow.start)) {
    const reached = reachable(edges, flow.start);
    if (flow.error !== undefined) for (const each of reachable(edges, flow.error)) reached.add(each);
    for (const name of names) {
      if (!reached.has(name))
        report('node-unreachable', ['nodes', name], [{ say: 'node-unreachable', values: { name } }], {
          warning: true,
          key: true,
        });
    }
  }
  checkCircles(flow, exits, edges, known, report);
}

/** Whether the exit stands in the node itself; else it is the flow's `error`, which is reported once. */
function written(node: FlowNode, exit: Exit): boolean {
  let value: unknown = node;
  for (const step of exit.path) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value !== undefined;
}

function checkCircles(
  flow: FlowFile,
  exits: Map<string, Exit[]>,
  edges: Map<string, string[]>,
  known: ReadonlySet<string>,
  report: Report,
): void {
  const at = (circle: string[]) => ['nodes', circle[0]!];
  const round = (circle: string[]) => ({ round: [...circle, circle[0]!].map((name) => `"${name}"`).join(' → ') });
  const reported = new Set<string>();
  const typed = (name: string) => flow.nodes[name]!.type;

  // Around without ever waiting for the caller: nothing in the circle can change the way out.
  const asking = new Set(['menu', 'collect', 'queue', 'transfer', 'flow']);
  const mute = edgesOf(exits, known, (from, to) => !asking.has(typed(from)) && !asking.has(typed(to)));
  for (const circle of circles(mute)) {
    report('loop-endless', at(circle), [{ say: 'loop-mute', values: round(circle) }], { key: true });
    for (const each of circle) reported.add(each);
  }

  // Around, asking, but nothing the caller does leads out.
  const ends = [...known].filter((name) => ['hangup', 'return', 'queue', 'transfer', 'flow'].includes(typed(name)));
  const free = canReach(edges, ends);
  for (const circle of circles(edges)) {
    if (circle.some((name) => free.has(name) || reported.has(name))) continue;
    report('loop-endless', at(circle), [{ say: 'loop-closed', values: round(circle) }], { key: true });
    for (const each of circle) reported.add(each);
  }

  // Around for a caller who does nothing.
  const silent = edgesOf(exits, known, (_from, _to, exit) => exit.when === 'silent');
  for (const circle of circles(silent)) {
    if (circle.some((name) => reported.has(name))) continue;
    report('loop-silent', at(circle), [{ say: 'loop-silent', values: round(circle) }], { warning: true, key: true });
  }
}

function edgesOf(
  exits: Map<string, Exit[]>,
  known: ReadonlySet<string>,
  keep: (from: string, to: string, exit: Exit) => boolean,
): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  for (const [from, own] of exits) {
    edges.set(
      from,
      own.flatMap((exit) =>
        exit.to !== undefined && known.has(exit.to) && keep(from, exit.to, exit) ? [exit.to] : [],
      ),
    );
  }
  return edges;
}
