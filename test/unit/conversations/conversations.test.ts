import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelSchema } from '../../../server/directory/index.ts';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = new World();
  await world.configure(
    { id: 'web', to: { queue: 'service' }, firstAnswerMs: 15_000, idleMs: 600_000 },
    { id: 'weibo', channel: 'social', to: { queue: 'service' }, approval: true },
  );
  world.start();
});
afterEach(() => world.close());

const text = (given: string) => ({ type: 'text' as const, text: given });

/** A chat that 1001 has. */
async function active(thread = 'v1'): Promise<string> {
  if (world.routing.agent('1001')?.presence !== 'ready') world.ready('1001');
  const chat = await world.says('web', thread, 'Hello');
  await world.accepts('1001', chat);
  return chat;
}

describe('a conversation', () => {
  it('comes into the queue, is offered, accepted, answered and closed', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'My card is lost');
    expect(world.phase(chat)).toMatch(/queued|offered/);
    await world.accepts('1001', chat);
    expect(world.conversations.get(chat)).toMatchObject({ phase: 'active', agent: '1001', name: 'Wang', messages: 1 });
    expect(world.routing.agent('1001')?.contacts).toMatchObject([{ interaction: chat, state: 'connected' }]);

    const sent = await world.conversations.send('1001', chat, text('I block it now.'), 'k1');
    expect(sent).toMatchObject({ number: 2, author: 'agent', state: 'waiting' });
    expect(world.written('web', 'v1')).toEqual(['I block it now.']);
    await world.conversations.close('1001', chat);
    await world.settle();
    expect(world.phase(chat)).toBe('closed');
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
    expect(world.events(chat)).toEqual(
      expect.arrayContaining([
        'interaction.started',
        'interaction.identified',
        'message.received',
        'interaction.queued',
        'interaction.offered',
        'interaction.offer-ended',
        'interaction.answered',
        'message.sent',
        'conversation.answered',
        'interaction.talk-ended',
        'interaction.ended',
      ]),
    );
    const states = world.outbound('web').flatMap((item) => (item.item === 'state' ? [item.state] : []));
    expect(states).toEqual(['queued', 'active', 'closed']);
  });

  it('takes each item once, in one request or in many, before and after its end', async () => {
    const item = world.item('v1', 'Hello');
    const first = await world.conversations.inbound('web', [item, item]);
    expect(first.items.map(({ result }) => result)).toEqual(['taken', 'known']);
    const interaction = first.items[0]?.interaction ?? '';
    expect(first.items[1]?.interaction).toBe(interaction);
    await world.conversations.end(interaction, 'test');
    await world.settle();
    expect((await world.conversations.inbound('web', [item])).items).toMatchObject([{ result: 'known', interaction }]);
    expect(world.conversations.list()).toEqual([]);
    expect(world.conversations.messages(interaction, { limit: 10 })).toHaveLength(1);
  });

  it('answers each item for itself: what is wrong is refused, the rest taken', async () => {
    const answer = await world.conversations.inbound('web', [
      { item: 'delivery', key: 'd1', at: 1, message: 'msg_none', state: 'sent' },
      world.item('v1', 'Hello'),
    ]);
    expect(answer.items.map(({ result }) => result)).toEqual(['refused', 'taken']);
    await expect(world.conversations.inbound('nowhere', [world.item('v1', 'x')])).rejects.toMatchObject({
      code: 'channel-unknown',
    });
  });

  it('is sent once for each key of the panel', async () => {
    const chat = await active();
    const once = await world.conversations.send('1001', chat, text('Hi'), 'k1');
    const again = await world.conversations.send('1001', chat, text('Hi'), 'k1');
    expect(again.id).toBe(once.id);
    expect(world.written('web', 'v1')).toEqual(['Hi']);
  });

  it('is declined, and goes to the next agent', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.until(() => world.offers.length === 1, 'offer');
    const [offer] = world.offers;
    world.routing.decline('1001', offer?.id ?? '');
    await world.settle();
    expect(world.phase(chat)).toBe('queued');
    await expect(world.conversations.accept('1001', offer?.id ?? '')).rejects.toMatchObject({
      code: 'conversation-not-offered',
    });
    world.ready('1002');
    await world.accepts('1002', chat);
    expect(world.conversations.get(chat)?.agent).toBe('1002');
  });

  it('is missed at the deadline, as a call is', async () => {
    await world.site.directory.queues.put({ ...world.site.directory.queues.get('service')!, ringMs: 1_000 }, 'admin');
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.until(() => world.offers.length === 1, 'offer');
    world.site.clock.at += 1_500;
    await world.until(() => world.phase(chat) === 'queued', 'the miss');
    expect(world.routing.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'rona' });
  });

  it('is withdrawn when the customer leaves', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.until(() => world.phase(chat) === 'offered', 'offer');
    await world.conversations.inbound('web', [{ item: 'left', key: 'l1', at: 1, thread: 'v1' }]);
    await world.settle();
    expect(world.phase(chat)).toBe('closed');
    expect(world.routing.agent('1001')).toMatchObject({ presence: 'ready', contacts: [] });
    const ended = world.site.journal.ofInteraction(chat).find(({ type }) => type === 'interaction.ended');
    expect(ended?.data).toMatchObject({ where: 'ringing', by: 'customer' });
  });

  it('is accepted by itself where her panel answers at once', async () => {
    const agent = world.site.directory.agents.get('1001')!;
    await world.site.directory.agents.put({ ...agent, phone: { kind: 'panel', answers: 'at-once' } }, 'admin');
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.until(() => world.phase(chat) === 'active', 'the accept');
  });
});

describe('time', () => {
  it('measures the first answer of a person, and says when it is late', async () => {
    const chat = await active();
    expect(world.conversations.get(chat)?.unanswered?.due).toBe(world.site.clock.at + 15_000);
    await world.pass(16_000);
    await world.conversations.send('1001', chat, text('Sorry'), 'k1');
    const facts = world.site.journal.ofInteraction(chat);
    expect(facts.find(({ type }) => type === 'conversation.overdue')?.data).toMatchObject({ first: true });
    expect(facts.find(({ type }) => type === 'conversation.answered')?.data).toMatchObject({
      ms: 16_000,
      inTime: false,
      first: true,
    });
    expect(world.conversations.get(chat)?.unanswered).toBeUndefined();
  });

  it('warns before an answer is late, and lets who waits go up', async () => {
    await world.configure({ id: 'web', to: { queue: 'service' }, firstAnswerMs: 15_000, lateRaise: 3 });
    const { queues } = world.site.directory;
    await queues.put({ ...queues.get('service')!, priority: 1 }, 'admin');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.pass(9_000);
    expect(world.events(chat)).not.toContain('conversation.due-soon');
    await world.pass(1_000);
    const [soon] = world.site.journal.ofInteraction(chat).filter(({ type }) => type === 'conversation.due-soon');
    expect(soon?.data).toMatchObject({ via: 'web', first: true, priority: 4 });
    expect(world.conversations.get(chat)?.unanswered).toMatchObject({ soon: true });
    // Somebody whom the queue puts above her, and who came a moment before the alarm would have been first.
    const vip = await world.says('web', 'v2', 'Hello');
    world.routing.change(vip, { priority: 3 });
    world.ready('1001');
    await world.until(() => world.offers.length > 0, 'offer');
    expect(world.offers[0]?.interaction).toBe(chat);
    expect(world.events(chat)).not.toContain('conversation.overdue');
    await world.pass(5_000);
    expect(world.events(chat).filter((type) => type === 'conversation.due-soon')).toHaveLength(1);
    expect(world.events(chat)).toContain('conversation.overdue');
  });

  it('keeps what was raised in the next queue and over a restart', async () => {
    const chat = await world.says('web', 'v1', 'Hello');
    await world.pass(12_000);
    await world.restart();
    expect(world.conversations.get(chat)?.unanswered?.soon).toBe(true);
    world.ready('1001');
    await world.accepts('1001', chat);
    await world.conversations.transfer('1001', chat, { queue: 'loans' });
    await world.settle();
    const queued = world.site.journal.ofInteraction(chat).findLast(({ type }) => type === 'interaction.queued');
    expect(queued?.data.priority).toBe(2);
  });

  it('is the one of the queue where that has its own for the kind of channel', async () => {
    const { queues } = world.site.directory;
    await queues.put({ ...queues.get('service')!, firstAnswerMs: { chat: 60_000 } }, 'admin');
    await queues.put({ ...queues.get('loans')!, firstAnswerMs: { social: 5_000 } }, 'admin');
    const chat = await world.says('web', 'v1', 'Hello');
    const allowed = () => {
      const { unanswered } = world.conversations.get(chat) ?? {};
      return (unanswered?.due ?? 0) - (unanswered?.since ?? 0);
    };
    expect(allowed()).toBe(60_000);
    world.ready('1001');
    await world.accepts('1001', chat);
    // The other queue has none for chats: the channel's own holds there.
    await world.conversations.transfer('1001', chat, { queue: 'loans' });
    expect(allowed()).toBe(15_000);
    const [other] = (await world.conversations.inbound('weibo', [world.item('p', 'Hello')])).items;
    await world.settle();
    const social = world.conversations.get(other?.interaction ?? '')?.unanswered;
    expect((social?.due ?? 0) - (social?.since ?? 0)).toBe(3_600_000);
  });

  it('closes what the customer left alone, but never while she waits for an answer', async () => {
    const chat = await active();
    await world.pass(700_000);
    expect(world.phase(chat)).toBe('active');
    await world.conversations.send('1001', chat, text('Here I am'), 'k1');
    await world.pass(599_000);
    expect(world.phase(chat)).toBe('active');
    await world.pass(2_000);
    expect(world.phase(chat)).toBe('closed');
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
  });

  it('brings her back to the agent who had her', async () => {
    world.ready('1002');
    const first = await world.says('web', 'v1', 'Hello');
    await world.accepts('1002', first);
    await world.conversations.close('1002', first);
    await world.settle();
    world.ready('1001');
    await world.pass(60_000);
    const again = await world.says('web', 'v1', 'One more thing');
    expect(again).not.toBe(first);
    await world.until(() => world.offers.some(({ interaction }) => interaction === again), 'offer');
    expect(world.offers.at(-1)).toMatchObject({ interaction: again, agent: '1002' });
    expect(world.conversations.messages(again, { limit: 10 }).map(({ number }) => number)).toEqual([1, 2]);
  });
});

describe('what the provider allows', () => {
  it('is shown, counted down, and refused when it is over', async () => {
    world.ready('1001');
    const until = world.site.clock.at + 48 * 3_600_000;
    const chat = await world.says('web', 'v1', 'Hello', { window: { until, left: 2 } });
    await world.accepts('1001', chat);
    expect(world.conversations.get(chat)?.window).toEqual({ until, left: 2 });
    await world.conversations.send('1001', chat, text('1'), 'k1');
    await world.conversations.send('1001', chat, text('2'), 'k2');
    await expect(world.conversations.send('1001', chat, text('3'), 'k3')).rejects.toMatchObject({
      code: 'quota-spent',
    });
    await world.says('web', 'v1', 'And?', { window: { until, left: 5 } });
    await world.conversations.send('1001', chat, text('4'), 'k4');
    world.site.clock.at = until;
    await expect(world.conversations.send('1001', chat, text('5'), 'k5')).rejects.toMatchObject({
      code: 'window-closed',
    });
    expect(world.written('web', 'v1')).toEqual(['1', '2', '4']);
  });

  it('does not limit templates, which it approved, and they cost nothing', async () => {
    world.ready('1001');
    const until = world.site.clock.at + 60_000;
    const chat = await world.says('web', 'v1', 'Hello', { window: { until, left: 1 } });
    await world.accepts('1001', chat);
    const template = { type: 'template' as const, template: 'card-sent', values: { first: 'Mary' } };
    await world.conversations.send('1001', chat, template, 'k1');
    expect(world.conversations.get(chat)?.window).toEqual({ until, left: 1 });
    world.site.clock.at = until;
    await world.conversations.send('1001', chat, template, 'k2');
    await expect(world.conversations.send('1001', chat, text('5'), 'k3')).rejects.toMatchObject({
      code: 'window-closed',
    });
  });

  it('is told of each message; what came later is never taken back', async () => {
    const chat = await active();
    const { id } = await world.conversations.send('1001', chat, text('Hi'), 'k1');
    const say = (key: string, state: 'sent' | 'delivered' | 'read' | 'failed', more = {}) =>
      world.conversations.inbound('web', [{ item: 'delivery', key, at: 1, message: id, state, ...more }]);
    const state = () => world.conversations.messages(chat, { limit: 10 }).at(-1)?.state;
    await say('d1', 'delivered');
    expect(state()).toBe('delivered');
    await say('d2', 'sent');
    expect(state()).toBe('delivered');
    await world.conversations.inbound('web', [{ item: 'read', key: 'r', at: 1, thread: 'v1' }]);
    expect(state()).toBe('read');
    const second = await world.conversations.send('1001', chat, text('Again'), 'k2');
    await world.conversations.inbound('web', [
      { item: 'delivery', key: 'd3', at: 1, message: second.id, state: 'failed', code: 'rejected', reason: 'spam' },
    ]);
    expect(world.conversations.messages(chat, { limit: 1 })[0]).toMatchObject({
      state: 'failed',
      failed: { code: 'rejected', reason: 'spam' },
    });
  });

  it('lets the customer take a message back', async () => {
    const item = world.item('v1', 'my password is 1234');
    const { items } = await world.conversations.inbound('web', [item]);
    await world.conversations.inbound('web', [{ item: 'recalled', key: 'r1', at: 1, thread: 'v1', message: item.key }]);
    expect(world.conversations.messages(items[0]?.interaction ?? '', { limit: 5 })[0]?.state).toBe('recalled');
  });
});

describe('people', () => {
  it('hand a conversation to a colleague, with all that was written', async () => {
    const chat = await active();
    await world.conversations.send('1001', chat, text('I ask a colleague'), 'k1');
    world.ready('1002');
    await world.conversations.transfer('1001', chat, { agent: '1002' });
    await expect(world.conversations.send('1001', chat, text('x'), 'k2')).rejects.toMatchObject({
      code: 'conversation-not-yours',
    });
    await world.accepts('1002', chat);
    expect(world.conversations.get(chat)).toMatchObject({ agent: '1002', phase: 'active' });
    expect(world.conversations.messages(chat, { limit: 10 })).toHaveLength(2);
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
  });

  it('hand it to a queue, and never to a number', async () => {
    const chat = await active();
    await expect(world.conversations.transfer('1001', chat, { number: '+861' })).rejects.toMatchObject({
      code: 'transfer-to-number',
    });
    await expect(world.conversations.transfer('1001', chat, { queue: 'gold' })).rejects.toMatchObject({
      code: 'queue-unknown',
    });
    world.routing.notReady('1001', 'lunch');
    await world.conversations.transfer('1001', chat, { queue: 'loans' });
    await world.settle();
    expect(world.conversations.get(chat)).toMatchObject({ phase: 'queued', queue: 'loans', agent: undefined });
  });

  it('get nothing straight back that they gave to a queue', async () => {
    const chat = await active();
    await world.conversations.transfer('1001', chat, { queue: 'loans' });
    await world.settle();
    // She is free, and nobody else is there: it waits for somebody else all the same.
    expect(world.phase(chat)).toBe('queued');
    expect(world.routing.explain(chat).at(-1)?.sentence).toContain('not back to agent 1001 at once');
    await world.restart();
    world.ready('1001');
    await world.settle();
    expect(world.phase(chat)).toBe('queued');
    world.ready('1002');
    await world.accepts('1002', chat);
    expect(world.conversations.get(chat)).toMatchObject({ agent: '1002', queue: 'loans' });
  });

  it('get nothing straight back that the colleague of their choice did not take', async () => {
    const chat = await active();
    world.ready('1002');
    await world.conversations.transfer('1001', chat, { agent: '1002' });
    await world.until(() => world.phase(chat) === 'offered');
    const offer = world.offers.findLast((one) => one.interaction === chat && one.agent === '1002');
    world.routing.decline('1002', offer?.id ?? '');
    await world.until(() => world.phase(chat) === 'queued');
    await world.settle();
    expect(world.conversations.get(chat)).toMatchObject({ phase: 'queued', queue: 'service' });
    expect(world.offers.filter(({ agent }) => agent === '1001')).toHaveLength(1);
  });

  it('let a colleague read and write along, who has it when the first one leaves', async () => {
    const chat = await active();
    world.ready('1002');
    await world.conversations.join('1001', chat, '1002');
    await world.conversations.send('1002', chat, text('Hello from me too'), 'k1');
    await world.conversations.note('1002', chat, 'VIP');
    expect(world.written('web', 'v1')).toEqual(['Hello from me too']);
    await world.conversations.leave('1001', chat);
    await world.settle();
    expect(world.conversations.get(chat)).toMatchObject({ agent: '1002', joined: [], phase: 'active' });
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
    expect(world.routing.agent('1002')?.contacts).toMatchObject([{ interaction: chat, state: 'connected' }]);
    await expect(world.conversations.leave('1002', chat)).rejects.toMatchObject({ code: 'conversation-wrong-phase' });
  });

  it('send public answers only when a second person approved them', async () => {
    world.ready('1001');
    const post = { post: 'p1', kind: 'comment' as const, reach: 12 };
    const chat = await world.says('weibo', 'w1', 'Your app is down', { public: post });
    await world.accepts('1001', chat);
    const first = await world.conversations.send('1001', chat, text('No it is not'), 'k1');
    const second = await world.conversations.send('1001', chat, text('We look into it'), 'k2');
    expect([first.state, second.state]).toEqual(['approval', 'approval']);
    expect(world.written('weibo', 'w1')).toEqual([]);
    expect(world.conversations.awaitingApproval(10).map(({ id }) => id)).toEqual([first.id, second.id]);
    await expect(world.conversations.approve('1001', first.id, true)).rejects.toMatchObject({ code: 'approval-own' });
    await world.conversations.approve('1002', first.id, false, 'rude');
    await world.conversations.approve('1002', second.id, true);
    expect(world.written('weibo', 'w1')).toEqual(['We look into it']);
    await expect(world.conversations.approve('1002', second.id, true)).rejects.toMatchObject({
      code: 'message-not-pending',
    });
    expect(world.conversations.awaitingApproval(10)).toEqual([]);
    // What a supervisor writes in her name, in any way, neither of them approves.
    const third = await world.conversations.send('1001', chat, text('Soon'), 'k3', '1002');
    await world.conversations.close('1001', chat);
    const to = { via: 'weibo', thread: 'w1', queue: 'service' };
    await world.conversations.begin('1001', to, text('It works again'), '1002');
    const ids = world.conversations.awaitingApproval(10).map(({ id }) => id);
    expect(ids).toEqual([third.id, expect.any(String)]);
    await world.restart();
    for (const id of ids) {
      for (const by of ['1001', '1002'])
        await expect(world.conversations.approve(by, id, true)).rejects.toMatchObject({ code: 'approval-own' });
      expect(await world.conversations.approve('1003', id, true)).toMatchObject({ state: 'waiting' });
    }
  });

  it('are timed by when a public answer goes out, also where its contact is over by then', async () => {
    const post = { post: 'p1', kind: 'comment' as const };
    const answered = () => world.site.journal.read(0).filter(({ type }) => type === 'conversation.answered');
    const { conversations } = world;
    const chat = await world.says('weibo', 'status/1', 'Your app is down', { public: post });
    const { unanswered } = conversations.get(chat) ?? {};
    expect(unanswered).toBeDefined();
    await world.pass(60_000);
    const rude = await conversations.outside.answer('1001', chat, text('No it is not'), 'k1');
    expect(world.phase(chat)).toBe('closed');
    // Sent back: she waits on, with her age, in the queue again; over a restart, too.
    await world.restart();
    await world.conversations.approve('1002', rude.id, false, 'rude');
    await world.settle();
    const again = world.conversations.list().find(({ thread }) => thread === 'status/1');
    expect(again).toMatchObject({ phase: 'queued', queue: 'service', unanswered: { since: unanswered?.since } });
    expect(answered()).toEqual([]);

    const interaction = again?.interaction ?? '';
    const kind = await world.conversations.outside.answer('1001', interaction, text('We look into it'), 'k2');
    const more = await world.conversations.outside.answer('1001', interaction, text('It works again'), 'k3');
    await world.pass(60_000);
    expect(answered()).toEqual([]);
    const both = [kind, more].map(({ id }) => world.conversations.approve('1002', id, true));
    await Promise.all(both);
    expect(answered()).toMatchObject([
      { interaction, agent: '1001', queue: 'service', data: { via: 'weibo', ms: 120_000, inTime: true, first: true } },
    ]);
    expect(world.written('weibo', 'status/1')).toEqual(['We look into it', 'It works again']);
  });

  it('wait on only when no answer of theirs is left to be read', async () => {
    world.ready('1001');
    const post = { post: 'p1', kind: 'comment' as const };
    const { conversations } = world;
    const chat = await world.says('weibo', 'status/1', 'Your app is down', { public: post });
    await world.accepts('1001', chat);
    const one = await conversations.send('1001', chat, text('No it is not'), 'k1');
    const other = await conversations.send('1001', chat, text('We look into it'), 'k2');
    await conversations.close('1001', chat);
    await conversations.approve('1002', one.id, false);
    await world.settle();
    expect(conversations.list()).toEqual([]);
    // She wrote anew meanwhile: there her older word is what waits.
    const since = world.site.clock.at;
    await world.pass(5_000);
    const next = await world.says('weibo', 'status/1', 'Hello?', { public: post });
    await conversations.approve('1002', other.id, false);
    await world.settle();
    expect(conversations.list()).toMatchObject([{ interaction: next, unanswered: { since } }]);
  });

  it('have answered once where two answers go out at once after the end', async () => {
    world.ready('1001');
    const { conversations } = world;
    const chat = await world.says('weibo', 'status/1', 'Down', { public: { post: 'p1', kind: 'comment' } });
    await world.accepts('1001', chat);
    const one = await conversations.send('1001', chat, text('We look into it'), 'k1');
    const other = await conversations.send('1001', chat, text('It works again'), 'k2');
    await conversations.close('1001', chat);
    await Promise.all([one, other].map(({ id }) => conversations.approve('1002', id, true)));
    expect(world.events(chat).filter((type) => type === 'conversation.answered')).toHaveLength(1);
    expect(world.written('weibo', 'status/1')).toHaveLength(2);
  });

  it('do not get round the second person by beginning anew in public', async () => {
    world.ready('1001');
    const post = { post: 'p1', kind: 'comment' as const };
    const chat = await world.says('weibo', 'status/1', 'Your app is down', { public: post });
    await world.accepts('1001', chat);
    await world.conversations.close('1001', chat);
    await world.restart();
    // An earlier version did not keep with the thread that everybody can read it.
    world.database.prepare(`UPDATE threads SET data = json_remove(data, '$.public')`).run();
    await world.restart();
    world.ready('1001');
    const to = { via: 'weibo', thread: 'status/1', queue: 'service' };
    const begun = await world.conversations.begin('1001', to, text('No it is not'));
    expect(begun.phase).toBe('active');
    expect(world.written('weibo', 'status/1')).toEqual([]);
    expect(world.conversations.awaitingApproval(10)).toMatchObject([{ interaction: begun.interaction, agent: '1001' }]);
    await world.conversations.send('1001', begun.interaction, text('Really not'), 'k1');
    expect(world.conversations.awaitingApproval(10)).toHaveLength(2);
    // What only she reads goes out at once; who knows who reads where nobody wrote yet.
    const hers = await world.says('weibo', 'u1', 'Hello');
    await world.conversations.end(hers, 'supervisor');
    await world.conversations.begin('1001', { ...to, thread: 'u1' }, text('Hello'));
    expect(world.written('weibo', 'u1')).toEqual(['Hello']);
    await world.conversations.begin('1001', { ...to, thread: 'status/2' }, text('Hello all'));
    expect(world.written('weibo', 'status/2')).toEqual([]);
  });

  it('have her called back from the chat', async () => {
    const chat = await active();
    await world.conversations.escalate('1001', chat, { queue: 'service' });
    expect(world.asked).toMatchObject([
      { queue: 'service', number: '+8613800138000', origin: chat, preferred: '1001', name: 'Wang' },
    ]);
    world.number = undefined;
    await expect(world.conversations.escalate('1001', chat, { queue: 'service' })).rejects.toMatchObject({
      code: 'number-missing',
    });
  });

  it('are told by the system once for each key, and the conversation ends with that', async () => {
    const to = { via: 'web', thread: 'v8' };
    const told = await world.conversations.tell(to, text('Your parcel is there'), 'parcel-1');
    const again = await world.conversations.tell(to, text('Your parcel is there'), 'parcel-1');
    expect(again.id).toBe(told.id);
    expect(world.written('web', 'v8')).toEqual(['Your parcel is there']);
    expect(world.conversations.list()).toEqual([]);
  });

  it('are told nothing by the system where everybody reads it, and are not looked for in work items', async () => {
    const { channels } = world.site.directory;
    const tickets = { site: 'hq', id: 'tickets', kind: 'work', channel: 'work', to: { queue: 'service' } };
    await channels.put(channelSchema.parse(tickets), 'admin');
    const from = { identities: [{ kind: 'weibo', value: 'wang' }] };
    const post = { post: 'p1', kind: 'comment' as const };
    await world.says('weibo', 'wang', 'Hello', { from });
    await world.pass(1_000);
    await world.says('weibo', 'status/1', 'Your app is down', { from, public: post });
    await world.says('tickets', 'wrk_1', 'Look into it', { from });
    expect(world.conversations.placesOf(['cus_wang']).map(({ thread }) => thread)).toEqual(['wang']);
    const to = { via: 'weibo', thread: 'status/1' };
    await expect(world.conversations.tell(to, text('Your parcel is there'), 'p')).rejects.toMatchObject({
      code: 'thread-public',
    });
    expect(world.written('weibo', 'status/1')).toEqual([]);
  });

  it('write first', async () => {
    world.ready('1001');
    const to = { via: 'web', thread: 'v9', queue: 'service' };
    const begun = await world.conversations.begin('1001', to, text('Your card is ready'));
    expect(begun).toMatchObject({ phase: 'active', agent: '1001', messages: 1 });
    expect(world.written('web', 'v9')).toEqual(['Your card is ready']);
    await expect(world.conversations.begin('1002', to, text('x'))).rejects.toMatchObject({ code: 'conversation-open' });
    const answer = await world.says('web', 'v9', 'Thank you');
    expect(answer).toBe(begun.interaction);
    await world.conversations.close('1001', begun.interaction);
    await world.settle();
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
  });

  it('are gone for good when they are erased', async () => {
    const chat = await active();
    await world.conversations.send('1001', chat, text('Dear Mr Wang'), 'k1');
    await world.site.journal.append([], () =>
      world.conversations.records.erase({ customers: ['cus_v1'], interactions: [chat] }),
    );
    await world.settle();
    expect(world.phase(chat)).toBe('closed');
    const { database } = world.site.opened;
    const kept = ['messages', 'outbound', 'conversations', 'threads'].map((table) =>
      JSON.stringify(database.prepare(`SELECT * FROM ${table}`).all()),
    );
    for (const rows of kept) expect(rows).not.toMatch(/Wang|Hello/);
  });

  it('take the number with them by which they wrote, and their messages stay one thread', async () => {
    const number = '+8613912345678';
    const { channels } = world.site.directory;
    const texts = { site: 'hq', id: 'texts', kind: 'sms', channel: 'sms', to: { queue: 'service' } };
    await channels.put(channelSchema.parse(texts), 'admin');
    const from = { identities: [{ kind: 'sms', value: 'wang' }] };
    const first = await world.says('texts', number, 'Hello', { from });
    await world.conversations.end(first, 'supervisor');
    // As a conversation is kept in which the customer was asked whether to call her back.
    const place = `json_object('since', 1, 'callback', json_object('number', '${number}'))`;
    world.database.prepare(`UPDATE conversations SET data = json_set(data, '$.place', ${place})`).run();
    const second = await world.says('texts', number, 'Hello again', { from });
    const erase = (customers: string[], interactions: string[]) =>
      world.site.journal.append([], () => world.conversations.records.erase({ customers, interactions }));
    const kept = () =>
      ['messages', 'outbound', 'conversations', 'threads', 'thread_calls']
        .map((table) => JSON.stringify(world.database.prepare(`SELECT * FROM ${table}`).all()))
        .join('\n');
    // By retention, one after the other: the place keeps its name as long as somebody is there.
    await erase([], [first]);
    await world.settle();
    expect(kept()).not.toContain('"callback"');
    expect(kept()).toContain(number);
    expect(world.conversations.placesOf(['cus_wang'])).toMatchObject([{ thread: number }]);
    await erase(['cus_wang'], [first, second]);
    await world.settle();
    expect(kept()).not.toContain(number);
    const threads = ['messages', 'conversations', 'threads'].flatMap((table) =>
      world.database.prepare<[], string>(`SELECT DISTINCT thread FROM ${table}`).pluck().all(),
    );
    expect(new Set(threads).size).toBe(1);
    expect(world.conversations.messages(first, { limit: 10 }).map(({ number: one }) => one)).toEqual([1, 2]);
    expect(world.conversations.placesOf(['cus_wang'])).toEqual([]);
    await expect(world.conversations.outside.queue(first, 'service')).rejects.toMatchObject({
      code: 'conversation-unknown',
    });
    // She may come again, as somebody new.
    const again = await world.says('texts', number, 'Good morning', { from });
    expect(world.conversations.messages(again, { limit: 10 })).toMatchObject([{ number: 1 }]);
  });
});

describe('capacity', () => {
  it('lets an agent have as many chats as she has room for, and a call on top, but no chat beside a call', async () => {
    world.ready('1001');
    const chats: string[] = [];
    for (const thread of ['a', 'b', 'c', 'd']) chats.push(await world.says('web', thread, 'Hello'));
    for (const chat of chats.slice(0, 3)) await world.accepts('1001', chat);
    await world.settle();
    expect(world.phase(chats[3]!)).toBe('queued');
    const rung: string[] = [];
    const call = {
      interaction: 'int_call',
      channel: 'voice' as const,
      pop: () => ({ ...world.conversations.content(chats[0]!)!, interaction: 'int_call', channel: 'voice' as const }),
      offer: async ({ agent }: { agent: string }) => {
        rung.push(agent);
        return 'accepted' as const;
      },
    };
    world.routing.enqueue(call, { queue: 'service' }, () => undefined);
    await world.until(() => rung.length === 1, 'the call');
    await world.conversations.close('1001', chats[0]!);
    await world.settle();
    // She talks: the chat that waits is not offered to her, though she has room for three.
    expect(world.phase(chats[3]!)).toBe('queued');
    world.routing.finished('int_call', '1001', 'customer');
    await world.accepts('1001', chats[3]!);
  });

  it('counts what she reads along, until she leaves it, it ends, it is hers, or she goes home', async () => {
    const { conversations } = world;
    const [a, b, c] = [await active('a'), await active('b'), await active('c')];
    world.ready('1002');
    const along = () => world.routing.agent('1002')?.occupied;
    for (const chat of [a, b, c]) await conversations.join('1001', chat, '1002');
    await world.settle();
    expect(along()).toEqual({ chat: 3 });
    // Both have three on hand: nobody has room.
    const waits = await world.says('web', 'd', 'Hello');
    expect(world.phase(waits)).toBe('queued');
    await conversations.leave('1002', a);
    await world.accepts('1002', waits);
    expect(along()).toEqual({ chat: 2 });
    await conversations.close('1001', b);
    expect(along()).toEqual({ chat: 1 });
    // It is hers now, and counts once.
    await conversations.leave('1001', c);
    await world.settle();
    expect(along()).toEqual({});
    expect(world.routing.agent('1002')?.contacts.map(({ state }) => state)).toEqual(['connected', 'connected']);
    await conversations.join('1001', a, '1002');
    await world.restart();
    expect(along()).toEqual({ chat: 1 });
    world.conversations.signedOut('1002');
    await world.settle();
    expect(along()).toEqual({});
    expect(world.conversations.get(a)?.joined).toEqual([]);
    expect(world.events(a)).toContain('conversation.left');
  });

  it('does not count what is read along where the channel says so', async () => {
    await world.configure({ id: 'web', to: { queue: 'service' }, joining: 'free' });
    const chat = await active();
    world.ready('1002');
    await world.conversations.join('1001', chat, '1002');
    await world.settle();
    expect(world.routing.agent('1002')?.occupied).toEqual({});
  });
});

describe('one router', () => {
  it('hears that somebody answered straight out of the queue: nobody gave up, and nothing failed', async () => {
    const chat = await world.says('web', 'v1', 'Hello');
    expect(world.phase(chat)).toBe('queued');
    await world.conversations.outside.answer('2001', chat, text('Soon'), 'k1');
    await world.settle();
    expect(world.phase(chat)).toBe('closed');
    const left = world.site.journal.ofInteraction(chat).filter(({ type }) => type === 'interaction.queue-left');
    expect(left.map(({ data }) => data.why)).toEqual(['answered']);
  });

  const kinds = ['chat', 'social', 'mail', 'sms', 'work'] as const;

  it('gives chats, social messages, mails, texts and work items of one queue to whoever has room and skill, by priority', async () => {
    const { agents, skills } = world.site.directory;
    await skills.put({ site: 'hq', name: 'loans' }, 'admin');
    const capacity = { chat: 1, social: 1, mail: 1, sms: 1, work: 1 };
    const of = (id: string) => ({ ...agents.get(id)!, capacity });
    await agents.put({ ...of('1001'), skills: { loans: 2 } }, 'admin');
    await agents.put({ ...of('1002'), skills: { loans: 4 } }, 'admin');
    const wants = { skills: [{ skill: 'loans', least: 3 }] };
    await world.configure(
      ...kinds.map((channel, at) => ({
        id: `to-${channel}`,
        channel,
        to: { queue: 'service' },
        priority: at,
        ...wants,
      })),
    );
    for (const id of ['1001', '1002'])
      await agents.put({ ...of(id), skills: { loans: id === '1001' ? 2 : 4 } }, 'admin');
    const came: string[] = [];
    for (const channel of kinds) came.push(await world.says(`to-${channel}`, 'v1', 'Hello'));
    // She knows too little of it, and waits for nothing: each of them waits.
    world.ready('1001');
    await world.settle();
    expect(came.map((one) => world.phase(one))).toEqual(kinds.map(() => 'queued'));
    world.ready('1002');
    for (const one of came) await world.accepts('1002', one);
    expect(world.offers.every(({ agent }) => agent === '1002')).toBe(true);
    expect(
      world.routing
        .agent('1002')
        ?.contacts.map(({ channel }) => channel)
        .sort(),
    ).toEqual([...kinds].sort());
    // The later ones had the higher priority, and went first.
    const order = world.offers.map(({ interaction }) => interaction);
    expect(order).toEqual([...came].reverse());
    // She has one of each: another mail waits, and the figure of the queue knows.
    const second = await world.says('to-mail', 'v2', 'Hello');
    expect(world.phase(second)).toBe('queued');
    expect(world.routing.queues().find(({ queue }) => queue === 'service')?.waiting).toBe(1);
  });

  it('hands what the bot learned to the agent: the path and the variables, also to the next one', async () => {
    world.setFlows({
      bank: {
        menu: {
          type: 'menu',
          prompt: { en: 'What?', zh: '什么？' },
          choices: { 1: { next: 'number', label: 'Loans' } },
          timeout: 'agent',
          invalid: 'agent',
        },
        number: {
          type: 'collect',
          prompt: { en: 'Which?', zh: '哪个？' },
          variable: 'contract',
          max: 8,
          next: 'agent',
          timeout: 'agent',
          invalid: 'agent',
        },
        agent: { type: 'queue', queue: 'service', overflow: 'bye' },
        bye: { type: 'hangup' },
      },
    });
    await world.configure({ id: 'bot', to: { flow: 'bank' } });
    const chat = await world.says('bot', 'v1', 'Hello');
    await world.says('bot', 'v1', { type: 'choice', key: '1' });
    await world.says('bot', 'v1', '4711');
    world.ready('1001');
    await world.accepts('1001', chat);
    const seen = () => {
      const { path, variables } = world.conversations.content(chat)!;
      return { path, contract: variables.contract };
    };
    const learned = { path: [{ label: 'Loans' }, { label: 'contract', value: '4711' }, {}], contract: '4711' };
    expect(seen()).toMatchObject(learned);
    world.ready('1002');
    await world.conversations.transfer('1001', chat, { queue: 'loans' });
    await world.accepts('1002', chat);
    expect(seen()).toMatchObject(learned);
    expect(world.conversations.messages(chat, { limit: 10 })).toHaveLength(5);
  });
});

describe('a flood', () => {
  it('is answered with "later" while the disk refuses, and nothing of it is lost or doubled afterwards', async () => {
    const item = world.item('v1', 'Hello');
    const { database } = world.site.opened;
    // No page more: as on a full disk.
    const pages = database.pragma('page_count', { simple: true }) as number;
    database.pragma(`max_page_count = ${pages}`);
    const large = world.item('v1', 'x'.repeat(90_000));
    await expect(world.conversations.inbound('web', [item, large])).rejects.toMatchObject({
      code: 'conversations-busy',
      status: 503,
      details: { seconds: 2 },
    });
    await expect(world.conversations.inbound('web', [item, large])).rejects.toMatchObject({
      code: 'conversations-busy',
    });
    database.pragma('max_page_count = 1073741823');
    await world.until(() => world.site.journal.trouble === undefined, 'the disk');
    const { items } = await world.conversations.inbound('web', [item, large]);
    expect(items.map(({ result }) => result)).toEqual(['known', 'known']);
    expect(world.conversations.messages(items[0]?.interaction ?? '', { limit: 10 })).toHaveLength(2);
  });

  it('of one customer is kept, not routed message by message, and what is far too much waits at the connector', async () => {
    await world.configure({ id: 'web', to: { queue: 'service' }, mostPerMinute: 2 });
    const items = Array.from({ length: 14 }, (_, i) => world.item('v1', `Word ${i + 1}`));
    const other = world.item('v2', 'Hello');
    const { items: answers, slow } = await world.conversations.inbound('web', [...items, other]);
    await world.settle();
    // Two at once, eight more are kept; the rest was not taken, and nothing overtakes it. Others go on.
    expect(answers.map(({ key, result }) => `${key} ${result}`)).toEqual(
      [...items.slice(0, 10), other].map(({ key }) => `${key} taken`),
    );
    expect(slow).toMatchObject([{ thread: 'v1' }]);
    expect(slow?.[0]?.ms).toBeGreaterThan(200_000);
    expect(world.conversations.list()).toHaveLength(2);
    expect(world.conversations.counts().flooded).toBe(9);
    const chat = answers[0]?.interaction ?? '';
    const words = () => world.conversations.messages(chat, { limit: 100 }).map(({ content }) => content);
    expect(words()).toHaveLength(10);
    // What it brings again is taken, in order, once there is room; what it had brought is known.
    world.site.clock.at += 400_000;
    const again = await world.conversations.inbound('web', [...items.slice(8, 12)]);
    expect(again.items.map(({ result }) => result)).toEqual(['known', 'known', 'taken', 'taken']);
    expect(again.slow).toBeUndefined();
    await world.settle();
    expect(words()).toEqual(items.slice(0, 12).map((item) => 'content' in item && item.content));
  });

  it('that ends at once begins no conversation for each message', async () => {
    world.setFlows({ shut: { bye: { type: 'hangup' } } });
    await world.configure({ id: 'shut', to: { flow: 'shut' }, mostPerMinute: 3 });
    const items = Array.from({ length: 9 }, (_, i) => world.item('v1', `Word ${i}`));
    const { items: answers } = await world.conversations.inbound('shut', items);
    await world.settle();
    expect(new Set(answers.map(({ interaction }) => interaction)).size).toBe(4);
    const last = answers.at(-1)?.interaction ?? '';
    expect(world.phase(last)).toBe('bot');
    await world.pass(180_000);
    expect(world.phase(last)).toBe('closed');
  });

  it('of answers of a machine does not make the bot answer each of them', async () => {
    const ask = {
      type: 'menu',
      prompt: { en: 'What?', zh: '什么？' },
      choices: { 1: 'ask' },
      timeout: 'bye',
      invalid: 'ask',
    };
    world.setFlows({ loop: { ask, bye: { type: 'hangup' } } });
    await world.configure({ id: 'loop', to: { flow: 'loop' }, mostPerMinute: 5 });
    const chat = await world.says('loop', 'v1', 'Hello');
    for (let i = 0; i < 15; i++) await world.says('loop', 'v1', '1');
    expect(world.written('loop', 'v1')).toHaveLength(5);
    // It hears the last one as soon as there is room.
    await world.pass(60_000);
    await world.pass(120_000);
    expect(world.written('loop', 'v1')).toHaveLength(6);
    expect(world.phase(chat)).toBe('bot');
  });

  it('of facts and steps does not fill the memory', async () => {
    let chat = '';
    for (let at = 0; at < 30; at++) {
      const variables = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`v${at}-${n}`, 'x']));
      chat = await world.says('web', 'v1', 'Hello', { variables });
    }
    expect(Object.keys(world.conversations.get(chat)?.variables ?? {})).toHaveLength(100);
  });
});
