import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { commands, protocolVersion } from '../../../server/desk/index.ts';
import { Client } from './client.ts';
import { agentRecord, createWorld, type World, type WorldOptions } from './world.ts';

let world: World;
afterEach(() => world.close());
const start = async (options: WorldOptions = {}) => {
  world = await createWorld(options);
};

/** HTTP status of a refused upgrade. */
async function refused(headers: Record<string, string>, path = '/desk'): Promise<number | undefined> {
  const socket = new WebSocket(`${world.origin.replace('http', 'ws')}${path}`, { headers });
  const [, response] = await once(socket, 'unexpected-response');
  return response.statusCode;
}

test('only pages of this host, or allowed ones, with a session, come in', async () => {
  await start({ origins: ['https://desk.bank.example'] });
  const cookie = 'agent=1001';
  expect(await refused({ cookie, origin: 'https://evil.example' })).toBe(403);
  expect(await refused({ cookie })).toBe(403);
  expect(await refused({ cookie, origin: 'null' })).toBe(403);
  expect(await refused({ origin: world.origin })).toBe(401);
  expect(await refused({ cookie: 'agent=9999', origin: world.origin })).toBe(401);
  const allowed = new Client(world, '1001', { origin: 'https://desk.bank.example' });
  await once(allowed.socket, 'open');
  await allowed.do('hello', { protocol: protocolVersion, language: 'en' });
});

test('a failing authentication is a 500, not a crash', async () => {
  await start({
    authenticate: () => {
      throw new Error('database away');
    },
  });
  expect(await refused({ cookie: 'agent=1001', origin: world.origin })).toBe(500);
});

test('bad messages get an answer that names what is wrong', async () => {
  await start();
  const { client } = await Client.open(world, '1001');
  client.socket.send('{"id":1,');
  client.socket.send('[]');
  client.socket.send('{"do":"ready"}');
  client.socket.send('{"beat":"soon"}');
  await client.until(() => client.loose.length === 4);
  expect(client.loose.map((one) => one.failed?.code)).toEqual(Array(4).fill('desk-message-malformed'));
  expect(client.loose[2]?.failed?.reason).toContain('id');
  await expect(client.ask({ do: 'dance' })).rejects.toThrow('desk-command-unknown: There is no command dance.');
  await expect(client.ask({ do: 'hold' })).rejects.toThrow('field interaction');
  await expect(client.ask({ do: 'hold', with: { interaction: 'i', more: 1 } })).rejects.toThrow('more');
  await expect(client.ask({ do: '__proto__' })).rejects.toThrow('desk-command-unknown');
  await expect(client.ask({ do: 'toString' })).rejects.toThrow('desk-command-unknown');
  await expect(client.ask({ do: 'hello', with: { protocol: 1, language: 'en' } })).rejects.toThrow('desk-hello-first');
  await client.do('language', { language: 'zh' });
  await expect(client.ask({ do: 'not-ready', with: { reason: 'nap' } })).rejects.toThrow('没有名为 nap 的示忙原因');
  await client.do('ready', {});
});

test('a panel of another protocol is told to reload', async () => {
  await start();
  const client = new Client(world, '1001');
  await once(client.socket, 'open');
  await expect(client.do('hello', { protocol: 99, language: 'en' })).rejects.toThrow('speaks protocol 99');
  expect(await client.closed).toBe(4003);
});

test('commands before hello are refused, and nothing but noise closes the connection', async () => {
  await start();
  const client = new Client(world, '1001');
  await once(client.socket, 'open');
  await expect(client.do('ready', {})).rejects.toThrow('desk-hello-first');
  for (let i = 0; i < 20; i++) client.socket.send('noise');
  expect(await client.closed).toBe(4002);
  expect(world.work.lives.get('1001')?.presence).toBe('offline');
});

test('a message over the limit closes that connection with 1009 and no other', async () => {
  await start();
  const { client } = await Client.open(world, '1001');
  const { client: other } = await Client.open(world, '1002');
  client.socket.send('x'.repeat(40_000));
  expect(await client.closed).toBe(1009);
  await other.do('ready', {});
});

test('too many commands at once fail by their ids, and the panel goes on after that', async () => {
  await start({ limits: { commandsPerSecond: 1_000, commandBurst: 5 } });
  const { client } = await Client.open(world, '1001');
  const all = await Promise.allSettled(Array.from({ length: 15 }, () => client.do('targets', { search: '' })));
  const failed = all.filter((one) => one.status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.every((one) => String(one.reason).includes('desk-too-fast'))).toBe(true);
  await client.until(() => client.socket.readyState === WebSocket.OPEN);
  await expect
    .poll(
      () =>
        client.do('ready', {}).then(
          () => true,
          () => false,
        ),
      { interval: 10 },
    )
    .toBe(true);
});

test('a panel that does not read is cut off, while the others go on and it may resume', async () => {
  await start({ limits: { slowBytes: 8 * 1024, tooSlowBytes: 64 * 1024 } });
  const { client: slow, welcome } = await Client.open(world, '1001');
  const { client: quick } = await Client.open(world, '1001');
  const { interaction } = await world.offer('1001');
  slow.socket.pause();
  const note = 'n'.repeat(3_900);
  const before = quick.events.length;
  let sent = 0;
  while (world.desk.counters.cutSlow === 0 && sent < 20_000) {
    sent++;
    for (let i = 0; i < 50; i++) world.calls.set(interaction, { variables: { note } });
    await quick.until(() => quick.events.length >= before + sent * 50);
  }
  expect(world.desk.counters.cutSlow).toBe(1);
  expect(slow.socket.readyState).toBe(WebSocket.OPEN);
  slow.socket.resume();
  await slow.closed;
  await quick.do('note', { interaction, note: 'still here' });
  const again = new Client(world, '1001');
  await once(again.socket, 'open');
  const { session, epoch } = welcome;
  const back = await again.do('resume', { protocol: protocolVersion, language: 'en', session, epoch, seen: 1 });
  expect(back.how).toBe('snapshot');
}, 30_000);

test('no session of somebody else can be resumed', async () => {
  await start();
  const { welcome } = await Client.open(world, '1001');
  const thief = new Client(world, '1002');
  await once(thief.socket, 'open');
  const { session, epoch } = welcome;
  const got = await thief.do('resume', { protocol: protocolVersion, language: 'en', session, epoch, seen: 0 });
  expect(got.how).toBe('snapshot');
  expect(got.session).not.toBe(session);
  expect(got.snapshot?.setup.me.id).toBe('1002');
});

test('the same session twice displaces the older connection, and the oldest of too many panels goes', async () => {
  await start({ limits: { panelsPerAgent: 2 } });
  const { client: one, welcome } = await Client.open(world, '1001');
  const same = new Client(world, '1001');
  await once(same.socket, 'open');
  const { session, epoch } = welcome;
  await same.do('resume', { protocol: protocolVersion, language: 'en', session, epoch });
  expect(await one.closed).toBe(4009);
  await Client.open(world, '1001');
  await Client.open(world, '1001');
  expect(await same.closed).toBe(4010);
  expect(world.desk.counters.panels).toBe(2);
});

test('whatever a panel sends, it is answered or closed, and the desk goes on', async () => {
  await start({
    agents: [agentRecord('1001', 'Lin Mei'), agentRecord('1002', 'Tom Reed')],
    limits: { commandsPerSecond: 1e9, commandBurst: 1e9, badInARow: 1e9, commandsUnderWay: 1e9 },
  });
  const { client } = await Client.open(world, '1001');
  const { interaction, id: offer } = await world.offer('1001');
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(interaction, offer, '1002', 'service'),
    fc.string({ maxLength: 200 }),
  );
  const names = Object.keys(commands).filter((name) => name !== 'sign-out');
  const frame = fc.oneof(
    fc.record({
      id: fc.nat(),
      do: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }),
      with: fc.oneof(
        fc.record(
          { interaction: value, offer: value, to: value, digits: value, on: fc.boolean() },
          { requiredKeys: [] },
        ),
        value,
      ),
    }),
    fc.jsonValue(),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        frame.map((one) => JSON.stringify(one)),
        fc.string(),
        fc.uint8Array(),
      ),
      async (message) => {
        const before = world.desk.counters.messages;
        client.socket.send(message);
        await expect.poll(() => world.desk.counters.messages, { interval: 0 }).toBeGreaterThan(before);
        expect(client.socket.readyState).toBe(WebSocket.OPEN);
      },
    ),
    { numRuns: 400 },
  );
  await client.do('targets', { search: 'tom' });
  const { client: other } = await Client.open(world, '1002');
  await other.do('ready', {});
});
