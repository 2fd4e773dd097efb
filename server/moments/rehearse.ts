// A moment tried on events that did not happen: what it would do, and where it does nothing, why not. Pure: the core that acts
// live, with nobody to act on.
import type { Language } from '../../values/index.ts';
import { type Fact, holds, matches, type Step } from './conditions.ts';
import { millisOf } from './duration.ts';
import { happened, noted, type Outcome, type Present, passed, type UsedMoment } from './evaluate.ts';
import type { Restraint } from './restraint.ts';
import { type Action, type ActionKind, type Condition, kindOf } from './schema.ts';
import { dueOf, type MomentState } from './state.ts';
import { fillTemplate } from './template.ts';

export interface TriedStep {
  /** So long after the step before. */
  after?: string | undefined;
  /** Without it, only time passes. */
  event?: string | undefined;
  data?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Why a step led to nothing. */
export interface WhyNot {
  /**
   * `event`: it waits for another one; `fact`: a fact of it is not so; `more`: more must happen; `waits`: for something that
   * may still come; `came`: what it waited for came; `restrained`; `quiet`: it waits for the end of quiet hours.
   */
  why: 'event' | 'fact' | 'more' | 'waits' | 'came' | 'tag-missing' | 'tag-there' | 'restrained' | 'quiet';
  event?: string;
  field?: string;
  /** What the fact must be; and what it is. */
  wanted?: Condition;
  is?: string | number | boolean;
  /** Of `more`: how often it happened, and how often it must. */
  have?: number;
  need?: number;
  tag?: string;
  reason?: Restraint;
  /** ms since 1970 UTC. */
  until?: number;
}

export interface TriedAction {
  kind: ActionKind;
  action: Action;
  /** What would be said, with all that is known put in. */
  said?: Partial<Record<Language, string>>;
}

export interface Tried {
  at: number;
  event?: string;
  does: TriedAction[];
  held: { kind: ActionKind; why: Restraint }[];
  whyNot: WhyNot[];
}

/** @param given how she is when the first step comes @param name hers, where it is known */
export function rehearse(
  used: UsedMoment,
  given: Omit<Present, 'now'> & { state: MomentState; from: number; name?: string | undefined },
  steps: readonly TriedStep[],
): Tried[] {
  const { from, name, ...known } = given;
  let { state } = given;
  let now = from;
  const tried: Tried[] = [];
  const present = (): Present => ({ now, tags: known.tags, consents: known.consents, rules: known.rules });
  const note = (outcome: Outcome, fact: Fact | undefined) => {
    const before = state;
    ({ state } = outcome);
    tried.push({
      at: now,
      ...(fact && { event: fact.event }),
      does: outcome.fired.flatMap(({ actions }) => actions.map((action) => shown(action, { name, facts: fact?.data }))),
      held: outcome.fired.flatMap(({ held }) => held.map(({ action, why }) => ({ kind: kindOf(action), why }))),
      whyNot: outcome.fired.length > 0 ? [] : whyNot(used, fact, before, outcome, present()),
    });
  };
  for (const { after, event, data = {} } of steps) {
    const until = now + (after === undefined ? 0 : millisOf(after));
    for (let due = dueOf(state); due !== undefined && due <= until; due = dueOf(state)) {
      now = Math.max(now, due);
      note(passed([used], state, present()), undefined);
    }
    now = until;
    if (event === undefined) continue;
    const fact = { event, at: now, data };
    note(happened([used], state, fact, present()), fact);
  }
  return tried;
}

function shown(action: Action, known: { name?: string | undefined; facts: Fact['data'] | undefined }): TriedAction {
  const texts = 'hint' in action ? action.hint : 'message' in action ? action.message : undefined;
  if (texts === undefined) return { kind: kindOf(action), action };
  const facts = plainFacts(known.facts ?? {});
  const said: Partial<Record<Language, string>> = {};
  for (const language of ['en', 'zh'] as const) {
    const text = texts[language];
    if (text !== undefined) said[language] = fillTemplate(text, { name: known.name, facts }, language);
  }
  return { kind: kindOf(action), action, said };
}

/** Facts that can be said. */
export function plainFacts(data: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string | number | boolean] => isPlain(entry[1])),
  );
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function whyNot(
  used: UsedMoment,
  fact: Fact | undefined,
  before: MomentState,
  { state, restrained }: Outcome,
  { tags, now }: Present,
): WhyNot[] {
  const { moment } = used;
  if (restrained.length > 0) return restrained.map(({ why }) => ({ why: 'restrained', reason: why }));
  const waits = state.waiting.find((one) => one.moment === moment.moment && one.due > now);
  if (waits) return [{ why: 'quiet', until: waits.due }];
  if (fact !== undefined && !noted(used, structuredClone(before), fact)) return notThere(used, fact, state);
  const { tags: wanted = [], notTags: unwanted = [] } = moment.if ?? {};
  return [
    ...wanted.filter((tag) => !tags.includes(tag)).map((tag): WhyNot => ({ why: 'tag-missing', tag })),
    ...unwanted.filter((tag) => tags.includes(tag)).map((tag): WhyNot => ({ why: 'tag-there', tag })),
  ];
}

/** What its `when` still lacks after that fact. */
function notThere({ moment }: UsedMoment, fact: Fact, state: MomentState): WhyNot[] {
  const { when } = moment;
  const steps: (Step & { count?: number | undefined })[] = 'sequence' in when ? when.sequence : [when];
  const all = 'without' in when ? [...steps, when.without] : steps;
  const named = all.filter(({ event }) => event === fact.event);
  const [first] = steps;
  if (named.length === 0) return first === undefined ? [] : [{ why: 'event', event: first.event }];
  const mark = state.marks[moment.moment];
  if (!named.some((step) => matches(step, fact))) return named.slice(0, 1).flatMap((step) => facts(step, fact));
  if ('without' in when) {
    if (matches(when.without, fact)) return [{ why: 'came', event: fact.event }];
    return mark?.due === undefined ? [] : [{ why: 'waits', event: when.without.event, until: mark.due }];
  }
  for (const [index, step] of steps.entries()) {
    const need = step.count ?? 1;
    const have = Math.min(need, mark?.steps[index]?.length ?? 0);
    if (have < need) return [{ why: 'more', event: step.event, have, need }];
  }
  return [];
}

function facts({ where = {} }: Step, { data }: Fact): WhyNot[] {
  return Object.entries(where).flatMap(([field, wanted]): WhyNot[] => {
    const is = data[field];
    if (holds(wanted, is)) return [];
    return [{ why: 'fact', field, wanted, ...(isPlain(is) ? { is } : {}) }];
  });
}
