// Names of events, queues, skills and tags, where a moment means one.
import type { NamesAt } from '../editor/completion.ts';
import { ownEvents } from './sentence.ts';
import type { MomentSummary } from './types.ts';

export interface MomentNames {
  /** Of other moments, too: they tell which events come from outside, and which tags there are. */
  moments: readonly MomentSummary[];
  queues: readonly string[];
  skills: readonly string[];
}

const durations = ['90s', '5m', '10m', '20m', '30m', '1h', '2h', '1d', '7d'];

export function momentNamesAt({ moments, queues, skills }: MomentNames): NamesAt {
  const rules = moments.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  const heard = rules.flatMap(({ when }) => {
    const steps = 'sequence' in when ? when.sequence : 'without' in when ? [when, when.without] : [when];
    return steps.map(({ event }) => event);
  });
  const tags = rules.flatMap((rule) => [
    ...rule.do.flatMap((action) => ('tag' in action ? [action.tag] : [])),
    ...(rule.if?.tags ?? []),
    ...(rule.if?.notTags ?? []),
  ]);
  return (path) => {
    const key = path.findLast((part) => typeof part === 'string');
    if (key === 'event') return [{ names: [...new Set([...heard, ...ownEvents])], type: 'constant' }];
    if (key === 'queue') return [{ names: queues, type: 'constant' }];
    if (key === 'tag' || key === 'tags' || key === 'notTags') return [{ names: [...new Set(tags)], type: 'constant' }];
    if (key === 'skills') return [{ names: skills, type: 'constant' }];
    if (key === 'within' || key === 'for' || key === 'again' || key === 'owns' || key === 'in')
      return [{ names: durations, type: 'text' }];
    return [];
  };
}
