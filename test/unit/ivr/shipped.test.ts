import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { flowCheck, flowList, flowTest } from '../../../server/flows/index.ts';
import { checkFlow, findingCodes, flowSet, readFlow, readFlowTests, runFlowTests } from '../../../server/ivr/index.ts';
import { schemaFiles } from '../../../tools/make-schemas.ts';

const folder = path.join(import.meta.dirname, '../../../ivr-flows');

describe('the shipped flows', () => {
  it('have no findings, with the queues, skills and recordings of the demo and no speech engine', async () => {
    const context = { queues: ['service', 'vip'], skills: ['banking', 'loans', 'mandarin'], canSpeak: () => false };
    expect(await flowCheck(folder, context)).toMatchObject({ ok: true, rows: [] });
  });

  it('pass their tests', async () => {
    const { ok, rows, lines } = await flowTest(folder);
    expect(lines.filter((line) => line.startsWith('FAIL'))).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(ok).toBe(true);
  });

  it('are listed', async () => {
    expect((await flowList(folder)).rows.map((row) => row.flow)).toEqual(['bank', 'pin', 'rating']);
  });
});

describe('the JSON Schemas', () => {
  it.each(schemaFiles())('$name is what the code says; else run tools/make-schemas.ts', ({ name, text }) => {
    expect(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))).toEqual(JSON.parse(text));
  });
});

it('docs/flows.md explains every finding of the checker', () => {
  const docs = readFileSync(path.join(folder, '../docs/flows.md'), 'utf8');
  expect(Object.keys(findingCodes).filter((code) => !docs.includes(`\`${code}\``))).toEqual([]);
});

it('the worked example of docs/flows.md is a flow without findings', () => {
  const docs = readFileSync(path.join(folder, '../docs/flows.md'), 'utf8');
  const [, example] = /```json\n(\{\n {2}"\$schema": "\.\/flow\.schema[\s\S]*?)```/.exec(docs) ?? [];
  expect(checkFlow(example ?? '', 'hotline.json', { queues: ['service', 'vip'] })).toEqual([]);
});

describe('flow tests', () => {
  const { flow } = readFlow(readFileSync(path.join(folder, 'bank.json'), 'utf8'), 'bank.json');
  const run = (steps: object[], given: object = {}) => {
    const text = JSON.stringify({ flow: 'bank', tests: [{ name: 't', given, steps }] });
    const { tests, findings } = readFlowTests(text, 'bank.test.json');
    if (!tests) throw new Error(JSON.stringify(findings));
    return runFlowTests(flowSet([flow!]), tests)[0]!.failure;
  };

  it.each([
    [
      [{ hear: 'Guten Tag' }],
      1,
      '"Guten Tag" was not said; said was "Welcome to Switchroom Bank.", then "For your account, press 1.',
    ],
    [[{ hear: ['For your account', 'Welcome'] }], 1, '"Welcome" was not said'],
    [[{ notHear: 'welcome' }], 1, '"welcome" should not be said, but was: "Welcome to Switchroom Bank.".'],
    [
      [{ press: '0' }, { expect: { queue: 'vip' } }],
      2,
      'The queue should be "vip", but is "service": the caller waits in the queue "service" at the node "to-service".',
    ],
    [[{ press: '0', expect: { skills: { banking: 2 } } }], 1, 'The skills should be "banking 2", but is "banking 1"'],
    [[{ press: '01' }], 1, 'Nobody asked for "1": the caller waits in the queue "service" at the node "to-service".'],
    [[{ press: '0' }, { press: '1' }], 2, 'Nobody asks for "1": the caller waits in the queue'],
    [[{ queue: 'overflow' }], 1, 'The caller is in no queue: the flow asks for keys at the node "main".'],
    [[{ press: '0' }, { wait: true }], 2, 'The caller cannot be silent'],
    [[{ press: '0', queue: 'talked' }], 1, 'The node "to-service" has no "next": after the talk the call ends.'],
    [[{ expect: { hangup: true } }], 1, 'The flow should have hung up, but the flow asks for keys at the node "main".'],
    [
      [{ press: '1', expect: { variables: { account: '1' } } }],
      1,
      'The variable "account" should be "1", but is nothing',
    ],
  ])('%j fails at step %i with a sentence', (steps, step, sentence) => {
    const failure = run(steps);
    expect(failure?.step).toBe(step);
    expect(failure?.sentence).toContain(sentence);
  });

  it('does the keys of a step in the order in which they stand', () => {
    expect(run([{ hear: 'Welcome', press: '2', expect: { node: 'cards' } }])).toBeUndefined();
    expect(run([{ press: '2', hear: 'Welcome' }])?.sentence).toContain('"Welcome" was not said');
  });

  it('points at what is wrong in a test file', () => {
    const { findings } = readFlowTests(
      '{ "flow": "bank",\n "tests": [{ "name": "t", "steps": [{ "prss": "1" }] }] }',
      'bank.test.json',
    );
    expect(findings).toMatchObject([
      { line: 2, column: 39, code: 'key-unknown', sentence: 'There is no key "prss" here. Did you mean "press"?' },
    ]);
  });

  it('says which flow was meant', () => {
    const { tests } = readFlowTests('{ "flow": "bnk", "tests": [{ "name": "t", "steps": [{ "wait": true }] }] }', 'x');
    expect(runFlowTests(flowSet([flow!]), tests!)[0]!.failure?.sentence).toBe(
      'There is no flow "bnk". Did you mean "bank"?',
    );
  });
});
