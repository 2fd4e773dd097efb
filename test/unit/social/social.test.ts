import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageReceived } from '../../../server/conversations/events.ts';
import {
  InteractionProjector,
  InteractionRows,
  interactionAnswered,
  interactionQueued,
  interactionStarted,
} from '../../../server/customers/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { Clusters, feelingOf, priorityOf, Social, socialFigures } from '../../../server/social/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

let site: TestSite;
let social: Social;
let projector: InteractionProjector;
let raised: [string, number][];
const day = '2026-01-05';

function open(): void {
  const raise = (interaction: string, priority: number) => void raised.push([interaction, priority]);
  const { opened, journal, clock } = site;
  social = new Social({ database: opened.database, journal, timeZone: 'Asia/Shanghai', raise, clock, logger });
}

beforeEach(async () => {
  site = openSite();
  site.clock.at = Date.parse('2026-01-05T10:00:00+08:00');
  raised = [];
  projector = new InteractionProjector(site.journal, new InteractionRows(site.opened.database), logger, site.clock);
  await projector.start();
  open();
  await social.start();
});
afterEach(async () => {
  await social.close();
  await projector.stop();
  await site.close();
});

const figures = (from: string, until: string) => site.opened.reader.ask(socialFigures, { site: 'hq', from, until });

let count = 0;
async function posted(text: string, post: object = {}, customer = 'cus_1'): Promise<string> {
  const number = ++count;
  const interaction = `int_${number}`;
  const { at } = site.clock;
  const item = { post: `p${number}`, kind: 'mention', ...post };
  const data = { message: `msg_${number}`, number: 1, via: 'weibo-bank', type: 'text', text, public: item };
  await site.journal.append([
    newEvent(interactionStarted, at, { channel: 'social' as const, direction: 'in' as const }, { interaction }),
    newEvent(messageReceived, at, data, { interaction, customer }),
  ]);
  await social.settled();
  site.clock.at += 1_000;
  return interaction;
}

it('counts awareness, resonance, satisfaction and engagement for each channel and day', async () => {
  const first = await posted('Terrible service, avoid', { reach: 9_000, likes: 40, shares: 10 });
  await posted('Great app, love it', { reach: 1_000, comments: 10 });
  await posted('What are your hours on Saturday?', {});
  await posted('Worst bank ever', { reach: 2_000 });
  await site.journal.append([newEvent(interactionAnswered, site.clock.at, {}, { interaction: first, agent: '1001' })]);
  await projector.settled();
  expect(await figures(day, day)).toEqual([
    expect.objectContaining({
      via: 'weibo-bank',
      items: 4,
      awareness: 12_000,
      resonance: 5,
      satisfaction: -0.25,
      engagement: 0.25,
    }),
  ]);
  expect(await figures('2026-01-06', '2026-01-07')).toEqual([]);
});

it('puts what is angry and widely read in front, now and when it comes into a queue', async () => {
  const interaction = await posted('骗子银行，太差了，我要投诉', { reach: 1_000_000 });
  const [[, high]] = raised as [[string, number]];
  await posted('请问周末营业吗', { reach: 10 });
  const [, [, low]] = raised as [[string, number], [string, number]];
  expect(high).toBeGreaterThanOrEqual(7);
  expect(low).toBeLessThanOrEqual(3);
  await site.journal.append([
    newEvent(interactionQueued, site.clock.at, { priority: 1 }, { interaction, queue: 'social' }),
  ]);
  await social.settled();
  expect(raised.at(-1)).toEqual([interaction, high]);
  expect(priorityOf(1e12, feelingOf('scam scam scam scam'))).toBe(10);
  expect(priorityOf(0, feelingOf('love love love'))).toBe(2);
});

it('gathers those who ask the same, over a restart, and forgets the words of whom was erased', async () => {
  await posted('转账一直不到账怎么回事，急', {}, 'cus_a');
  await posted('@某银行 转账一直不到账，怎么回事？', { reach: 500 });
  await posted('信用卡年费怎么免除');
  await social.close();
  open();
  await social.start();
  await posted('我的转账一直不到账是怎么回事啊');
  const [question, ...others] = social.questions({ site: 'hq' }, 0, site.clock.at, 10);
  expect(question).toMatchObject({ items: 3, reach: 500, sample: '转账一直不到账怎么回事，急' });
  expect(others).toEqual([]);
  await site.journal.erase(['cus_a', `int_${count - 3}`], 'admin');
  await social.settled();
  expect(social.questions({ site: 'hq' }, 0, site.clock.at, 10)[0]).toMatchObject({ items: 3, sample: undefined });
});

it('clusters the same way each time, and apart what is apart', () => {
  const asked: [question: string, texts: string[]][] = [
    [
      'login',
      [
        'I cannot log in to the app since the update',
        'cannot log in to the app since the last update!!',
        'Since the update I cannot log in to the app',
      ],
    ],
    [
      'refund',
      [
        'Where is my refund for order 4711?',
        'where is my refund for order 99',
        '@bank where is my refund for the order',
      ],
    ],
    ['网点', ['请问附近哪个网点周末营业', '附近哪个网点周末营业？', '请问周末附近哪个网点营业呢']],
    ['短信', ['短信验证码一直收不到怎么办', '一直收不到短信验证码，怎么办', '短信验证码收不到怎么办啊']],
  ];
  const run = () => {
    const clusters = new Clusters();
    return [0, 1, 2].flatMap((round) =>
      asked.map(([name, texts], index) => [name, clusters.of(texts[round]!, `msg_${round}${index}`, round)?.id]),
    );
  };
  const once = run();
  expect(run()).toEqual(once);
  const groups = Map.groupBy(once, ([, cluster]) => cluster);
  expect(groups.size).toBe(asked.length);
  for (const members of groups.values()) expect(new Set(members.map(([name]) => name)).size).toBe(1);
  expect(new Clusters().of('ok', 'msg_1', 0)).toBeUndefined();
});
