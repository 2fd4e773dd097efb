// A checked flow, made ready for the interpreter: immutable.
import { createHash } from 'node:crypto';
import type { Language } from '../../values/index.ts';
import { promptsIn } from './exits.ts';
import { render } from './prompts.ts';
import type { FlowFile, FlowNode, Hours } from './schema.ts';
import type { FlowSet, Prompt } from './types.ts';

/** One flow, compiled. Only the interpreter looks inside. */
export interface CompiledFlow {
  readonly name: string;
  /** What agents read, where it says so. */
  readonly title: Readonly<{ en?: string | undefined; zh?: string | undefined }>;
  /** SHA-256 (hex) of the file's text. */
  readonly version: string;
  readonly languages: readonly Language[];
  readonly start: string;
  readonly error: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly hours: ReadonlyMap<string, Hours>;
  readonly nodes: ReadonlyMap<string, FlowNode>;
}

/** Makes a flow that passed the checker ready. @param text the file's text, for its version */
export function compileFlow(flow: FlowFile, text: string): CompiledFlow {
  const own = structuredClone(flow);
  freeze(own);
  const languages: readonly Language[] = own.languages ?? ['en', 'zh'];
  return Object.freeze({
    name: own.flow,
    title: own.title ?? {},
    version: createHash('sha256').update(text).digest('hex'),
    languages,
    start: own.start,
    error: own.error,
    variables: own.variables ?? {},
    hours: new Map(Object.entries(own.hours ?? {})),
    nodes: new Map(Object.entries(own.nodes)),
  });
}

/** The flows of one moment as a set. @param hours opening hours of the site by name */
export function flowSet(flows: Iterable<CompiledFlow>, hours: ReadonlyMap<string, Hours> = new Map()): FlowSet {
  const sorted = [...flows].sort((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash('sha256');
  for (const flow of sorted) hash.update(`${flow.name} ${flow.version}\n`);
  for (const [name, each] of [...hours].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${JSON.stringify(each)}\n`);
  }
  return Object.freeze({
    version: hash.digest('hex'),
    flows: new Map(sorted.map((flow) => [flow.name, flow])),
    hours: new Map(hours),
  });
}

/** All that a flow can say that does not depend on the call, in all its languages: what can be synthesised beforehand. */
export function promptsOf(flow: CompiledFlow): Prompt[] {
  const prompts: Prompt[] = [];
  for (const node of flow.nodes.values()) {
    for (const { prompt } of promptsIn(node)) {
      for (const language of flow.languages) {
        prompts.push(...render(prompt, language, () => undefined).filter((each) => !('filled' in each && each.filled)));
      }
    }
  }
  return prompts.filter((each) => each.say === 'text' || each.say === 'file');
}

/** Names of the music that a flow asks for. */
export function musicOf(flow: CompiledFlow): string[] {
  return [...flow.nodes.values()].flatMap((node) =>
    node.type === 'queue' && node.music !== undefined ? [node.music] : [],
  );
}

/** Names of the flows that a flow calls. */
export function callsOf(flow: CompiledFlow): string[] {
  return [...flow.nodes.values()].flatMap((node) => (node.type === 'flow' ? [node.flow] : []));
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const each of Object.values(value)) freeze(each);
}
