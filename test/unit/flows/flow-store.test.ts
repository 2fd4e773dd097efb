import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type FlowStore,
  type FlowStoreOptions,
  flowTest,
  openFlowStore,
  VersionHistory,
  type Watch,
} from '../../../server/flows/index.ts';
import { begin } from '../../../server/ivr/index.ts';
import { openDatabase, openJournal } from '../../../server/journal/index.ts';
import { systemClock } from '../../../values/index.ts';

const log = pino({ level: 'silent' });
let folder: string;
let stores: FlowStore[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'flows-'));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

const text = (flow: string, words: string) =>
  JSON.stringify({ flow, start: 'one', languages: ['en'], nodes: { one: { type: 'hangup', prompt: { en: words } } } });
const calling = (flow: string, other: string) =>
  JSON.stringify({
    flow,
    start: 'one',
    nodes: { one: { type: 'flow', flow: other, next: 'two', error: 'two' }, two: { type: 'hangup' } },
  });
const save = (file: string, content: string) => writeFile(path.join(folder, file), content);

async function open(options: Partial<FlowStoreOptions> = {}): Promise<FlowStore> {
  const store = await openFlowStore({ folder, context: () => ({}), watch: false, log, ...options });
  stores.push(store);
  return store;
}

/** What a call that begins now is told. */
function said(store: FlowStore, flow: string): unknown {
  const effect = begin(store.current, flow, { language: 'en' }, 0).effects.at(-1);
  return effect?.do === 'say' && effect.prompts[0]?.say === 'text' ? effect.prompts[0].text : effect?.do;
}

describe('loading', () => {
  it('takes what is right and says what is wrong', async () => {
    await save('good.json', text('good', 'Hi'));
    await save('bad.json', '{');
    await save('good.test.json', '{ "not": "a flow" }');
    const store = await open();
    expect(said(store, 'good')).toBe('Hi');
    expect(store.flows.map(({ file, state, findings }) => [file, state, findings.length])).toEqual([
      ['bad.json', 'refused', 1],
      ['good.json', 'current', 0],
    ]);
  });

  it('keeps it over a restart too, also where what it names is gone', async () => {
    const opened = openDatabase({ directory: ':memory:', logger: log });
    const { database } = opened;
    const journal = openJournal({ database, site: 'hq', logger: log, clock: systemClock });
    const start = async (queues: string[]) => {
      const history = new VersionHistory(database, journal, systemClock);
      const store = await open({
        context: () => ({ queues }),
        keep: (flow, content) => history.keep(flow.name, flow.version, content),
        last: (flow, now) => history.lastText(flow, now),
      });
      await journal.append([]);
      return store;
    };
    const queued = { flow: 'q', start: 'one', error: 'two', nodes: { one: { type: 'queue', queue: 'vip' } } };
    const inQueue = JSON.stringify({ ...queued, nodes: { ...queued.nodes, two: { type: 'hangup' } } });
    await save('a.json', text('a', 'first'));
    await save('q.json', inQueue);
    await start(['vip']);
    // Another version was tried, and taken back.
    await save('q.json', text('q', 'newer'));
    await start(['vip']);
    await save('q.json', inQueue);
    await save('a.json', '{');
    await save('new.json', '{');
    const store = await start([]);
    expect(store.flows.map(({ flow, state }) => [flow, state])).toEqual([
      ['a', 'kept'],
      ['new', 'refused'],
      ['q', 'kept'],
    ]);
    expect([said(store, 'a'), said(store, 'q')]).toEqual(['first', 'queue']);
    await journal.close();
    await opened.close();
  });

  it('keeps the old version of a file that is saved with an error, and takes it when it is mended', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open();
    await save('a.json', '{ "flow": "a", ');
    await store.reload();
    expect(said(store, 'a')).toBe('first');
    expect(store.flows).toMatchObject([{ state: 'kept', findings: [{ code: 'json-syntax', line: 1 }] }]);
    await save('a.json', text('a', 'second'));
    await store.reload();
    expect(said(store, 'a')).toBe('second');
  });

  it('leaves calls under way the set that they began with', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open();
    const before = store.current;
    await save('a.json', text('a', 'second'));
    await store.reload();
    expect(store.current).not.toBe(before);
    expect(begin(before, 'a', { language: 'en' }, 0).effects.at(-1)).toMatchObject({ prompts: [{ text: 'first' }] });
  });

  it('keeps the very same set where nothing changed', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open();
    const before = store.current;
    await store.reload();
    expect(store.current).toBe(before);
  });

  it('keeps a removed flow as long as another still calls it', async () => {
    await save('a.json', calling('a', 'b'));
    await save('b.json', text('b', 'sub'));
    const store = await open();
    await rm(path.join(folder, 'b.json'));
    await store.reload();
    expect(store.flows.map(({ flow, state }) => `${flow} ${state}`)).toEqual(['a kept', 'b removed']);
    expect(said(store, 'a')).toBe('sub');
    await save('a.json', text('a', 'alone'));
    await store.reload();
    expect([...store.current.flows.keys()]).toEqual(['a']);
  });

  it('prepares before it swaps, and swaps even where preparing fails', async () => {
    await save('a.json', text('a', 'first'));
    const order: string[] = [];
    const store = await open({
      refresh: async () => order.push('refresh'),
      prepare: async (set) => {
        order.push(`prepare ${set.flows.size}`);
        throw new Error('no engine');
      },
    });
    expect(order).toEqual(['refresh', 'prepare 1']);
    expect(said(store, 'a')).toBe('first');
  });

  it('rejects where the folder is gone, and keeps what it has', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open();
    await rename(folder, `${folder}-away`);
    await expect(store.reload()).rejects.toThrow('ENOENT');
    expect(said(store, 'a')).toBe('first');
    await rename(`${folder}-away`, folder);
    await store.reload();
  });
});

describe('watching', () => {
  it('loads once after a burst of changes, and not for files that are none of its own', async () => {
    await save('a.json', text('a', 'first'));
    let changed: ((file: string | undefined) => void) | undefined;
    let closed = false;
    const watch: Watch = (_, tell) => {
      changed = tell;
      return {
        close: () => {
          closed = true;
        },
      };
    };
    let loads = 0;
    const store = await open({
      watch,
      debounceMs: 5,
      refresh: async () => {
        loads += 1;
      },
    });
    expect(loads).toBe(1);
    await save('a.json', text('a', 'second'));
    changed!('.a.json.swp');
    for (let i = 0; i < 5; i++) changed!('a.json');
    const [loaded] = await once(store, 'loaded');
    expect(loaded).toMatchObject({ changed: true });
    expect(loads).toBe(2);
    expect(said(store, 'a')).toBe('second');
    await store.close();
    expect(closed).toBe(true);
  });

  it('works without a watcher where there can be none', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open({
      watch: () => {
        throw new Error('ENOSPC: no watches left');
      },
    });
    expect(said(store, 'a')).toBe('first');
    await save('a.json', text('a', 'second'));
    await store.reload();
    expect(said(store, 'a')).toBe('second');
  });

  it('sees a file that an editor saves by renaming, on the real file system', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open({ watch: undefined, debounceMs: 20 });
    const loaded = once(store, 'loaded');
    await save('a.json~', text('a', 'second'));
    await rename(path.join(folder, 'a.json~'), path.join(folder, 'a.json'));
    await loaded;
    expect(said(store, 'a')).toBe('second');
  });

  it('sees a file change again and again after it was replaced, and files in new folders', async () => {
    await save('a.json', text('a', 'first'));
    const store = await open({ watch: undefined, debounceMs: 20 });
    for (const words of ['second', 'third', 'fourth']) {
      await save('a.json~', text('a', words));
      await rename(path.join(folder, 'a.json~'), path.join(folder, 'a.json'));
      await vi.waitFor(() => expect(said(store, 'a')).toBe(words), 5_000);
      await save('a.json', text('a', `${words} in place`));
      await vi.waitFor(() => expect(said(store, 'a')).toBe(`${words} in place`), 5_000);
    }
    await mkdir(path.join(folder, 'prompts', 'en'), { recursive: true });
    const seen = once(store, 'loaded');
    await save('prompts/en/hello.wav', 'RIFF');
    await seen;
  });
});

it('flow test says which flow has errors, and which nodes no test passes', async () => {
  await save('a.json', text('a', 'Hi'));
  await save('a.test.json', JSON.stringify({ flow: 'a', tests: [{ name: 'greets', steps: [{ hear: 'Hello' }] }] }));
  await save('b.json', '{');
  const { ok, lines } = await flowTest(folder);
  expect(ok).toBe(false);
  expect(lines).toEqual([
    'b.json: not tested, because the flow has errors.',
    '  b.json:1:2 error json-syntax: A closing } is missing here.',
    'FAIL a: greets',
    '     step 1: "Hello" was not said; said was "Hi".',
    '1 tests, 1 failed.',
  ]);
});
