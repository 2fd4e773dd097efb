import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Flows, flowFiles } from '../../../server/api/index.ts';
import { type FlowStore, openFlowStore, VersionHistory } from '../../../server/flows/index.ts';
import type { CompiledFlow } from '../../../server/ivr/index.ts';
import { openDatabase, openJournal } from '../../../server/journal/index.ts';
import { systemClock } from '../../../values/index.ts';
import { logger } from '../directory/site.ts';

let folder: string;
let store: FlowStore;
let flows: Flows;
let close: () => Promise<void>;

const flow = (name: string, next: string) =>
  JSON.stringify(
    {
      flow: name,
      languages: ['en'],
      start: 'hello',
      nodes: { hello: { type: 'say', prompt: { en: 'Hello' }, next }, bye: { type: 'hangup' } },
    },
    null,
    2,
  );

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'switchroom-flows-'));
  await writeFile(path.join(folder, 'bank.json'), flow('bank', 'bye'));
  const context = () => ({ queues: ['service'] });
  const data = openDatabase({ directory: path.join(folder, 'data'), logger });
  const journal = openJournal({ database: data.database, site: 'hq', logger, clock: systemClock });
  const history = new VersionHistory(data.database, journal, systemClock);
  const keep = (taken: CompiledFlow, text: string) => history.keep(taken.name, taken.version, text);
  store = await openFlowStore({ folder, context, keep, watch: false, log: logger });
  flows = flowFiles(store, history, folder, context);
  close = async () => {
    await store.close();
    await journal.close();
    await data.close();
  };
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true });
});

it('lists what is in use and reads files as they are written', async () => {
  expect(flows.list()).toEqual([expect.objectContaining({ flow: 'bank', state: 'current', findings: [] })]);
  expect(await flows.text('bank')).toBe(flow('bank', 'bye'));
  expect(await flows.text('none')).toBeUndefined();
});

it('finds with line and column what is wrong in a text, and saves nothing by that', async () => {
  const { findings, picture } = await flows.check('bank', flow('bank', 'goodbye'));
  const [finding] = findings;
  expect(picture).toMatchObject({
    start: 'hello',
    nodes: [{ name: 'hello', type: 'say' }, { name: 'bye' }],
    edges: [],
  });
  expect(finding).toMatchObject({ severity: 'error', code: 'node-unknown', file: 'bank.json', line: 13 });
  expect((await flows.check('other', flow('bank', 'bye'))).findings.map(({ code }) => code)).toContain('name-differs');
  expect((await flows.check('bank', '{')).findings).toEqual([expect.objectContaining({ code: 'json-syntax' })]);
  expect(await flows.text('bank')).toBe(flow('bank', 'bye'));
});

it('saves a flow whole, in use at once, and leaves nothing lying about', async () => {
  const before = store.current.version;
  const text = flow('fresh', 'bye');
  expect(await flows.check('fresh', text)).toMatchObject({
    findings: [],
    picture: { edges: [{ from: 'hello', exit: 'next', to: 'bye' }] },
  });
  await flows.save('fresh', text, 'admin');
  expect(store.current.flows.has('fresh')).toBe(true);
  expect(store.current.version).not.toBe(before);
  expect(await readFile(path.join(folder, 'fresh.json'), 'utf8')).toBe(text);
  expect((await readdir(folder)).filter((name) => name !== 'data').sort()).toEqual(['bank.json', 'fresh.json']);
});

it('is saved where what it replaces is what was read, one after the other', async () => {
  const text = flow('bank', 'bye');
  const replaced: (string | undefined)[] = [];
  const saves = ['One', 'Two'].map((word) =>
    flows.save('bank', text.replace('Hello', word), 'admin', (before) => replaced.push(before)),
  );
  await Promise.all(saves);
  expect(replaced).toEqual([text, text.replace('Hello', 'One')]);
  const refused = flows.save('bank', text, 'admin', () => {
    throw new Error('changed');
  });
  await expect(refused).rejects.toThrow('changed');
  expect(await flows.text('bank')).toBe(text.replace('Hello', 'Two'));
});

it('keeps every version that was in use, with who saved it', async () => {
  const first = flow('bank', 'bye');
  const second = first.replace('Hello', 'Good day');
  await flows.save('bank', second, 'admin');
  await flows.save('bank', '{', 'admin');
  await flows.save('bank', first, 'admin');
  const versions = flows.versions('bank');
  expect(versions.map(({ by }) => by)).toEqual(['admin', undefined]);
  expect(flows.version('bank', versions[0]!.version)).toBe(second);
  expect(flows.version('bank', versions[1]!.version)).toBe(first);
  expect(flows.version('bank', '0'.repeat(64))).toBeUndefined();
});

it('simulates a call, also through a text that is not saved', async () => {
  expect(await flows.simulate('bank', undefined, {}, [])).toMatchObject({
    said: ['Hello'],
    visited: ['bank/hello', 'bank/bye'],
    node: 'bye',
    waitsFor: 'nothing',
  });
  const menu = JSON.stringify({
    flow: 'bank',
    languages: ['en'],
    start: 'main',
    nodes: {
      main: { type: 'menu', prompt: { en: 'Press 1' }, choices: { 1: 'wait' }, timeout: 'bye', invalid: 'bye' },
      wait: { type: 'queue', queue: 'service', overflow: 'bye' },
      bye: { type: 'hangup' },
    },
  });
  expect(await flows.simulate('bank', menu, {}, [])).toMatchObject({ node: 'main', waitsFor: 'keys' });
  expect(await flows.simulate('bank', menu, {}, [{ press: '1' }])).toMatchObject({ node: 'wait', waitsFor: 'queue' });
  expect(await flows.simulate('bank', menu, {}, [{ press: '1' }, { press: '2' }])).toMatchObject({
    node: 'wait',
    refused: expect.stringContaining('Nobody asks'),
  });
  expect(await flows.simulate('bank', menu, {}, [{ press: '1' }, { queue: 'overflow' }])).toMatchObject({
    node: 'bye',
  });
  await expect(flows.simulate('bank', '{', {}, [])).rejects.toThrow(/error/);
  await expect(flows.simulate('none', undefined, {}, [])).rejects.toMatchObject({ code: 'flow-unknown' });
});

it('gives a simulated call up that goes round and round', async () => {
  const says = Object.fromEntries(
    Array.from({ length: 90 }, (_, i) => [
      `s${i}`,
      { type: 'say', prompt: { en: 'x'.repeat(500) }, next: i < 89 ? `s${i + 1}` : 'main' },
    ]),
  );
  const round = JSON.stringify({
    flow: 'bank',
    languages: ['en'],
    start: 'main',
    nodes: {
      main: { type: 'menu', prompt: { en: '1' }, choices: { 1: 's0' }, timeout: 'bye', invalid: 'bye' },
      ...says,
      bye: { type: 'hangup' },
    },
  });
  const inputs = (many: number) => Array.from({ length: many }, () => ({ press: '1' }));
  expect(await flows.simulate('bank', round, {}, inputs(2))).toMatchObject({ node: 'main' });
  await expect(flows.simulate('bank', round, {}, inputs(200))).rejects.toMatchObject({ code: 'request-invalid' });
});
