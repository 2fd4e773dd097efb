// What a caller hears, and in which language: the flow, music and announcements while she waits, the agent's number.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KnownCustomer } from '../../../../server/calls/index.ts';
import { flowSet, type Prompt } from '../../../../server/ivr/index.ts';
import type { Language } from '../../../../values/index.ts';
import { sdp } from './fake-edge.ts';
import { tidyUp } from './steps.ts';
import { StrictQueueing } from './strict-queueing.ts';
import { compiled, World } from './world.ts';

const bank = {
  flow: 'main',
  languages: ['en', 'zh'],
  start: 'hello',
  error: 'bye',
  nodes: {
    hello: { type: 'say', prompt: { en: 'Welcome.', zh: '欢迎。' }, next: 'who' },
    who: { type: 'branch', cases: [{ if: { tag: 'vip' }, next: 'vip' }], next: 'service' },
    vip: { type: 'queue', queue: 'vip', overflow: 'bye', error: 'bye' },
    service: { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' },
    bye: { type: 'hangup' },
  },
};

const everyMs = 5_000;
/** How long the fake edge plays a prompt. */
const promptMs = 40;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function words(prompt: Prompt): string {
  if (prompt.say === 'silence') return 'silence';
  const { language } = prompt;
  if (prompt.say === 'text') return `${language}: ${prompt.text}`;
  if (prompt.say === 'position') return `${language}: position ${prompt.position}`;
  if (prompt.say === 'wait') return `${language}: wait ${prompt.minutes}`;
  if (prompt.say === 'agent') return `${language}: agent ${prompt.number}`;
  return `${language}: ${prompt.say}`;
}

const file = (path: string) => ({ kind: 'file' as const, path, hash: '' });

interface Caller {
  customer?: Partial<KnownCustomer>;
  did?: Language;
  announceEveryMs?: number;
}

/** A caller who has heard the greeting and waits. */
async function waits({ customer, did = 'en', announceEveryMs = everyMs }: Caller = {}) {
  const world = new World();
  const queueing = new StrictQueueing();
  world.flows = flowSet([compiled(bank)]);
  world.prompts = {
    audio: async (prompts) => prompts.map((prompt) => file(words(prompt))),
    music: (name) => [file(`music ${name}`)],
  };
  world.customers = {
    byNumber: (number) =>
      number === '+8613812345678' && customer ? { id: 'cus_1', tags: [], ...customer } : undefined,
    earlier: () => [],
  };
  world.site.queue({ id: 'service', music: 'piano', announceEveryMs });
  world.site.queue({ id: 'vip', music: 'harp', announceEveryMs });
  queueing.standing = { position: 3, expectedWaitMs: 90_000 };
  await world.serve(() => queueing);
  world.dialDid(did);
  await vi.advanceTimersByTimeAsync(1_000);
  const [contact] = queueing.contacts.values();
  if (!contact) throw new Error('nobody waits');
  const began = world.edge.heard.find(({ forever }) => forever)?.at ?? Number.NaN;
  const endpoint = world.edge.heard[0]?.endpoint;
  return {
    world,
    queueing,
    request: contact.request,
    /** Until that long after the music began. */
    until: (ms: number) => vi.advanceTimersByTimeAsync(began + ms - Date.now()),
    /** What she was played, each with the time since the music began. */
    heard: () =>
      world.edge.heard
        .filter((one) => one.endpoint === endpoint)
        .map(({ at, audio, forever, end }) => ({
          at: at - began,
          said: audio.map((one) => (one.kind === 'file' ? one.path : one.kind)).join(', '),
          forever,
          end,
        })),
    end: async () => {
      await tidyUp(world);
      world.kill();
      return [...world.remains(), ...queueing.broken];
    },
  };
}

const music = (at: number, end?: string) => ({ at, said: 'music piano', forever: true, end });
const announced = (at: number, said: string) => ({ at, said, forever: false, end: 'finished' });

describe('who waits', () => {
  test("hears the queue's music, for as long as she waits", async () => {
    const { until, heard, end } = await waits({ announceEveryMs: 0 });
    await until(10 * 60_000);
    expect(heard().slice(1)).toEqual([music(0)]);
    expect(await end()).toEqual([]);
  });

  test('hears where she stands and how long it takes, every so often, and the music again after each', async () => {
    const { until, heard, queueing, end } = await waits();
    await until(everyMs - 1);
    expect(heard().slice(1)).toEqual([music(0)]);
    await until(everyMs + promptMs + 10);
    queueing.standing = { position: 2, expectedWaitMs: 45_000 };
    const second = 2 * everyMs + promptMs;
    await until(second + promptMs + 10);
    // Nobody can say how long: then only the place is said.
    queueing.standing = { position: 1, expectedWaitMs: undefined };
    const third = second + promptMs + everyMs;
    await until(third + promptMs + 10);
    expect(heard().slice(1)).toEqual([
      music(0, 'stopped'),
      announced(everyMs, 'en: position 3, en: wait 2'),
      music(everyMs + promptMs, 'stopped'),
      announced(second, 'en: position 2, en: wait 1'),
      music(second + promptMs, 'stopped'),
      announced(third, 'en: position 1'),
      music(third + promptMs),
    ]);
    expect(await end()).toEqual([]);
  });

  test('hears neither music nor announcements once an agent has answered', async () => {
    const { world, until, heard, queueing, end } = await waits();
    await until(everyMs - 200);
    queueing.offer(0, '1001');
    await until(everyMs - 100);
    // The phone rings only: the music goes on.
    expect(heard().at(-1)).toEqual(music(0));
    for (const phone of world.server.sip.ringing) phone.respond(200, sdp);
    await until(everyMs - 1);
    expect(world.server.calls.list()).toMatchObject([{ phase: 'talking', agent: '1001' }]);
    await until(20 * everyMs);
    expect(heard().slice(1)).toEqual([music(0, 'stopped')]);
    expect(await end()).toEqual([]);
  });

  test('is not kept from the agent by an announcement that is being said', async () => {
    const { world, until, heard, queueing, end } = await waits();
    await until(everyMs - 100);
    queueing.offer(0, '1001');
    await until(everyMs + promptMs / 4);
    for (const phone of world.server.sip.ringing) phone.respond(200, sdp);
    await until(everyMs + promptMs / 2);
    const cut = { at: everyMs, said: 'en: position 3, en: wait 2', forever: false, end: 'stopped' };
    expect(world.server.calls.list()).toMatchObject([{ phase: 'talking', agent: '1001' }]);
    await until(20 * everyMs);
    expect(heard().slice(1)).toEqual([music(0, 'stopped'), cut]);
    expect(await end()).toEqual([]);
  });

  test('is announced to as well while a phone rings that nobody answers', async () => {
    const { until, heard, queueing, end } = await waits();
    await until(everyMs - 200);
    queueing.offer(0, '1001');
    await until(everyMs + 10);
    expect(heard().at(-1)).toMatchObject({ at: everyMs, said: 'en: position 3, en: wait 2' });
    queueing.abort(0, 'missed');
    await until(everyMs + promptMs + 10);
    expect(heard().at(-1)).toEqual(music(everyMs + promptMs));
    expect(await end()).toEqual([]);
  });
});

describe("the agent's number", () => {
  async function answered(agent: string) {
    const caller = await waits();
    const { world, queueing } = caller;
    queueing.offer(0, agent);
    await vi.advanceTimersByTimeAsync(50);
    for (const phone of world.server.sip.ringing) phone.respond(200, sdp);
    const joined = () => [...world.edge.bridges.values()].some((members) => members.size === 2);
    return { ...caller, joined };
  }

  test('is said to the customer alone, whole, and only then the two are joined', async () => {
    const { world, heard, joined, end } = await answered('1002');
    await vi.advanceTimersByTimeAsync(promptMs / 2);
    expect(heard().at(-1)).toMatchObject({ said: 'en: agent 1002', forever: false, end: undefined });
    expect(
      world.edge.heard.filter(({ audio }) => audio.some((one) => 'path' in one && /agent/.test(one.path))),
    ).toHaveLength(1);
    expect(joined()).toBe(false);
    await vi.advanceTimersByTimeAsync(promptMs);
    expect(heard().at(-1)).toMatchObject({ said: 'en: agent 1002', end: 'finished' });
    expect(joined()).toBe(true);
    expect(await end()).toEqual([]);
  });

  test('of one whose number is not to be said is not said', async () => {
    const { heard, joined, end } = await answered('1001');
    await vi.advanceTimersByTimeAsync(promptMs / 2);
    expect(joined()).toBe(true);
    expect(heard().map(({ said }) => said)).toEqual(['en: Welcome.', 'music piano']);
    expect(await end()).toEqual([]);
  });
});

describe('the language', () => {
  const cases: [string, Caller, Language, string][] = [
    ['is that of the dialled number', { did: 'zh' }, 'zh', '欢迎。'],
    ['is the language of a customer, whatever she dialled', { customer: { language: 'zh' } }, 'zh', '欢迎。'],
    ['of a customer counts the other way too', { customer: { language: 'en' }, did: 'zh' }, 'en', 'Welcome.'],
    ['of a customer who has none is that of the number', { customer: {}, did: 'zh' }, 'zh', '欢迎。'],
  ];
  test.each(cases)('%s', async (_, caller, language, welcome) => {
    const { until, heard, world, queueing, request, end } = await waits(caller);
    await until(everyMs + promptMs + 10);
    queueing.offer(0, '1002');
    await vi.advanceTimersByTimeAsync(50);
    for (const phone of world.server.sip.ringing) phone.respond(200, sdp);
    await vi.advanceTimersByTimeAsync(2 * promptMs);
    expect(heard().map(({ said }) => said)).toEqual([
      `${language}: ${welcome}`,
      'music piano',
      `${language}: position 3, ${language}: wait 2`,
      'music piano',
      `${language}: agent 1002`,
    ]);
    // So that an agent is chosen who speaks it, and sees it.
    expect(request).toMatchObject({ queue: 'service', language });
    const [call] = world.server.calls.list();
    expect(world.server.calls.content(call?.interaction ?? '')).toMatchObject({ language });
    expect(await end()).toEqual([]);
  });
});

test.each([
  ['vip', 'vip', 'music harp'],
  ['other', 'service', 'music piano'],
])('a customer with the tag %s comes to the queue %s, and hears its music', async (tag, queue, hears) => {
  const { request, heard, end } = await waits({ customer: { tags: [tag] } });
  expect(request).toMatchObject({ queue });
  expect(heard().at(-1)).toMatchObject({ said: hears, forever: true });
  expect(await end()).toEqual([]);
});
