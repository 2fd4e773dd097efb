import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallView } from '../../../server/ports/index.ts';
import { realityOfCalls } from '../../../server/routing/index.ts';
import { Room } from './fakes.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T02:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('router and reality differ', () => {
  async function talking(): Promise<Room> {
    const room = new Room();
    room.compare();
    await room.ready('1001', '1002');
    const contact = room.call('int_a');
    room.real.set('int_a', { interaction: 'int_a', state: 'ringing', agent: '1001' });
    await room.pass(10);
    contact.phone('accepted');
    room.real.set('int_a', { interaction: 'int_a', state: 'connected', agent: '1001' });
    await room.pass(10_000);
    expect(room.routing.counters.healed).toEqual({});
    return room;
  }

  test('the call is gone and nobody said so: the agent is free within two seconds, counted and journaled', async () => {
    const room = await talking();
    room.real.delete('int_a');
    await room.pass(2_000);
    expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    expect(room.routing.counters.healed).toEqual({ 'contact-gone': 1 });
    expect(room.journal.of('routing.healed')).toMatchObject([
      { interaction: 'int_a', data: { kind: 'contact-gone', router: 'connected 1001', reality: 'gone' } },
    ]);
  });

  test('the caller is in a flow, or talks with a number: no agent stays with her', async () => {
    for (const state of ['elsewhere', 'connected'] as const) {
      const room = await talking();
      room.real.set('int_a', { interaction: 'int_a', state });
      await room.pass(2_000);
      expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    }
  });

  test('another agent has it', async () => {
    const room = await talking();
    room.real.set('int_a', { interaction: 'int_a', state: 'connected', agent: '1002' });
    await room.pass(2_000);
    expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    expect(room.agent('1002').contacts).toEqual(['int_a connected']);
  });

  test('it waits although the router says that she talks with it: it is offered again', async () => {
    const room = await talking();
    room.real.set('int_a', { interaction: 'int_a', state: 'waiting' });
    await room.pass(2_000);
    expect(room.agent('1001').contacts).toEqual(['int_a wrap-up']);
    expect(room.agent('1002').contacts).toEqual(['int_a offered']);
  });

  test('it waits and the router does not know it: it is ended rather than left with the music', async () => {
    const room = new Room();
    room.compare();
    room.real.set('int_x', { interaction: 'int_x', state: 'waiting' });
    await room.pass(2_000);
    expect(room.ended).toEqual(['int_x']);
  });

  test('she talks with it and the router does not know it: she is busy with it, and wraps it up', async () => {
    const room = new Room();
    room.compare();
    await room.ready('1001');
    const held = { channel: 'voice' as const, queue: 'gone' };
    room.real.set('int_x', { interaction: 'int_x', state: 'connected', agent: '1001', held });
    await room.pass(2_000);
    expect(room.agent('1001').contacts).toEqual(['int_x connected']);
    expect(room.routing.counters.healed).toEqual({ 'talk-unknown': 1 });
    expect(room.journal.of('routing.healed')).toMatchObject([
      { interaction: 'int_x', data: { kind: 'talk-unknown', router: 'unknown', reality: 'connected 1001' } },
    ]);
    const waiting = room.call('int_y');
    room.real.set('int_y', { interaction: 'int_y', state: 'waiting' });
    await room.pass(2_000);
    expect(waiting.log).not.toContain('ring int_y 1001');
    room.routing.finished('int_x', '1001', 'customer');
    room.real.delete('int_x');
    await room.pass(2_000);
    expect(room.agent('1001').contacts).toEqual(['int_x wrap-up']);
    expect(room.routing.counters.healed).toEqual({ 'talk-unknown': 1 });
  });

  test('a call of her own, or of an agent whom routing does not know, is no contact of routing', async () => {
    const room = new Room();
    room.compare();
    const held = { channel: 'voice' as const, queue: 'service' };
    room.real.set('int_own', { interaction: 'int_own', state: 'connected', agent: '1001' });
    room.real.set('int_gone', { interaction: 'int_gone', state: 'connected', agent: '7', held });
    await room.pass(5_000);
    expect(room.routing.counters.healed).toEqual({});
  });

  test('a difference that is over before the second look is none', async () => {
    const room = await talking();
    room.real.delete('int_a');
    await room.pass(600);
    room.routing.finished('int_a', '1001', 'customer');
    await room.pass(5_000);
    expect(room.routing.counters.healed).toEqual({});
  });

  test('what moves between two states is left alone', async () => {
    const room = new Room();
    room.compare();
    room.call('int_a');
    room.real.set('int_a', { interaction: 'int_a', state: 'moving' });
    await room.pass(10_000);
    expect(room.routing.counters.healed).toEqual({});
    expect(room.routing.place('int_a')?.position).toBe(1);
  });
});

test('calls are read as reality', () => {
  const view = (interaction: string, phase: CallView['phase'], agent?: string) =>
    ({ interaction, phase, agent }) as CallView;
  const list = () => [
    view('int_a', 'queued'),
    view('int_b', 'ringing', '1001'),
    view('int_c', 'held', '1001'),
    view('int_d', 'detour', '1001'),
    view('int_e', 'ivr'),
    view('int_f', 'transferring'),
    view('int_g', 'ended'),
  ];
  const isRouted = (interaction: string) => interaction !== 'int_d';
  const calls = { list, end: async () => {}, consultations: () => [], isRouted };
  const reality = realityOfCalls(calls, () => {});
  expect([...reality.contacts()].flatMap(({ interaction, held }) => (held ? [interaction] : []))).toEqual(['int_c']);
  expect([...reality.contacts()].map(({ interaction, state }) => `${interaction} ${state}`)).toEqual([
    'int_a waiting',
    'int_b ringing',
    'int_c connected',
    'int_d connected',
    'int_e elsewhere',
    'int_f moving',
  ]);
});
