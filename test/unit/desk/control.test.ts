// Call control by the panel: who is told of a call, what supervisors may, what is parked and dialled.
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { isAudited } from '../../../server/audit/index.ts';
import { InteractionProjector, InteractionRows, interactionStarted } from '../../../server/customers/index.ts';
import { commands } from '../../../server/desk/commands.ts';
import { conversationCommands } from '../../../server/desk/conversation-protocol.ts';
import { phoneCommands } from '../../../server/desk/phone-protocol.ts';
import { newEvent } from '../../../server/journal/index.ts';
import type { CallView, PartyView } from '../../../server/ports/index.ts';
import { Client } from './client.ts';
import { agentRecord, createWorld, queueRecord, type World, type WorldOptions } from './world.ts';

let world: World;
afterEach(() => world.close());

const start = async (options: WorldOptions = {}) => {
  world = await createWorld(options);
};

const content = {
  interaction: 'int_1',
  channel: 'voice' as const,
  direction: 'in' as const,
  to: '95500',
  language: 'en' as const,
  path: [],
  variables: {},
  earlier: [],
};

function call(more: Partial<CallView> = {}): CallView {
  return {
    interaction: 'int_1',
    callId: 'c1',
    direction: 'in',
    phase: 'talking',
    since: 1,
    startedAt: 1,
    from: '+8613812345678',
    to: '95500',
    queue: 'service',
    agent: '1001',
    language: 'en',
    recording: 'off',
    variables: {},
    ...more,
  };
}

const party = (more: Partial<PartyView>): PartyView => ({
  party: 'prt_1',
  as: 'consult',
  state: 'calling',
  kind: 'agent',
  to: '1002',
  agent: '1002',
  since: 1,
  ...more,
});

function shows(view: CallView): void {
  world.calls.calls.set(view.interaction, view);
  world.calls.set(view.interaction, {});
}

test('a colleague who is asked sees the customer and the call, until it is not hers any more', async () => {
  await start();
  world.calls.content = (() => content) as never;
  const { client: ann } = await Client.open(world, '1001');
  const { client: tom } = await Client.open(world, '1002');
  shows(call());
  await ann.event('call');
  shows(call({ phase: 'consulting', parties: [party({})] }));
  expect(await tom.event('asked')).toEqual({ party: 'prt_1', as: 'consult', by: '1001', content });
  expect(await tom.event('call')).toMatchObject({ phase: 'consulting', parties: [{ agent: '1002' }] });
  // A panel that comes now finds the call in its snapshot.
  const { welcome } = await Client.open(world, '1002');
  expect(welcome.snapshot?.calls).toMatchObject([{ interaction: 'int_1', phase: 'consulting' }]);
  shows(call({ phase: 'talking', parties: undefined }));
  expect(await tom.event('call-gone')).toEqual({ interaction: 'int_1' });
});

test('whoever listens is seen by the agent only where the queue says so', async () => {
  const boss = agentRecord('boss', 'Chen Bo', { roles: ['supervisor'], queues: [] });
  await start({ agents: [agentRecord('1001', 'Lin Mei'), boss] });
  const { client } = await Client.open(world, '1001');
  const listens = call({ parties: [party({ as: 'monitor', state: 'in', agent: 'boss', to: 'boss', mode: 'listen' })] });
  shows(listens);
  expect((await client.event('call')).parties).toEqual([]);
  await world.directory.queues.put(queueRecord('service', { en: 'Service' }, { tellMonitored: true }), 'test');
  shows(listens);
  expect((await client.until(() => client.events.filter(({ event }) => event === 'call').at(1)))?.with).toMatchObject({
    parties: [{ as: 'monitor', mode: 'listen' }],
  });
});

test('supervisors listen within their scope, and set states; each is in the journal', async () => {
  const blue = agentRecord('blue', 'Bo Blue', { roles: ['supervisor'], team: 'blue', queues: [] });
  const red = agentRecord('red', 'Rae Red', { roles: ['supervisor'], team: 'red', queues: [] });
  const ann = agentRecord('1001', 'Lin Mei', { team: 'red' });
  await start({ agents: [ann, blue, red], queues: [queueRecord('service', { en: 'Service' }, { team: 'red' })] });
  const { client: agent } = await Client.open(world, '1001');
  shows(call());
  await expect(agent.do('monitor', { interaction: 'int_1', mode: 'listen' })).rejects.toThrow('desk-not-supervisor');
  const { client: other } = await Client.open(world, 'blue');
  await expect(other.do('monitor', { interaction: 'int_1', mode: 'listen' })).rejects.toThrow('desk-contact-not-yours');
  await expect(other.do('force', { agent: '1001', to: 'sign-out', reason: 'x' })).rejects.toThrow('agent-unknown');
  const { client: hers } = await Client.open(world, 'red');
  await hers.do('monitor', { interaction: 'int_1', mode: 'whisper' });
  // Her phone is busy with it; she is offline as before, and stays.
  world.work.change('red', (live) => Object.assign(live, { presence: 'offline', occupied: { voice: 1 } }));
  expect((await hers.event('agent')).live).toMatchObject({ presence: 'offline', occupied: { voice: 1 } });
  await hers.do('take-over', { interaction: 'int_1' });
  await hers.do('unmonitor', { interaction: 'int_1' });
  expect(world.calls.asked).toEqual(['red whisper int_1', 'red take-over int_1', 'red unmonitor int_1']);
  await hers.do('force', { agent: '1001', to: 'not-ready', reason: 'meeting' });
  expect(world.work.said.at(-1)).toBe('1001 not-ready meeting');
  const [forced] = world.journal.read(0, { limit: 10, filter: { types: ['desk.state-forced'] } });
  expect(forced).toMatchObject({ agent: '1001', data: { by: 'red', to: 'not-ready', reason: 'meeting' } });
  const floor = await hers.do('watch', { on: true });
  expect(floor.calls).toMatchObject([{ interaction: 'int_1' }]);
  expect((await other.do('watch', { on: true })).calls).toEqual([]);
});

test('every command of a panel is her own work at a desk, looks only, or is in the audit log', () => {
  const own = [
    ...['hello', 'resume', 'language', 'ready', 'not-ready', 'sign-out', 'pop-shown', 'answer', 'decline', 'hold'],
    ...[
      'resume-call',
      'transfer',
      'consult',
      'swap',
      'merge',
      'complete',
      'retract',
      'invite',
      'drop',
      'leave',
      'park',
    ],
    ...['unpark', 'dial', 'detour', 'dtmf', 'hangup', 'pause-recording', 'resume-recording', 'disposition', 'note'],
    ...['wrap-up-done', 'extend', ...Object.keys(phoneCommands), ...Object.keys(conversationCommands)],
  ];
  const looks = ['targets', 'watch'];
  const audited: Record<string, string> = {
    monitor: 'call.monitored',
    unmonitor: 'call.monitored',
    'take-over': 'call.monitored',
    force: 'desk.state-forced',
  };
  expect([...own, ...looks, ...Object.keys(audited)].sort()).toEqual(Object.keys(commands).sort());
  for (const type of Object.values(audited)) expect(isAudited({ type })).toBe(true);
});

test('a call in a queue of nobody’s is for the team of its agent alone, and over for the others when she has it', async () => {
  const boss = (id: string, team: string) => agentRecord(id, id, { roles: ['supervisor'], team, queues: [] });
  const ann = agentRecord('1001', 'Lin Mei', { team: 'red' });
  const tom = agentRecord('1002', 'Tom Reed');
  const queues = [queueRecord('service', {}), queueRecord('loans', {}, { team: 'blue' })];
  await start({ agents: [ann, tom, boss('blue', 'blue'), boss('red', 'red')], queues, limits: { figuresMs: 5 } });
  shows(call({ phase: 'queued', agent: undefined }));
  const [{ client: red }, { client: blue }] = [await Client.open(world, 'red'), await Client.open(world, 'blue')];
  for (const client of [red, blue]) {
    expect((await client.do('watch', { on: true })).calls).toMatchObject([{ interaction: 'int_1' }]);
  }
  shows(call());
  const told = (client: Client, interaction: string) =>
    client.until(() =>
      client.live
        .flatMap(({ live, with: calls }) => (live === 'calls' ? (calls as CallView[]) : []))
        .findLast((one) => one.interaction === interaction && one.phase !== 'queued'),
    );
  expect(await told(red, 'int_1')).toMatchObject({ phase: 'talking', agent: '1001' });
  const over = await told(blue, 'int_1');
  expect(over).toMatchObject({ phase: 'ended', variables: {} });
  expect([over.agent, over.from]).toEqual([undefined, undefined]);
  for (const act of ['monitor', 'take-over', 'unmonitor'] as const) {
    const asked =
      act === 'monitor'
        ? blue.do(act, { interaction: 'int_1', mode: 'barge' })
        : blue.do(act, { interaction: 'int_1' });
    await expect(asked).rejects.toThrow('desk-contact-not-yours');
  }
  expect((await blue.do('watch', { on: true })).calls).toEqual([]);
  await red.do('monitor', { interaction: 'int_1', mode: 'listen' });
  // Who is of no team works for the team whose queue it is.
  shows(call({ interaction: 'int_2', queue: 'loans', agent: '1002' }));
  await expect(red.do('monitor', { interaction: 'int_2', mode: 'listen' })).rejects.toThrow('desk-contact-not-yours');
  await blue.do('monitor', { interaction: 'int_2', mode: 'listen' });
  expect(world.calls.asked).toEqual(['red listen int_1', 'blue listen int_2']);
});

test('a floor that was left is live again when somebody comes back to it', async () => {
  const boss = agentRecord('boss', 'Bo', { roles: ['supervisor'], queues: [] });
  await start({ agents: [agentRecord('1001', 'Lin Mei'), boss], limits: { figuresMs: 5 } });
  const [{ client: agent }, { client }] = [await Client.open(world, '1001'), await Client.open(world, 'boss')];
  const last = (wanted: Client, live: string) =>
    wanted.live.flatMap((one) => (one.live === live ? (one.with as object[]) : [])).at(-1);
  await client.do('watch', { on: true });
  shows(call());
  expect(await client.until(() => last(client, 'calls'))).toMatchObject({ phase: 'talking' });
  await client.do('watch', { on: false });
  const [figures] = world.work.figures.values();
  // With nobody there, what changes is for those alone who have these queues.
  shows(call({ phase: 'held' }));
  world.work.setPresence('1001', 'ready');
  if (figures) world.work.emit('queue', { ...figures, waiting: 3 });
  expect(await agent.until(() => last(agent, 'queues'))).toMatchObject({ waiting: 3 });
  expect((await client.do('watch', { on: true })).calls).toMatchObject([{ phase: 'held' }]);
  shows(call({ phase: 'parked' }));
  world.work.setPresence('1001', 'not-ready', 'tea');
  await client.until(() => last(client, 'floor'));
  expect(last(client, 'floor')).toMatchObject({ agent: '1001', presence: 'not-ready', reason: 'tea' });
  const phases = client.live.flatMap(({ live, with: calls }) => (live === 'calls' ? (calls as CallView[]) : []));
  expect(phases.map(({ phase }) => phase)).toEqual(['talking', 'parked']);
});

test('parked calls are told to everybody, and what she dialled is in her snapshot', async () => {
  await start();
  const { client } = await Client.open(world, '1002');
  shows(call({ phase: 'parked', agent: undefined, park: { slot: '701', by: '1001', until: 5 } }));
  expect(await client.event('parked')).toMatchObject({ calls: [{ slot: '701', by: '1001', interaction: 'int_1' }] });
  expect(await client.do('unpark', { slot: '701' })).toEqual({ interaction: 'int_parked' });
  expect(await client.do('dial', { to: { number: '02112345678' } })).toEqual({ interaction: 'int_out' });
  for (const [at, to] of ['021', '022', '021'].entries()) {
    const own = {
      interaction: `int_out_${at}`,
      direction: 'out',
      agent: '1002',
      to,
      startedAt: at,
    } as const;
    shows(call({ ...own, phase: 'ringing' }));
    shows(call({ ...own, phase: 'ended' }));
  }
  const { welcome } = await Client.open(world, '1002');
  expect(welcome.snapshot?.dialled.map(({ to }) => to)).toEqual(['021', '022']);
  expect(welcome.snapshot?.parked).toMatchObject([{ slot: '701' }]);
});

test('a parked call of a team is told to that team', async () => {
  const agents = [
    agentRecord('1001', 'Ada', { team: 'red' }),
    agentRecord('1002', 'Bob', { team: 'blue' }),
    agentRecord('1003', 'Cai'),
  ];
  await start({ agents, queues: [queueRecord('service', {}, { team: 'red' })] });
  const [hers, other, everybodys] = await Promise.all(
    agents.map(async ({ id }) => (await Client.open(world, id)).client),
  );
  shows(call({ phase: 'parked', agent: undefined, park: { slot: '701', by: '1001', until: 5 } }));
  expect(await hers?.event('parked')).toMatchObject({ calls: [{ slot: '701' }] });
  expect(await everybodys?.event('parked')).toMatchObject({ calls: [{ slot: '701' }] });
  expect(await other?.event('parked')).toEqual({ calls: [] });
  expect((await Client.open(world, '1002')).welcome.snapshot?.parked).toEqual([]);
});

test('what she dialled is there after a restart, as the record has it, each number once', async () => {
  await start();
  const projector = new InteractionProjector(
    world.journal,
    new InteractionRows(world.database),
    pino({ level: 'silent' }),
    world.clock,
  );
  await projector.start();
  for (const [at, to] of ['021', '022', '021', '023'].entries()) {
    const interaction = `int_${at}`;
    const facts = { channel: 'voice', direction: 'out', to: `+86${to}`, toDialled: to } as const;
    void world.journal.append([newEvent(interactionStarted, at, facts, { interaction })]);
    const own = { direction: 'out', phase: 'ringing', agent: '1002', to, startedAt: at } as const;
    shows(call({ ...own, interaction }));
  }
  await world.journal.append([]);
  await projector.settled();
  world.database.prepare('UPDATE interactions SET to_e164 = NULL, to_dialled = NULL WHERE id = ?').run('int_3');
  await world.restartDesk();
  const { welcome } = await Client.open(world, '1002');
  // The last was erased from the record.
  expect(welcome.snapshot?.dialled).toEqual([
    { to: '021', at: 2 },
    { to: '022', at: 1 },
  ]);
  const other = await Client.open(world, '1001');
  expect(other.welcome.snapshot?.dialled).toEqual([]);
  await projector.stop();
});

test('a detour that a restart cut short is told once', async () => {
  await start();
  const { client } = await Client.open(world, '1001');
  const detourEnded = { flow: 'pin', result: { result: 'interrupted' } };
  shows(call({ detourEnded }));
  shows(call({ detourEnded, phase: 'held' }));
  expect(await client.event('detour-ended')).toEqual({ interaction: 'int_1', ...detourEnded });
  await client.until(() => client.events.filter(({ event }) => event === 'call').length === 2);
  expect(client.events.filter(({ event }) => event === 'detour-ended')).toHaveLength(1);
});
