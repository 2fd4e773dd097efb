import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { interactionDisposed } from '../../../server/customers/index.ts';
import { commands, protocolVersion } from '../../../server/desk/index.ts';
import { newEvent } from '../../../server/journal/index.ts';
import { Client } from './client.ts';
import { agentRecord, createWorld, TestClock, type World, type WorldOptions } from './world.ts';

let world: World;
afterEach(() => world.close());

async function start(options: WorldOptions = {}): Promise<{ clock: TestClock }> {
  const clock = new TestClock();
  world = await createWorld({ clock, ...options });
  return { clock };
}

/** Moves the clock in steps of a second as the desk's own timer would. */
function pass(clock: TestClock, seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    clock.at += 1_000;
    world.desk.sweep();
  }
}

const resumeOf = (welcome: { session: string; epoch: string }, seen?: number) => ({
  protocol: protocolVersion,
  language: 'en' as const,
  session: welcome.session,
  epoch: welcome.epoch,
  ...(seen !== undefined && { seen }),
});

async function reopen(agent: string, welcome: { session: string; epoch: string }, seen?: number) {
  const client = new Client(world, agent);
  await once(client.socket, 'open');
  return { client, welcome: await client.do('resume', resumeOf(welcome, seen)) };
}

test('hello signs the agent in and shows all she needs', async () => {
  await start({ flows: () => [{ flow: 'pin', name: { en: 'PIN' } }] });
  const { welcome } = await Client.open(world, '1001');
  const { snapshot } = commands.hello.answer.parse(welcome);
  expect(snapshot?.live).toMatchObject({ presence: 'not-ready', reason: 'signed-in' });
  expect(snapshot?.setup.queues).toMatchObject([{ id: 'service', mine: true, dispositionRequired: true }]);
  expect(snapshot?.setup.flows).toEqual([{ flow: 'pin', name: { en: 'PIN' } }]);
  expect(snapshot?.setup.reasons.map((one) => one.reason)).toContain('lunch');
  expect(snapshot?.colleagues).toEqual([{ id: '1002', name: 'Tom Reed', presence: 'offline', free: false }]);
  expect(snapshot?.figures.map((one) => one.queue)).toEqual(['service']);
  expect(world.work.said).toEqual(['1001 not-ready signed-in']);
});

test('the pop is acknowledged before the phone rings, and her work goes through to the journal', async () => {
  await start();
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  const offering = world.offer('1001', { from: '+8613912345678', customer: { id: 'cus_1', name: 'Wang', tags: [] } });
  const pop = await client.event('pop');
  expect(pop.content.customer?.name).toBe('Wang');
  expect(world.happened).toEqual([]);
  await client.do('pop-shown', { offer: pop.offer.id });
  const offer = await offering;
  expect(world.happened).toEqual([`pop ${offer.id} acknowledged`, `ring ${offer.id}`]);

  world.answered(offer.id);
  await client.event('call', (call) => call.phase === 'talking');
  const { interaction } = offer;
  await client.do('hold', { interaction });
  await client.do('resume-call', { interaction });
  await client.do('dtmf', { interaction, digits: '42#' });
  await client.do('pause-recording', { interaction });
  await client.event('call', (call) => call.recording === 'paused');
  await client.do('resume-recording', { interaction });
  await client.do('hangup', { interaction });
  await client.event('agent', ({ live }) => live.contacts[0]?.state === 'wrap-up');
  expect(world.calls.asked).toEqual(['hold', 'resume', 'dtmf 42#', 'pause', 'record', 'hangup']);

  await expect(client.do('wrap-up-done', { interaction })).rejects.toThrow('disposition-required');
  await expect(client.do('disposition', { interaction, disposition: 'sold' })).rejects.toThrow('disposition-unknown');
  await client.do('disposition', { interaction, disposition: 'solved' });
  await client.do('note', { interaction, note: 'asked about her card' });
  await client.do('extend', { interaction, byMs: 30_000 });
  await client.do('wrap-up-done', { interaction });
  const done = await client.event('agent', ({ live, today }) => live.contacts.length === 0 && today.handled === 1);
  expect(done.today).toMatchObject({ handled: 1, missed: 0 });
  await expect(client.do('note', { interaction, note: 'late' })).rejects.toThrow('desk-contact-not-yours');

  const facts = world.journal.read(0).map((event) => event.type);
  expect(facts).toEqual([
    'desk.signed-in',
    'desk.panel-connected',
    'desk.popped',
    'desk.pop-shown',
    'desk.disposition-set',
    'desk.note-written',
    'desk.contact-worked',
  ]);
  const note = world.journal.ofInteraction(interaction).find((event) => event.type === 'desk.note-written');
  expect(note).toMatchObject({ agent: '1001', queue: 'service', data: { note: 'asked about her card' } });
});

test('a hint that comes during the talk is told to who has the contact, and is there after a reload', async () => {
  await start();
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  const offering = world.offer('1001', { customer: { id: 'cus_1', name: 'Wang', tags: [] } });
  const pop = await client.event('pop');
  await client.do('pop-shown', { offer: pop.offer.id });
  const { id, interaction } = await offering;
  world.answered(id);
  await client.event('call', (call) => call.phase === 'talking');
  const hints = [{ en: 'Her card was charged twice.' }];
  expect(world.desk.hint('another', hints)).toBe(false);
  expect(world.desk.hint(interaction, hints)).toBe(true);
  expect(await client.event('hints')).toEqual({ interaction, hints });
  const { welcome } = await Client.open(world, '1001');
  expect(commands.hello.answer.parse(welcome).snapshot?.pops[0]?.content.hints).toEqual(hints);
  // And after a restart of the server.
  await world.restartDesk();
  const { welcome: back } = await reopen('1001', welcome);
  expect(back.snapshot?.pops[0]?.content).toMatchObject({ hints, customer: { name: 'Wang' } });
});

test('without a panel, or when the only one goes, a pop is absent', async () => {
  await start();
  await world.offer('1002');
  const offer = { id: 'off_x', interaction: 'int_x', agent: '1002', queue: 'service', at: 1, deadline: 2 };
  const unseen = () => {
    throw new Error('nobody sees it');
  };
  expect(world.desk.screens.pop(offer, unseen)).toBe('absent');
  const { client } = await Client.open(world, '1001');
  const offering = world.offer('1001');
  await client.event('pop');
  client.socket.terminate();
  await offering;
  expect(world.happened.filter((line) => line.startsWith('pop')).map((line) => line.split(' ')[2])).toEqual([
    'absent',
    'absent',
  ]);
});

test('two panels of one agent both see everything; one acknowledgement is enough', async () => {
  await start();
  const { client: one } = await Client.open(world, '1001');
  const { client: two } = await Client.open(world, '1001');
  const offering = world.offer('1001');
  const [first, second] = await Promise.all([one.event('pop'), two.event('pop')]);
  expect(first).toEqual(second);
  await two.do('pop-shown', { offer: first.offer.id });
  const { interaction } = await offering;
  world.answered(first.offer.id);
  await one.do('note', { interaction, note: 'x' });
  expect(await two.event('work')).toEqual({ interaction, note: 'x' });
  expect(one.events).toEqual(two.events);
});

test('resume brings exactly the missed events, in order, once', async () => {
  await start();
  const { client, welcome } = await Client.open(world, '1001');
  await client.do('ready', {});
  await client.event('agent', ({ live }) => live.presence === 'ready');
  const seen = client.events.at(-1)?.seq ?? 0;
  client.socket.terminate();
  await client.closed;
  await world.offer('1001');
  const { client: again, welcome: back } = await reopen('1001', welcome, seen);
  expect(back).toEqual({ session: welcome.session, epoch: welcome.epoch, how: 'resumed' });
  await again.event('call');
  const numbers = again.events.map((told) => told.seq);
  expect(numbers).toEqual(numbers.map((_, i) => seen + 1 + i));
  expect(again.events.map((told) => told.event)).toEqual(['pop', 'agent', 'call']);
});

test('after a reload, and where events are no longer kept, resume gives a snapshot of the call under way', async () => {
  await start({ limits: { keptEvents: 4 } });
  const { client, welcome } = await Client.open(world, '1001');
  const offer = await world.offer('1001', { customer: { id: 'c', name: 'Zhou', tags: ['vip'] } });
  world.answered(offer.id);
  await client.do('disposition', { interaction: offer.interaction, disposition: 'solved' });
  client.socket.terminate();
  await client.closed;
  for (let i = 0; i < 5; i++) world.work.setPresence('1001', 'ready');

  const { client: reloaded, welcome: fresh } = await reopen('1001', welcome);
  expect(fresh).toMatchObject({ session: welcome.session, how: 'snapshot' });
  expect(fresh.snapshot).toMatchObject({
    pops: [{ outcome: 'accepted', content: { customer: { name: 'Zhou' } } }],
    calls: [{ phase: 'talking' }],
    work: [{ disposition: 'solved' }],
  });
  reloaded.socket.terminate();
  await reloaded.closed;
  const { welcome: late } = await reopen('1001', welcome, 1);
  expect(late.how).toBe('snapshot');
});

test('a new run of the server gives a snapshot with the pop, disposition and figures of the earlier one', async () => {
  await start();
  const { client, welcome } = await Client.open(world, '1001');
  const before = await world.offer('1001');
  world.answered(before.id);
  world.finished('1001', before.interaction);
  world.work.wrapUpDone('1001', before.interaction);
  const offer = await world.offer('1001', { customer: { id: 'c', name: 'Zhou', tags: [] } });
  world.answered(offer.id);
  await client.do('disposition', { interaction: offer.interaction, disposition: 'callback' });
  const seen = client.events.at(-1)?.seq ?? 0;
  await world.restartDesk();
  expect(await client.closed).toBe(1012);
  const { welcome: back } = await reopen('1001', welcome, seen);
  expect(back.epoch).not.toBe(welcome.epoch);
  expect(back.how).toBe('snapshot');
  expect(back.snapshot).toMatchObject({
    today: { handled: 1 },
    pops: [{ outcome: 'accepted', content: { customer: { name: 'Zhou' } } }],
    work: [{ interaction: offer.interaction, disposition: 'callback' }],
  });
});

test('what was given by the API is on her form, also after a reload and a restart, and her wrap-up is done with it', async () => {
  await start();
  const { client, welcome } = await Client.open(world, '1001');
  const { id, interaction } = await world.offer('1001');
  world.answered(id);
  world.finished('1001', interaction);
  await client.do('note', { interaction, note: 'by hand' });
  await expect(client.do('wrap-up-done', { interaction })).rejects.toThrow('disposition-required');
  const scope = { interaction, agent: '1001', queue: 'service' };
  await world.journal.append([newEvent(interactionDisposed, 1, { disposition: 'callback' }, scope)]);
  world.work.disposed('1001', interaction);
  const work = { interaction, disposition: 'callback', note: 'by hand' };
  expect(await client.event('work', ({ disposition }) => disposition !== undefined)).toEqual(work);
  await world.journal.append([newEvent(interactionDisposed, 2, { note: 'by the CRM' }, scope)]);
  const whole = { ...work, note: 'by the CRM' };
  expect(await client.event('work', ({ note }) => note === 'by the CRM')).toEqual(whole);
  expect((await reopen('1001', welcome)).welcome.snapshot?.work).toEqual([whole]);
  await world.restartDesk();
  const { client: again, welcome: back } = await reopen('1001', welcome);
  expect(back.snapshot?.work).toEqual([whole]);
  await again.do('wrap-up-done', { interaction });
});

test('panel gone for 15 s: not ready, never earlier; back in time: nothing', async () => {
  const { clock } = await start();
  const { client, welcome } = await Client.open(world, '1001');
  await client.do('ready', {});
  client.socket.terminate();
  await client.closed;
  await expectEventually(() => world.journal.read(0).some((event) => event.type === 'desk.panel-closed'));
  pass(clock, 14);
  const { client: again } = await reopen('1001', welcome, 0);
  pass(clock, 1);
  expect(world.work.said.at(-1)).toBe('1001 ready');
  again.socket.terminate();
  await expectEventually(
    () => world.journal.read(0).filter((event) => event.type === 'desk.panel-closed').length === 2,
  );
  pass(clock, 14);
  clock.at += 999;
  world.desk.sweep();
  expect(world.work.said.at(-1)).toBe('1001 ready');
  clock.at += 1;
  world.desk.sweep();
  expect(world.work.said.at(-1)).toBe('1001 not-ready panel-lost');
  pass(clock, 60);
  expect(world.work.said.filter((line) => line.endsWith('panel-lost'))).toHaveLength(1);
});

test('who signed out in a talk and closed her panel is not kept signed in by that', async () => {
  const { clock } = await start();
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  world.work.setPresence('1001', 'not-ready', 'leaving');
  client.socket.terminate();
  await expectEventually(() => world.journal.read(0).some((event) => event.type === 'desk.panel-closed'));
  pass(clock, 60);
  expect(world.work.said.at(-1)).toBe('1001 not-ready leaving');
  expect(world.desk.counters.panelsLost).toBe(0);
});

test('a silent panel is cut off, and its 15 s count from its last possible sign of life', async () => {
  const { clock } = await start();
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  client.alive = false;
  const lastHeard = clock.at;
  pass(clock, 6);
  expect(await client.closed).toBe(1006);
  expect(world.desk.counters.cutSilent).toBe(1);
  while (world.work.said.at(-1) === '1001 ready') pass(clock, 1);
  const gone = clock.at - lastHeard;
  expect(gone).toBeGreaterThanOrEqual(15_000);
  expect(gone).toBeLessThanOrEqual(18_000);
});

test('a server that stood still does not blame the panels', async () => {
  const { clock } = await start();
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  clock.at += 40_000;
  world.desk.sweep();
  expect(world.desk.counters.cutSilent).toBe(0);
  await client.until(() => client.beats > 0);
  pass(clock, 3);
  expect(world.work.said.at(-1)).toBe('1001 ready');
});

test('after a restart, agents who had panels have 15 s to come back; agents who never had one are left alone', async () => {
  const { clock } = await start();
  const { client } = await Client.open(world, '1001');
  await client.do('ready', {});
  world.work.setPresence('1002', 'ready');
  await world.restartDesk();
  pass(clock, 14);
  expect(world.work.lives.get('1001')?.presence).toBe('ready');
  pass(clock, 2);
  expect(world.work.lives.get('1001')).toMatchObject({ presence: 'not-ready', reason: 'panel-lost' });
  expect(world.work.lives.get('1002')?.presence).toBe('ready');
});

test('sign-out closes every panel with 4001', async () => {
  await start();
  const { client: one } = await Client.open(world, '1001');
  const { client: two } = await Client.open(world, '1001');
  await one.do('sign-out', {});
  expect(await two.event('signed-out')).toEqual({ why: 'asked' });
  expect(await Promise.all([one.closed, two.closed])).toEqual([4001, 4001]);
});

test('a disabled agent loses her panels, changed settings reach the others', async () => {
  await start();
  const { client: one } = await Client.open(world, '1001');
  const { client: two } = await Client.open(world, '1002');
  await world.directory.agents.put(agentRecord('1001', 'Lin Mei', { disabled: true }), 'test');
  expect(await one.closed).toBe(4001);
  await world.directory.agents.put(agentRecord('1002', 'Tom A. Reed'), 'test');
  expect((await two.event('setup')).me.name).toBe('Tom A. Reed');
});

test('a detour is answered when it begins, and its result is an event', async () => {
  await start({ flows: () => [{ flow: 'pin', name: {} }] });
  const { client } = await Client.open(world, '1001');
  const { id, interaction } = await world.offer('1001');
  world.answered(id);
  await expect(client.do('detour', { interaction, flow: 'bank' })).rejects.toThrow('flow-not-for-detours');
  await client.do('detour', { interaction, flow: 'pin' });
  expect(client.events.some((told) => told.event === 'detour-ended')).toBe(false);
  world.calls.detours.get(interaction)?.({ verified: 'yes' });
  expect(await client.event('detour-ended')).toEqual({ interaction, flow: 'pin', result: { verified: 'yes' } });
});

test('a transferred call is gone from the desk of the one who gave it', async () => {
  await start();
  const { client } = await Client.open(world, '1001');
  const { id, interaction } = await world.offer('1001');
  world.answered(id);
  await expect(client.do('transfer', { interaction, to: { queue: 'gold' } })).rejects.toThrow('queue-unknown');
  await client.do('transfer', { interaction, to: { agent: '1002' } });
  expect(await client.event('call-gone')).toEqual({ interaction });
});

test('supervisors watch agents and queues; agents may not', async () => {
  const boss = agentRecord('boss', 'Chen Bo', { roles: ['supervisor'], queues: [] });
  await start({ agents: [agentRecord('1001', 'Lin Mei'), boss], limits: { figuresMs: 5 } });
  const { client: agent } = await Client.open(world, '1001');
  await expect(agent.do('watch', { on: true })).rejects.toThrow('desk-not-supervisor');
  const { client, welcome } = await Client.open(world, 'boss');
  expect(welcome.snapshot?.live).toBeUndefined();
  await expect(client.do('ready', {})).rejects.toThrow('desk-no-agent');
  const floor = await client.do('watch', { on: true });
  expect(floor.agents.map((one) => one.name)).toEqual(['Lin Mei']);
  await agent.do('ready', {});
  const seen = await client.until(() =>
    client.live
      .filter((one) => one.live === 'floor')
      .flatMap((one) => one.with as { agent: string; presence: string }[])
      .find((one) => one.agent === '1001' && one.presence === 'ready'),
  );
  expect(seen).toMatchObject({ name: 'Lin Mei' });
  const figures = world.work.figures.get('service');
  if (figures) world.work.emit('queue', { ...figures, waiting: 3 });
  await client.until(() => client.live.some((one) => JSON.stringify(one.with).includes('"waiting":3')));
  await agent.until(() => agent.live.some((one) => JSON.stringify(one.with).includes('"waiting":3')));
});

async function expectEventually(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { interval: 5 }).toBe(true);
}
