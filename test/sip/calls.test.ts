// Calls from end to end: tiny SIP peers, the real edge, drachtio-srf, signaling and calls.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Call, type SipPeer, sdp } from '../unit/edge/drachtio/sip-peer.ts';
import { CalledDialog } from './called-dialog.ts';
import { Stage, until } from './stage.ts';

const flows = {
  main: {
    languages: ['en'],
    start: 'hello',
    error: 'bye',
    nodes: {
      hello: { type: 'say', prompt: { en: 'Hello.' }, next: 'menu' },
      menu: {
        type: 'menu',
        prompt: { en: 'Press 1.' },
        choices: {
          '1': { next: 'queue', label: 'Service' },
          '2': { next: 'bye', label: 'Goodbye' },
          '3': { next: 'away', label: 'Outside' },
        },
        timeout: 'queue',
        invalid: 'bye',
      },
      queue: { type: 'queue', queue: 'service', overflow: 'sorry', error: 'bye' },
      sorry: { type: 'say', prompt: { en: 'Sorry.' }, next: 'bye' },
      away: { type: 'transfer', to: '02112345678', error: 'sorry' },
      bye: { type: 'hangup' },
    },
  },
};

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open(flows, { silentPhoneMs: 400 });
});
afterEach(async () => {
  await stage.close();
});

const infoDigit = (call: Call, digit: string): void =>
  call.send('INFO', {
    headers: 'Content-Type: application/dtmf-relay',
    body: `Signal=${digit}\r\nDuration=160\r\n`,
  });

/** A caller in the menu. */
async function inMenu(): Promise<{ peer: SipPeer; call: Call }> {
  const peer = await stage.peer();
  const call = peer.call('95500');
  await call.establish();
  await until(() => stage.server.prompts.said.length >= 2, 'greeting and menu');
  return { peer, call };
}

/** A caller who waits in the queue. */
async function inQueue(): Promise<{ peer: SipPeer; call: Call; interaction: string }> {
  const { peer, call } = await inMenu();
  infoDigit(call, '1');
  await until(() => stage.server.queueing.waiting.size === 1, 'the caller waits');
  return { peer, call, interaction: [...stage.server.queueing.waiting.keys()][0]! };
}

/** The agent's phone rings. */
async function ringing() {
  const phone = await stage.peer();
  await stage.phoneAt('1001', phone);
  const { peer, call, interaction } = await inQueue();
  const outcome = stage.server.queueing.offer(interaction, '1001');
  const invite = await phone.expect('INVITE');
  phone.respond(invite, '180 Ringing');
  return { peer, call, interaction, phone, invite, outcome };
}

/** Caller and agent talk. */
async function talking() {
  const there = await ringing();
  there.phone.respond(there.invite, '200 OK', { body: sdp });
  await there.phone.expect('ACK');
  expect(await there.outcome).toBe('accepted');
  await stage.event('interaction.answered');
  return { ...there, agent: new CalledDialog(there.phone, there.invite) };
}

describe('the caller hangs up', () => {
  test('in the flow', async () => {
    const { call } = await inMenu();
    await call.bye();
    const ended = await stage.event('interaction.ended');
    expect(ended.data).toMatchObject({ where: 'ivr', by: 'customer' });
    await stage.nothingLeft();
  });

  test('in the queue', async () => {
    const { call, interaction } = await inQueue();
    await call.bye();
    expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'queue', by: 'customer' });
    expect(stage.server.queueing.left).toEqual([{ interaction, why: 'abandoned' }]);
    await stage.nothingLeft();
  });

  test("while the agent's phone rings", async () => {
    const { call, phone, invite, outcome } = await ringing();
    await call.bye();
    const cancel = await phone.expect('CANCEL');
    phone.respond(cancel, '200 OK');
    phone.respond(invite, '487 Request Terminated');
    expect(await outcome).toBe('withdrawn');
    expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'ringing', by: 'customer' });
    await stage.nothingLeft();
  });

  test('in the talk', async () => {
    const { call, phone, interaction } = await talking();
    await call.bye();
    phone.respond(await phone.expect('BYE'), '200 OK');
    expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'talk', by: 'customer' });
    expect(stage.server.queueing.finishedParts).toEqual([{ interaction, agent: '1001', why: 'customer' }]);
    await stage.event('interaction.quality', 2);
    await stage.nothingLeft();
  });

  test('before the answer, where the CANCEL and the 200 cross', async () => {
    const peer = await stage.peer();
    const call = peer.call('95500');
    call.invite();
    call.cancel();
    await peer.expect(200, (one) => one.cseq.endsWith('CANCEL'));
    // Either the INVITE was cancelled, or it was answered first and the caller ends it.
    await until(() => peer.received.some((one) => one.cseq === '1 INVITE' && Number(one.what) >= 200), 'final');
    if (peer.count(487) > 0) call.ackFailure(await peer.expect(487));
    else {
      await call.answered();
      call.ack();
      await call.bye();
    }
    await stage.event('interaction.ended');
    await stage.nothingLeft();
  });
});

describe('the agent', () => {
  test('hangs up: the caller hears BYE, the wrap-up is told', async () => {
    const { peer, agent, phone, interaction } = await talking();
    agent.send('BYE');
    await phone.expect(200, (one) => one.cseq.endsWith('BYE'));
    peer.respond(await peer.expect('BYE'), '200 OK');
    expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'talk', by: 'agent' });
    expect(stage.server.queueing.finishedParts).toEqual([{ interaction, agent: '1001', why: 'agent' }]);
    await stage.nothingLeft();
  });

  test.each([
    ['486 Busy Here', 'declined'],
    ['603 Decline', 'declined'],
    ['480 Temporarily Unavailable', 'unreachable'],
    ['404 Not Found', 'unreachable'],
  ] as const)('answers %s: %s, and the caller waits on', async (status, expected) => {
    const { phone, invite, outcome, call } = await ringing();
    phone.respond(invite, status);
    expect(await outcome).toBe(expected);
    expect(stage.server.calls.list()[0]?.phase).toBe('queued');
    await call.bye();
    await stage.nothingLeft();
  });

  test('does not answer in time: missed, CANCEL', async () => {
    const { phone, invite, outcome, interaction, call } = await ringing();
    stage.server.queueing.miss(interaction);
    expect(await outcome).toBe('missed');
    const cancel = await phone.expect('CANCEL');
    phone.respond(cancel, '200 OK');
    phone.respond(invite, '487 Request Terminated');
    await call.bye();
    await stage.nothingLeft();
  });

  test('has a phone that says nothing: unreachable long before timer B', async () => {
    const phone = await stage.peer();
    await stage.phoneAt('1001', phone);
    const { interaction, call } = await inQueue();
    const before = performance.now();
    expect(await stage.server.queueing.offer(interaction, '1001')).toBe('unreachable');
    expect(performance.now() - before).toBeLessThan(2_000);
    await call.bye();
    await stage.event('interaction.ended');
  });

  test('has no phone registered: unreachable at once', async () => {
    const { interaction, call } = await inQueue();
    expect(await stage.server.queueing.offer(interaction, '1001')).toBe('unreachable');
    await call.bye();
    await stage.nothingLeft();
  });

  test('answers when her offer is over: ACK and BYE', async () => {
    const { phone, invite, outcome, interaction, call } = await ringing();
    stage.server.queueing.miss(interaction);
    await outcome;
    phone.respond(await phone.expect('CANCEL'), '200 OK');
    phone.respond(invite, '200 OK', { body: sdp });
    await phone.expect('ACK');
    phone.respond(await phone.expect('BYE'), '200 OK');
    await call.bye();
    await stage.nothingLeft();
  });

  test('is made to answer by the panel: CANCEL, and an INVITE that answers itself', async () => {
    const { phone, invite, outcome, call } = await ringing();
    await stage.server.calls.answer('1001', stage.server.queueing.lastOffer);
    phone.respond(await phone.expect('CANCEL'), '200 OK');
    phone.respond(invite, '487 Request Terminated');
    const again = await phone.expect('INVITE', (one) => one.callId !== invite.callId);
    expect(again.header('Call-Info')).toMatch(/answer-after=0/);
    expect(again.header('Answer-Mode')).toBe('Auto');
    phone.respond(again, '200 OK', { body: sdp });
    expect(await outcome).toBe('accepted');
    await stage.event('interaction.answered');
    await call.bye();
    phone.respond(await phone.expect('BYE'), '200 OK');
    await stage.nothingLeft();
  });

  test('holds by the panel: the caller gets a re-INVITE with sendonly, and back', async () => {
    const { peer, call, phone, interaction } = await talking();
    const held = stage.server.calls.hold('1001', interaction);
    const hold = await peer.expect('INVITE');
    expect(hold.body).toMatch(/a=sendonly/);
    peer.respond(hold, '200 OK', { body: sdp.replace('sendrecv', 'recvonly'), toTag: 'x' });
    await peer.expect('ACK');
    await held;
    expect(stage.server.calls.get(interaction)?.phase).toBe('held');
    const resumed = stage.server.calls.resume('1001', interaction);
    const resume = await peer.expect('INVITE');
    expect(resume.body).toMatch(/a=sendrecv/);
    peer.respond(resume, '200 OK', { body: sdp, toTag: 'x' });
    await resumed;
    expect(stage.server.calls.get(interaction)?.phase).toBe('talking');
    await call.bye();
    phone.respond(await phone.expect('BYE'), '200 OK');
    await stage.nothingLeft();
  });

  test('holds although the caller declines the re-INVITE, twice: later offers are not blocked', async () => {
    const { peer, call, phone, interaction } = await talking();
    for (const step of ['hold', 'resume', 'hold'] as const) {
      const done = stage.server.calls[step]('1001', interaction);
      if (step === 'hold') {
        const offer = await peer.expect('INVITE');
        peer.respond(offer, '488 Not Acceptable Here', { toTag: 'x' });
        await peer.expect('ACK', (ack) => ack.cseq.startsWith(offer.cseq.split(' ')[0]!));
      }
      await done;
    }
    expect(stage.server.calls.get(interaction)?.phase).toBe('held');
    await call.bye();
    phone.respond(await phone.expect('BYE'), '200 OK');
    await stage.nothingLeft();
  });

  test("holds by her phone's own key", async () => {
    const { peer, call, phone, agent, interaction } = await talking();
    agent.send('INVITE', { body: sdp.replace('a=sendrecv', 'a=sendonly') });
    const answer = await phone.expect(200, (one) => one.cseq.endsWith('INVITE'));
    expect(answer.body).toMatch(/a=recvonly/);
    agent.send('ACK', { seq: agent.lastSeq });
    peer.respond(await peer.expect('INVITE'), '200 OK', { body: sdp, toTag: 'x' });
    await until(() => stage.server.calls.get(interaction)?.phase === 'held', 'held');
    agent.send('INVITE', { body: sdp });
    await phone.expect(200, (one) => one.cseq === `${agent.lastSeq} INVITE`);
    agent.send('ACK', { seq: agent.lastSeq });
    peer.respond(await peer.expect('INVITE'), '200 OK', { body: sdp, toTag: 'x' });
    await until(() => stage.server.calls.get(interaction)?.phase === 'talking', 'talking');
    await call.bye();
    phone.respond(await phone.expect('BYE'), '200 OK');
    await stage.nothingLeft();
  });

  test('transfers by REFER to a queue: 202, NOTIFY, BYE; the caller waits again', async () => {
    const { call, phone, agent, interaction } = await talking();
    agent.send('REFER', { headers: 'Refer-To: <sip:service@127.0.0.1>' });
    await phone.expect(202);
    phone.respond(await phone.expect('NOTIFY', (one) => one.body.includes('100 Trying')), '200 OK');
    phone.respond(await phone.expect('NOTIFY', (one) => one.body.includes('200 OK')), '200 OK');
    phone.respond(await phone.expect('BYE'), '200 OK');
    await until(() => stage.server.queueing.waiting.has(interaction), 'the caller waits');
    expect(stage.server.queueing.finishedParts).toEqual([{ interaction, agent: '1001', why: 'transferred' }]);
    expect((await stage.event('interaction.transferred')).data).toMatchObject({ kind: 'queue', to: 'service' });
    await call.bye();
    await stage.nothingLeft();
  });

  test('records in stereo, pauses, and the recording is sealed', async () => {
    const queue = stage.site.directory.queues.get('service')!;
    await stage.site.directory.queues.put({ ...queue, record: true }, 'test');
    const { call, phone, interaction } = await talking();
    const started = await stage.event('interaction.recording-started');
    stage.server.calls.pauseRecording('1001', interaction);
    expect(stage.server.calls.get(interaction)?.recording).toBe('paused');
    stage.server.calls.resumeRecording('1001', interaction);
    await call.bye();
    phone.respond(await phone.expect('BYE'), '200 OK');
    const ended = await stage.event('interaction.recording-ended');
    expect(ended.data.recording).toBe(started.data.recording);
    expect(Number(ended.data.bytes)).toBeGreaterThanOrEqual(44);
    const recording = await stage.server.signaling.tools.media.recording(String(ended.data.recording));
    const pieces: Buffer[] = [];
    for await (const piece of (await recording!.read()).stream) pieces.push(piece as Buffer);
    const file = Buffer.concat(pieces);
    expect([file.length, createHash('sha256').update(file).digest('hex')]).toEqual([
      ended.data.bytes,
      ended.data.sha256,
    ]);
    await stage.nothingLeft();
  });
});

test('a digit by INFO of the other kind (application/dtmf) chooses, and the path says so', async () => {
  const { call, peer } = await inMenu();
  call.send('INFO', { headers: 'Content-Type: application/dtmf', body: '2' });
  peer.respond(await peer.expect('BYE'), '200 OK');
  const step = await stage.event('interaction.step');
  expect(step.data).toMatchObject({ node: 'menu', value: '2', label: 'Goodbye' });
  expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'ivr', by: 'flow' });
  await stage.nothingLeft();
});

test('a digit by RTP (RFC 4733) chooses', async () => {
  const peer = await stage.peer();
  const rtp = createSocket('udp4');
  rtp.bind(0, '127.0.0.1');
  await once(rtp, 'listening');
  const body = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${rtp.address().port} RTP/AVP 8 101`,
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
  const call = peer.call('95500', { body });
  const answer = await call.establish();
  const port = Number(/m=audio (\d+)/.exec(answer.body)?.[1]);
  await until(() => stage.server.prompts.said.length >= 2, 'greeting and menu');
  // Event 2, end bit set, 160 ms; the end is sent three times (RFC 4733 §2.5.1.4).
  for (let i = 0; i < 3; i++) {
    const packet = Buffer.alloc(16);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(101 | (i === 0 ? 0x80 : 0), 1);
    packet.writeUInt16BE(i + 1, 2);
    packet.writeUInt32BE(8_000, 4);
    packet.writeUInt32BE(77, 8);
    packet.writeUInt8(2, 12);
    packet.writeUInt8(0x80 | 10, 13);
    packet.writeUInt16BE(1_280, 14);
    rtp.send(packet, port, '127.0.0.1');
  }
  peer.respond(await peer.expect('BYE'), '200 OK');
  rtp.close();
  expect((await stage.event('interaction.step')).data).toMatchObject({ node: 'menu', value: '2' });
  await stage.nothingLeft();
});

test('overflow of the queue goes on in the flow', async () => {
  const { peer, interaction } = await inQueue();
  stage.server.queueing.exit(interaction, 'overflow');
  peer.respond(await peer.expect('BYE'), '200 OK');
  expect(stage.server.prompts.said.at(-1)).toMatchObject({ text: 'Sorry.' });
  await stage.nothingLeft();
});

test('several contacts ring in parallel: one answers, the other is cancelled', async () => {
  const first = await stage.peer();
  const second = await stage.peer();
  const { bindings } = stage.server.signaling.registrar;
  for (const phone of [first, second]) {
    const uri = `sip:1001@127.0.0.1:${phone.port}`;
    bindings.put({ user: '1001', uri, callId: 'c', cseq: 1, expiresAt: Date.now() + 60_000, userAgent: '' });
  }
  expect(stage.server.queueing.reachable.get('1001')).toBe(true);
  const { interaction, call } = await inQueue();
  const outcome = stage.server.queueing.offer(interaction, '1001');
  const [inviteOne, inviteTwo] = [await first.expect('INVITE'), await second.expect('INVITE')];
  first.respond(inviteOne, '180 Ringing');
  second.respond(inviteTwo, '180 Ringing');
  second.respond(inviteTwo, '200 OK', { body: sdp });
  const cancel = await first.expect('CANCEL');
  expect(cancel.header('Reason')).toMatch(/completed elsewhere/);
  first.respond(cancel, '200 OK');
  first.respond(inviteOne, '487 Request Terminated');
  expect(await outcome).toBe('accepted');
  await stage.event('interaction.answered');
  await call.bye();
  second.respond(await second.expect('BYE'), '200 OK');
  await stage.nothingLeft();
});

test('a flow transfers to a number over the trunk; the far side and the caller talk', async () => {
  const gateway = await stage.peer();
  const { directory } = stage.site;
  await directory.trunks.put(
    { name: 'out', site: 'hq', sources: [], uri: `sip:127.0.0.1:${gateway.port}`, country: 'CN' },
    'test',
  );
  await directory.dialRules.put({ prefix: '021', trunk: 'out', strip: 1, prepend: '9', allow: true }, 'test');
  const { call } = await inMenu();
  infoDigit(call, '3');
  const invite = await gateway.expect('INVITE');
  expect(invite.text).toMatch(/^INVITE sip:92112345678@127\.0\.0\.1:/);
  expect(invite.header('From')).toMatch(/sip:95500@/);
  gateway.respond(invite, '200 OK', { body: sdp });
  await until(() => stage.server.calls.list()[0]?.phase === 'talking', 'talking');
  await stage.event('interaction.answered');
  await call.bye();
  gateway.respond(await gateway.expect('BYE'), '200 OK');
  await stage.nothingLeft();
});

test('a flow transfer that is busy goes on in the flow', async () => {
  const { call, peer } = await inMenu();
  infoDigit(call, '3');
  // No rule leads there.
  peer.respond(await peer.expect('BYE'), '200 OK');
  expect(stage.server.prompts.said.at(-1)).toMatchObject({ text: 'Sorry.' });
  await stage.nothingLeft();
});

test('unknown numbers and unknown sources are refused', async () => {
  const peer = await stage.peer();
  const call = peer.call('00861381234567');
  call.invite();
  call.ackFailure(await peer.expect(404));
  await stage.site.directory.trunks.put({ name: 'local', site: 'hq', sources: ['192.0.2.1'], country: 'CN' }, 'test');
  const stranger = peer.call('95500');
  stranger.invite();
  stranger.ackFailure(await peer.expect(407));
  expect(stage.server.signaling.screening.refused).toEqual(
    new Map([
      ['did-unknown', 1],
      ['source-unknown', 1],
    ]),
  );
  await stage.nothingLeft();
});
