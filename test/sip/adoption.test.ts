// The server dies without a word while calls are up, and a new one takes them up again (DESIGN §1).
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Phone } from '../contract/media/phone.ts';
import { type SipPeer, sdp } from '../unit/edge/drachtio/sip-peer.ts';
import { Cable } from './cable.ts';
import { Stage, until } from './stage.ts';

const flows = {
  main: {
    languages: ['en'],
    start: 'menu',
    error: 'bye',
    nodes: {
      menu: {
        type: 'menu',
        prompt: { en: 'Press 1.' },
        waitSeconds: 20,
        choices: { '1': { next: 'queue', label: 'Service' }, '2': { next: 'bye', label: 'Goodbye' } },
        timeout: 'bye',
        invalid: 'bye',
      },
      queue: { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' },
      bye: { type: 'hangup' },
    },
  },
};

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open(flows);
});
afterEach(async () => {
  await stage.close();
});

/** @param ears what she hears and speaks with, where that matters */
async function caller(ears?: Phone) {
  const peer = await stage.peer();
  const call = peer.call('95500', { body: ears?.sdp() });
  const answer = await call.establish();
  ears?.connect(answer.body);
  return { peer, call };
}

async function queued(ears?: Phone) {
  const { peer, call } = await caller(ears);
  const before = stage.server.queueing.waiting.size;
  call.send('INFO', { headers: 'Content-Type: application/dtmf-relay', body: 'Signal=1\r\nDuration=100\r\n' });
  await until(() => stage.server.queueing.waiting.size > before, 'the caller waits');
  const interaction = [...stage.server.queueing.waiting.keys()].at(-1)!;
  return { peer, call, interaction };
}

async function talking(agent = '1001', ears?: { customer: Phone; agent: Phone }) {
  const { peer, call, interaction } = await queued(ears?.customer);
  const phone = await stage.peer();
  await stage.phoneAt(agent, phone);
  const outcome = stage.server.queueing.offer(interaction, agent);
  const invite = await phone.expect('INVITE');
  ears?.agent.connect(invite.body);
  phone.respond(invite, '200 OK', { body: ears?.agent.sdp() ?? sdp });
  await phone.expect('ACK');
  await outcome;
  await until(() => stage.server.calls.get(interaction)?.phase === 'talking', 'they talk');
  return { peer, call, interaction, phone, invite };
}

/** The notes of all calls have reached the edge. */
async function noted(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await stage.server.link.request('dialogs.list', {});
}

function byeOf(phone: SipPeer, invite: { header(name: string): string | undefined; callId: string }): string {
  return [
    `BYE ${/<([^>]+)>/.exec(invite.header('Contact') ?? '')?.[1]} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${phone.port};branch=${phone.branch()};rport`,
    `From: ${invite.header('To')};tag=peer${phone.port}`,
    `To: ${invite.header('From')}`,
    `Call-ID: ${invite.callId}`,
    'CSeq: 200 BYE',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

test('a talking call and a queued one are there again within 3 s, and everything works on them', async () => {
  const talk = await talking();
  const wait = await queued();
  await noted();
  await stage.server.kill();
  const began = performance.now();
  stage.server = await stage.serve((server) => {
    server.queueing.known.set(talk.interaction, { state: 'connected', agent: '1001' });
    server.queueing.known.set(wait.interaction, { state: 'waiting', queue: 'service' });
  });
  expect(performance.now() - began).toBeLessThan(3_000);
  const { calls, queueing } = stage.server;
  expect(calls.get(talk.interaction)).toMatchObject({ phase: 'talking', agent: '1001', queue: 'service' });
  expect(calls.get(wait.interaction)).toMatchObject({ phase: 'queued', queue: 'service' });
  expect(queueing.waiting.get(wait.interaction)?.target.pop().path[0]).toMatchObject({ node: 'menu', value: '1' });

  // Hold by the new server goes to the old dialog.
  const held = calls.hold('1001', talk.interaction);
  const offer = await talk.peer.expect('INVITE');
  expect(offer.callId).toBe(talk.call.callId);
  talk.peer.respond(offer, '200 OK', { body: sdp.replace('sendrecv', 'recvonly'), toTag: 'x' });
  await held;
  expect(calls.get(talk.interaction)?.phase).toBe('held');

  // The agent of the queued call answers.
  const phone = await stage.peer();
  await stage.phoneAt('1002', phone);
  const outcome = queueing.offer(wait.interaction, '1002');
  phone.respond(await phone.expect('INVITE'), '200 OK', { body: sdp });
  expect(await outcome).toBe('accepted');
  await stage.event('interaction.answered', 2);

  await talk.call.bye();
  talk.phone.respond(await talk.phone.expect('BYE'), '200 OK');
  expect(queueing.finishedParts).toEqual([{ interaction: talk.interaction, agent: '1001', why: 'customer' }]);
  await wait.call.bye();
  phone.respond(await phone.expect('BYE'), '200 OK');
  await stage.event('interaction.ended', 2);
  await stage.nothingLeft();
});

test('a caller in a flow goes on at her node', async () => {
  const { peer, call } = await caller();
  await until(() => stage.server.prompts.said.length === 1, 'menu');
  await noted();
  await stage.server.kill();
  stage.server = await stage.serve();
  await until(() => stage.server.prompts.said.length === 1, 'the menu again');
  call.send('INFO', { headers: 'Content-Type: application/dtmf', body: '2' });
  peer.respond(await peer.expect('BYE'), '200 OK');
  expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'ivr', by: 'flow' });
  await stage.nothingLeft();
});

test('who hangs up in the gap ends the call for both sides, and the record is completed', async () => {
  const talk = await talking();
  const gone = await caller();
  await noted();
  await stage.server.kill();
  talk.phone.send(byeOf(talk.phone, talk.invite));
  await talk.phone.expect(200, (one) => one.cseq === '200 BYE');
  talk.peer.respond(await talk.peer.expect('BYE'), '200 OK');
  await gone.call.bye();
  expect(stage.events('interaction.ended')).toEqual([]);
  stage.server = await stage.serve();
  const ends = [await stage.event('interaction.ended', 1), await stage.event('interaction.ended', 2)];
  const end = ends.find(({ interaction }) => interaction === talk.interaction);
  expect(end?.data).toMatchObject({ where: 'talk', by: 'agent' });
  expect(end?.agent).toBe('1001');
  expect(ends.find(({ interaction }) => interaction !== talk.interaction)?.data).toMatchObject({
    where: 'ivr',
    by: 'customer',
  });
  expect(stage.server.queueing.finishedParts).toEqual([{ interaction: talk.interaction, agent: '1001', why: 'agent' }]);
  await stage.nothingLeft();
});

test('the connection to the edge breaks and comes back: the same server goes on with its calls', async () => {
  const talk = await talking();
  await noted();
  // The edge's side of the link: another epoch cannot be it, so the socket is cut by the test.
  const { sip } = stage.server;
  const lost = new Promise<void>((resolve) => {
    sip.onconnection = (up) => {
      if (!up) resolve();
    };
  });
  sip.cut();
  await lost;
  await until(() => sip.connected, 'connected again');
  const held = stage.server.calls.hold('1001', talk.interaction);
  talk.peer.respond(await talk.peer.expect('INVITE'), '200 OK', {
    body: sdp.replace('sendrecv', 'recvonly'),
    toTag: 'x',
  });
  await held;
  await talk.call.bye();
  talk.phone.respond(await talk.phone.expect('BYE'), '200 OK');
  await stage.nothingLeft();
});

test('both connections to the edge are cut for a while: the talk goes on, a hang-up counts, and the server has its calls again within 3 s', async () => {
  const link = await Cable.to(stage.edge.link);
  const drachtio = await Cable.to(stage.edge.drachtio);
  await stage.server.kill();
  stage.server = await stage.serve(undefined, { link: link.address, drachtio: drachtio.address });
  const { calls, queueing, sip, link: client } = stage.server;
  const [customer, agent] = [await Phone.make(), await Phone.make()];
  try {
    const talk = await talking('1001', { customer, agent });
    const leaving = await talking('1002');
    const wait = await queued();
    customer.speak(500);
    agent.speak(900);
    await Promise.all([agent.hears([500], [900]), customer.hears([900], [500])]);
    const before = { talk: calls.get(talk.interaction), wait: calls.get(wait.interaction) };
    const place = queueing.waiting.get(wait.interaction);
    expect(before).toMatchObject({ talk: { phase: 'talking' }, wait: { phase: 'queued' } });
    await noted();

    link.cut();
    drachtio.cut();
    await until(() => !sip.connected && !client.connected, 'the server has lost the edge');
    // What is said now is heard now.
    customer.speak(600);
    agent.speak(1000);
    await Promise.all([agent.hears([600], [500]), customer.hears([1000], [900])]);
    await leaving.call.bye();
    leaving.phone.respond(await leaving.phone.expect('BYE'), '200 OK');
    expect(stage.events('interaction.ended')).toEqual([]);
    expect([sip.connected, client.connected]).toEqual([false, false]);

    link.mend();
    drachtio.mend();
    const mended = performance.now();
    const end = await stage.event('interaction.ended');
    expect(end).toMatchObject({ interaction: leaving.interaction, data: { where: 'talk', by: 'customer' } });
    const held = calls.hold('1001', talk.interaction);
    talk.peer.respond(await talk.peer.expect('INVITE'), '200 OK', { body: customer.sdp({ direction: 'recvonly' }) });
    await held;
    expect(performance.now() - mended).toBeLessThan(3_000);
    expect(queueing.finishedParts).toEqual([{ interaction: leaving.interaction, agent: '1002', why: 'customer' }]);

    // The one who waits does so since she began to, at the same place.
    expect(calls.get(wait.interaction)).toEqual(before.wait);
    expect(calls.get(talk.interaction)).toMatchObject({ phase: 'held', startedAt: before.talk?.startedAt });
    expect(queueing.waiting.get(wait.interaction)).toBe(place);
    const outcome = queueing.offer(wait.interaction, '1002');
    leaving.phone.respond(
      await leaving.phone.expect('INVITE', (one) => one.callId !== leaving.invite.callId),
      '200 OK',
      { body: sdp },
    );
    expect(await outcome).toBe('accepted');
    await stage.event('interaction.answered', 3);

    await talk.call.bye();
    talk.phone.respond(await talk.phone.expect('BYE'), '200 OK');
    await wait.call.bye();
    leaving.phone.respond(await leaving.phone.expect('BYE'), '200 OK');
    await stage.nothingLeft();
  } finally {
    for (const one of [customer, agent, link, drachtio]) one.close();
  }
});
