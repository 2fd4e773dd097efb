import { describe, expect, it } from 'vitest';
import {
  advance,
  begin,
  type Effect,
  type FlowSet,
  flowSet,
  type Given,
  Rehearsal,
  readFlow,
  resume,
  runFlowTests,
  type Step,
  withoutSecrets,
} from '../../../server/ivr/index.ts';

const now = Date.parse('2026-01-05T10:00:00Z');
const english: Given = { language: 'en' };

/** A set of flows from their nodes; `head` is added to each file. */
function flows(files: Record<string, { head?: object; nodes: Record<string, object> }>): FlowSet {
  return flowSet(
    Object.entries(files).map(([flow, { head, nodes }]) => {
      const text = JSON.stringify({ flow, start: Object.keys(nodes)[0], languages: ['en'], ...head, nodes });
      const { flow: compiled, findings } = readFlow(text, `${flow}.json`);
      if (!compiled) throw new Error(JSON.stringify(findings));
      return compiled;
    }),
  );
}

const last = (step: Step): Effect => step.effects.at(-1)!;
const bye = { bye: { type: 'hangup' } };

describe('say and hang up', () => {
  it('says, waits, and hangs up after its own last prompt', () => {
    const set = flows({
      a: {
        nodes: {
          one: { type: 'say', prompt: { en: 'Hi' }, next: 'end' },
          end: { type: 'hangup', prompt: { en: 'Bye' } },
        },
      },
    });
    let step = begin(set, 'a', english, now);
    expect(step.effects).toEqual([
      { do: 'say', node: 'one', prompts: [{ say: 'text', language: 'en', text: 'Hi' }], bargeIn: true },
    ]);
    step = advance(set, step.state, { on: 'said', how: 'finished' }, now);
    expect(last(step)).toMatchObject({ do: 'say', node: 'end', bargeIn: false });
    step = advance(set, step.state, { on: 'said', how: 'finished' }, now);
    expect(step.effects).toEqual([{ do: 'hangup', node: 'end', why: 'flow' }]);
    expect(step.state.waiting).toBe('ended');
  });

  it('fills in variables, speaks digits and numbers, and falls back to a language that the flow speaks', () => {
    const prompt = [
      { en: 'For {name}{missing}.', file: undefined },
      { digits: '{account}' },
      { number: '{count}' },
      { silence: 100 },
      'jingle',
    ];
    const set = flows({
      a: {
        head: { variables: { name: 'you', account: '12-34', count: '7', missing: '' } },
        nodes: { one: { type: 'say', prompt, next: 'bye' }, ...bye },
      },
    });
    const step = begin(set, 'a', { language: 'zh', variables: { name: 'Li' } }, now);
    expect(last(step)).toMatchObject({
      prompts: [
        { say: 'text', language: 'en', text: 'For Li.', filled: true },
        { say: 'digits', language: 'en', digits: '1234' },
        { say: 'number', language: 'en', number: 7 },
        { say: 'silence', ms: 100 },
        { say: 'file', language: 'en', file: 'jingle' },
      ],
    });
  });

  it('refuses a flow that is not there, by name', () => {
    expect(() => begin(flows({}), 'bank', english, now)).toThrow('There is no flow bank.');
  });
});

describe('menu', () => {
  const set = flows({
    a: {
      nodes: {
        one: {
          type: 'menu',
          prompt: { en: 'Choose' },
          choices: { '1': { next: 'bye', label: 'Account' }, '#': 'two' },
          tries: 2,
          waitSeconds: 3,
          invalidPrompt: { en: 'Wrong' },
          timeoutPrompt: { en: 'Hello?' },
          timeout: 'late',
          invalid: 'two',
        },
        two: { type: 'hangup', prompt: { en: 'two' } },
        late: { type: 'return', result: 'late' },
        ...bye,
      },
    },
  });
  const first = begin(set, 'a', english, now);
  const press = (step: Step, digits: string) =>
    advance(set, step.state, { on: 'digits', digits, end: digits === '' ? 'timeout' : 'max' }, now);

  it('asks for one key', () => {
    expect(last(first)).toMatchObject({ do: 'ask', bargeIn: true, rule: { max: 1, firstMs: 3000, secret: false } });
  });

  it('takes the choice and notes it for the agent', () => {
    expect(press(first, '1').effects).toEqual([
      { do: 'note', node: 'one', type: 'menu', label: 'Account', value: '1' },
      { do: 'hangup', node: 'bye', why: 'flow' },
    ]);
  });

  it('says what was wrong, repeats, and takes the exit of the last fault', () => {
    const again = press(first, '9');
    expect(last(again)).toMatchObject({ do: 'ask', prompts: [{ text: 'Wrong' }, { text: 'Choose' }] });
    expect(press(again, '8').state.frames[0]!.node).toBe('two');
    expect(press(again, '').effects).toEqual([
      { do: 'note', node: 'one', type: 'menu', label: 'timeout' },
      { do: 'return', node: 'late', result: 'late' },
    ]);
    expect(last(press(first, ''))).toMatchObject({ prompts: [{ text: 'Hello?' }, { text: 'Choose' }] });
  });

  it('leaves the state that it was given as it was', () => {
    const before = structuredClone(first.state);
    press(first, '9');
    expect(first.state).toEqual(before);
  });
});

describe('collect', () => {
  const set = flows({
    a: {
      nodes: {
        one: {
          type: 'collect',
          prompt: { en: 'PIN' },
          variable: 'pin',
          min: 4,
          max: 6,
          secret: true,
          tries: 1,
          next: 'check',
          timeout: 'bye',
          invalid: 'bye',
        },
        check: { type: 'branch', cases: [{ if: { variable: 'pin', equals: '1234' }, next: 'right' }], next: 'bye' },
        right: { type: 'return', result: 'right' },
        ...bye,
      },
    },
  });
  const first = begin(set, 'a', english, now);
  const enter = (digits: string) => advance(set, first.state, { on: 'digits', digits, end: 'terminator' }, now);

  it('never shows a secret: not in effects, not in the state that is written down', () => {
    const step = enter('1234');
    expect(last(step)).toEqual({ do: 'return', node: 'right', result: 'right' });
    expect(JSON.stringify(step.effects)).not.toContain('1234');
    expect(JSON.stringify(withoutSecrets(step.state))).not.toContain('1234');
    expect(step.state.secrets).toEqual({ pin: '1234' });
  });

  it('takes fewer digits than the least for invalid, none for a timeout', () => {
    expect(enter('123').effects[0]).toMatchObject({ do: 'note', label: 'invalid' });
    expect(enter('').effects[0]).toMatchObject({ do: 'note', label: 'timeout' });
  });

  it('takes digits that ended by timeout where they are enough', () => {
    const step = advance(set, first.state, { on: 'digits', digits: '1234', end: 'timeout' }, now);
    expect(last(step)).toMatchObject({ do: 'return', result: 'right' });
  });
});

describe('branch', () => {
  /** Which way a flow with this question goes. */
  function answer(condition: object, given: Partial<Given> = {}, at = now, hours?: object): boolean {
    const set = flows({
      a: {
        head: { variables: { account: '' }, ...(hours ? { hours: { office: hours } } : {}) },
        nodes: {
          one: { type: 'branch', cases: [{ if: condition, next: 'yes' }], next: 'no' },
          yes: { type: 'return', result: 'yes' },
          no: { type: 'return', result: 'no' },
        },
      },
    });
    const end = last(begin(set, 'a', { language: 'en', ...given }, at));
    return end.do === 'return' && end.result === 'yes';
  }
  const account = (value: string) => ({ variables: { account: value } });

  it.each([
    [{ tag: 'vip' }, { tags: ['vip'] }, true],
    [{ tag: 'vip' }, { tags: ['vip2'] }, false],
    [{ language: 'en' }, {}, true],
    [{ variable: 'account', equals: '12' }, account('12'), true],
    [{ variable: 'account', equals: '{from}' }, { ...account('12'), from: '12' }, true],
    [{ variable: 'account', in: ['1', '2'] }, account('2'), true],
    [{ variable: 'account', in: ['1', '2'] }, account('3'), false],
    [{ variable: 'account', startsWith: ['62', '88'] }, account('8801'), true],
    [{ variable: 'account', startsWith: '62' }, account('8801'), false],
    [{ variable: 'account', endsWith: '01' }, account('8801'), true],
    [{ variable: 'account', length: 4 }, account('8801'), true],
    [{ variable: 'account', length: { min: 5 } }, account('8801'), false],
    [{ variable: 'account', length: { max: 3 } }, account('8801'), false],
    [{ variable: 'account', startsWith: '88', length: 5 }, account('8801'), false],
    [{ variable: 'account', atLeast: 10, atMost: 20 }, account('15'), true],
    [{ variable: 'account', atLeast: 10 }, account('9'), false],
    [{ variable: 'account', atLeast: 0 }, account(''), false],
    [{ variable: 'account', empty: true }, {}, true],
    [{ variable: 'account', empty: false }, {}, false],
    [{ not: { tag: 'vip' } }, {}, true],
    [{ all: [{ tag: 'a' }, { tag: 'b' }] }, { tags: ['a'] }, false],
    [{ any: [{ tag: 'a' }, { tag: 'b' }] }, { tags: ['b'] }, true],
  ])('%j given %j is %s', (condition, given, wanted) => {
    expect(answer(condition, given)).toBe(wanted);
  });

  const hours = {
    timeZone: 'Asia/Shanghai',
    open: [
      { days: ['mon', 'fri'], from: '09:00', to: '17:30' },
      { days: ['sat'], from: '22:00', to: '02:00' },
    ],
    closedOn: ['2026-01-09'],
    openOn: [{ date: '2026-01-11', from: '10:00', to: '12:00' }],
  };
  it.each([
    ['2026-01-05T09:00+08:00', true],
    ['2026-01-05T08:59+08:00', false],
    ['2026-01-05T17:29+08:00', true],
    ['2026-01-05T17:30+08:00', false],
    ['2026-01-06T10:00+08:00', false],
    ['2026-01-09T10:00+08:00', false],
    ['2026-01-10T23:00+08:00', true],
    ['2026-01-11T01:59+08:00', true],
    ['2026-01-11T02:00+08:00', false],
    ['2026-01-11T11:00+08:00', true],
  ])('hours at %s: %s', (time, wanted) => {
    expect(answer({ hours: 'office' }, {}, Date.parse(time), hours)).toBe(wanted);
  });

  it('takes the zone of the site where the hours name none', () => {
    const { timeZone: _, ...plain } = hours;
    const nineInShanghai = Date.parse('2026-01-05T01:00Z');
    expect(answer({ hours: 'office' }, { timeZone: 'Asia/Shanghai' }, nineInShanghai, plain)).toBe(true);
    expect(answer({ hours: 'office' }, {}, nineInShanghai, plain)).toBe(false);
  });
});

describe("the site's hours", () => {
  const names = (hours: object) => ({
    a: {
      head: hours,
      nodes: {
        one: { type: 'branch', cases: [{ if: { hours: 'office' }, next: 'yes' }], next: 'no' },
        yes: { type: 'return', result: 'yes' },
        no: { type: 'return', result: 'no' },
      },
    },
  });
  const mondays = { open: [{ days: ['mon' as const], from: '09:00', to: '17:00' }] };
  const monday = Date.parse('2026-01-05T10:00Z');
  const ends = (set: ReturnType<typeof flows>) => last(begin(set, 'a', { language: 'en' }, monday));

  it('are asked where the flow has none of that name', () => {
    const site = flowSet(flows(names({})).flows.values(), new Map([['office', mondays]]));
    expect(ends(site)).toMatchObject({ result: 'yes' });
    const sundays = { open: [{ ...mondays.open[0], days: ['sun'] }] };
    const own = flowSet(flows(names({ hours: { office: sundays } })).flows.values(), site.hours);
    expect(ends(own)).toMatchObject({ result: 'no' });
    expect(ends(flows(names({})))).toMatchObject({ result: 'no' });
    expect(site.version).not.toBe(flows(names({})).version);
  });

  it('are those that a test file states', () => {
    const set = flows(names({}));
    const test = { name: 'open', steps: [{ expect: { return: 'yes' } }] };
    expect(runFlowTests(set, { flow: 'a', tests: [test] })[0]?.ok).toBe(false);
    expect(runFlowTests(set, { flow: 'a', hours: { office: mondays }, tests: [test] })[0]?.ok).toBe(true);
  });
});

describe('queue and transfer', () => {
  const queue = {
    type: 'queue',
    queue: 'service',
    skills: { 'lang-{language}': 2 },
    priority: 5,
    ringSeconds: 12,
    maxWaitSeconds: 60,
    announce: { position: true, everySeconds: 20 },
  };

  it('offers a callback to callers whose number is known, and goes on where she took it', () => {
    const callback = { key: '*', prompt: { en: 'Press star.' }, confirm: { en: 'Again.' }, next: 'noted' };
    const thanks = { noted: { type: 'hangup', prompt: { en: 'We will call you.' } } };
    const set = flows({ a: { nodes: { one: { ...queue, overflow: 'bye', callback }, ...thanks, ...bye } } });
    const step = begin(set, 'a', { ...english, from: '+8613800138000' }, now);
    expect(last(step)).toMatchObject({
      do: 'queue',
      callback: {
        key: '*',
        number: '+8613800138000',
        prompts: [{ say: 'text', text: 'Press star.' }],
        confirm: [{ say: 'text', text: 'Again.' }],
        afterSeconds: 30,
      },
    });
    const then = advance(set, step.state, { on: 'queue', how: 'callback' }, now);
    expect(then.passed).toEqual(['a/noted']);
    expect(last(then)).toMatchObject({ do: 'say', prompts: [{ text: 'We will call you.' }] });
    for (const from of [undefined, '', 'alice'])
      expect(last(begin(set, 'a', { ...english, from }, now))).not.toHaveProperty('callback');
    // Another number than the one that she calls from.
    const own = { ...callback, number: '{mobile}', afterSeconds: 0 };
    const asked = flows({
      a: {
        head: { variables: { mobile: '10086' } },
        nodes: { one: { ...queue, overflow: 'bye', callback: own }, ...thanks, ...bye },
      },
    });
    expect(last(begin(asked, 'a', english, now))).toMatchObject({ callback: { number: '10086', afterSeconds: 0 } });
  });

  it('tests of flows lose keys where a question must be heard out, and keep them over words that must be', () => {
    const ask = { type: 'collect', prompt: { en: 'Number?' }, variable: 'number', max: 3, next: 'end' };
    const end = { type: 'return', result: 'asked' };
    const menu = { type: 'menu', prompt: { en: 'Choose.' }, choices: { 1: 'notice' } };
    const notice = { type: 'say', prompt: { en: 'Recorded.' }, bargeIn: false, next: 'ask' };
    const rehearse = (bargeIn: boolean) => {
      const nodes = { menu, notice, ask: { ...ask, bargeIn }, end, ...bye };
      const caller = new Rehearsal(flows({ a: { head: { error: 'bye' }, nodes } }), 'a', english, now);
      expect(caller.press('1234#')).toBeUndefined();
      return caller;
    };
    const keen = rehearse(true);
    expect([keen.last.do, keen.state.variables.number, keen.unused]).toEqual(['return', '234', '']);
    const deaf = rehearse(false);
    expect([deaf.last.do, deaf.unused]).toEqual(['ask', '234#']);
    deaf.press('567');
    expect([deaf.last.do, deaf.state.variables.number, deaf.unused]).toEqual(['return', '567', '234#']);
  });

  it('tests of flows press the key, and again where it is to be confirmed', () => {
    const callback = { key: '*', confirm: { en: 'Once more to confirm.' }, next: 'noted' };
    const noted = { noted: { type: 'return', result: 'noted' } };
    const set = flows({ a: { nodes: { one: { ...queue, overflow: 'bye', callback }, ...noted, ...bye } } });
    const rehearse = (from: string) => new Rehearsal(set, 'a', { ...english, from }, now);
    const caller = rehearse('+8613800138000');
    expect(caller.press('5')).toContain('only the key * does something');
    expect(caller.press('*')).toBeUndefined();
    expect(caller.heard).toEqual(['Once more to confirm.']);
    // Another key: she waits on.
    expect(caller.press('1')).toBeUndefined();
    expect(caller.last.do).toBe('queue');
    expect(caller.press('**')).toBeUndefined();
    expect(caller.last).toEqual({ do: 'return', node: 'noted', result: 'noted' });
    const nobody = rehearse('');
    expect(nobody.press('*')).toContain('Nobody asks for "*"');
    expect(nobody.leaveQueue('callback')).toContain('offers no callback');
    const other = rehearse('+8613800138000');
    expect(other.leaveQueue('callback')).toBeUndefined();
    expect(other.last).toMatchObject({ do: 'return', result: 'noted' });
  });

  it('the checker wants an exit of the callback that exists, and one key', () => {
    const check = (callback: object) => {
      const nodes = { one: { ...queue, overflow: 'bye', callback }, ...bye };
      const { findings } = readFlow(JSON.stringify({ flow: 'a', start: 'one', nodes }), 'a.json');
      return findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    };
    expect(check({ key: '1', next: 'bye' })).toEqual([]);
    expect(check({ key: '1', next: 'nowhere' })).toEqual(['node-unknown']);
    expect(check({ key: '12', next: 'bye' })).not.toEqual([]);
    expect(check({ key: '1' })).not.toEqual([]);
    expect(check({ key: '1', next: 'bye', number: '{nothing}' })).toEqual(['variable-unknown']);
  });

  it('asks for the queue with all that it needs', () => {
    const set = flows({ a: { nodes: { one: { ...queue, overflow: 'bye' }, ...bye } } });
    expect(begin(set, 'a', english, now).effects).toEqual([
      { do: 'note', node: 'one', type: 'queue', value: 'service' },
      {
        do: 'queue',
        node: 'one',
        queue: 'service',
        priority: 5,
        skills: [{ skill: 'lang-en', least: 2 }],
        language: 'en',
        announce: { position: true, wait: false, everySeconds: 20, prompts: [] },
        maxWaitSeconds: 60,
        ringSeconds: 12,
        afterTalk: false,
      },
    ]);
  });

  it.each([
    ['overflow', 'over'],
    ['full', 'full'],
    ['closed', 'closed'],
    ['empty', 'nobody'],
    ['failed', 'broken'],
    ['talked', 'rate'],
  ] as const)('leaves by the exit for %s', (how, result) => {
    const ends = Object.fromEntries(
      ['over', 'full', 'closed', 'nobody', 'broken', 'rate'].map((name) => [name, { type: 'return', result: name }]),
    );
    const set = flows({
      a: {
        nodes: {
          one: {
            ...queue,
            overflow: 'over',
            full: 'full',
            closed: 'closed',
            empty: 'nobody',
            error: 'broken',
            next: 'rate',
          },
          ...ends,
        },
      },
    });
    const step = advance(set, begin(set, 'a', english, now).state, { on: 'queue', how }, now);
    expect(last(step)).toEqual({ do: 'return', node: result, result });
  });

  it('transfers to a number or an agent, and takes the error exit when that fails', () => {
    const set = flows({
      a: {
        head: { variables: { who: '1001' } },
        nodes: {
          one: { type: 'transfer', agent: '{who}', error: 'two' },
          two: { type: 'transfer', to: '+862150000000', ringSeconds: 9, error: 'bye' },
          ...bye,
        },
      },
    });
    let step = begin(set, 'a', english, now);
    expect(last(step)).toEqual({ do: 'transfer', node: 'one', to: { agent: '1001' }, ringSeconds: 30 });
    step = advance(set, step.state, { on: 'transfer', how: 'busy' }, now);
    expect(last(step)).toEqual({ do: 'transfer', node: 'two', to: { number: '+862150000000' }, ringSeconds: 9 });
    expect(last(advance(set, step.state, { on: 'transfer', how: 'failed' }, now))).toMatchObject({
      do: 'hangup',
      why: 'flow',
    });
  });
});

describe('flows in flows', () => {
  const set = flows({
    outer: {
      head: { variables: { seen: '' }, error: 'bye' },
      nodes: {
        one: { type: 'flow', flow: 'inner', variables: { given: 'x' }, results: { good: 'good' }, next: 'other' },
        good: { type: 'return', result: 'good' },
        other: { type: 'return', result: 'other' },
        lost: { type: 'flow', flow: 'nowhere', next: 'good', error: 'other' },
        ...bye,
      },
    },
    inner: {
      head: { variables: { given: 'default', own: 'mine' } },
      nodes: {
        ask: { type: 'menu', prompt: { en: 'A or B' }, choices: { '1': 'a', '2': 'b' }, timeout: 'b', invalid: 'b' },
        a: { type: 'return', result: 'good' },
        b: { type: 'return', result: 'bad' },
      },
    },
  });

  it('comes back by the result, with variables both ways', () => {
    const first = begin(set, 'outer', english, now);
    expect(first.state.frames.map((frame) => frame.flow)).toEqual(['outer', 'inner']);
    expect(first.state.variables).toMatchObject({ given: 'x', own: 'mine' });
    const press = (digits: string) => last(advance(set, first.state, { on: 'digits', digits, end: 'max' }, now));
    expect(press('1')).toMatchObject({ do: 'return', result: 'good' });
    expect(press('2')).toMatchObject({ do: 'return', result: 'other' });
  });

  it('takes the error exit where the flow is not there', () => {
    const compiled = set.flows.get('outer')!;
    const step = begin(
      { version: 'x', flows: new Map([['outer', { ...compiled, start: 'lost' }]]), hours: new Map() },
      'outer',
      english,
      now,
    );
    expect(step.effects.map((effect) => effect.do)).toEqual(['finding', 'return']);
    expect(step.effects[0]).toMatchObject({ code: 'flow-missing' });
  });
});

describe('faults', () => {
  it('bounds a flow that goes round: first to the error exit, then to a hang-up', () => {
    const circle = (error: boolean) => {
      const set = flows({
        a: {
          head: { error: 'sorry' },
          nodes: {
            one: {
              type: 'menu',
              prompt: { en: 'x' },
              tries: 1,
              choices: { '1': 'sorry' },
              timeout: 'one',
              invalid: 'one',
            },
            sorry: error
              ? { type: 'hangup' }
              : {
                  type: 'menu',
                  prompt: { en: 'y' },
                  tries: 1,
                  choices: { '1': 'bye' },
                  timeout: 'one',
                  invalid: 'bye',
                },
            ...bye,
          },
        },
      });
      let step = begin(set, 'a', english, now);
      const findings: string[] = [];
      for (let i = 0; step.state.waiting !== 'ended'; i++) {
        if (i > 1000) throw new Error('never ends');
        step = advance(set, step.state, { on: 'digits', digits: '', end: 'timeout' }, now);
        findings.push(...step.effects.flatMap((effect) => (effect.do === 'finding' ? [effect.code] : [])));
      }
      return [...findings, last(step)];
    };
    expect(circle(true)).toEqual(['loop-limit', { do: 'hangup', node: 'sorry', why: 'flow' }]);
    expect(circle(false)).toEqual(['loop-limit', 'loop-limit', { do: 'hangup', node: 'one', why: 'fault' }]);
  });

  it('reports an answer that nobody waits for, and stays where it is', () => {
    const set = flows({ a: { nodes: { one: { type: 'say', prompt: { en: 'Hi' }, next: 'bye' }, ...bye } } });
    const first = begin(set, 'a', english, now);
    const step = advance(set, first.state, { on: 'queue', how: 'overflow' }, now);
    expect(step.effects).toMatchObject([{ do: 'finding', code: 'input-unexpected' }]);
    expect(step.state).toEqual(first.state);
  });
});

describe('after a restart', () => {
  const nodes = {
    one: { type: 'menu', prompt: { en: 'Choose' }, choices: { '1': 'bye' }, timeout: 'bye', invalid: 'bye' },
    ...bye,
  };
  const set = flows({ a: { nodes } });
  const state = JSON.parse(JSON.stringify(begin(set, 'a', english, now).state));

  it('asks again where the call was, and goes on', () => {
    const step = resume(set, state, now);
    expect(step.effects).toMatchObject([{ do: 'ask', node: 'one' }]);
    expect(last(advance(set, step.state, { on: 'digits', digits: '1', end: 'max' }, now))).toMatchObject({
      do: 'hangup',
    });
  });

  it('starts the flow anew where the node is gone', () => {
    const other = flows({
      a: { nodes: { fresh: { type: 'say', prompt: { en: 'Hello again' }, next: 'bye' }, ...bye } },
    });
    expect(resume(other, state, now).effects).toMatchObject([
      { do: 'finding', code: 'node-missing' },
      { do: 'say', node: 'fresh' },
    ]);
  });

  it('hangs up where the flow is gone', () => {
    expect(last(resume(flows({}), state, now))).toMatchObject({ do: 'hangup', why: 'fault' });
  });
});

it('cuts off a variable that is made of itself again and again', () => {
  const nodes = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [
      `n${i}`,
      { type: 'set', variables: { x: '{x}'.repeat(100) }, next: i < 8 ? `n${i + 1}` : 'bye' },
    ]),
  );
  const set = flows({ a: { head: { variables: { x: 'abc' } }, nodes: { ...nodes, ...bye } } });
  const { state } = begin(set, 'a', english, now);
  expect(state.variables.x).toHaveLength(4_000);
});
