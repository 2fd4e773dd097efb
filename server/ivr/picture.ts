// A flow as a picture: nodes, and the ways between them. For drawing; the interpreter does not use it.
import { exitsOf } from './exits.ts';
import type { FlowFile, FlowNode } from './schema.ts';

export interface FlowPicture {
  start: string;
  nodes: {
    name: string;
    type: FlowNode['type'] /** What it is about: a queue, a number, a flow … */;
    about?: string | undefined;
  }[];
  /** `exit`: `next`, `1`, `timeout` …; of a branch the number of the case. */
  edges: { from: string; exit: string; to: string }[];
}

export function pictureOf(flow: Pick<FlowFile, 'start' | 'error' | 'nodes'>): FlowPicture {
  const names = new Set(Object.keys(flow.nodes));
  const edges: FlowPicture['edges'] = [];
  for (const [from, node] of Object.entries(flow.nodes)) {
    for (const { path, to } of exitsOf(node, flow)) {
      if (to !== undefined && names.has(to)) edges.push({ from, exit: exitName(path), to });
    }
  }
  return {
    start: flow.start,
    nodes: Object.entries(flow.nodes).map(([name, node]) => ({ name, type: node.type, about: aboutOf(node) })),
    edges,
  };
}

/** `['choices', '1', 'next']` → `1`, `['cases', 0, 'next']` → `case 1`. */
function exitName(path: readonly (string | number)[]): string {
  const [first, second] = path;
  if (typeof second === 'number') return `case ${second + 1}`;
  return String(second ?? first);
}

function aboutOf(node: FlowNode): string | undefined {
  switch (node.type) {
    case 'queue':
      return node.queue;
    case 'flow':
      return node.flow;
    case 'return':
      return node.result;
    case 'collect':
      return node.variable;
    default:
      return undefined;
  }
}
