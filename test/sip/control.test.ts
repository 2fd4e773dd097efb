// Call control on the real edge: consultation, conference, park, dialling out, supervision, attended transfer by the phone's
// own key, and all of it after the server was killed.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Call, type Received, type SipPeer, sdp } from '../unit/edge/drachtio/sip-peer.ts';
import { CalledDialog } from './called-dialog.ts';
import { dialFrom } from './digest-phone.ts';
import { Stage, until } from './stage.ts';

const flows = {
  main: {
    languages: ['en'],
    start: 'queue',
    error: 'bye',
    nodes: {
      queue: { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' },
      bye: { type: 'hangup' },
    },
  },
  slow: {
    languages: ['en'],
    start: 'ask',
    error: 'done',
    nodes: {
      ask: {
        type: 'menu',
        prompt: { en: 'Press 1.' },
        waitSeconds: 30,
        choices: { '1': { next: 'done', label: 'One' } },
        timeout: 'done',
        invalid: 'done',
      },
      done: { type: 'return', result: 'pressed' },
    },
  },
};

let stage: Stage;
beforeEach(async () => {
  // Long enough for a test to retrieve what is parked, or to start another server meanwhile.
  stage = await Stage.open(flows, { parkMs: 5_000 });
  const { directory } = stage.site;
  const agent = directory.agents.get('1001')!;
  await directory.agents.put({ ...agent, id: '9001', name: 'Sue', roles: ['supervisor'], queues: [] }, 'test');
});
afterEach(async () => {
  await stage.close();
});

const control = () => stage.server.calls;
const phase = (interaction: string) => control().get(interaction)?.phase;
const partyOf = (interaction: string) => control().get(interaction)?.parties?.[0];

interface Phone {
  peer: SipPeer;
  invite: Received;
  dialog: CalledDialog;
}

interface Talk {
  call: Call;
  caller: SipPeer;
  interaction: string;
  phone: Phone;
}

async function phoneOf(agent: string): Promise<SipPeer> {
  const peer = await stage.peer();
  await stage.phoneAt(agent, peer);
  return peer;
}

/** It rings, and answers. */
async function answered(peer: SipPeer): Promise<Phone> {
  const invite = await peer.expect('INVITE');
  peer.respond(invite, '180 Ringing');
  peer.respond(invite, '200 OK', { body: sdp });
  await peer.expect('ACK', (one) => one.callId === invite.callId);
  return { peer, invite, dialog: new CalledDialog(peer, invite) };
}

async function hangUp({ peer, dialog }: Phone): Promise<void> {
  dialog.send('BYE');
  await peer.expect(200, (one) => one.cseq.endsWith('BYE') && one.callId === dialog.invite.callId);
}

/** The server says BYE to that phone. */
async function released({ peer, invite }: Phone): Promise<void> {
  peer.respond(await peer.expect('BYE', (one) => one.callId === invite.callId), '200 OK');
}

async function talking(): Promise<Talk> {
  const peer = await phoneOf('1001');
  const caller = await stage.peer();
  const call = caller.call('95500');
  await call.establish();
  await until(() => stage.server.queueing.waiting.size === 1, 'the caller waits');
  const interaction = [...stage.server.queueing.waiting.keys()][0]!;
  const outcome = stage.server.queueing.offer(interaction, '1001');
  const phone = await answered(peer);
  expect(await outcome).toBe('accepted');
  await stage.event('interaction.answered');
  return { call, caller, interaction, phone };
}

/** 1002 is asked, and talks with 1001 while the caller hears music. */
async function consulting() {
  const talk = await talking();
  const peer = await phoneOf('1002');
  await control().consult('1001', talk.interaction, { agent: '1002' });
  const asked = await answered(peer);
  await until(() => partyOf(talk.interaction)?.state === 'private', 'they talk');
  return { ...talk, asked };
}

async function membersOf(interaction: string): Promise<string[]> {
  const { bridges } = await stage.server.media.list();
  expect(control().get(interaction)).toBeDefined();
  return bridges.flatMap(({ members }) =>
    [...members.values()].map((role) => (typeof role === 'string' ? role : 'whisper')),
  );
}

/** The server dies without a word, and another comes; the queue knows what it is told. */
async function restart(interaction: string, agent: string): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await stage.server.link.request('dialogs.list', {});
  await stage.server.kill();
  stage.server = await stage.serve((server) => {
    server.queueing.known.set(interaction, { state: 'connected', agent });
  });
}

describe('a consultation', () => {
  test('is completed: the customer talks with the colleague, the agent is out, the record says it all', async () => {
    const { interaction, phone, asked, call } = await consulting();
    expect(control().get(interaction)).toMatchObject({ phase: 'consulting', agent: '1001' });
    expect(stage.server.queueing.occupation.get('1002')).toBe(1);
    expect(await membersOf(interaction)).toEqual(['talk', 'talk']);
    await control().complete('1001', interaction);
    await released(phone);
    await stage.event('interaction.answered', 2);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '1002' });
    expect(stage.server.queueing.taken).toEqual([{ interaction, agent: '1002', queue: 'service' }]);
    expect(stage.server.queueing.occupation.get('1002')).toBe(0);
    await call.bye();
    await released(asked);
    await stage.event('interaction.ended');
    const record = await recordOf(interaction);
    expect(record.agents.map(({ agent }) => agent)).toEqual(['1001', '1002']);
    expect(record.transfers).toMatchObject([{ kind: 'agent', to: '1002', by: '1001' }]);
    expect(record.parties).toMatchObject([{ as: 'consult', agent: '1002', by: '1001', end: 'transferred' }]);
    await stage.nothingLeft();
  });

  test('is swapped, merged and left: three talk, then two', async () => {
    const { interaction, phone, asked } = await consulting();
    await control().swap('1001', interaction);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', parties: [{ state: 'aside' }] });
    await control().swap('1001', interaction);
    await control().merge('1001', interaction);
    expect(phase(interaction)).toBe('conference');
    await until(async () => (await membersOf(interaction)).length === 3, 'three in the bridge');
    await control().leave('1001', interaction);
    await released(phone);
    await stage.event('interaction.answered', 2);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '1002' });
    await hangUp(asked);
    expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'talk', by: 'agent' });
  });

  test('that nobody answers leaves the customer on hold, and taking her back ends one that is answered', async () => {
    const { interaction, call, phone } = await talking();
    const busy = await phoneOf('1002');
    await control().consult('1001', interaction, { agent: '1002' });
    busy.respond(await busy.expect('INVITE'), '486 Busy Here');
    await until(() => phase(interaction) === 'held', 'held');
    const free = await phoneOf('1002');
    await control().consult('1001', interaction, { agent: '1002' });
    const asked = await answered(free);
    await until(() => partyOf(interaction)?.state === 'private', 'they talk');
    await control().retract('1001', interaction);
    await released(asked);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '1001' });
    await call.bye();
    await released(phone);
    await stage.nothingLeft();
  });

  test("the agent's phone hangs up: whom she asked has the customer", async () => {
    const { interaction, phone, asked, call } = await consulting();
    await hangUp(phone);
    await stage.event('interaction.answered', 2);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '1002' });
    await call.bye();
    await released(asked);
    await stage.nothingLeft();
  });

  test('the customer hangs up: everybody is released', async () => {
    const { phone, asked, call } = await consulting();
    await call.bye();
    await Promise.all([released(phone), released(asked)]);
    await stage.nothingLeft();
  });

  test('of a queue rings who is free there; handed over, she has the customer and no second wrap-up', async () => {
    const { interaction, phone, call } = await talking();
    const peer = await phoneOf('1002');
    await control().consult('1001', interaction, { queue: 'service' });
    await until(() => stage.server.queueing.waiting.size === 1, 'somebody is asked for');
    const contact = [...stage.server.queueing.waiting.keys()][0]!;
    expect(contact).not.toBe(interaction);
    const outcome = stage.server.queueing.offer(contact, '1002');
    const asked = await answered(peer);
    expect(await outcome).toBe('accepted');
    await control().complete('1001', interaction);
    await released(phone);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '1002' });
    expect([...control().consultations()]).toEqual([]);
    await call.bye();
    await released(asked);
    await stage.event('interaction.ended', 2);
    await stage.nothingLeft();
  });
});

test("the phone's own key: REFER with Replaces joins the customer and the colleague", async () => {
  const { interaction, phone, call } = await talking();
  const peer = await phoneOf('1002');
  // From now on phones are no part of the trunk.
  await stage.site.directory.trunks.put({ name: 'local', site: 'hq', sources: [], country: 'CN' }, 'test');
  const callId = await dialFrom(stage, phone.peer, '1001', '1002');
  const asked = await answered(peer);
  const answer = await phone.peer.expect(200, (one) => one.callId === callId);
  const target = /<([^>]+)>/.exec(answer.header('Contact') ?? '')?.[1];
  phone.peer.send(
    `ACK ${target} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${phone.peer.port};branch=${phone.peer.branch()}\r\n` +
      `From: ${answer.header('From')}\r\nTo: ${answer.header('To')}\r\nCall-ID: ${callId}\r\nCSeq: 2 ACK\r\n` +
      'Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
  );
  await stage.event('interaction.answered', 2);
  const tag = (name: string) => /tag=([^;>\s]+)/.exec(answer.header(name) ?? '')?.[1];
  const refer = (replaces: string) =>
    phone.dialog.send('REFER', {
      headers: `Refer-To: <sip:1002@127.0.0.1?Replaces=${encodeURIComponent(replaces)}>`,
    });
  refer(`${callId};to-tag=nobody;from-tag=${tag('From')}`);
  await phone.peer.expect(481, (one) => one.cseq.endsWith('REFER'));
  refer(`${callId};to-tag=${tag('To')};from-tag=${tag('From')}`);
  await phone.peer.expect(202);
  phone.peer.respond(await phone.peer.expect('NOTIFY', (one) => one.body.includes('100')), '200 OK');
  phone.peer.respond(await phone.peer.expect('NOTIFY', (one) => one.body.includes('200 OK')), '200 OK');
  await released(phone);
  phone.peer.respond(await phone.peer.expect('BYE', (one) => one.callId === callId), '200 OK');
  await stage.event('interaction.answered', 3);
  expect(control().list()).toMatchObject([{ interaction, phase: 'talking', agent: '1002' }]);
  expect(stage.server.queueing.taken).toEqual([{ interaction, agent: '1002', queue: 'service' }]);
  await call.bye();
  await released(asked);
  await stage.nothingLeft();
});

describe('a parked call', () => {
  test('is retrieved by a colleague', async () => {
    const { interaction, phone, call } = await talking();
    const slot = await control().park('1001', interaction);
    await released(phone);
    expect(control().get(interaction)).toMatchObject({ phase: 'parked', park: { slot, by: '1001' } });
    const peer = await phoneOf('1002');
    await control().unpark('1002', slot);
    const there = await answered(peer);
    await stage.event('interaction.answered', 2);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '1002' });
    await call.bye();
    await released(there);
    await stage.nothingLeft();
  });

  test('that nobody retrieves comes back to who parked it, then to its queue', async () => {
    const { interaction, phone, call } = await talking();
    const { queueing } = stage.server;
    const slot = await control().park('1001', interaction);
    await released(phone);
    await until(() => queueing.waiting.has(interaction), 'she is back in the queue');
    expect(queueing.waiting.get(interaction)?.request).toMatchObject({ queue: 'service', only: '1001' });
    expect(control().get(interaction)).toMatchObject({ phase: 'queued', queue: 'service' });
    expect((await stage.event('interaction.retrieved')).data).toMatchObject({ slot, how: 'timeout' });
    await expect(control().unpark('1002', slot)).rejects.toMatchObject({ code: 'park-slot-empty' });
    // Who parked her does not come: anybody of the queue will do.
    queueing.waiting.get(interaction)?.exit('overflow');
    expect(queueing.waiting.get(interaction)?.request).toEqual(expect.objectContaining({ queue: 'service' }));
    expect(queueing.waiting.get(interaction)?.request.only).toBeUndefined();
    await call.bye();
    await stage.nothingLeft();
  });

  test('goes on waiting after a restart', async () => {
    const { interaction, phone, call } = await talking();
    const slot = await control().park('1001', interaction);
    await released(phone);
    await restart(interaction, '1001');
    expect(control().get(interaction)).toMatchObject({ phase: 'parked', park: { slot, by: '1001' } });
    await call.bye();
    await stage.nothingLeft();
  });
});

describe('a call that an agent asks for', () => {
  test("rings her phone, then the number; cancelled, both are released; its contact is the queue's", async () => {
    const { directory } = stage.site;
    const gateway = await stage.peer();
    const trunk = { name: 'out', site: 'hq', sources: [], uri: `sip:127.0.0.1:${gateway.port}`, country: 'CN' };
    await directory.trunks.put(trunk, 'test');
    await directory.dialRules.put(
      { prefix: '0', trunk: 'out', strip: 0, prepend: '', allow: true, class: 'far' },
      'test',
    );
    const agent = directory.agents.get('1001')!;
    await directory.agents.put({ ...agent, dialClasses: ['near'] }, 'test');
    const peer = await phoneOf('1001');
    await expect(control().dial('1001', { to: { number: '02112345678' } })).rejects.toThrow(/cannot be dialled|not/);
    await directory.agents.put({ ...directory.agents.get('1001')!, dialClasses: ['far'] }, 'test');
    const interaction = await control().dial('1001', { to: { number: '02112345678' } });
    const invite = await peer.expect('INVITE');
    expect(invite.header('Answer-Mode')).toBe('Auto');
    peer.respond(invite, '200 OK', { body: sdp });
    await peer.expect('ACK', (one) => one.callId === invite.callId);
    const far = await gateway.expect('INVITE');
    gateway.respond(far, '180 Ringing');
    expect(control().get(interaction)).toMatchObject({ phase: 'ringing', agent: '1001', direction: 'out' });
    expect(stage.server.queueing.taken).toEqual([{ interaction, agent: '1001', queue: 'service' }]);
    await control().hangup('1001', interaction);
    gateway.respond(await gateway.expect('CANCEL'), '200 OK');
    gateway.respond(far, '487 Request Terminated');
    await released({ peer, invite, dialog: new CalledDialog(peer, invite) });
    expect(stage.server.queueing.finishedParts).toEqual([{ interaction, agent: '1001', why: 'failed' }]);
    await stage.nothingLeft();
  });
});

describe('a supervisor', () => {
  test('listens, whispers, barges in, and takes over; each is in the journal', async () => {
    const { interaction, phone, call } = await talking();
    const peer = await phoneOf('9001');
    await control().monitor('9001', interaction, 'listen');
    const sue = await answered(peer);
    await until(async () => (await membersOf(interaction)).includes('listen'), 'she listens');
    await control().monitor('9001', interaction, 'whisper');
    await until(async () => (await membersOf(interaction)).includes('whisper'), 'she whispers');
    await control().monitor('9001', interaction, 'barge');
    await until(async () => (await membersOf(interaction)).filter((role) => role === 'talk').length === 3, 'all talk');
    expect(phase(interaction)).toBe('talking');
    await control().takeOver('9001', interaction);
    await released(phone);
    await stage.event('interaction.answered', 2);
    expect(control().get(interaction)).toMatchObject({ phase: 'talking', agent: '9001' });
    await call.bye();
    await released(sue);
    const what = stage.events('call.monitored').map(({ data }) => data.what);
    expect(what).toEqual(['asked', 'began', 'changed', 'changed', 'took-over']);
    await stage.nothingLeft();
  });

  test('is released with the call', async () => {
    const { interaction, phone, call } = await talking();
    const peer = await phoneOf('9001');
    await control().monitor('9001', interaction, 'listen');
    const sue = await answered(peer);
    await call.bye();
    await Promise.all([released(phone), released(sue)]);
    await stage.nothingLeft();
  });
});

describe('after kill -9', () => {
  test('a consultation goes on, and can be swapped and merged', async () => {
    const { interaction, phone, asked, call } = await consulting();
    await restart(interaction, '1001');
    expect(control().get(interaction)).toMatchObject({
      phase: 'consulting',
      parties: [{ state: 'private', agent: '1002' }],
    });
    expect(stage.server.queueing.occupation.get('1002')).toBe(1);
    await control().swap('1001', interaction);
    await control().merge('1001', interaction);
    await until(async () => (await membersOf(interaction)).length === 3, 'three in the bridge');
    await restart(interaction, '1001');
    expect(phase(interaction)).toBe('conference');
    await call.bye();
    await Promise.all([released(phone), released(asked)]);
    await stage.nothingLeft();
  });

  test('a supervisor listens on', async () => {
    const { interaction, phone, call } = await talking();
    const peer = await phoneOf('9001');
    await control().monitor('9001', interaction, 'listen');
    const sue = await answered(peer);
    await until(() => partyOf(interaction)?.state === 'in', 'she listens');
    await restart(interaction, '1001');
    expect(partyOf(interaction)).toMatchObject({ as: 'monitor', state: 'in', mode: 'listen', agent: '9001' });
    await control().unmonitor('9001', interaction);
    await released(sue);
    await call.bye();
    await released(phone);
    await stage.nothingLeft();
  });

  test('a detour goes on, and its result comes to the agent', async () => {
    const { interaction, phone, call } = await talking();
    void control().detour('1001', interaction, 'slow');
    await until(() => phase(interaction) === 'detour' && control().get(interaction)?.node === 'ask', 'in the flow');
    await restart(interaction, '1001');
    expect(control().get(interaction)).toMatchObject({ phase: 'detour', node: 'ask' });
    call.send('INFO', { headers: 'Content-Type: application/dtmf-relay', body: 'Signal=1\r\nDuration=100\r\n' });
    await until(() => phase(interaction) === 'talking', 'she is back');
    expect(control().get(interaction)?.detourEnded).toMatchObject({ flow: 'slow', result: { result: 'pressed' } });
    await call.bye();
    await released(phone);
    await stage.nothingLeft();
  });
});

async function recordOf(interaction: string) {
  const { emptyRecord, foldInteraction } = await import('../../server/customers/interaction-record.ts');
  const events = stage.site.journal.ofInteraction(interaction);
  const folding = emptyRecord(events[0]!);
  for (const event of events) foldInteraction(folding, event);
  return folding.record;
}
