// During the talk: hold, transfers, detours into flows, digits; asked for by API, by the panel, and by the phone's own keys.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, Floor, type Line, type Party, sdpOf } from './floor.ts';
import { Panel } from './panel.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

interface Talk {
  caller: Caller;
  seat: Party & { agent: string };
  line: Line;
  /** Of her phone's call. */
  callId: string;
  /** Path of what she does with it. */
  contact: string;
}

let floor: Floor;
const panels: Panel[] = [];

describe.skipIf(!has('sipp'))('during the talk (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    // More media threads than this machine may have by itself: whoever talks must come together in one.
    floor = await Floor.open({ env: { SWITCHROOM_LOG_LEVEL: 'debug', SWITCHROOM_MEDIA_THREADS: '3' } });
  });
  afterEach(async () => {
    for (const panel of panels.splice(0)) panel.close();
    await floor.tidy();
  });
  afterAll(() => floor?.close());

  test('hold and resume by API: a re-INVITE each, music for the customer, silence for the agent', async () => {
    const { caller, seat, contact } = await talking();
    await floor.hearEachOther(caller.rtp, seat.rtp);
    await floor.ask('POST', `${contact}/hold`);
    expect(sdpOf(await caller.sipp.message('INVITE'))).toContain('a=sendonly');
    await caller.sipp.message('ACK');
    await music(caller);
    await seat.rtp.hearsNothing();
    await floor.ask('POST', `${contact}/resume`);
    expect(sdpOf(await caller.sipp.message('INVITE', 2))).toContain('a=sendrecv');
    await caller.sipp.message('ACK', 2);
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    await hangUp(caller, seat);
    expect((await floor.record(caller.interaction)).holdMs).toBeGreaterThan(0);
  });

  test("hold and resume by the phone's own key", async () => {
    const { caller, seat, callId } = await talking();
    await floor.hearEachOther(caller.rtp, seat.rtp);
    await seat.sipp.tell('HOLD', {}, callId);
    await floor.phase(caller.interaction, 'held');
    await caller.sipp.message('ACK');
    await music(caller);
    await seat.sipp.tell('RESUME', {}, callId);
    await floor.phase(caller.interaction, 'talking');
    await caller.sipp.message('ACK', 2);
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    await hangUp(caller, seat);
    expect((await floor.record(caller.interaction)).holdMs).toBeGreaterThan(0);
  });

  test("digits of the agent reach the customer's side as RFC 4733 events", async () => {
    const { caller, seat, contact } = await talking();
    caller.rtp.speak(500);
    await floor.ask('POST', `${contact}/dtmf`, { digits: '42#' });
    await until(() => caller.rtp.digits().filter(({ ends }) => ends > 0).length === 3, 'three digits came');
    expect(caller.rtp.digits().map(({ digit }) => digit)).toEqual(['4', '2', '#']);
    await hangUp(caller, seat);
  });

  test('blind transfer to an agent', async () => {
    const { caller, seat, contact, line } = await talking();
    const other = await floor.seat([line.queue]);
    await floor.ask('POST', `${contact}/transfer`, { agent: other.agent });
    await seat.sipp.done();
    await floor.free(seat.agent);
    await floor.answers(other, caller.interaction);
    await floor.hearEachOther(caller.rtp, other.rtp);
    await hangUp(caller, other);
    const record = await floor.record(caller.interaction);
    expect(record.agents).toMatchObject([{ agent: seat.agent }, { agent: other.agent, outcome: 'accepted' }]);
    expect(record.transfers).toMatchObject([{ kind: 'agent', to: other.agent, by: seat.agent }]);
  });

  test("transfer by the phone's own key: REFER to a queue", async () => {
    const { caller, seat, callId } = await talking();
    const line = await floor.line();
    const other = await floor.seat([line.queue]);
    await seat.sipp.tell('TRANSFER', { 'X-To': `sip:${line.queue}@127.0.0.1` }, callId);
    await seat.sipp.message(202);
    await seat.sipp.done();
    await floor.answers(other, caller.interaction);
    await floor.hearEachOther(caller.rtp, other.rtp);
    await hangUp(caller, other);
    expect((await floor.record(caller.interaction)).transfers).toMatchObject([
      { kind: 'queue', to: line.queue, by: seat.agent },
    ]);
  });

  test('blind transfer to a number, over a carrier that asks for a password', async () => {
    const carrier = await carrierOf('open sesame');
    const { caller, seat, contact } = await talking();
    await floor.ask('POST', `${contact}/transfer`, { number: '02112345678' });
    await seat.sipp.done();
    await floor.free(seat.agent);
    // Once without, once with the credentials; the number as the trunk wants it.
    const invite = await carrier.sipp.message('INVITE', 2);
    expect(invite.text).toMatch(/^INVITE sip:12345678@127\.0\.0\.1/);
    await carrier.sipp.message(180, 1, 'sent');
    carrier.rtp.connect(sdpOf(invite));
    await carrier.sipp.tell('ANSWER', {}, invite.callId);
    await carrier.sipp.message('ACK', 2);
    await floor.phase(caller.interaction, 'talking');
    await floor.hearEachOther(caller.rtp, carrier.rtp, [600, 1000]);
    await carrier.sipp.tell('HANGUP', {}, invite.callId);
    await Promise.all([carrier.sipp.done(), caller.sipp.done()]);
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', transfers: [{ kind: 'number', by: seat.agent }] });
    await floor.nothingLeft();
  });

  test('a number that nobody allowed is refused, and the talk goes on', async () => {
    const { caller, seat, contact } = await talking();
    const answer = await floor.product.ask('POST', `${contact}/transfer`, { number: '0085212345678' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    await hangUp(caller, seat);
  });

  test('a detour for a PIN: nobody hears it, nobody reads it, and the agent gets the result', async () => {
    const secret = '739154';
    const line = await floor.line({ record: true });
    const { caller, seat, panel } = await atDesk(line);
    await floor.hearEachOther(caller.rtp, seat.rtp);
    const heardBefore = seat.rtp.digits().length;
    await panel.do('detour', { interaction: caller.interaction, flow: 'pin' });
    await seat.rtp.hearsNothing();
    for (const node of ['first', 'second']) {
      await until(async () => (await floor.call(caller.interaction))?.node === node, `the caller is asked: ${node}`);
      caller.rtp.key(secret);
    }
    const ended = await panel.event('detour-ended');
    expect(ended.with).toMatchObject({ interaction: caller.interaction, flow: 'pin', result: { result: 'confirmed' } });
    await floor.phase(caller.interaction, 'talking');
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    expect(seat.rtp.digits().length).toBe(heardBefore);
    expect(floor.events.of('call.recording-paused', caller.interaction)).toHaveLength(1);
    expect(floor.events.of('call.recording-resumed', caller.interaction)).toHaveLength(1);
    expect((await floor.call(caller.interaction))?.recording).toBe('on');
    await hangUp(caller, seat);
    await floor.record(caller.interaction);
    await panel.event('call-gone');
    // Not in what panels are told, not in events, not in logs, not in any file that is kept.
    expect(JSON.stringify(panel.told)).not.toContain(secret);
    expect(JSON.stringify(floor.events.facts)).not.toContain(secret);
    const { data } = floor.product.settings;
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['switchroom.sqlite', 'server.log']));
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name)).includes(secret), `the PIN is in ${name}`).toBe(false);
    }
  });

  test('a detour for a rating: the agent gets it back', async () => {
    const { caller, seat, panel } = await atDesk(await floor.line());
    expect(panel.snapshot.setup.flows).toContainEqual({ flow: 'rating', name: { en: 'Rating', zh: '满意度评价' } });
    await panel.do('detour', { interaction: caller.interaction, flow: 'rating' });
    await until(async () => (await floor.call(caller.interaction))?.node === 'ask', 'the caller is asked');
    caller.rtp.key('5');
    const ended = await panel.event('detour-ended');
    expect(ended.with.result).toMatchObject({ result: 'rated', rating: '5' });
    await floor.phase(caller.interaction, 'talking');
    await hangUp(caller, seat);
    const record = await floor.record(caller.interaction);
    expect(record.path).toContainEqual(expect.objectContaining({ node: 'ask', value: '5' }));
  });

  test('a rating after the talk: the agent hangs up, the caller stays until the flow ends', async () => {
    const { caller, seat, panel, callId } = await atDesk(await floor.line());
    await panel.do('detour', { interaction: caller.interaction, flow: 'rating' });
    await until(async () => (await floor.call(caller.interaction))?.node === 'ask', 'the caller is asked');
    await seat.sipp.tell('HANGUP', {}, callId);
    await seat.sipp.done();
    await floor.free(seat.agent);
    caller.rtp.key('4');
    await caller.sipp.done();
    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', endedBy: 'flow', endedWhere: 'detour' });
    expect(record.path).toContainEqual(expect.objectContaining({ node: 'ask', value: '4' }));
    await floor.nothingLeft();
  });

  test.each(['API', 'panel'])('a disposition given by the %s is enough for the other', async (by) => {
    const settings = { wrapUpMs: 60_000, dispositions: ['solved', 'sold'], dispositionRequired: true };
    const { caller, seat, panel, contact } = await atDesk(await floor.line(settings));
    const { interaction } = caller;
    await hangUp(caller, seat);
    await panel.event('agent', ({ live }) => live.contacts[0]?.state === 'wrap-up');
    await floor.ask('POST', `${contact}/disposition`, { note: 'first' });
    await panel.event('work', ({ note }) => note === 'first');
    expect((await floor.product.ask('POST', `${contact}/wrap-up`, {})).status).toBe(422);
    await expect(panel.do('wrap-up-done', { interaction })).rejects.toThrow('disposition-required');
    if (by === 'API') {
      await floor.ask('POST', `${contact}/disposition`, { disposition: 'sold' });
      expect((await panel.event('work', ({ disposition }) => disposition === 'sold')).with.note).toBe('first');
      await panel.do('wrap-up-done', { interaction });
    } else {
      await panel.do('disposition', { interaction, disposition: 'sold' });
      await floor.ask('POST', `${contact}/wrap-up`, {});
    }
    await floor.free(seat.agent);
    await until(async () => (await floor.record(interaction)).disposition === 'sold', 'it is in the record');
    expect((await floor.record(interaction)).note).toBe('first');
  });
});

async function talking(line?: Line): Promise<Talk> {
  const on = line ?? (await floor.line());
  const seat = await floor.seat([on.queue]);
  const caller = await floor.caller(on.number);
  const { callId } = await floor.answers(seat, caller.interaction);
  return { caller, seat, line: on, callId, contact: `/agents/${seat.agent}/contacts/${caller.interaction}` };
}

/** As `talking`, and the agent has her panel open. */
async function atDesk(line: Line): Promise<Talk & { panel: Panel }> {
  const talk = await talking(line);
  const { agent } = talk.seat;
  const { password } = await floor.ask<{ password: string }>('POST', `/agents/${agent}/password`, {});
  const panel = await Panel.open(floor.product, agent, password);
  panels.push(panel);
  return { ...talk, panel };
}

async function hangUp(caller: Caller, phone: Party): Promise<void> {
  await caller.sipp.tell('HANGUP');
  await Promise.all([caller.sipp.done(), phone.sipp.done()]);
  await floor.nothingLeft();
}

/** Something is heard that is not the agent. */
async function music(caller: Caller): Promise<void> {
  await until(() => {
    const samples = caller.rtp.samples(500);
    return samples.length >= 3_000 && Math.max(...samples.map(Math.abs)) > 500 && caller.rtp.share(900, 500) < 0.05;
  }, 'music is heard');
}

/** A trunk to a carrier that challenges, and a rule that leads there. */
async function carrierOf(secret: string): Promise<Party> {
  const rtp = await floor.rtp();
  const sipp = await floor.sipp({
    scenario: 'carrier',
    keys: { user: 'carrier', rtp_port: rtp.port, auth_user: 'bank', auth_secret: secret },
  });
  const uri = `sip:127.0.0.1:${sipp.port}`;
  await floor.ask('PUT', '/trunks/carrier', { uri, country: 'CN', outboundAuth: { user: 'bank', secret } });
  await floor.ask('PUT', '/dial-rules/021', { trunk: 'carrier', strip: 3 });
  return { rtp, sipp };
}
