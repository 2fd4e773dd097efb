// The interpreter: what happened goes in, what to do comes out. Pure; the picture of its states is at FlowState.
import { type Millis, notThere } from '../../values/index.ts';
import type { CompiledFlow } from './compile.ts';
import { holds } from './condition.ts';
import {
  assign,
  copy,
  current,
  end,
  filled,
  finding,
  holding,
  longestValue,
  note,
  type Run,
  said,
  spoken,
  wait,
} from './run.ts';
import type { FilePrompt, FlowNode, NodeOf } from './schema.ts';
import { inputOf, keyOf } from './texting.ts';
import type { AskRule, CallbackChoice, FlowSet, FlowState, Given, Input, RunFinding, Step } from './types.ts';

/** Nodes that may be passed while the caller does nothing; then the flow goes round in a circle. */
export const idleLimit = 100;
const depthLimit = 10;

/** What entering a node comes to: another node by name, or a wait (or the end) that an effect tells of. */
type Onward = { to: string | undefined } | 'waits';

/** Begins a flow of the set, by name. @param now UTC milliseconds, for hours @throws flow-unknown */
export function begin(set: FlowSet, flow: string, given: Given, now: Millis): Step {
  const compiled = set.flows.get(flow);
  if (!compiled) throw notThere['flow-unknown']({ flow });
  const run: Run = {
    set,
    effects: [],
    passed: [],
    now,
    state: {
      set: set.version,
      frames: [{ flow, version: compiled.version, node: compiled.start, tries: 0 }],
      waiting: 'say',
      language: given.language,
      variables: { ...compiled.variables, ...given.variables, from: given.from ?? '', to: given.to ?? '' },
      secrets: {},
      tags: [...(given.tags ?? [])],
      timeZone: given.timeZone ?? 'UTC',
      idle: 0,
      faults: 0,
    },
  };
  go(run, compiled.start);
  return { state: run.state, effects: run.effects, passed: run.passed };
}

/**
 * Goes on with what happened. Never throws: a fault of the flow is a `finding`, and leads to the error exit or a hang-up.
 * @param set the set that the call began with
 */
export function advance(set: FlowSet, before: FlowState, input: Input, now: Millis): Step {
  const run: Run = { set, effects: [], passed: [], now, state: copy(before) };
  const { state } = run;
  const place = current(run);
  if (state.waiting === 'ended' || !place) {
    if (state.waiting === 'ended') finding(run, 'input-unexpected', `The flow is over, but was told "${input.on}".`);
    else fault(run, 'node-missing', 'The node where the call waits is not in the flow any more.');
  } else if (answers[input.on] !== state.waiting) {
    finding(run, 'input-unexpected', `The flow waits for "${state.waiting}", but was told "${input.on}".`);
  } else {
    const onward = answer(run, place.flow, place.node, input);
    if (onward !== 'waits') go(run, onward.to);
  }
  return { state, effects: run.effects, passed: run.passed };
}

/**
 * Takes a call up again after a restart: the waiting effect once more, without its notes; of a `queue` too (a driver that
 * still has the caller's place ignores it). Where the set no longer has the node, the outermost flow starts anew.
 */
export function resume(set: FlowSet, before: FlowState, now: Millis): Step {
  const run: Run = { set, effects: [], passed: [], now, state: copy(before) };
  const { state } = run;
  if (state.waiting === 'ended') return { state, effects: [], passed: [] };
  const [outermost] = state.frames;
  const whole = state.frames.every((frame) => set.flows.get(frame.flow)?.nodes.has(frame.node));
  if (whole || !outermost) {
    state.set = set.version;
    for (const frame of state.frames) frame.version = set.flows.get(frame.flow)?.version ?? frame.version;
    const place = current(run);
    if (!place) return { state, effects: [], passed: [] };
    const onward = enter(run, place.flow, place.node);
    if (onward !== 'waits') go(run, onward.to);
    return { state, effects: run.effects.filter((effect) => effect.do !== 'note'), passed: run.passed };
  }
  const flow = set.flows.get(outermost.flow);
  state.frames = [{ flow: outermost.flow, version: flow?.version ?? '', node: outermost.node, tries: 0 }];
  state.set = set.version;
  finding(run, 'node-missing', 'The flow was changed while the call waited in it; it starts anew.');
  if (flow) go(run, flow.start);
  else end(run, { do: 'hangup', node: outermost.node, why: 'fault' });
  return { state, effects: run.effects, passed: run.passed };
}

/** The state as it may be written down. */
export function withoutSecrets(state: FlowState): FlowState {
  return { ...state, secrets: {} };
}

/** Where the call is, for records and screens. */
export function placeOf(set: FlowSet, state: FlowState): { flow: string; node: string; type: string | undefined } {
  const frame = state.frames.at(-1);
  const node = frame && set.flows.get(frame.flow)?.nodes.get(frame.node);
  return { flow: frame?.flow ?? '', node: frame?.node ?? '', type: node?.type };
}

const answers: Record<Input['on'], FlowState['waiting']> = {
  said: 'say',
  digits: 'ask',
  text: 'ask',
  queue: 'queue',
  transfer: 'transfer',
};

/** Passes from node to node until one waits or the flow is over. */
function go(run: Run, first: string | undefined): void {
  let target = first;
  for (;;) {
    const frame = run.state.frames.at(-1);
    const flow = frame && run.set.flows.get(frame.flow);
    if (!frame || !flow) {
      fault(run, 'flow-missing', `There is no flow "${frame?.flow ?? ''}" any more.`);
      return;
    }
    if (target === undefined) {
      fault(run, 'exit-missing', `The node "${frame.node}" has no exit for what happened.`);
      return;
    }
    const node = flow.nodes.get(target);
    if (!node) {
      fault(run, 'node-missing', `There is no node "${target}".`);
      return;
    }
    frame.node = target;
    frame.tries = 0;
    run.passed.push(`${frame.flow}/${target}`);
    run.state.idle += 1;
    if (run.state.idle > idleLimit) {
      fault(run, 'loop-limit', `${idleLimit} nodes were passed and the caller did nothing.`);
      return;
    }
    const onward = enter(run, flow, node);
    if (onward === 'waits') return;
    target = onward.to;
  }
}

function enter(run: Run, flow: CompiledFlow, node: FlowNode): Onward {
  const { state } = run;
  const name = state.frames.at(-1)!.node;
  switch (node.type) {
    case 'say':
      return wait(run, 'say', {
        do: 'say',
        node: name,
        prompts: said(run, flow, node.prompt),
        bargeIn: node.bargeIn ?? true,
      });
    case 'menu':
    case 'collect':
      return ask(run, flow, node, undefined);
    case 'branch': {
      const asked = {
        tags: state.tags,
        language: spoken(flow, state),
        now: run.now,
        timeZone: state.timeZone,
        hours: (hours: string) => flow.hours.get(hours) ?? run.set.hours.get(hours),
        value: (variable: string) => holding(state, variable, true),
      };
      return { to: node.cases.find((each) => holds(each.if, asked))?.next ?? node.next };
    }
    case 'set':
      if (node.language !== undefined) state.language = node.language;
      assign(run, node.variables);
      return { to: node.next };
    case 'queue':
      return queue(run, flow, node, name);
    case 'transfer': {
      const to = node.agent === undefined ? { number: filled(run, node.to ?? '') } : { agent: filled(run, node.agent) };
      note(run, node.type, undefined, 'agent' in to ? to.agent : to.number);
      return wait(run, 'transfer', { do: 'transfer', node: name, to, ringSeconds: node.ringSeconds ?? 30 });
    }
    case 'hangup':
      if (node.prompt === undefined) return end(run, { do: 'hangup', node: name, why: 'flow' });
      return wait(run, 'say', { do: 'say', node: name, prompts: said(run, flow, node.prompt), bargeIn: false });
    case 'flow':
      return call(run, flow, node);
    case 'return':
      return giveBack(run, node.result, name);
  }
}

function answer(run: Run, flow: CompiledFlow, node: FlowNode, input: Input): Onward {
  switch (input.on) {
    case 'said':
      if (node.type === 'hangup') return end(run, { do: 'hangup', node: run.state.frames.at(-1)!.node, why: 'flow' });
      return { to: node.type === 'say' ? node.next : undefined };
    case 'digits':
      if (input.digits !== '') {
        run.state.idle = 0;
        run.state.faults = 0;
      }
      if (node.type === 'menu') return chosen(run, flow, node, input.digits);
      return node.type === 'collect' ? collected(run, flow, node, input.digits) : { to: undefined };
    case 'text':
      run.state.idle = 0;
      run.state.faults = 0;
      if (node.type === 'menu') return chosen(run, flow, node, keyOf(node, input.text));
      return node.type === 'collect' ? written(run, flow, node, input.text) : { to: undefined };
    case 'queue': {
      if (node.type !== 'queue') return { to: undefined };
      if (input.how === 'overflow' || input.how === 'talked' || input.how === 'callback') run.state.idle = 0;
      note(run, 'queue', input.how);
      if (input.how === 'talked')
        return node.next === undefined
          ? end(run, { do: 'hangup', node: run.state.frames.at(-1)!.node, why: 'flow' })
          : { to: node.next };
      if (input.how === 'callback') return { to: node.callback?.next };
      const overflow = node.overflow ?? flow.error;
      if (input.how === 'empty') return { to: node.empty ?? overflow };
      if (input.how === 'closed') return { to: node.closed ?? node.empty ?? overflow };
      if (input.how === 'full') return { to: node.full ?? overflow };
      return { to: input.how === 'failed' ? (node.error ?? overflow) : overflow };
    }
    case 'transfer':
      note(run, 'transfer', input.how);
      return { to: (node.type === 'transfer' ? node.error : undefined) ?? flow.error };
  }
}

function ask(run: Run, flow: CompiledFlow, node: NodeOf<'menu' | 'collect'>, again: FilePrompt | undefined): Onward {
  const firstMs = (node.waitSeconds ?? 6) * 1000;
  let rule: AskRule;
  if (node.type === 'menu') rule = { max: 1, firstMs, betweenMs: firstMs, secret: false };
  else {
    const terminator = node.terminator ?? '#';
    rule = {
      max: node.max,
      ...(terminator === '' ? {} : { terminator }),
      firstMs,
      betweenMs: (node.betweenSeconds ?? 4) * 1000,
      secret: node.secret ?? false,
    };
  }
  return wait(run, 'ask', {
    do: 'ask',
    node: run.state.frames.at(-1)!.node,
    prompts: [...said(run, flow, again), ...said(run, flow, node.prompt)],
    bargeIn: node.bargeIn ?? true,
    rule,
  });
}

function chosen(run: Run, flow: CompiledFlow, node: NodeOf<'menu'>, key: string): Onward {
  const choice = Object.hasOwn(node.choices, key) ? node.choices[key] : undefined;
  if (choice === undefined) return retry(run, flow, node, key === '' ? 'timeout' : 'invalid');
  const next = typeof choice === 'string' ? choice : choice.next;
  note(run, 'menu', typeof choice === 'string' ? undefined : choice.label, key);
  return { to: next };
}

function collected(run: Run, flow: CompiledFlow, node: NodeOf<'collect'>, digits: string): Onward {
  if (digits.length < (node.min ?? 1)) return retry(run, flow, node, digits === '' ? 'timeout' : 'invalid');
  return keep(run, node, digits.slice(0, node.max));
}

function written(run: Run, flow: CompiledFlow, node: NodeOf<'collect'>, text: string): Onward {
  const value = inputOf(text).slice(0, longestValue);
  if (value.length < (node.min ?? 1)) return retry(run, flow, node, 'invalid');
  return keep(run, node, value);
}

function keep(run: Run, node: NodeOf<'collect'>, value: string): Onward {
  const { variables, secrets } = run.state;
  // A name lives in one of the two, so that a secret never shows through an older plain value, nor the other way round.
  delete variables[node.variable];
  delete secrets[node.variable];
  (node.secret ? secrets : variables)[node.variable] = value;
  note(run, 'collect', node.label ?? node.variable, node.secret ? undefined : value);
  return { to: node.next };
}

function retry(run: Run, flow: CompiledFlow, node: NodeOf<'menu' | 'collect'>, why: 'timeout' | 'invalid'): Onward {
  const frame = run.state.frames.at(-1)!;
  frame.tries += 1;
  if (frame.tries < (node.tries ?? 3))
    return ask(run, flow, node, why === 'timeout' ? node.timeoutPrompt : node.invalidPrompt);
  note(run, node.type, why);
  return { to: node[why] ?? flow.error };
}

function queue(run: Run, flow: CompiledFlow, node: NodeOf<'queue'>, name: string): Onward {
  const wanted = filled(run, node.queue);
  note(run, 'queue', undefined, wanted);
  const { announce } = node;
  const callback = calledBack(run, flow, node);
  return wait(run, 'queue', {
    do: 'queue',
    node: name,
    queue: wanted,
    priority: node.priority ?? 0,
    skills: Object.entries(node.skills ?? {}).map(([skill, least]) => ({ skill: filled(run, skill), least })),
    language: spoken(flow, run.state),
    ...(node.music === undefined ? {} : { music: node.music }),
    ...(announce === undefined
      ? {}
      : {
          announce: {
            position: announce.position ?? false,
            wait: announce.wait ?? false,
            everySeconds: announce.everySeconds,
            prompts: said(run, flow, announce.prompt),
          },
        }),
    ...(callback === undefined ? {} : { callback }),
    maxWaitSeconds: node.maxWaitSeconds ?? 600,
    ...(node.ringSeconds === undefined ? {} : { ringSeconds: node.ringSeconds }),
    afterTalk: node.next !== undefined,
  });
}

/** @returns undefined where it is not offered, or to a caller whose number nobody knows */
function calledBack(run: Run, flow: CompiledFlow, { callback }: NodeOf<'queue'>): CallbackChoice | undefined {
  if (callback === undefined) return undefined;
  const number = filled(run, callback.number ?? '{from}');
  if (!/^\+?[0-9]{2,20}$/.test(number)) return undefined;
  const { key, prompt, confirm, afterSeconds = 30 } = callback;
  return { key, number, prompts: said(run, flow, prompt), confirm: said(run, flow, confirm), afterSeconds };
}

function call(run: Run, flow: CompiledFlow, node: NodeOf<'flow'>): Onward {
  const { state } = run;
  const inner = run.set.flows.get(node.flow);
  if (!inner || state.frames.length >= depthLimit) {
    finding(
      run,
      inner ? 'flow-depth' : 'flow-missing',
      inner ? `Flows call each other more than ${depthLimit} deep.` : `There is no flow "${node.flow}".`,
    );
    return { to: node.error ?? flow.error };
  }
  assign(run, node.variables);
  for (const [name, value] of Object.entries(inner.variables)) {
    if (holding(state, name, true) === undefined) state.variables[name] = value;
  }
  note(run, 'flow', undefined, node.flow);
  state.frames.push({ flow: inner.name, version: inner.version, node: inner.start, tries: 0 });
  return { to: inner.start };
}

function giveBack(run: Run, result: string, name: string): Onward {
  const { state } = run;
  if (state.frames.length === 1) return end(run, { do: 'return', node: name, result });
  state.frames.pop();
  const caller = current(run);
  note(run, 'return', undefined, result);
  if (caller?.node.type !== 'flow') return { to: undefined };
  const { results } = caller.node;
  return { to: (results && Object.hasOwn(results, result) ? results[result] : undefined) ?? caller.node.next };
}

/**
 * The flow cannot go on. The nearest `error` exit, from the inside out, takes the call once; if that fails too without
 * the caller doing anything, the call ends.
 */
function fault(run: Run, code: RunFinding, sentence: string): void {
  const { state } = run;
  finding(run, code, sentence);
  const place = state.frames.at(-1)?.node ?? '';
  if (state.faults === 0) {
    state.faults = 1;
    state.idle = 0;
    let inner: string | undefined;
    while (state.frames.length > 0) {
      const frame = state.frames.at(-1)!;
      const flow = run.set.flows.get(frame.flow);
      const node = inner === undefined ? undefined : flow?.nodes.get(frame.node);
      const target = (node?.type === 'flow' ? node.error : undefined) ?? flow?.error;
      if (target !== undefined && flow?.nodes.has(target)) {
        go(run, target);
        return;
      }
      if (state.frames.length === 1) break;
      inner = state.frames.pop()!.flow;
    }
  }
  end(run, { do: 'hangup', node: place, why: 'fault' });
}
