// Registrations end by the registrar's own clock: nobody has to ask for them.
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Directory } from '../../../server/ports/index.ts';
import type { Binding } from '../../../server/signaling/bindings.ts';
import { Registrar } from '../../../server/signaling/registrar.ts';
import type { DigestVerifier } from '../../../server/signaling/sip/index.ts';
import { Room, testClock } from '../routing/fakes.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-02T02:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

function binding(user: string, expiresInMs: number, uri = `sip:${user}@192.0.2.1`): Binding {
  return { user, uri, callId: 'c', cseq: 1, expiresAt: Date.now() + expiresInMs, userAgent: '' };
}

/** @param stored what an earlier server has left */
function registrar(stored: Binding[]) {
  const user = { site: 'hq', user: '1001', ha1: { realm: 'test', md5: '', sha256: 'x' } };
  const directory = Object.assign(new EventEmitter(), {
    sipUsers: { get: () => user },
    agents: { get: () => undefined },
  });
  const rows = new Map(stored.map((one) => [one.uri, one]));
  const store = {
    load: () => [...rows.values()],
    save: (one: Binding) => void rows.set(one.uri, one),
    remove: (_user: string, uri: string) => void rows.delete(uri),
  };
  const made = new Registrar({
    directory: directory as unknown as Directory,
    verifier: {} as DigestVerifier,
    clock: testClock,
    logger: pino({ level: 'silent' }),
    store,
  });
  return { made, rows };
}

test('a registration that ends makes its agent not ready within 3 s, though nobody looks it up', async () => {
  const { made, rows } = registrar([binding('1001', 2_000), binding('1001', 6_000, 'sip:1001@192.0.2.2')]);
  const room = new Room();
  await room.ready('1001');
  made.bindings.onreachable = (user, reachable) => room.routing.phoneReachable(user, reachable);
  await room.pass(4_000);
  expect([...rows.keys()]).toEqual(['sip:1001@192.0.2.2']);
  expect(room.agent('1001').presence).toBe('ready');
  await room.pass(5_000);
  expect(rows.size).toBe(0);
  expect(made.bindings.users()).toEqual([]);
  expect(room.agent('1001')).toMatchObject({ presence: 'not-ready', reason: 'phone-unreachable' });
  made.close();
});

test('what ended while no server ran is not kept', () => {
  const { made, rows } = registrar([binding('1001', -1), binding('1002', 60_000)]);
  expect([...rows.keys()]).toEqual(['sip:1002@192.0.2.1']);
  expect(made.bindings.users()).toEqual(['1002']);
  made.close();
});
