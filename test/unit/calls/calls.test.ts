// Calls on a fake SIP server and a fake media engine, with the real drachtio-srf between: faults of the engines, and
// thousands of calls that must leave nothing behind.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Calls } from '../../../server/calls/index.ts';
import { flowSet, readFlow } from '../../../server/ivr/index.ts';
import { connectSip, ha1, Signaling, type Sip } from '../../../server/signaling/index.ts';
import { answerChallenge } from '../../../server/signaling/sip/digest.ts';
import { impossibleEvents, systemClock } from '../../../values/index.ts';
import { FakeQueueing } from '../../sip/fake-queueing.ts';
import { until } from '../../sip/until.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';
import { FakeDrachtio, type Frame, offer } from '../signaling/fake-drachtio.ts';
import { FakeMedia } from './fake-media.ts';

const flow = {
  flow: 'main',
  languages: ['en'],
  start: 'hello',
  nodes: {
    hello: { type: 'say', prompt: { en: 'Hello.' }, next: 'queue' },
    queue: { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' },
    bye: { type: 'hangup' },
  },
};

let site: TestSite;
let server: FakeDrachtio;
let sip: Sip;
let signaling: Signaling;
let media: FakeMedia;
let queueing: FakeQueueing;
let calls: Calls;

beforeEach(async () => {
  impossibleEvents.clear();
  site = openSite();
  const { directory } = site;
  await directory.trunks.put({ name: 'any', site: 'hq', sources: ['192.0.2.0/24'], country: 'CN' }, 't');
  await directory.dids.put({ number: '95500', site: 'hq', flow: 'main', language: 'en' }, 't');
  await directory.queues.put({ id: 'service', site: 'hq', announceEveryMs: 0 } as never, 't');
  await directory.agents.put(
    {
      id: '1001',
      site: 'hq',
      name: 'Ann',
      roles: ['agent'],
      phone: { kind: 'uri', uri: 'sip:1001@192.0.2.50' },
      queues: ['service'],
    } as never,
    't',
  );
  server = await FakeDrachtio.listen();
  sip = await connectSip({ ...server.address, secret: 's', logger });
  media = new FakeMedia();
  signaling = new Signaling({ sip, media, directory, clock: systemClock, logger });
  queueing = new FakeQueueing();
  const { flow: compiled } = readFlow(JSON.stringify(flow), 'main.json', {});
  const set = flowSet([compiled!]);
  calls = new Calls({
    signaling,
    journal: site.journal,
    queueing,
    directory,
    flows: { current: () => set, version: () => set },
    prompts: {
      audio: async (prompts) => prompts.map(() => ({ kind: 'silence', ms: 1 })),
      music: () => [{ kind: 'silence', ms: 1 }],
    },
    customers: { byNumber: () => undefined, earlier: () => [] },
    clock: systemClock,
    logger,
  });
  signaling.start();
  await until(() => server.routes.includes('invite'), 'routes');
});
afterEach(async () => {
  calls.close();
  signaling.close();
  sip.close();
  await server.close();
  await site.close();
});

/** Phones answer, and BYE is answered. */
function agentsAnswer(): void {
  server.onsip = (frame: Frame) => {
    const transaction = server.take(frame);
    const [method] = frame.start.split(' ');
    if (method === 'INVITE') {
      server.respond(frame, transaction, '180 Ringing');
      const dialogId = `${frame.header('call-id') ?? transaction};from-tag=u`;
      server.respond(frame, transaction, '200 OK', { body: offer, dialogId });
    } else if (method === 'BYE') server.respond(frame, transaction, '200 OK', { dialogId: frame.tokens[3] ?? '' });
    else if (method === 'CANCEL') server.respond(frame, transaction, '487 Request Terminated');
  };
}

const events = (type: string) => site.journal.read(0, { limit: 100_000, filter: { types: [type] } });

test('2,000 calls, ended in every phase, leave nothing in any map', { timeout: 60_000 }, async () => {
  agentsAnswer();
  const total = 2_000;
  const atOnce = 50;
  let begun = 0;
  const over = new Set<string>();
  calls.on('ended', ({ callId }) => over.add(callId));
  const one = async (i: number): Promise<void> => {
    const callId = `leak-${i}`;
    const phase = () => calls.list().find((call) => call.callId === callId)?.phase;
    queueing.assign = i % 4 === 3 ? undefined : '1001';
    server.invite(callId, '95500');
    // Some give up at once; where the answer was faster, they hang up as all others do.
    if (i % 4 === 0) server.cancel(callId);
    await until(() => over.has(callId) || server.answered.has(callId), 'answered');
    if (!over.has(callId)) {
      if (i % 4 === 2) await until(() => phase() === 'talking' || phase() === 'queued', 'talking');
      if (i % 4 === 3) await until(() => phase() === 'queued' || phase() === 'talking', 'queued');
      server.inDialog('BYE', `${callId};from-tag=f${callId}`);
    }
    await until(() => over.has(callId), `${callId} is over`);
  };
  const lane = async (): Promise<void> => {
    while (begun < total) await one(begun++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  await until(() => calls.list().length === 0, 'no calls');
  await until(() => sip.counts().dialogs === 0 && sip.counts().pending === 0, `left: ${JSON.stringify(sip.counts())}`);
  await until(() => media.endpoints.size === 0 && media.bridges.size === 0, 'no media');
  expect(sip.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  expect(signaling.trunks.counts().size).toBe(0);
  expect(queueing.waiting.size).toBe(0);
  await until(
    () => events('interaction.ended').length === events('interaction.started').length,
    'every record has an end',
  );
  expect(events('interaction.started').length).toBe(total);
  expect(media.opened).toBeGreaterThan(total / 2);
  expect(Object.fromEntries(impossibleEvents)).toEqual({});
});

test('no ports: 503, and the record says so', async () => {
  media.refuse = 'media-no-ports';
  server.invite('c1', '95500');
  const ended = () => events('interaction.ended')[0];
  await until(() => ended() !== undefined, 'ended');
  expect(ended()?.data).toMatchObject({ where: 'before', by: 'system', cause: 'media-no-ports', sipStatus: 503 });
  await until(() => server.frames.some((frame) => frame.start.startsWith('SIP/2.0 503')), '503');
  expect(calls.list()).toEqual([]);
});

test('an offer that no codec fits: 488', async () => {
  media.refuse = 'media-sdp-rejected';
  server.invite('c1', '95500');
  await until(() => server.frames.some((frame) => frame.start.startsWith('SIP/2.0 488')), '488');
});

test('the media engine loses an endpoint in the talk: both sides get BYE, the network is to blame', async () => {
  agentsAnswer();
  queueing.assign = '1001';
  server.invite('c1', '95500');
  await until(() => calls.list()[0]?.phase === 'talking' && media.bridges.size === 1, 'talking');
  [...media.endpoints.values()][0]!.lose();
  const byes = () => server.frames.filter((frame) => frame.start.startsWith('BYE')).length;
  await until(() => byes() === 2, 'two BYEs');
  await until(() => events('interaction.ended').length === 1, 'ended');
  expect(events('interaction.ended')[0]?.data).toMatchObject({ where: 'talk', by: 'network', cause: 'media-lost' });
  expect(queueing.finishedParts).toMatchObject([{ agent: '1001', why: 'failed' }]);
  expect(media.endpoints.size).toBe(0);
});

test('an agent can only touch her own call; what is unknown is said', async () => {
  agentsAnswer();
  queueing.assign = '1001';
  server.invite('c1', '95500');
  await until(() => calls.list()[0]?.phase === 'talking', 'talking');
  const { interaction } = calls.list()[0]!;
  await expect(calls.hold('1002', interaction)).rejects.toMatchObject({ code: 'call-not-yours' });
  await expect(calls.hold('1001', 'int_x')).rejects.toMatchObject({ code: 'call-unknown' });
  await expect(calls.resume('1001', interaction)).rejects.toMatchObject({ code: 'call-wrong-phase' });
  await expect(calls.transfer('1001', interaction, { queue: 'x' })).rejects.toMatchObject({
    code: 'queue-unknown',
  });
  await expect(calls.transfer('1001', interaction, { number: '0049' })).rejects.toMatchObject({
    code: 'number-not-allowed',
  });
  await expect(calls.detour('1001', interaction, 'x')).rejects.toMatchObject({ code: 'flow-unknown' });
  await expect(calls.sendDtmf('1001', interaction, '12;3')).rejects.toMatchObject({ code: 'digits-invalid' });
  expect(() => calls.pauseRecording('1001', interaction)).toThrow(
    expect.objectContaining({ code: 'call-not-recorded' }),
  );
  await calls.hangup('1001', interaction);
  await until(() => events('interaction.ended').length === 1, 'ended');
  expect(events('interaction.ended')[0]?.data).toMatchObject({ where: 'talk', by: 'agent', cause: 'panel' });
});

test('who gives a call to a queue is named there, so that it does not come straight back to her', async () => {
  agentsAnswer();
  queueing.assign = '1001';
  server.invite('c1', '95500');
  await until(() => calls.list()[0]?.phase === 'talking', 'talking');
  const { interaction } = calls.list()[0]!;
  queueing.assign = undefined;
  await calls.transfer('1001', interaction, { queue: 'service' });
  expect(queueing.waiting.get(interaction)?.request).toMatchObject({ queue: 'service', not: '1001' });
  server.inDialog('BYE', 'c1;from-tag=fc1');
  await until(() => calls.list().length === 0, 'ended');
});

test('no RTP any more: signaling is asked, and only where it knows nothing of the call it is over', async () => {
  agentsAnswer();
  queueing.assign = '1001';
  server.invite('c1', '95500');
  await until(() => calls.list()[0]?.phase === 'talking' && media.bridges.size === 1, 'talking');
  const take = server.onsip;
  let status = '200 OK';
  let asked = 0;
  server.onsip = (frame) => {
    if (!frame.start.startsWith('OPTIONS')) {
      take(frame);
      return;
    }
    asked++;
    server.respond(frame, server.take(frame), status, { dialogId: frame.tokens[3] ?? '' });
  };
  const [endpoint] = media.endpoints.values();
  endpoint!.emit('rtp-timeout', { ms: 20_000 });
  await until(() => asked === 1 && sip.counts().pending === 0, 'the answer');
  expect(calls.list()[0]?.phase).toBe('talking');
  status = '481 Call Does Not Exist';
  endpoint!.emit('rtp-timeout', { ms: 20_000 });
  await until(() => events('interaction.ended').length === 1, 'ended');
  expect(events('interaction.ended')[0]?.data).toMatchObject({ where: 'talk', by: 'network', cause: '481' });
});

test("an agent's own call for whose phone there is no port ends with 503, and rings nobody on", async () => {
  const { directory } = site;
  const { realm } = directory.site;
  const hashes = { realm, md5: ha1('MD5', '1001', realm, 's'), sha256: ha1('SHA-256', '1001', realm, 's') };
  await directory.sipUsers.put({ user: '1001', site: 'hq', ha1: hashes, agent: '1001' }, 't');
  await directory.agents.put(
    {
      id: '1002',
      site: 'hq',
      name: 'Bob',
      roles: ['agent'],
      phone: { kind: 'uri', uri: 'sip:1002@192.0.2.51' },
    } as never,
    't',
  );
  media.refuse = 'media-no-ports';
  server.invite('own', '1002', '1001');
  const challenge = await new Promise<Frame>((resolve) => {
    const take = server.onsip;
    server.onsip = (frame) => {
      take(frame);
      if (frame.start.startsWith('SIP/2.0 407')) resolve(frame);
    };
  });
  const proof = answerChallenge(challenge.header('proxy-authenticate') ?? '', {
    method: 'INVITE',
    uri: 'sip:1002@127.0.0.1',
    user: '1001',
    secret: 's',
  });
  server.invite('own', '1002', '1001', [`Proxy-Authorization: ${proof}`]);
  await until(() => events('interaction.ended').length === 1, 'ended');
  await until(() => server.frames.some((frame) => frame.start.startsWith('SIP/2.0 503')), '503');
  expect(queueing.occupation).toEqual(
    new Map([
      ['1001', 0],
      ['1002', 0],
    ]),
  );
  expect(calls.list()).toEqual([]);
});

test('a SIP server that cannot list its calls: what it lost with the connection is lost here, the rest goes on', async () => {
  agentsAnswer();
  queueing.assign = '1001';
  for (const callId of ['c1', 'c2']) {
    server.invite(callId, '95500');
    await until(() => calls.list().filter(({ phase }) => phase === 'talking').length === Number(callId[1]), 'talking');
  }
  await until(() => media.bridges.size === 2, 'both bridged');
  const take = server.onsip;
  server.onsip = (frame) => {
    if (frame.tokens[3]?.startsWith('c1;')) server.refuse(frame, 'Server error: unable to find dialog');
    else if (frame.start.startsWith('OPTIONS'))
      server.respond(frame, server.take(frame), '200 OK', { dialogId: frame.tokens[3] ?? '' });
    else take(frame);
  };
  server.cut();
  await until(() => events('interaction.ended').length === 1, 'ended');
  expect(events('interaction.ended')[0]?.data).toMatchObject({
    where: 'talk',
    by: 'network',
    cause: 'unknown to the SIP server',
  });
  expect(queueing.finishedParts).toMatchObject([{ agent: '1001', why: 'failed' }]);
  expect(calls.list()).toMatchObject([{ callId: 'c2', phase: 'talking' }]);
  await until(() => media.endpoints.size === 2 && media.bridges.size === 1, 'its media is given back');
});
