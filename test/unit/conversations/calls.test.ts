// From writing to a call and back: who waits may choose to be called back, and what is written goes to who talks with her.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interactionAnswered, interactionEnded, interactionStarted } from '../../../server/customers/index.ts';
import { type EventType, newEvent } from '../../../server/journal/index.ts';
import { World } from './world.ts';

let world: World;

const callback = {
  key: '9',
  prompt: { en: 'We can call you back.', zh: '我们可以给您回电。' },
  afterSeconds: 60,
  next: 'noted',
};
const bank = {
  wait: { type: 'queue', queue: 'service', maxWaitSeconds: 3_600, overflow: 'bye', callback },
  noted: { type: 'hangup', prompt: { en: 'We will call you.', zh: '我们会给您打电话。' } },
  bye: { type: 'hangup' },
};
const sure = { ...bank, wait: { ...bank.wait, callback: { ...callback, confirm: { en: 'Really?', zh: '确定吗？' } } } };

beforeEach(async () => {
  world = new World();
  world.setFlows({ bank, sure });
  await world.configure(
    { id: 'web', to: { queue: 'service' } },
    { id: 'weibo', channel: 'social', to: { queue: 'service' }, approval: true },
    { id: 'bot', to: { flow: 'bank' } },
    { id: 'sure', to: { flow: 'sure' } },
  );
  world.start();
});
afterEach(() => world.close());

const text = (given: string) => ({ type: 'text' as const, text: given });

const last = () => world.asked.at(-1);

async function fact<Data extends object>(type: EventType<Data>, data: Data, scope: object): Promise<void> {
  await world.site.journal.append([newEvent(type, world.site.clock.now(), data, scope)]);
  await world.settle();
}

/** The callback's call: it begins, and she talks in it. */
async function calledBack(agent: string, interaction = 'int_call'): Promise<void> {
  const thread = last()?.thread ?? '';
  await fact(interactionStarted, { channel: 'voice', direction: 'out', thread }, { interaction });
  await fact(interactionAnswered, {}, { interaction, agent, queue: 'service' });
}

describe('who waits in a queue', () => {
  it('may choose to be called back, and keeps her place by it', async () => {
    const chat = await world.says('bot', 'v1', 'Hello');
    expect(world.outbound('bot').flatMap((item) => (item.item === 'message' ? [item.content] : []))).toEqual([
      { type: 'menu', text: 'We can call you back.', choices: [{ key: '9', label: 'Call me back' }] },
    ]);
    const since = world.site.clock.at;
    await world.pass(30_000);
    await world.says('bot', 'v1', { type: 'choice', key: '9' });
    expect(world.asked).toMatchObject([
      { queue: 'service', number: world.number, origin: chat, thread: chat, since, from: since + 90_000 },
    ]);
    expect(last()?.preferred).toBeUndefined();
    expect(world.phase(chat)).toBe('closed');
    expect(world.written('bot', 'v1').at(-1)).toBe('We will call you.');
    expect(world.events(chat)).toContain('conversation.escalated');
    const left = world.site.journal.ofInteraction(chat).filter(({ type }) => type === 'interaction.queue-left');
    expect(left).toMatchObject([{ data: { why: 'callback', waitMs: 30_000 } }]);
  });

  it('is asked again where the flow wants that, and what else she writes is for the agent', async () => {
    const chat = await world.says('sure', 'v1', 'Hello');
    await world.says('sure', 'v1', 'I have 9 questions');
    await world.says('sure', 'v1', 'call me back');
    expect(world.asked).toEqual([]);
    expect(world.written('sure', 'v1').at(-1)).toContain('Really?');
    expect(world.phase(chat)).toBe('queued');
    await world.says('sure', 'v1', 'No, I wait');
    await world.says('sure', 'v1', '9');
    expect(world.asked).toEqual([]);
    await world.says('sure', 'v1', ' 9 ');
    expect(world.asked).toHaveLength(1);
    expect(world.phase(chat)).toBe('closed');
  });

  it('is offered none where no number of hers is known', async () => {
    world.number = undefined;
    const chat = await world.says('bot', 'v1', 'Hello');
    expect(world.outbound('bot').filter(({ item }) => item === 'message')).toEqual([]);
    await world.says('bot', 'v1', '9');
    expect(world.phase(chat)).toBe('queued');
  });

  it('still has her choice after a restart', async () => {
    const chat = await world.says('bot', 'v1', 'Hello');
    await world.restart();
    await world.says('bot', 'v1', '9');
    expect(world.asked).toHaveLength(1);
    expect(world.phase(chat)).toBe('closed');
  });

  it('is told so by the next server where a restart came before the flow was', async () => {
    const chat = await world.says('bot', 'v1', 'Hello');
    // As the moment is kept in which the callback is noted and the flow does not know it yet.
    world.routing.leave(chat, 'callback');
    await world.settle();
    const kept = `UPDATE conversations SET data = json_set(json_remove(data, '$.place'), '$.phase', 'bot', '$.calledBack', json('true'))
      WHERE interaction = ?`;
    world.database.prepare(kept).run(chat);
    await world.restart();
    expect(world.written('bot', 'v1').at(-1)).toBe('We will call you.');
    expect(world.phase(chat)).toBe('closed');
    expect(world.asked).toEqual([]);
  });
});

describe('a call that goes on from a chat', () => {
  /** A chat of 1001, who had the customer called back and is done with it. */
  async function escalated(): Promise<string> {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'It is complicated');
    await world.accepts('1001', chat);
    await world.conversations.escalate('1001', chat, { queue: 'service' });
    return chat;
  }

  it('brings what the customer writes meanwhile to who talks with her, at once, and afterwards first', async () => {
    const chat = await escalated();
    await world.conversations.close('1001', chat);
    await calledBack('1002');
    world.ready('1001');
    const during = await world.says('web', 'v1', 'Here is the number of my contract');
    expect(world.conversations.get(during)).toMatchObject({ phase: 'active', agent: '1002' });
    expect(world.conversations.get(during)?.unanswered).toBeDefined();
    await world.conversations.close('1002', during);
    await fact(interactionEnded, { where: 'talk', by: 'customer', cause: 'BYE' }, { interaction: 'int_call' });
    world.ready('1002');
    await world.pass(60_000);
    const after = await world.says('web', 'v1', 'One more thing');
    await world.until(() => world.offers.some(({ interaction }) => interaction === after), 'offer');
    expect(world.offers.at(-1)).toMatchObject({ interaction: after, agent: '1002' });
    // All of it is one thread.
    for (const one of [during, after]) {
      const [started] = world.site.journal.ofInteraction(one);
      expect(started?.data).toMatchObject({ channel: 'chat', thread: chat });
    }
    expect(last()).toMatchObject({ thread: chat, preferred: '1001' });
  });

  it('lets who talks into a chat that goes on with somebody else, and takes over one that nobody has', async () => {
    const chat = await escalated();
    await calledBack('1002');
    expect(world.conversations.get(chat)).toMatchObject({ agent: '1001', joined: ['1002'] });
    await world.conversations.close('1001', chat);
    world.routing.notReady('1001', 'lunch');
    await fact(interactionEnded, { where: 'talk', by: 'customer', cause: 'BYE' }, { interaction: 'int_call' });
    const waits = await world.says('web', 'v1', 'Are you there?');
    expect(world.phase(waits)).toBe('queued');
    await calledBack('1002', 'int_again');
    expect(world.conversations.get(waits)).toMatchObject({ phase: 'active', agent: '1002' });
  });

  it('is the way back into the chat, during it and after it, for who talked', async () => {
    const chat = await escalated();
    await world.conversations.close('1001', chat);
    await calledBack('1001');
    const { conversations } = world;
    await expect(conversations.goOn('1002', 'int_call', text('Hi'), 'k1')).rejects.toMatchObject({
      code: 'conversation-not-yours',
    });
    await expect(conversations.goOn('1001', chat, text('Hi'), 'k1')).rejects.toMatchObject({
      code: 'contact-without-thread',
    });
    const said = await conversations.goOn('1001', 'int_call', text('Here is the form'), 'k1');
    expect(await conversations.goOn('1001', 'int_call', text('Here is the form'), 'k1')).toMatchObject({ id: said.id });
    await conversations.goOn('1001', 'int_call', text('Sign it, please'), 'k2');
    await world.settle();
    const view = conversations.get(said.interaction);
    expect(view).toMatchObject({ phase: 'active', agent: '1001', thread: 'v1', variables: { origin: 'int_call' } });
    expect(world.written('web', 'v1')).toEqual(['Here is the form', 'Sign it, please']);
    await fact(interactionEnded, { where: 'talk', by: 'customer', cause: 'BYE' }, { interaction: 'int_call' });
    await conversations.close('1001', said.interaction);
    await world.settle();
    const later = await conversations.goOn('1001', 'int_call', text('It arrived'), 'k3');
    expect(later.interaction).not.toBe(said.interaction);
    for (const one of [said, later]) {
      expect(world.site.journal.ofInteraction(one.interaction)[0]?.data).toMatchObject({ thread: chat });
    }
  });

  it('is no way back for ever, nor into what somebody else has there', async () => {
    const chat = await escalated();
    await world.conversations.close('1001', chat);
    await calledBack('1001');
    await fact(interactionEnded, { where: 'talk', by: 'customer', cause: 'BYE' }, { interaction: 'int_call' });
    const { conversations } = world;
    world.ready('1002');
    world.routing.notReady('1001', 'lunch');
    await world.pass(60_000);
    const theirs = await world.says('web', 'v1', 'Something else');
    await world.until(() => world.phase(theirs) === 'queued', 'it waits');
    await conversations.outside.take(theirs, '1002');
    await expect(conversations.goOn('1001', 'int_call', text('Me again'), 'k1')).rejects.toMatchObject({
      code: 'conversation-not-yours',
    });
    expect(conversations.get(theirs)).toMatchObject({ agent: '1002', joined: [] });
    await conversations.close('1002', theirs);
    await world.pass(world.site.directory.channels.get('web')?.returnMs ?? 0);
    await expect(conversations.goOn('1001', 'int_call', text('Me again'), 'k2')).rejects.toMatchObject({
      code: 'contact-long-over',
    });
    expect(world.written('web', 'v1')).toEqual([]);
  });

  it('waits for the second person where everybody reads what she writes after it', async () => {
    world.ready('1001');
    const chat = await world.says('weibo', 'status/1', 'Down again', { public: { post: 'p1', kind: 'comment' } });
    await world.accepts('1001', chat);
    await world.conversations.escalate('1001', chat, { queue: 'service' });
    await world.conversations.close('1001', chat);
    await calledBack('1001');
    const said = await world.conversations.goOn('1001', 'int_call', text('As I said'), 'k1');
    expect(said.state).toBe('approval');
    expect(world.written('weibo', 'status/1')).toEqual([]);
  });

  it('is known to the next server', async () => {
    const chat = await escalated();
    await world.conversations.close('1001', chat);
    await calledBack('1002');
    await world.restart();
    const during = await world.says('web', 'v1', 'Still there?');
    expect(world.conversations.get(during)).toMatchObject({ phase: 'active', agent: '1002' });
    await fact(interactionEnded, { where: 'talk', by: 'customer', cause: 'BYE' }, { interaction: 'int_call' });
    const left = world.database.prepare('SELECT count(*) FROM thread_calls').pluck().get();
    expect(left).toBe(0);
  });
});
