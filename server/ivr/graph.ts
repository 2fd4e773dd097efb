// The flow as a graph: what is reached, and where it goes round in circles.

export type Edges = ReadonlyMap<string, readonly string[]>;

/** All nodes that the edges lead to from the first, itself included. */
export function reachable(edges: Edges, first: string): Set<string> {
  const seen = new Set<string>();
  const open = [first];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...(edges.get(node) ?? []));
  }
  return seen;
}

/** Nodes from which one of the goals can be reached, goals included. */
export function canReach(edges: Edges, goals: Iterable<string>): Set<string> {
  const back = new Map<string, string[]>();
  for (const [from, targets] of edges) {
    for (const to of targets) {
      const sources = back.get(to);
      if (sources) sources.push(from);
      else back.set(to, [from]);
    }
  }
  const seen = new Set<string>();
  const open = [...goals];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...(back.get(node) ?? []));
  }
  return seen;
}

/** Circles (strongly connected components with an edge inside), each in the order of the graph. */
export function circles(edges: Edges): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  for (const node of edges.keys()) {
    if (done.has(node)) continue;
    const forward = reachableAfter(edges, node);
    if (!forward.has(node)) continue;
    const back = canReach(edges, [node]);
    const circle = [...edges.keys()].filter((each) => forward.has(each) && back.has(each));
    for (const each of circle) done.add(each);
    found.push(circle);
  }
  return found;
}

function reachableAfter(edges: Edges, node: string): Set<string> {
  const seen = new Set<string>();
  for (const next of edges.get(node) ?? []) for (const each of reachable(edges, next)) seen.add(each);
  return seen;
}
