import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = new World();
  await world.configure({ id: 'web', to: { queue: 'service' } });
  world.start();
});
afterEach(() => world.close());

describe('a conversation', () => {
  it('comes into the queue, is offered, accepted, answered and closed', async () => {
    world.ready('1001');
    const chat = await world.says('web', 'v1', 'My card is lost');
    expect(world.phase(chat)).toMatch(/queued|offered/);
    await world.accepts('1001', chat);
    expect(world.conversations.get(chat)).toMatchObject({ phase: 'active', agent: '1001', name: 'Wang', messages: 1 });
    expect(world.routing.agent('1001')?.contacts).toMatchObject([{ interaction: chat, state: 'connected' }]);

    const sent = await world.conversations.send('1001', chat, { type: 'text', text: 'I block it now.' }, 'k1');
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
});
