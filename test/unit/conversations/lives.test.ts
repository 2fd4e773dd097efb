// Random lives: customers, agents, connectors and restarts do what they like, in any order. Whatever happens, nobody is left
// in a state that she cannot leave, no word is lost or doubled, and router and conversations agree.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { World } from './world.ts';

const flow = {
  menu: {
    type: 'menu',
    prompt: { en: 'What?', zh: '什么？' },
    choices: { 1: { next: 'agent', label: 'An agent' }, 2: 'bye' },
    timeout: 'bye',
    invalid: 'agent',
  },
  agent: { type: 'queue', queue: 'service', maxWaitSeconds: 30, overflow: 'bye', next: 'survey' },
  survey: {
    type: 'menu',
    prompt: { en: 'Happy?', zh: '满意吗？' },
    choices: { 1: 'bye' },
    timeout: 'bye',
    invalid: 'bye',
  },
  bye: { type: 'hangup' },
};

type Act =
  | { do: 'write'; via: string; thread: string; text: string }
  | { do: 'leave'; via: string; thread: string }
  | { do: 'ready' | 'away'; agent: string }
  | { do: 'accept' | 'decline' | 'send' | 'close' | 'transfer' | 'colleague' | 'join' | 'part'; agent: string }
  | { do: 'pass'; ms: number }
  | { do: 'end' }
  | { do: 'restart' };

const via = fc.constantFrom('web', 'bot');
const thread = fc.constantFrom('a', 'b', 'c');
const agent = fc.constantFrom('1001', '1002');
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('write' as const), via, thread, text: fc.constantFrom('1', '2', 'hello') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), via, thread }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('ready' as const, 'away' as const), agent }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('accept', 'accept', 'decline', 'send', 'close', 'transfer', 'colleague', 'join', 'part'),
      agent,
    }) as fc.Arbitrary<Act>,
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 40_000, 700_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'end' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/** What a person may not do just now is refused with a code, and nothing else. */
async function attempt(work: () => Promise<unknown> | unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    expect((error as { code?: string }).code, String(error)).toMatch(/^[a-z-]+$/);
  }
}

async function run(world: World, one: Act, words: Map<string, number>): Promise<void> {
  const { conversations, routing } = world;
  switch (one.do) {
    case 'write': {
      const item = world.item(one.thread, one.text);
      // A connector that heard no answer sends it again.
      await conversations.inbound(one.via, [item]);
      await conversations.inbound(one.via, [item]);
      const key = `${one.via} ${one.thread}`;
      words.set(key, (words.get(key) ?? 0) + 1);
      return;
    }
    case 'leave':
      await conversations.inbound(one.via, [{ item: 'left', key: `l${Math.random()}`, at: 1, thread: one.thread }]);
      return;
    case 'ready':
      world.ready(one.agent);
      return;
    case 'away':
      await attempt(() => routing.notReady(one.agent, 'break'));
      return;
    case 'accept':
    case 'decline': {
      const offer = routing.agent(one.agent)?.contacts.find(({ state }) => state === 'offered')?.offer;
      if (offer === undefined) return;
      await attempt(() =>
        one.do === 'accept' ? conversations.accept(one.agent, offer) : routing.decline(one.agent, offer),
      );
      return;
    }
    case 'pass':
      await world.pass(one.ms);
      return;
    case 'end': {
      const [first] = conversations.list();
      if (first) await conversations.end(first.interaction, 'test');
      return;
    }
    case 'restart':
      await world.restart();
      return;
    default: {
      const hers = conversations
        .list()
        .find(({ agent: has, joined }) => has === one.agent || joined.includes(one.agent));
      if (!hers) return;
      const { interaction } = hers;
      const other = one.agent === '1001' ? '1002' : '1001';
      if (one.do === 'send')
        await attempt(() =>
          conversations.send(one.agent, interaction, { type: 'text', text: 'x' }, `${world.outbound('web').length}`),
        );
      else if (one.do === 'close') await attempt(() => conversations.close(one.agent, interaction));
      else if (one.do === 'transfer')
        await attempt(() => conversations.transfer(one.agent, interaction, { queue: 'loans' }));
      else if (one.do === 'colleague')
        await attempt(() => conversations.transfer(one.agent, interaction, { agent: other }));
      else if (one.do === 'join') await attempt(() => conversations.join(one.agent, interaction, other));
      else await attempt(() => conversations.leave(one.agent, interaction));
    }
  }
}

/** Router and conversations say the same of everybody. */
function agree(world: World): string[] {
  const wrong: string[] = [];
  for (const { interaction, phase, agent: has } of world.conversations.list()) {
    if (phase !== 'active') continue;
    const contacts = world.routing.agent(has ?? '')?.contacts ?? [];
    if (!contacts.some((contact) => contact.interaction === interaction && contact.state === 'connected'))
      wrong.push(`${interaction} is active with ${has}, and the router has not got it there`);
  }
  for (const { agent: id, contacts, occupied } of world.routing.agents()) {
    const along = world.conversations.list().filter(({ joined }) => joined.includes(id)).length;
    if ((occupied.chat ?? 0) !== along) wrong.push(`${id} reads ${along} along, and pays for ${occupied.chat ?? 0}`);
    for (const { interaction, state } of contacts) {
      if (state !== 'connected') continue;
      const view = world.conversations.get(interaction);
      if (view?.phase !== 'active' || view.agent !== id)
        wrong.push(`the router thinks that ${id} has ${interaction}: ${view?.phase}`);
    }
  }
  return wrong;
}

it('leaves nobody stuck, loses and doubles no word', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      const world = new World();
      try {
        world.setFlows({ bank: flow });
        await world.configure(
          { id: 'web', to: { queue: 'service' }, idleMs: 600_000 },
          { id: 'bot', to: { flow: 'bank' }, idleMs: 600_000 },
        );
        world.start();
        const words = new Map<string, number>();
        for (const one of acts) {
          await run(world, one, words);
          await world.settle();
        }
        expect(agree(world)).toEqual([]);

        // Every word is there once, numbered without a gap, whoever wrote between.
        const { database } = world.site.opened;
        const counted = database
          .prepare<[], { place: string; words: number; last: number; all: number }>(
            `SELECT via || ' ' || thread AS place, sum(author = 'customer') AS words, max(number) AS last, count(*) AS "all"
                 FROM messages GROUP BY via, thread`,
          )
          .all();
        for (const { place, words: kept, last, all } of counted) {
          expect({ place, kept, gapless: last === all }).toEqual({ place, kept: words.get(place) ?? 0, gapless: true });
        }

        // Two willing agents, and everybody gets through: nothing is stuck.
        for (const id of ['1001', '1002']) await attempt(() => world.ready(id));
        for (let round = 0; world.conversations.list().length > 0 && round < 60; round++) {
          for (const id of ['1001', '1002']) {
            if (world.routing.agent(id)?.presence !== 'ready') world.ready(id);
            await run(world, { do: 'accept', agent: id }, words);
            await run(world, { do: 'close', agent: id }, words);
          }
          await world.pass(61_000);
        }
        expect(world.conversations.list().map(({ phase }) => phase)).toEqual([]);
        for (const { contacts } of world.routing.agents()) expect(contacts).toEqual([]);
        expect(agree(world)).toEqual([]);
      } finally {
        await world.close();
      }
    }),
    { numRuns: 12, seed: 20_261_122, endOnFailure: true },
  );
}, 120_000);
