// The core: what happened to a customer, and what her moments make of it. Pure: no clock, no reading, no acting; the same
// facts in the same order give the same actions, live, in a test and after a restart.
import type { Consent } from '../customers/index.ts';
import { type Fact, matches, type Step } from './conditions.ts';
import { millisOf } from './duration.ts';
import { dayMs, quietUntil, type Restraint, type RestraintRules, refusedBy } from './restraint.ts';
import { type Action, type Moment, reachesOut } from './schema.ts';
import type { MomentState } from './state.ts';

/** A moment as it is used: with the fingerprint of its text, so that marks of an older text are not taken for its own. */
export interface UsedMoment {
  moment: Moment;
  version: string;
}

/** What is known of the customer now. */
export interface Present {
  now: number;
  tags: readonly string[];
  consents: readonly Consent[];
  rules: RestraintRules;
}

export interface Firing {
  moment: string;
  /** When what made it fire happened. */
  at: number;
  actions: Action[];
  /** What it would have done besides, and why it did not. */
  held: { action: Action; why: Restraint }[];
}

export interface Outcome {
  state: MomentState;
  fired: Firing[];
  /** Moments that did nothing at all, and why. */
  restrained: { moment: string; at: number; why: Restraint }[];
}

/** How late a moment of each class may act, ms. */
export const classMs = { seconds: 30_000, minutes: 600_000, later: dayMs } as const;
/** Times kept of one step: no count is greater. */
const mostMarks = 50;

/** Something happened. */
export function happened(moments: readonly UsedMoment[], before: MomentState, fact: Fact, present: Present): Outcome {
  const state = structuredClone(before);
  forget(state, moments, present.now);
  const candidates: { used: UsedMoment; at: number }[] = [];
  for (const used of moments) if (noted(used, state, fact)) candidates.push({ used, at: fact.at });
  return decide(candidates, state, present);
}

/** Time passed: what waited for something that did not come, or for the end of quiet hours. */
export function passed(moments: readonly UsedMoment[], before: MomentState, present: Present): Outcome {
  const state = structuredClone(before);
  forget(state, moments, present.now);
  const candidates: { used: UsedMoment; at: number; waited?: boolean }[] = [];
  for (const used of moments) {
    const mark = state.marks[used.moment.moment];
    if (mark?.due === undefined || mark.due > present.now) continue;
    candidates.push({ used, at: mark.due });
    delete state.marks[used.moment.moment];
  }
  for (const { moment, due, at } of state.waiting.filter((one) => one.due <= present.now)) {
    const used = moments.find((one) => one.moment.moment === moment);
    if (used && !candidates.some((one) => one.used === used))
      candidates.push({ used, at: Math.max(at, due), waited: true });
  }
  state.waiting = state.waiting.filter((one) => one.due > present.now);
  return decide(candidates, state, present);
}

/** Takes the fact in. @returns whether the moment is there now */
export function noted({ moment, version }: UsedMoment, state: MomentState, fact: Fact): boolean {
  const { when } = moment;
  const steps: (Step & { count?: number | undefined })[] = 'sequence' in when ? when.sequence : [when];
  if (!('within' in when)) return matches(when, fact);
  const within = millisOf(when.within);
  const key = moment.moment;
  const known = state.marks[key];
  const mark = known?.of === version ? known : { of: version, steps: steps.map((): number[] => []) };

  if ('without' in when) {
    if (known?.of === version && matches(when.without, fact)) {
      delete state.marks[key];
      return false;
    }
    // The first one counts: what is repeated does not put it off for ever.
    if (matches(when, fact) && known?.of !== version)
      state.marks[key] = { of: version, steps: [[fact.at]], due: fact.at + within };
    return false;
  }

  const since = fact.at - within;
  for (const times of mark.steps) while (times[0] !== undefined && times[0] < since) times.shift();
  let touched = false;
  let complete = false;
  // The last step first: one event stands for one step only.
  for (let index = steps.length - 1; index >= 0 && !touched; index--) {
    const step = steps[index] as (typeof steps)[number];
    if (!matches(step, fact) || (index > 0 && !isThere(mark.steps, steps, index - 1))) continue;
    const times = mark.steps[index] as number[];
    times.push(fact.at);
    if (times.length > mostMarks) times.shift();
    touched = true;
    const count = index === 0 && 'count' in when ? when.count : (step.count ?? 1);
    complete = index === steps.length - 1 && times.length >= count;
  }
  if (!touched && known === undefined) return false;
  if (complete || mark.steps.every((times) => times.length === 0)) delete state.marks[key];
  else state.marks[key] = mark;
  return complete;
}

/** Whether a step and all before it have happened, in order. */
function isThere(marks: readonly number[][], steps: readonly { count?: number | undefined }[], upTo: number): boolean {
  let after = -Infinity;
  for (let index = 0; index <= upTo; index++) {
    const times = (marks[index] ?? []).filter((at) => at >= after);
    const last = times[(steps[index]?.count ?? 1) - 1];
    if (last === undefined) return false;
    after = last;
  }
  return true;
}

function decide(
  candidates: readonly { used: UsedMoment; at: number; waited?: boolean | undefined }[],
  state: MomentState,
  present: Present,
): Outcome {
  const { now, tags } = present;
  const outcome: Outcome = { state, fired: [], restrained: [] };
  // The highest rank first; of equals, the name decides, so that it is always the same.
  const order = [...candidates].sort(
    ({ used: { moment: a } }, { used: { moment: b } }) => b.rank - a.rank || (a.moment < b.moment ? -1 : 1),
  );
  for (const { used, at, waited } of order) {
    const { moment } = used;
    const key = moment.moment;
    const { tags: wanted = [], notTags: unwanted = [] } = moment.if ?? {};
    if (!wanted.every((tag) => tags.includes(tag)) || unwanted.some((tag) => tags.includes(tag))) continue;
    const hold = (why: Restraint) => outcome.restrained.push({ moment: key, at, why });
    const last = state.fired[key];
    if (last !== undefined && now - last < millisOf(moment.again)) {
      hold('again');
      continue;
    }
    if (state.owner && state.owner.moment !== key && state.owner.until > now && state.owner.rank >= moment.rank) {
      hold('outranked');
      continue;
    }
    if (now - at > classMs[moment.class]) {
      hold('too-late');
      continue;
    }
    const quiet = moment.do.some(reachesOut) ? quietUntil(now, present.rules) : undefined;
    if (quiet !== undefined && moment.class === 'later' && !waited) {
      state.waiting = [...state.waiting.filter((one) => one.moment !== key), { moment: key, due: quiet, at }];
      continue;
    }
    const firing: Firing = { moment: key, at, actions: [], held: [] };
    for (const action of moment.do) {
      const why = reachesOut(action) ? heldBack(action, moment.purpose, state, present, quiet) : undefined;
      if (why === undefined) firing.actions.push(action);
      else firing.held.push({ action, why });
      if (why === undefined && reachesOut(action)) state.reached.push(now);
    }
    const [first] = firing.held;
    if (firing.actions.length === 0 && first) {
      hold(first.why);
      continue;
    }
    outcome.fired.push(firing);
    state.fired[key] = now;
    state.owner = { moment: key, rank: moment.rank, until: now + millisOf(moment.owns) };
  }
  return outcome;
}

function heldBack(
  action: Action,
  purpose: string,
  state: MomentState,
  { consents, rules }: Present,
  quiet: number | undefined,
): Restraint | undefined {
  const word = refusedBy(action, purpose, consents, rules);
  if (word !== undefined) return word;
  if (quiet !== undefined) return 'quiet-hours';
  return state.reached.length >= rules.mostPerDay ? 'cap' : undefined;
}

/** Lets go of what is over, so that the state of a customer stays small. */
function forget(state: MomentState, moments: readonly UsedMoment[], now: number): void {
  state.reached = state.reached.filter((at) => at > now - dayMs);
  if (state.owner && state.owner.until <= now) delete state.owner;
  const known = new Map(moments.map(({ moment }) => [moment.moment, moment]));
  for (const [key, at] of Object.entries(state.fired)) {
    const moment = known.get(key);
    if (!moment || now - at >= millisOf(moment.again)) delete state.fired[key];
  }
  for (const [key, { of, steps, due }] of Object.entries(state.marks)) {
    const when = known.get(key)?.when;
    const within = when && 'within' in when ? millisOf(when.within) : 0;
    const newest = Math.max(...steps.flat(), -Infinity);
    const version = moments.find(({ moment }) => moment.moment === key)?.version;
    if (version !== of || (due === undefined && newest < now - within)) delete state.marks[key];
  }
  state.waiting = state.waiting.filter(({ moment }) => known.has(moment));
}
