// Runs the tests that stand beside a flow, without a call.
import { readJson } from './document.ts';
import { type Finding, finding } from './finding.ts';
import { didYouMean } from './nearest.ts';
import { Rehearsal } from './rehearsal.ts';
import { readShape } from './shape.ts';
import { type Expected, type FlowTest, type FlowTests, flowTestsSchema, type TestStep } from './test-schema.ts';
import type { FlowSet } from './types.ts';

export interface FlowTestResult {
  flow: string;
  name: string;
  ok: boolean;
  /** Where the test failed: the step, from 1, and a sentence. */
  failure?: { step: number; sentence: string } | undefined;
  /** What was said, in order, for whoever reads the failure. */
  said: string[];
  /** Nodes passed, as `flow/node`. */
  visited: string[];
}

/** Reads a test file. @returns findings with line and column where it is none */
export function readFlowTests(text: string, file: string): { tests?: FlowTests; findings: Finding[] } {
  const document = readJson(text);
  const syntax = document.errors.map((each) => finding('error', 'json-syntax', file, each.place, each.said));
  if (syntax.length > 0) return { findings: syntax };
  const shape = readShape(flowTestsSchema, document);
  if (shape.value === undefined)
    return { findings: shape.faults.map((each) => finding('error', each.code, file, each.place, each.said)) };
  const twice = document.twice.map((each) =>
    finding('error', 'key-twice', file, each.place, [{ say: 'key-twice', values: { key: each.key } }]),
  );
  // The value as it was read, not as zod copied it: the keys of a step are done in the order in which they stand.
  return twice.length > 0 ? { findings: twice } : { tests: document.value as FlowTests, findings: [] };
}

/** Runs all tests of a file against the flows. Never throws for what a test or a flow does. */
export function runFlowTests(set: FlowSet, tests: FlowTests): FlowTestResult[] {
  const hours = new Map([...set.hours, ...Object.entries(tests.hours ?? {})]);
  return tests.tests.map((test) => runOne({ ...set, hours }, tests.flow, test));
}

const monday = Date.parse('2026-01-05T10:00:00Z');

function runOne(set: FlowSet, flow: string, test: FlowTest): FlowTestResult {
  const result: FlowTestResult = { flow, name: test.name, ok: false, said: [], visited: [] };
  const compiled = set.flows.get(flow);
  if (!compiled) {
    result.failure = { step: 1, sentence: `There is no flow "${flow}".${didYouMean(flow, set.flows.keys())}` };
    return result;
  }
  const given = test.given ?? {};
  const language = given.language ?? compiled.languages[0] ?? 'en';
  const now = given.time === undefined ? monday : Date.parse(given.time);
  const call = new Rehearsal(set, flow, { ...given, language }, now);
  const caller = new Caller(call);
  result.said = call.said;
  result.visited = call.visited;
  for (const [i, step] of test.steps.entries()) {
    const sentence = caller.does(step);
    if (sentence !== undefined) {
      result.failure = { step: i + 1, sentence };
      return result;
    }
  }
  const left = caller.unusedKeys();
  if (left === undefined) result.ok = true;
  else result.failure = { step: test.steps.length, sentence: left };
  return result;
}

/** A caller who does what the test says. */
class Caller {
  readonly #call: Rehearsal;

  constructor(call: Rehearsal) {
    this.#call = call;
  }

  /** Does what the step says, key by key in the order in which they stand. @returns what is wrong, or nothing */
  does(step: TestStep): string | undefined {
    for (const key of Object.keys(step) as (keyof TestStep)[]) {
      const wrong = this.#does(key, step);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #does(key: keyof TestStep, step: TestStep): string | undefined {
    switch (key) {
      case 'press':
        return this.#call.press(step.press ?? '');
      case 'wait':
        return this.#call.silence();
      case 'queue':
        return this.#call.leaveQueue(step.queue!);
      case 'transfer':
        return this.#call.failTransfer(step.transfer!);
      case 'hear':
        return this.#hears([step.hear ?? []].flat());
      case 'notHear':
        return this.#hearsNot([step.notHear ?? []].flat());
      case 'expect':
        return step.expect && this.#expects(step.expect);
      case 'note':
        return undefined;
    }
  }

  unusedKeys(): string | undefined {
    const { unused } = this.#call;
    return unused === '' ? undefined : `Nobody asked for "${unused}": ${this.#call.where()}.`;
  }

  #hears(wanted: string[]): string | undefined {
    let from = 0;
    for (const words of wanted) {
      const at = this.#call.heard.findIndex((text, i) => i >= from && plain(text).includes(plain(words)));
      if (at < 0) {
        const heard =
          this.#call.heard.length === 0 ? 'nothing' : this.#call.heard.map((text) => `"${text}"`).join(', then ');
        return `"${words}" was not said; said was ${heard}.`;
      }
      from = at;
    }
    return undefined;
  }

  #hearsNot(unwanted: string[]): string | undefined {
    for (const words of unwanted) {
      const text = this.#call.heard.find((each) => plain(each).includes(plain(words)));
      if (text !== undefined) return `"${words}" should not be said, but was: "${text}".`;
    }
    return undefined;
  }

  #expects(expected: Expected): string | undefined {
    const { last, state } = this.#call;
    const is = (what: string, wanted: unknown, found: unknown) =>
      wanted === undefined || wanted === found
        ? undefined
        : `${what} should be ${show(wanted)}, but is ${show(found)}: ${this.#call.where()}.`;
    if (expected.hangup !== undefined && expected.hangup !== (last.do === 'hangup')) {
      return expected.hangup ? `The flow should have hung up, but ${this.#call.where()}.` : 'The flow has hung up.';
    }
    const queue = last.do === 'queue' ? last : undefined;
    const asked = queue && Object.fromEntries(queue.skills.map(({ skill, least }) => [skill, least]));
    const to = last.do === 'transfer' ? last.to : {};
    return (
      is('The queue', expected.queue, queue?.queue) ??
      is('The priority', expected.priority, queue?.priority) ??
      is('The skills', expected.skills && sorted(expected.skills), asked && sorted(asked)) ??
      is('The number', expected.transfer, 'number' in to ? to.number : undefined) ??
      is('The agent', expected.agent, 'agent' in to ? to.agent : undefined) ??
      is('The result', expected.return, last.do === 'return' ? last.result : undefined) ??
      is('The node', expected.node, last.node) ??
      is('The language', expected.language, state.language) ??
      Object.entries(expected.variables ?? {})
        .map(([name, value]) =>
          is(`The variable "${name}"`, value, Object.hasOwn(state.variables, name) ? state.variables[name] : undefined),
        )
        .find((each) => each !== undefined)
    );
  }
}

const plain = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();
const sorted = (record: Record<string, unknown>) =>
  Object.keys(record)
    .sort()
    .map((key) => `${key} ${String(record[key])}`)
    .join(', ') || 'none';
const show = (value: unknown) => (value === undefined ? 'nothing' : `"${String(value)}"`);
