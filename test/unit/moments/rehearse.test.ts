import { expect, it } from 'vitest';
import { rehearse, type TriedStep } from '../../../server/moments/rehearse.ts';
import { momentSchema } from '../../../server/moments/schema.ts';
import { emptyState, type MomentState } from '../../../server/moments/state.ts';

const from = Date.parse('2026-01-05T10:00:00+08:00');
const rules = {
  mostPerDay: 1,
  quiet: { from: 21 * 60, until: 8 * 60 },
  timeZone: 'Asia/Shanghai',
  consentNeeded: ['marketing'],
};

function tried(rule: object, steps: TriedStep[], more: { tags?: string[]; state?: MomentState; from?: number } = {}) {
  const moment = momentSchema.parse({ moment: 'm', rank: 50, class: 'minutes', ...rule });
  const given = { state: emptyState(), tags: [], consents: [], rules, from, name: 'Ada', ...more };
  return rehearse({ moment, version: 'v' }, given, steps);
}
const does = (steps: ReturnType<typeof tried>) => steps.map((step) => step.does.map(({ kind }) => kind).join());
const why = (steps: ReturnType<typeof tried>) => steps.map((step) => step.whyNot);

it('says what is still missing, step by step, until it acts', () => {
  const steps = tried(
    {
      when: {
        sequence: [
          { event: 'failed', count: 2 },
          { event: 'interaction.started', where: { direction: 'in' } },
        ],
        within: '30m',
      },
      do: [{ hint: { en: '{customer.name|She}: {event.channel|?}' } }],
    },
    [
      { event: 'other' },
      { event: 'interaction.started', data: { direction: 'in' } },
      { event: 'failed' },
      { event: 'failed' },
      { event: 'interaction.started', data: { direction: 'out' } },
      { after: '5m', event: 'interaction.started', data: { direction: 'in', channel: 'voice' } },
    ],
  );
  expect(why(steps)).toEqual([
    [{ why: 'event', event: 'failed' }],
    [{ why: 'more', event: 'failed', have: 0, need: 2 }],
    [{ why: 'more', event: 'failed', have: 1, need: 2 }],
    [{ why: 'more', event: 'interaction.started', have: 0, need: 1 }],
    [{ why: 'fact', field: 'direction', wanted: 'in', is: 'out' }],
    [],
  ]);
  expect(steps.at(-1)).toMatchObject({ at: from + 300_000, does: [{ kind: 'hint', said: { en: 'Ada: voice' } }] });
});

it('lets time pass: what does not come makes it act, and what comes stops it', () => {
  const rule = {
    when: { event: 'cart', without: { event: 'order' }, within: '20m' },
    do: [{ signal: 'left' }],
    again: '1m',
  };
  const steps = tried(rule, [{ event: 'cart' }, { after: '1h' }, { event: 'cart' }, { after: '1m', event: 'order' }]);
  expect(does(steps)).toEqual(['', 'signal', '', '']);
  expect(steps[1]?.at).toBe(from + 20 * 60_000);
  expect(why(steps)).toEqual([
    [{ why: 'waits', event: 'order', until: from + 20 * 60_000 }],
    [],
    [{ why: 'waits', event: 'order', until: from + 80 * 60_000 }],
    [{ why: 'came', event: 'order' }],
  ]);
});

it('keeps to tags, caps, consent and quiet hours, and says so', () => {
  const rule = {
    when: { event: 'x' },
    do: [{ message: { en: 'Hi' } }],
    again: '1s',
    if: { tags: ['vip'], notTags: ['no'] },
  };
  expect(why(tried(rule, [{ event: 'x' }], { tags: ['no'] }))).toEqual([
    [
      { why: 'tag-missing', tag: 'vip' },
      { why: 'tag-there', tag: 'no' },
    ],
  ]);
  const twice = tried(rule, [{ event: 'x' }, { after: '1m', event: 'x' }], { tags: ['vip'] });
  expect(does(twice)).toEqual(['message', '']);
  expect(why(twice)[1]).toEqual([{ why: 'restrained', reason: 'cap' }]);
  const night = Date.parse('2026-01-05T23:00:00+08:00');
  const open = { when: { event: 'x' }, do: [{ message: { en: 'Hi' } }] };
  expect(why(tried(open, [{ event: 'x' }], { from: night }))).toEqual([[{ why: 'restrained', reason: 'quiet-hours' }]]);
  const later = tried({ ...open, class: 'later' }, [{ event: 'x' }, { after: '12h' }], { from: night });
  expect(why(later)[0]).toEqual([{ why: 'quiet', until: Date.parse('2026-01-06T08:00:00+08:00') }]);
  expect(does(later)[1]).toBe('message');
  expect(why(tried({ ...open, purpose: 'marketing' }, [{ event: 'x' }]))).toEqual([
    [{ why: 'restrained', reason: 'no-consent' }],
  ]);
  // What is remembered of a real customer counts.
  const state = { ...emptyState(), owner: { moment: 'other', rank: 90, until: from + 60_000 } };
  expect(why(tried(open, [{ event: 'x' }], { state }))).toEqual([[{ why: 'restrained', reason: 'outranked' }]]);
  expect(state.owner.until).toBe(from + 60_000);
});
