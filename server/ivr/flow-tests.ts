// Runs the tests that stand beside a flow, without a call.
import { readJson } from './document.ts';
import type { Finding } from './finding.ts';
import { advance, begin } from './interpreter.ts';
import { didYouMean } from './nearest.ts';
import { readShape } from './shape.ts';
import { type Expected, type FlowTest, type FlowTests, flowTestsSchema, type TestStep } from './test-schema.ts';
import type { Effect, FlowSet, FlowState, Input, Prompt, Step } from './types.ts';

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
  const finding = (code: Finding['code'], place: { line: number; column: number }, sentence: string): Finding => ({
    severity: 'error',
    code,
    file,
    ...place,
    sentence,
  });
  const syntax = document.errors.map((each) => finding('json-syntax', each.place, each.sentence));
  if (syntax.length > 0) return { findings: syntax };
  const shape = readShape(flowTestsSchema, document);
  if (shape.value === undefined)
    return { findings: shape.faults.map((each) => finding(each.code, each.place, each.sentence)) };
  const twice = document.twice.map((each) =>
    finding('key-twice', each.place, `The key "${each.key}" stands twice here.`),
  );
  // The value as it was read, not as zod copied it: the keys of a step are done in the order in which they stand.
  return twice.length > 0 ? { findings: twice } : { tests: document.value as FlowTests, findings: [] };
}

/** Runs all tests of a file against the flows. Never throws for what a test or a flow does. */
export function runFlowTests(set: FlowSet, tests: FlowTests): FlowTestResult[] {
  return tests.tests.map((test) => runOne(set, tests.flow, test));
}

/** What the caller hears, as a text. */
export function spokenText(prompts: readonly Prompt[]): string {
  return prompts
    .map(textOf)
    .filter((text) => text !== '')
    .join(' ');
}

function textOf(prompt: Prompt): string {
  switch (prompt.say) {
    case 'text':
      return prompt.text;
    case 'file':
      return `[${prompt.file}]`;
    case 'digits':
      return [...prompt.digits].join(' ');
    case 'number':
      return String(prompt.number);
    case 'position':
      return `[position ${prompt.position}]`;
    case 'wait':
      return `[wait ${prompt.minutes}]`;
    case 'agent':
      return `[agent ${prompt.number}]`;
    case 'silence':
      return '';
  }
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
  const caller = new Caller(set, result, given.time === undefined ? monday : Date.parse(given.time));
  caller.take(begin(set, flow, { ...given, language: given.language ?? compiled.languages[0] ?? 'en' }, caller.now));
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

/** A caller who does what the test says, and remembers what she heard. */
class Caller {
  readonly now: number;
  readonly #set: FlowSet;
  readonly #result: FlowTestResult;
  #state!: FlowState;
  /** The effect that waits, or ended the flow. */
  #last!: Effect;
  #heard: string[] = [];
  /** Keys pressed ahead of the question. */
  #ahead = '';

  constructor(set: FlowSet, result: FlowTestResult, now: number) {
    this.#set = set;
    this.#result = result;
    this.now = now;
  }

  /** Takes a step, listens to all that is said, and types ahead where keys are left. */
  take(step: Step): void {
    this.#state = step.state;
    this.#result.visited.push(...step.passed);
    for (const effect of step.effects) {
      this.#last = effect;
      if (effect.do === 'say' || effect.do === 'ask') this.#hear(spokenText(effect.prompts));
      if (effect.do === 'queue' && effect.announce) this.#hear(spokenText(effect.announce.prompts));
      if (effect.do === 'finding') this.#hear(`[${effect.code}: ${effect.sentence}]`);
    }
    if (this.#last.do === 'say') {
      const barged = this.#ahead !== '' && this.#last.bargeIn;
      this.#go({ on: 'said', how: barged ? 'barged' : 'finished' });
    } else if (this.#last.do === 'ask' && this.#ahead !== '') this.#key();
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
    const last = this.#last;
    switch (key) {
      case 'press':
        return this.#press(step.press ?? '');
      case 'wait':
        if (last.do !== 'ask') return `The caller cannot be silent: ${this.#where()}.`;
        this.#heard = [];
        return this.#go({ on: 'digits', digits: '', end: 'timeout' });
      case 'queue':
        if (last.do !== 'queue') return `The caller is in no queue: ${this.#where()}.`;
        if (step.queue === 'talked' && !last.afterTalk) {
          return `The node "${last.node}" has no "next": after the talk the call ends.`;
        }
        this.#heard = [];
        return this.#go({ on: 'queue', how: step.queue! });
      case 'transfer':
        if (last.do !== 'transfer') return `The caller is not being transferred: ${this.#where()}.`;
        this.#heard = [];
        return this.#go({ on: 'transfer', how: step.transfer! });
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
    return this.#ahead === '' ? undefined : `Nobody asked for "${this.#ahead}": ${this.#where()}.`;
  }

  #hear(text: string): void {
    if (text === '') return;
    this.#heard.push(text);
    this.#result.said.push(text);
  }

  #press(keys: string): string | undefined {
    if (this.#last.do !== 'ask') return `Nobody asks for "${keys}": ${this.#where()}.`;
    this.#heard = [];
    this.#ahead += keys;
    this.#key();
    return undefined;
  }

  /** Gives the question its keys, as a media engine would collect them. */
  #key(): void {
    if (this.#last.do !== 'ask') return;
    const { rule } = this.#last;
    let digits = '';
    let end: 'max' | 'terminator' | 'timeout' = 'timeout';
    let used = 0;
    while (used < this.#ahead.length) {
      const key = this.#ahead[used++]!;
      if (key === rule.terminator) {
        end = 'terminator';
        break;
      }
      digits += key;
      if (digits.length === rule.max) {
        end = 'max';
        // The terminator after the last digit is habit, and belongs to this input.
        if (rule.terminator !== undefined && this.#ahead[used] === rule.terminator) used++;
        break;
      }
    }
    this.#ahead = this.#ahead.slice(used);
    this.#go({ on: 'digits', digits, end });
  }

  #go(input: Input): undefined {
    this.take(advance(this.#set, this.#state, input, this.now));
  }

  #hears(wanted: string[]): string | undefined {
    let from = 0;
    for (const words of wanted) {
      const at = this.#heard.findIndex((text, i) => i >= from && plain(text).includes(plain(words)));
      if (at < 0) {
        const heard = this.#heard.length === 0 ? 'nothing' : this.#heard.map((text) => `"${text}"`).join(', then ');
        return `"${words}" was not said; said was ${heard}.`;
      }
      from = at;
    }
    return undefined;
  }

  #hearsNot(unwanted: string[]): string | undefined {
    for (const words of unwanted) {
      const text = this.#heard.find((each) => plain(each).includes(plain(words)));
      if (text !== undefined) return `"${words}" should not be said, but was: "${text}".`;
    }
    return undefined;
  }

  #expects(expected: Expected): string | undefined {
    const last = this.#last;
    const state = this.#state;
    const is = (what: string, wanted: unknown, found: unknown) =>
      wanted === undefined || wanted === found
        ? undefined
        : `${what} should be ${show(wanted)}, but is ${show(found)}: ${this.#where()}.`;
    if (expected.hangup !== undefined && expected.hangup !== (last.do === 'hangup')) {
      return expected.hangup ? `The flow should have hung up, but ${this.#where()}.` : 'The flow has hung up.';
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

  #where(): string {
    const last = this.#last;
    const at = `at the node "${last.node}"`;
    switch (last.do) {
      case 'ask':
        return `the flow asks for keys ${at}`;
      case 'queue':
        return `the caller waits in the queue "${last.queue}" ${at}`;
      case 'transfer':
        return `the caller is transferred to "${'agent' in last.to ? last.to.agent : last.to.number}" ${at}`;
      case 'return':
        return `the flow ended with "${last.result}" ${at}`;
      case 'hangup':
        return last.why === 'fault' ? `the flow failed and hung up ${at}` : `the flow hung up ${at}`;
      default:
        return `the flow is ${at}`;
    }
  }
}

const plain = (text: string) => text.replace(/\s+/g, ' ').trim().toLowerCase();
const sorted = (record: Record<string, unknown>) =>
  Object.keys(record)
    .sort()
    .map((key) => `${key} ${String(record[key])}`)
    .join(', ') || 'none';
const show = (value: unknown) => (value === undefined ? 'nothing' : `"${String(value)}"`);
