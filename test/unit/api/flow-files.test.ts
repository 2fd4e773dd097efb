import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Flows, flowFiles } from '../../../server/api/index.ts';
import { type FlowStore, openFlowStore } from '../../../server/flows/index.ts';
import { logger } from '../directory/site.ts';

let folder: string;
let store: FlowStore;
let flows: Flows;

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
  store = await openFlowStore({ folder, context, watch: false, log: logger });
  flows = flowFiles(store, folder, context);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

it('lists what is in use and reads files as they are written', async () => {
  expect(flows.list()).toEqual([expect.objectContaining({ flow: 'bank', state: 'current', findings: [] })]);
  expect(await flows.text('bank')).toBe(flow('bank', 'bye'));
  expect(await flows.text('none')).toBeUndefined();
});

it('finds with line and column what is wrong in a text, and saves nothing by that', async () => {
  const [finding] = await flows.check('bank', flow('bank', 'goodbye'));
  expect(finding).toMatchObject({ severity: 'error', code: 'node-unknown', file: 'bank.json', line: 13 });
  expect((await flows.check('other', flow('bank', 'bye'))).map(({ code }) => code)).toContain('name-differs');
  expect(await flows.check('bank', '{')).toEqual([expect.objectContaining({ code: 'json-syntax' })]);
  expect(await flows.text('bank')).toBe(flow('bank', 'bye'));
});

it('saves a flow whole, in use at once, and leaves nothing lying about', async () => {
  const before = store.current.version;
  const text = flow('fresh', 'bye');
  expect(await flows.check('fresh', text)).toEqual([]);
  await flows.save('fresh', text);
  expect(store.current.flows.has('fresh')).toBe(true);
  expect(store.current.version).not.toBe(before);
  expect(await readFile(path.join(folder, 'fresh.json'), 'utf8')).toBe(text);
  expect((await readdir(folder)).sort()).toEqual(['bank.json', 'fresh.json']);
});
