// The checker: reads the text of a flow file and says, with line and column, what is wrong.
import type { Language } from '../../values/index.ts';
import { checkGraph } from './check-graph.ts';
import { checkNames } from './check-names.ts';
import { checkPrompts } from './check-prompts.ts';
import { type CompiledFlow, compileFlow } from './compile.ts';
import { readJson } from './document.ts';
import { type Finding, type FindingCode, finding } from './finding.ts';
import { type FlowPicture, pictureOf } from './picture.ts';
import { type FlowFile, flowSchema, type Hours } from './schema.ts';
import type { Said } from './sentences.ts';
import { readShape } from './shape.ts';

/** What the flow stands among. What is left out is not checked. */
export interface CheckContext {
  /** Names of the queues that exist. */
  queues?: Iterable<string> | undefined;
  skills?: Iterable<string> | undefined;
  /** Opening hours of the site by name, beside those of the flow itself. */
  hours?: ReadonlyMap<string, Hours> | undefined;
  /** Numbers of the agents. */
  agents?: Iterable<string> | undefined;
  /** The other flows by name: what each returns, and which flows it calls. */
  flows?: ReadonlyMap<string, FlowOutline> | undefined;
  /** Whether there is a recording of that name in that language. */
  hasRecording?: ((file: string, language: Language) => boolean) | undefined;
  hasMusic?: ((file: string) => boolean) | undefined;
  /** Whether texts without a recording can be synthesised. Default true. */
  canSpeak?: ((language: Language) => boolean) | undefined;
}

/** What other flows need to know of a flow. */
export interface FlowOutline {
  results: readonly string[];
  calls: readonly string[];
}

/** Reports at a path of the file; the last step may be a key (`key`). */
export type Report = (
  code: FindingCode,
  path: readonly (string | number)[],
  said: readonly Said[],
  how?: { warning?: boolean; key?: boolean },
) => void;

export interface Checked {
  findings: Finding[];
  /** Present where there is no error among the findings. */
  flow?: CompiledFlow;
  /** Present where the file has the shape of a flow. */
  outline?: FlowOutline & { name: string };
  /** Its nodes and ways, likewise. */
  picture?: FlowPicture;
}

/**
 * Checks a flow file.
 * @param file its name, as findings show it; `bank.json` must hold the flow `bank`
 * @returns findings in the order of the file
 */
export function checkFlow(text: string, file: string, context: CheckContext = {}): Finding[] {
  return readFlow(text, file, context).findings;
}

/** Checks a flow file and compiles it where there is no error. */
export function readFlow(text: string, file: string, context: CheckContext = {}): Checked {
  const document = readJson(text);
  const findings: Finding[] = [];
  for (const { place, said } of document.errors) findings.push(finding('error', 'json-syntax', file, place, said));
  if (findings.length > 0) return { findings };
  for (const { place, key } of document.twice) {
    findings.push(finding('error', 'key-twice', file, place, [{ say: 'key-twice', values: { key } }]));
  }
  const shape = readShape(flowSchema, document);
  if (shape.value === undefined) {
    for (const { code, place, said } of shape.faults) findings.push(finding('error', code, file, place, said));
    return { findings: inOrder(findings) };
  }
  const flow: FlowFile = shape.value;
  const report: Report = (code, path, said, how = {}) => {
    const place = how.key ? document.placeOfKey(path) : document.placeOf(path);
    findings.push(finding(how.warning ? 'warning' : 'error', code, file, place, said));
  };
  const base = file.replace(/^.*[\\/]/, '').replace(/\.json$/, '');
  if (base !== flow.flow)
    report('name-differs', ['flow'], [{ say: 'flow-name-differs', values: { name: flow.flow, file: `${base}.json` } }]);
  checkGraph(flow, report);
  checkNames(flow, context, report);
  checkPrompts(flow, context, report);
  const outline = { name: flow.flow, ...outlineOf(flow) };
  const picture = pictureOf(flow);
  if (findings.some((each) => each.severity === 'error')) return { findings: inOrder(findings), outline, picture };
  return { findings: inOrder(findings), outline, picture, flow: compileFlow(flow, text) };
}

/** What a flow returns and which it calls. */
export function outlineOf(flow: FlowFile): FlowOutline {
  const nodes = Object.values(flow.nodes);
  return {
    results: [...new Set(nodes.flatMap((node) => (node.type === 'return' ? [node.result] : [])))],
    calls: [...new Set(nodes.flatMap((node) => (node.type === 'flow' ? [node.flow] : [])))],
  };
}

function inOrder(findings: Finding[]): Finding[] {
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}
