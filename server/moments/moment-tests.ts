// Tests of a moment, beside it (payment-trouble.test.json): the pure core with a clock that only the steps move.

import { millisOf } from './duration.ts';
import { happened, type Outcome, type Present, passed, type UsedMoment } from './evaluate.ts';
import type { RestraintRules } from './restraint.ts';
import { kindOf, type MomentTests } from './schema.ts';
import { dueOf, emptyState } from './state.ts';

export interface MomentTestResult {
  moment: string;
  name: string;
  ok: boolean;
  /** What was otherwise than expected. */
  wrong?: string | undefined;
}

/** Restraint as a site has it that configured nothing. */
export function usualRestraint(timeZone: string): RestraintRules {
  return { mostPerDay: 3, quiet: { from: 21 * 60, until: 8 * 60 }, timeZone, consentNeeded: ['marketing'] };
}

/** @param moments all of the folder; each test runs its own moment alone */
export function runMomentTests(moments: readonly UsedMoment[], { moment, tests }: MomentTests): MomentTestResult[] {
  const own = moments.filter((one) => one.moment.moment === moment);
  return tests.map((test) => {
    let now = Date.parse(test.start);
    let state = emptyState();
    let tags: readonly string[] = [];
    const rules = usualRestraint(test.timeZone);
    const consents = test.consents.map((consent) => ({ ...consent, since: 0, by: 'test' }));
    const present = (): Present => ({ now, tags, consents, rules });
    for (const [index, step] of test.steps.entries()) {
      const seen: string[] = [];
      const take = (outcome: Outcome) => {
        ({ state } = outcome);
        for (const { actions, held } of outcome.fired) {
          seen.push(...actions.map(kindOf), ...held.map(({ why }) => `restrained: ${why}`));
        }
        seen.push(...outcome.restrained.map(({ why }) => `restrained: ${why}`));
      };
      const until = now + (step.after === undefined ? 0 : millisOf(step.after));
      for (let due = dueOf(state); due !== undefined && due <= until; due = dueOf(state)) {
        now = Math.max(now, due);
        take(passed(own, state, present()));
      }
      now = until;
      if (step.tags) tags = step.tags;
      if (step.event !== undefined)
        take(happened(own, state, { event: step.event, at: now, data: step.data ?? {} }, present()));
      const wanted = step.expect.map((one) => (typeof one === 'string' ? one : `restrained: ${one.restrained}`));
      if (wanted.join() !== seen.join()) {
        const list = (all: string[]) => (all.length === 0 ? 'nothing' : all.join(', '));
        const wrong = `Step ${index + 1}: expected ${list(wanted)}, but there was ${list(seen)}.`;
        return { moment, name: test.name, ok: false, wrong };
      }
    }
    return { moment, name: test.name, ok: true };
  });
}
