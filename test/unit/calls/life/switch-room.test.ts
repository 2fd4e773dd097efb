// Random life of the whole switch room: calls and routing together, three agents, ten callers, one clock. Nobody may be stuck,
// and the reconciler, which would heal it, must have nothing to do.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Routing, realityOfCalls } from '../../../../server/routing/index.ts';
import { testClock } from '../../routing/fakes.ts';
import { act, lives, type Step, tidyUp } from './steps.ts';
import { World } from './world.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const mostCallers = 10;
const agents = ['1001', '1002', '1003'];
/** What happened in all lives together. */
const seen = new Map<string, number>();

async function live(sequence: Step[]): Promise<string[]> {
  const world = new World();
  const broken: string[] = [];
  let routing!: Routing;
  let lastOffer: Parameters<Parameters<typeof routing.on<'offered'>>[1]>[0] | undefined;
  const serve = async () => {
    await world.serve((journal) => {
      const { site } = world;
      const logger = world.logger;
      const directory = site as unknown as ConstructorParameters<typeof Routing>[0]['directory'];
      routing = new Routing({ directory, journal, clock: testClock, logger });
      routing.start();
      routing.on('offered', (offer) => {
        lastOffer = offer;
      });
      return routing;
    });
    const { calls } = world.server;
    routing.attached();
    const alive = world.server.side;
    routing.useReality(
      realityOfCalls(calls, (error) => {
        if (!alive.dead) broken.push(`could not be ended for routing: ${error}`);
      }),
    );
  };
  const work = () => {
    for (const agent of agents) {
      if (routing.agent(agent)?.presence === 'offline') routing.signIn(agent);
      if (routing.agent(agent)?.presence === 'not-ready') routing.ready(agent);
    }
  };
  const check = (after: string) => {
    const { healed, defects } = routing.counters;
    if (Object.keys(healed).length > 0) broken.push(`healed ${after}: ${JSON.stringify(healed)}`);
    if (defects > 0) broken.push(`${defects} defects of the router ${after}`);
  };
  const restart = async () => {
    check('before a restart');
    world.kill();
    const before = routing;
    await serve();
    // Of a dead process: its timers must not go on here.
    void before.close();
  };
  await serve();
  const queue = {
    offer: () => work(),
    abort: () => {
      if (lastOffer === undefined) return;
      const { agent, id } = lastOffer;
      world.try(broken, () => routing.decline(agent, id));
    },
    exit: (pick: number) => {
      if (pick % 2 === 0) routing.notReady('1001', 'break');
      else routing.signOut('1002');
    },
    lastOffer: () => lastOffer,
  };
  work();
  for (const step of sequence) {
    if (step.kind === 'exit' && routing.agents().some(({ presence }) => presence === 'offline')) continue;
    if (world.server.calls.list().length >= mostCallers && /^(dial|talks|rings)/.test(step.kind)) continue;
    await act(world, queue, restart, broken, step);
  }
  await tidyUp(world);
  check('at the end');
  broken.push(...world.remains());
  for (const { agent, contacts, occupied } of routing.agents()) {
    if (contacts.length > 0) broken.push(`${agent} is stuck: ${JSON.stringify(contacts)}`);
    if (Object.values(occupied).some((count) => count > 0))
      broken.push(`${agent} is occupied: ${JSON.stringify(occupied)}`);
  }
  for (const { queue: id, waiting } of routing.queues()) if (waiting > 0) broken.push(`${waiting} wait in ${id}`);
  for (const [code, count] of world.refused) refusedSeen.set(code, (refusedSeen.get(code) ?? 0) + count);
  for (const { type } of world.journal.events) seen.set(type, (seen.get(type) ?? 0) + 1);
  world.kill();
  void routing.close();
  return broken;
}

const refusedSeen = new Map<string, number>();
const seed = Number(process.env.TEST_SEED ?? 20_262);
const numRuns = Number(process.env.TEST_RUNS ?? 300);

test('three agents, a supervisor, ten callers: nobody is stuck, and nothing needs healing', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (sequence) => {
      expect(await live(sequence)).toEqual([]);
    }),
    { seed, numRuns, endOnFailure: process.env.TEST_SHRINK === undefined },
  );
  if (process.env.TEST_SEEN) console.log(Object.fromEntries(seen), Object.fromEntries(refusedSeen));
  const lived = ['interaction.offer-ended', 'interaction.wrapped-up', 'interaction.transferred', 'call.adopted'];
  for (const type of lived) expect([type, (seen.get(type) ?? 0) > 0]).toEqual([type, true]);
});
