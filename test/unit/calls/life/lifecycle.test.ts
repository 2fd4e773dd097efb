// Random life: what callers, phones, agents, the queue, the media engine, the link and the process may do comes in any order;
// afterwards nothing may be left of any call, and every record has one end.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { act, lives, type Step, tidyUp } from './steps.ts';
import { StrictQueueing } from './strict-queueing.ts';
import { World } from './world.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What happened in all lives together: shows that they were not dull. */
const seen = new Map<string, number>();

async function live(sequence: Step[]): Promise<string[]> {
  const world = new World();
  let queueing = new StrictQueueing();
  await world.serve(() => queueing);
  const broken: string[] = [];
  const restart = async () => {
    world.kill();
    queueing.dead = true;
    const before = queueing;
    queueing = new StrictQueueing();
    for (const [id, contact] of before.contacts) queueing.contacts.set(id, { ...contact, stale: true });
    await world.serve(() => queueing);
    // What no call took up is gone (routing.attached).
    const alive = new Set(
      [...world.server.calls.list(), ...world.server.calls.consultations()].map(({ interaction }) => interaction),
    );
    for (const id of queueing.contacts.keys()) if (!alive.has(id)) queueing.contacts.delete(id);
    broken.push(...before.broken);
  };
  const queue = {
    offer: (pick: number, agent: string) => queueing.offer(pick, agent),
    abort: (pick: number, why: 'missed' | 'withdrawn') => queueing.abort(pick, why),
    exit: (pick: number) => queueing.exit(pick, 'overflow'),
    lastOffer: () => queueing.lastOffer,
  };
  for (const step of sequence) await act(world, queue, restart, broken, step);
  await tidyUp(world);
  broken.push(...world.remains(), ...queueing.broken);
  if (queueing.contacts.size > 0) broken.push(`contacts left: ${[...queueing.contacts.keys()]}`);
  if (queueing.open.size > 0) broken.push(`${queueing.open.size} offers without an outcome`);
  for (const [agent, count] of queueing.occupation) if (count !== 0) broken.push(`${agent} is occupied ${count} times`);
  world.kill();
  for (const [code, count] of world.refused) refusedSeen.set(code, (refusedSeen.get(code) ?? 0) + count);
  for (const { type } of world.journal.events) seen.set(type, (seen.get(type) ?? 0) + 1);
  return broken;
}

const refusedSeen = new Map<string, number>();
const seed = Number(process.env.TEST_SEED ?? 20_261);
const numRuns = Number(process.env.TEST_RUNS ?? 600);

test('whatever happens in whatever order, nothing is left of any call', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (sequence) => {
      expect(await live(sequence)).toEqual([]);
    }),
    { seed, numRuns, endOnFailure: process.env.TEST_SHRINK === undefined },
  );
  if (process.env.TEST_SEEN) console.log(Object.fromEntries(seen), Object.fromEntries(refusedSeen));
  const lived = [
    'interaction.answered',
    'interaction.held',
    'interaction.transferred',
    'call.adopted',
    'call.detour-ended',
    'interaction.party',
    'interaction.retrieved',
    'call.monitored',
  ];
  for (const type of lived) expect([type, (seen.get(type) ?? 0) > 0]).toEqual([type, true]);
});
