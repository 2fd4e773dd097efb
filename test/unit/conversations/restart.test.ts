import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = new World();
  await world.configure({ id: 'web', to: { queue: 'service' } });
  world.start();
});
afterEach(() => world.close());

describe('a restart', () => {
  it('keeps who waits, with her age', async () => {
    const chat = await world.says('web', 'v1', 'Hello');
    const since = world.site.clock.at;
    await world.pass(40_000);
    await world.restart();
    expect(world.phase(chat)).toBe('queued');
    expect(world.conversations.content(chat)?.enteredQueueAt).toBe(since);
    world.ready('1001');
    await world.accepts('1001', chat);
    const answered = world.site.journal.ofInteraction(chat).find(({ type }) => type === 'interaction.answered');
    expect(answered?.data.waitMs).toBe(40_000);
  });

  it('keeps the conversations of agents, and what customers write to them', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.accepts('1001', chat);
    await world.restart();
    expect(world.conversations.get(chat)).toMatchObject({ phase: 'active', agent: '1001' });
    expect(world.routing.agent('1001')?.contacts).toMatchObject([{ interaction: chat, state: 'connected' }]);
    expect(await world.says('web', 'v1', 'Are you there?')).toBe(chat);
    await world.conversations.send('1001', chat, { type: 'text', text: 'Yes' }, 'k1');
    await world.conversations.close('1001', chat);
    await world.settle();
    expect(world.routing.agent('1001')?.contacts).toEqual([]);
  });

  it('does not leave a customer with an agent who was disabled, while the server runs or before it starts', async () => {
    world.ready('1001');
    const chats = [await world.says('web', 'v1', 'Hello'), await world.says('web', 'v2', 'Hello')];
    for (const chat of chats) await world.accepts('1001', chat);
    world.ready('1002');
    world.routing.notReady('1002', 'break');
    const { directory } = world.site;
    const disabled = { ...directory.agents.get('1001')!, disabled: true };
    await directory.agents.put(disabled, 'admin');
    await world.settle();
    expect(world.routing.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'leaving' });
    await world.restart();
    expect(chats.map((chat) => world.phase(chat))).toEqual(['queued', 'queued']);
    expect(world.routing.agent('1001')).toBeUndefined();
    world.routing.ready('1002');
    for (const chat of chats) await world.accepts('1002', chat);
    await world.site.directory.agents.put({ ...disabled, id: '1002' }, 'admin');
    await world.settle();
    world.conversations.signedOut('1002');
    await world.settle();
    expect(chats.map((chat) => world.phase(chat))).toEqual(['queued', 'queued']);
    expect(world.events(chats[0] ?? '').slice(-1)).toEqual(['interaction.queued']);
    expect([world.routing.agent('1002'), world.routing.counters.healed]).toEqual([undefined, {}]);
  });

  it('offers anew what was offered', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'Hello');
    await world.until(() => world.phase(chat) === 'offered', 'offer');
    await world.restart();
    await world.accepts('1001', chat);
    expect(world.conversations.get(chat)?.agent).toBe('1001');
  });

  it('knows what was taken before it, and what was to be sent', async () => {
    world.ready('1001');
    const item = world.item('v1', 'Hello');
    const { items } = await world.conversations.inbound('web', [item]);
    const chat = items[0]?.interaction ?? '';
    await world.accepts('1001', chat);
    const sent = await world.conversations.send('1001', chat, { type: 'text', text: 'Hi' }, 'k1');
    const before = world.outbound('web');
    await world.restart();
    expect((await world.conversations.inbound('web', [item])).items[0]).toMatchObject({ result: 'known' });
    const again = await world.conversations.send('1001', chat, { type: 'text', text: 'Hi' }, 'k1');
    expect(again.id).toBe(sent.id);
    expect(world.outbound('web')).toEqual(before);
    await world.conversations.send('1001', chat, { type: 'text', text: 'More' }, 'k2');
    const [last] = world.outbound('web', before.at(-1)?.seq);
    expect(last).toMatchObject({ item: 'message', content: { text: 'More' } });
  });

  it('never gives a number of the outbox twice, also when all of it is gone', async () => {
    await world.says('web', 'v1', 'Hello');
    const last = world.outbound('web').at(-1)?.seq ?? 0;
    await world.site.journal.append([], () => world.conversations.outbox.prune(world.site.clock.at + 1));
    await world.restart();
    expect(world.outbound('web')).toEqual([]);
    await world.conversations.end(world.conversations.list()[0]?.interaction ?? '', 'test');
    await world.settle();
    expect(world.outbound('web')[0]?.seq).toBeGreaterThan(last);
  });
});
