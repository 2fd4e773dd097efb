import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;

const bank = {
  welcome: { type: 'say', prompt: [{ en: 'Welcome to the bank.', zh: '欢迎。' }, 'jingle'], next: 'menu' },
  menu: {
    type: 'menu',
    prompt: { en: 'What is it about?', zh: '请问您需要什么？' },
    choices: {
      1: { next: 'account', label: 'Balance', button: { zh: '余额' } },
      2: { next: 'agent', label: 'An agent' },
    },
    invalidPrompt: { en: 'I did not understand.', zh: '我没有听懂。' },
    tries: 2,
    timeout: 'bye',
    invalid: 'agent',
  },
  account: {
    type: 'collect',
    prompt: { en: 'Your account?', zh: '账号？' },
    variable: 'account',
    min: 4,
    max: 8,
    next: 'pin',
    timeout: 'bye',
    invalid: 'bye',
  },
  pin: {
    type: 'collect',
    prompt: { en: 'Your PIN?', zh: '密码？' },
    variable: 'pin',
    max: 4,
    secret: true,
    next: 'check',
    timeout: 'bye',
    invalid: 'bye',
  },
  check: { type: 'branch', cases: [{ if: { variable: 'pin', equals: '4711' }, next: 'told' }], next: 'bye' },
  told: { type: 'say', prompt: { en: 'Account {account} has 12 euros.', zh: '余额 12。' }, next: 'agent' },
  agent: { type: 'queue', queue: 'service', next: 'survey', overflow: 'bye' },
  survey: {
    type: 'menu',
    prompt: { en: 'Were you happy?', zh: '满意吗？' },
    choices: { 1: 'bye', 2: 'bye' },
    timeout: 'bye',
    invalid: 'bye',
  },
  bye: { type: 'hangup', prompt: { en: 'Goodbye.', zh: '再见。' } },
};

beforeEach(async () => {
  world = new World();
  world.setFlows({ bank });
  await world.configure({ id: 'web', to: { flow: 'bank' } });
  world.start();
});
afterEach(() => world.close());

const menus = (thread: string) =>
  world
    .outbound('web')
    .flatMap((item) =>
      item.item === 'message' && item.thread === thread && item.content.type === 'menu' ? [item.content] : [],
    );

describe('the bot', () => {
  it('says texts, asks by buttons, and leaves a recording without a text out, with a finding', async () => {
    const chat = await world.says('web', 'v1', 'hi');
    expect(world.written('web', 'v1')[0]).toBe('Welcome to the bank.');
    expect(menus('v1')).toEqual([
      {
        type: 'menu',
        text: 'What is it about?',
        choices: [
          { key: '1', label: 'Balance' },
          { key: '2', label: 'An agent' },
        ],
      },
    ]);
    const faults = world.site.journal.ofInteraction(chat).filter(({ type }) => type === 'conversation.flow-faulted');
    expect(faults.map(({ data }) => data.code)).toEqual(['recording-without-text']);
    expect(world.phase(chat)).toBe('bot');
  });

  it.each([
    ['a digit', { type: 'text' as const, text: '2' }],
    ['a full-width digit', { type: 'text' as const, text: ' ２ ' }],
    ['the label', { type: 'text' as const, text: 'an AGENT' }],
    ['the button', { type: 'choice' as const, key: '2', label: 'An agent' }],
  ])('takes %s as the choice', async (_, content) => {
    const chat = await world.says('web', 'v1', 'hi');
    await world.says('web', 'v1', content);
    expect(world.phase(chat)).toBe('queued');
    expect(world.conversations.content(chat)?.path).toMatchObject([
      { node: 'menu', type: 'menu', label: 'An agent', value: '2' },
      { node: 'agent', type: 'queue', value: 'service' },
    ]);
  });

  it('speaks Chinese to who does', async () => {
    const item = world.item('v1', '你好');
    if (item.item === 'message') item.from.language = 'zh';
    await world.conversations.inbound('web', [item]);
    expect(world.written('web', 'v1')[0]).toBe('欢迎。');
    expect(menus('v1')[0]?.choices).toEqual([
      { key: '1', label: '余额' },
      { key: '2', label: 'An agent' },
    ]);
    await world.says('web', 'v1', '余额');
    expect(world.written('web', 'v1').at(-1)).toBe('账号？');
  });

  it('asks again after nonsense, then goes the way of the flow', async () => {
    const chat = await world.says('web', 'v1', 'hi');
    await world.says('web', 'v1', 'whatever');
    expect(menus('v1').at(-1)?.text).toBe('I did not understand. What is it about?');
    await world.says('web', 'v1', 'nonsense');
    expect(world.phase(chat)).toBe('queued');
  });

  it('collects what is written, and masks what is secret everywhere', async () => {
    const chat = await world.says('web', 'v1', 'hi');
    await world.says('web', 'v1', '1');
    await world.says('web', 'v1', '12');
    expect(world.written('web', 'v1').at(-1)).toBe('Your account?');
    await world.says('web', 'v1', '6222 0212-3456 7890');
    expect(world.written('web', 'v1').at(-1)).toBe('Your PIN?');
    await world.says('web', 'v1', '4711');
    expect(world.written('web', 'v1').at(-1)).toBe('Account 6222021234567890 has 12 euros.');
    expect(world.phase(chat)).toBe('queued');
    const { database } = world.site.opened;
    for (const table of ['journal', 'messages', 'conversations', 'outbound', 'threads']) {
      expect(JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all())).not.toContain('4711');
    }
    expect(world.conversations.messages(chat, { limit: 50 }).map(({ content }) => content)).toContainEqual({
      type: 'text',
      text: '••••',
    });
    expect(world.conversations.get(chat)?.variables).toEqual({ account: '6222021234567890' });
  });

  it('stops waiting for an answer', async () => {
    const chat = await world.says('web', 'v1', 'hi');
    await world.pass(119_000);
    expect(menus('v1')).toHaveLength(1);
    await world.pass(2_000);
    expect(menus('v1')).toHaveLength(2);
    await world.pass(121_000);
    expect(world.phase(chat)).toBe('closed');
    expect(world.written('web', 'v1').at(-1)).toBe('Goodbye.');
  });

  it('has the customer back after the agent, where the flow wants that', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'hi');
    await world.says('web', 'v1', '2');
    await world.accepts('1001', chat);
    await world.conversations.close('1001', chat);
    await world.settle();
    expect(world.phase(chat)).toBe('bot');
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
    expect(menus('v1').at(-1)?.text).toBe('Were you happy?');
    await world.says('web', 'v1', '1');
    expect(world.phase(chat)).toBe('closed');
  });

  it('goes on over a restart where it was, without saying anything twice', async () => {
    const chat = await world.says('web', 'v1', 'hi');
    await world.says('web', 'v1', '1');
    const before = world.written('web', 'v1').length;
    await world.restart();
    expect(world.written('web', 'v1')).toHaveLength(before);
    expect(await world.says('web', 'v1', '12345')).toBe(chat);
    expect(world.written('web', 'v1').at(-1)).toBe('Your PIN?');
    // Its patience is kept too.
    await world.restart();
    await world.pass(130_000);
    expect(world.written('web', 'v1').at(-1)).toBe('Your PIN?');
    expect(world.written('web', 'v1')).toHaveLength(before + 2);
  });

  it('starts its flow anew where that was changed under it', async () => {
    await world.says('web', 'v1', 'hi');
    await world.says('web', 'v1', '1');
    const { menu, agent, survey, bye } = bank;
    world.setFlows({ bank: { menu: { ...menu, choices: { 1: 'agent', 2: 'bye' } }, agent, survey, bye } });
    await world.restart();
    expect(menus('v1')).toHaveLength(2);
  });

  it('says so where a conversation is to be transferred to a number', async () => {
    world.setFlows({
      bank: {
        go: { type: 'transfer', to: '+861234567', error: 'bye' },
        bye: { type: 'hangup', prompt: { en: 'Goodbye.', zh: '再见。' } },
      },
    });
    const chat = await world.says('web', 'v1', 'hi');
    expect(world.phase(chat)).toBe('closed');
    const faults = world.site.journal.ofInteraction(chat).filter(({ type }) => type === 'conversation.flow-faulted');
    expect(faults.map(({ data }) => data.code)).toEqual(['transfer-to-number']);
  });

  it('begins with a customer who follows, and is told what she did', async () => {
    const from = { identities: [{ kind: 'wechat', value: 'o1' }] };
    const follow = {
      item: 'event' as const,
      key: 'e1',
      at: 1,
      thread: 'o1',
      from,
      name: 'follow',
      data: { scene: 'qr' },
    };
    const { items } = await world.conversations.inbound('web', [follow]);
    await world.settle();
    expect(menus('o1')).toHaveLength(1);
    expect(world.conversations.get(items[0]?.interaction ?? '')?.variables).toMatchObject({
      event: 'follow',
      scene: 'qr',
    });
    await world.conversations.inbound('web', [{ ...follow, key: 'e2', name: 'menu', data: { key: '2' } }]);
    expect(world.phase(items[0]?.interaction ?? '')).toBe('queued');
    const page = await world.conversations.inbound('web', [{ ...follow, key: 'e3', thread: 'o2', name: 'page' }]);
    expect(page.items[0]).toEqual({ key: 'e3', result: 'taken' });
  });
});
