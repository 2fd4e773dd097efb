// The flow as a tree of nodes, laid out by itself; how many calls took each way is written on it.
import { Graph, layout } from '@dagrejs/dagre';
import { useMemo, useState } from 'react';
import type { FlowPicture as Picture } from '../../../../server/ivr/index.ts';
import { useFlowWords } from './words.ts';

export interface Way {
  from: string;
  to: string;
  calls: number;
}

const width = 152;
const height = 46;

interface Laid {
  width: number;
  height: number;
  nodes: { name: string; x: number; y: number }[];
  edges: { from: string; to: string; exits: string[]; calls: number; points: { x: number; y: number }[] }[];
}

export function FlowPicture({
  picture,
  ways,
  visited,
  at,
  onOpen,
}: {
  picture: Picture;
  ways: readonly Way[];
  /** Nodes on the path of the simulation. */
  visited: ReadonlySet<string>;
  /** Where it is. */
  at: string | undefined;
  onOpen: (node: string) => void;
}) {
  const say = useFlowWords();
  const laid = useMemo(() => arrange(picture, ways), [picture, ways]);
  const [whole, setWhole] = useState(true);
  const most = Math.max(1, ...laid.edges.map(({ calls }) => calls));
  const kinds = new Map(picture.nodes.map((node) => [node.name, node]));
  return (
    <div className="flow-picture" data-whole={whole}>
      <button type="button" className="secondary small" aria-pressed={!whole} onClick={() => setWhole(!whole)}>
        {say(whole ? 'larger' : 'whole')}
      </button>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot draw */}
      <svg
        viewBox={`-12 -12 ${laid.width + 24} ${laid.height + 24}`}
        width={laid.width + 24}
        height={laid.height + 24}
        role="group"
        aria-label={say('picture')}
      >
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8Z" className="arrow" />
          </marker>
        </defs>
        {laid.edges.map(({ from, to, exits, calls, points }) => {
          const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
          return (
            <g key={`${from} ${to}`} className="way" data-used={calls > 0}>
              <path d={curve(points)} strokeWidth={1 + (3 * calls) / most} markerEnd="url(#arrow)" />
              <text x={middle.x} y={middle.y - 3}>
                {exits.join(' · ')}
                {calls > 0 && <tspan className="calls"> {calls}</tspan>}
              </text>
            </g>
          );
        })}
        {laid.nodes.map(({ name, x, y }) => {
          const node = kinds.get(name);
          return (
            // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a drawing
            <g
              key={name}
              className="node"
              data-type={node?.type}
              data-visited={visited.has(name)}
              data-at={name === at}
              data-start={name === picture.start}
              transform={`translate(${x - width / 2} ${y - height / 2})`}
              role="button"
              tabIndex={0}
              aria-description={say('open-node', { node: name })}
              onClick={() => onOpen(name)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') onOpen(name);
              }}
            >
              <rect width={width} height={height} rx={10} />
              <text x={14} y={20} className="node-name">
                {short(name, 18)}
              </text>
              <text x={14} y={36} className="node-type">
                {short([node?.type, node?.about].filter((part) => part !== undefined).join(' · '), 22)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function arrange(picture: Picture, ways: readonly Way[]): Laid {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 52, edgesep: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name } of picture.nodes) graph.setNode(name, { width, height });
  const exits = new Map<string, { from: string; to: string; exits: string[] }>();
  for (const { from, to, exit } of picture.edges) {
    const key = JSON.stringify([from, to]);
    const known = exits.get(key);
    if (known) known.exits.push(exit);
    else exits.set(key, { from, to, exits: [exit] });
  }
  for (const { from, to, exits: names } of exits.values()) {
    graph.setEdge(from, to, { width: 7 * names.join(' · ').length, height: 14, labelpos: 'c' });
  }
  layout(graph);
  const calls = new Map(ways.map((way) => [JSON.stringify([way.from, way.to]), way.calls]));
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: graph.nodes().map((name) => {
      const { x = 0, y = 0 } = graph.node(name) as { x?: number; y?: number };
      return { name, x, y };
    }),
    edges: [...exits].map(([key, edge]) => {
      const { points = [] } = graph.edge(edge.from, edge.to) as { points?: { x: number; y: number }[] };
      return { ...edge, calls: calls.get(key) ?? 0, points };
    }),
  };
}

/** Through the points, rounded where it turns. */
function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  for (let i = 0; i < rest.length - 1; i++) {
    const here = rest[i]!;
    const next = rest[i + 1]!;
    path += `Q${here.x} ${here.y} ${(here.x + next.x) / 2} ${(here.y + next.y) / 2}`;
  }
  const last = rest.at(-1);
  return last === undefined ? path : `${path}L${last.x} ${last.y}`;
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
