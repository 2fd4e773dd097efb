// One step under way: the state that it works on, and what its parts need of it.
import type { Millis } from '../../values/index.ts';
import type { CompiledFlow } from './compile.ts';
import { render } from './prompts.ts';
import type { FilePrompt, FlowNode } from './schema.ts';
import { fill } from './template.ts';
import type { Effect, FlowSet, FlowState, Frame, Prompt, RunFinding } from './types.ts';

export interface Run {
  readonly set: FlowSet;
  readonly state: FlowState;
  readonly effects: Effect[];
  readonly passed: string[];
  readonly now: Millis;
}

/** A copy that a step may change. */
export function copy(state: FlowState): FlowState {
  return {
    ...state,
    frames: state.frames.map((frame) => ({ ...frame })),
    variables: { ...state.variables },
    secrets: { ...state.secrets },
  };
}

/** The node where the call is, if the set (still) has it. */
export function current(run: Run): { frame: Frame; flow: CompiledFlow; node: FlowNode } | undefined {
  const frame = run.state.frames.at(-1);
  const flow = frame && run.set.flows.get(frame.flow);
  const node = flow?.nodes.get(frame!.node);
  return frame && flow && node ? { frame, flow, node } : undefined;
}

export function wait(run: Run, waiting: FlowState['waiting'], effect: Effect): 'waits' {
  run.state.waiting = waiting;
  run.effects.push(effect);
  return 'waits';
}

export function end(run: Run, effect: Effect): 'waits' {
  return wait(run, 'ended', effect);
}

export function note(run: Run, type: string, label: string | undefined, value?: string | undefined): void {
  const node = run.state.frames.at(-1)?.node ?? '';
  run.effects.push({
    do: 'note',
    node,
    type,
    ...(label === undefined ? {} : { label }),
    ...(value === undefined ? {} : { value }),
  });
}

export function finding(run: Run, code: RunFinding, sentence: string): void {
  run.effects.push({ do: 'finding', node: run.state.frames.at(-1)?.node ?? '', code, sentence });
}

export function spoken(flow: CompiledFlow, state: FlowState): FlowState['language'] {
  return flow.languages.includes(state.language) ? state.language : (flow.languages[0] ?? state.language);
}

export function said(run: Run, flow: CompiledFlow, prompt: FilePrompt | undefined): Prompt[] {
  return render(prompt, spoken(flow, run.state), (name) => holding(run.state, name, false));
}

/** Secrets are for branches only; everywhere else they are empty, whatever the checker was told to overlook. */
export function holding(state: FlowState, name: string, secrets: boolean): string | undefined {
  if (name === 'language') return state.language;
  if (Object.hasOwn(state.variables, name)) return state.variables[name];
  return secrets && Object.hasOwn(state.secrets, name) ? state.secrets[name] : undefined;
}

export function filled(run: Run, template: string): string {
  return fill(template, (name) => holding(run.state, name, false));
}

/** A variable made of variables grows with every step: more than that is cut off. */
export const longestValue = 4_000;

export function assign(run: Run, values: Readonly<Record<string, string>> | undefined): void {
  if (!values) return;
  const made = Object.entries(values).map(
    ([name, template]) => [name, filled(run, template).slice(0, longestValue)] as const,
  );
  for (const [name, value] of made) {
    delete run.state.secrets[name];
    run.state.variables[name] = value;
  }
}
