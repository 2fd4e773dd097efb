// What comes over the network that should not, does not come that should, or comes over TCP.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Phone } from '../contract/media/phone.ts';
import { SipPeer } from '../unit/edge/drachtio/sip-peer.ts';
import { Floor, sdpOf } from './floor.ts';
import { losing, Relay } from './relay.ts';
import { freePort, has } from './sipp.ts';
import { until } from './until.ts';

let floor: Floor;
let port: number;
const relays: Relay[] = [];

describe.skipIf(!has('sipp'))('the network (needs sipp)', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    port = await freePort();
    floor = await Floor.open({ env: { SWITCHROOM_SIP_PORT: String(port) } });
  });
  afterEach(async () => {
    await floor.tidy();
    for (const relay of relays.splice(0)) relay.close();
  });
  afterAll(() => floor?.close());

  async function relay(...given: Parameters<typeof Relay.to>): Promise<Relay> {
    const made = await Relay.to(...given);
    relays.push(made);
    return made;
  }

  async function refused(status: 404 | 407, number: string): Promise<void> {
    const keys = { from: '013800138000', rtp_port: (await floor.rtp()).port };
    const target = floor.product.sip;
    const caller = await floor.sipp({ scenario: `refused-${status}`, target, keys, args: ['-s', number] });
    await caller.done();
  }

  test('a number that is not ours: 404', async () => {
    await refused(404, '95599');
    expect(await floor.calls()).toEqual([]);
    await floor.nothingLeft();
  });

  test('an address that is no trunk is asked who it is: 407, and from the next moment on', async () => {
    const { trunks } = await floor.ask<{ trunks: { name: string; sources: string[]; country: string }[] }>(
      'GET',
      '/trunks',
    );
    const local = trunks.find(({ name }) => name === 'local');
    await floor.ask('PUT', '/trunks/local', { sources: ['192.0.2.1'], country: local?.country });
    await refused(407, '95500');
    await floor.ask('PUT', '/trunks/local', { sources: local?.sources, country: local?.country });
    const caller = await floor.caller('95500');
    await caller.sipp.tell('HANGUP');
    await caller.sipp.done();
    await floor.nothingLeft();
  });

  test('broken messages and garbage do not disturb a call', async () => {
    const { pids } = floor.product;
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    const { callId } = await floor.answers(seat, caller.interaction);
    await floor.hearEachOther(caller.rtp, seat.rtp);

    const head = `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKbad\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:95500@z>\r\n`;
    const broken = [
      Buffer.alloc(0),
      Buffer.from('\r\n\r\n'),
      Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x80]),
      Buffer.alloc(60_000, 0x41),
      Buffer.from('INVITE\r\n\r\n'),
      Buffer.from('INVITE sip:95500@127.0.0.1 SIP/9.9\r\n\r\n'),
      Buffer.from(`INVITE sip:95500@127.0.0.1 SIP/2.0\r\n${head}Call-ID: ${callId}\r\nCSeq: nonsense INVITE\r\n\r\n`),
      Buffer.from(
        `BYE sip:95500@127.0.0.1 SIP/2.0\r\n${head}Call-ID: ${callId}\r\nCSeq: 9 BYE\r\nContent-Length: -5\r\n\r\n`,
      ),
      Buffer.from(
        `BYE sip:95500@127.0.0.1 SIP/2.0\r\n${head}Call-ID: ${callId}\r\nCSeq: 99 BYE\r\nContent-Length: 0\r\n\r\n`,
      ),
      Buffer.from(
        `INVITE sip:95500@127.0.0.1 SIP/2.0\r\n${head}Call-ID: a\r\nCSeq: 1 INVITE\r\nContent-Length: 99999\r\n\r\nv=0`,
      ),
      Buffer.from(`SIP/2.0 200 OK\r\n${head}Call-ID: ${callId}\r\nCSeq: 1 INVITE\r\n\r\n`),
      Buffer.from(`INVITE sip:95500@127.0.0.1 SIP/2.0\r\n${head}${'X: y\r\n'.repeat(2_000)}\r\n`),
      Buffer.from(
        `INVITE sip:95500@127.0.0.1 SIP/2.0\r\n${head}Call-ID: sdp\r\nCSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1:9>\r\nContent-Type: application/sdp\r\nContent-Length: 12\r\n\r\nv=0\r\nm=audio`,
      ),
    ];
    const socket = createSocket('udp4');
    for (const datagram of broken) {
      await new Promise<void>((sent, fail) =>
        socket.send(datagram, port, '127.0.0.1', (error) => (error ? fail(error) : sent())),
      );
    }
    socket.close();
    for (const garbage of [
      ...broken,
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.alloc(1_000_000, 0x20),
    ]) {
      const tcp = connect(port, '127.0.0.1');
      const closed = new Promise((done) => tcp.on('close', done));
      // The other end may hang up on us in the middle of it.
      tcp.on('error', () => tcp.destroy());
      tcp.write(garbage, () => tcp.end());
      tcp.resume();
      const late = setTimeout(() => tcp.destroy(), 500);
      await closed;
      clearTimeout(late);
    }

    // Both hear each other as before, a new call is answered, and nobody had to be started again.
    await Promise.all([caller.rtp.hears([900], [500]), seat.rtp.hears([500], [900])]);
    const next = await floor.caller('95500');
    await next.sipp.tell('HANGUP');
    await next.sipp.done();
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    expect(floor.product.pids).toEqual(pids);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'customer' });
    await floor.nothingLeft();
  });

  test('a bad line: what is lost of the signaling is sent again, on both sides', async () => {
    const line = await floor.line();
    const callers = losing(
      ['there INVITE', 1],
      ['back 200 INVITE', 2],
      ['there ACK', 1],
      ['there BYE', 1],
      ['back 200 BYE', 1],
    );
    // The phone's last word is not lost: SIPp ends with it and would not say it again.
    const phones = losing(
      ['there INVITE', 1],
      ['back 180 INVITE', 1],
      ['back 200 INVITE', 1],
      ['there ACK', 1],
      ['there BYE', 1],
    );
    const before = await relay(port, callers.loses);
    const phonePort = await freePort();
    const behind = await relay(phonePort, phones.loses);
    const phone = await floor.phone('seat', { port: phonePort, contactPort: behind.port });
    const caller = await floor.caller(line.number, { target: `127.0.0.1:${before.port}` });
    // From now on: a phone has 3 s to say something.
    await floor.agent([line.queue], { port: behind.port });
    await floor.answers(phone, caller.interaction);
    await floor.hearEachOther(caller.rtp, phone.rtp);
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), phone.sipp.done()]);
    await floor.nothingLeft();
    expect([...callers.left.keys()]).toEqual([]);
    expect([...phones.left.keys()]).toEqual([]);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'customer' });
  });

  test('a bad line: every tenth packet of the sound is lost both ways; they hear each other, and the record says how well', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number);
    let count = 0;
    const bad = await relay(caller.rtp.remote?.port ?? 0, () => ++count % 10 === 0);
    if (caller.rtp.remote) caller.rtp.remote.port = bad.port;
    await floor.answers(seat, caller.interaction);
    caller.rtp.speak(500);
    seat.rtp.speak(900);
    await until(() => bad.passed.there > 150 && bad.passed.back > 150, 'three seconds went both ways');
    await Promise.all([caller.rtp.hears([900]), seat.rtp.hears([500])]);
    await caller.sipp.tell('HANGUP');
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    await until(async () => (await floor.record(caller.interaction)).quality.length === 2, 'the quality is noted');
    const { quality } = await floor.record(caller.interaction);
    const [customer, agent] = ['customer', 'agent'].map((party) => quality.find((one) => one.party === party));
    expect(customer?.lost).toBeGreaterThan(10);
    expect(customer?.lost).toBeLessThanOrEqual(bad.lost.there);
    expect(agent?.lost).toBe(0);
    expect(customer?.mos).toBeLessThan((agent?.mos ?? 0) - 0.3);
    await floor.nothingLeft();
  });

  test('a caller over TCP', async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const caller = await floor.caller(line.number, { transport: 'tcp' });
    const invite = await floor.answers(seat, caller.interaction);
    expect(sdpOf(invite)).toContain('m=audio');
    await floor.hearEachOther(caller.rtp, seat.rtp);
    await seat.sipp.tell('HANGUP', {}, invite.callId);
    await Promise.all([caller.sipp.done(), seat.sipp.done()]);
    expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', endedBy: 'agent' });
    await floor.nothingLeft();
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

describe('addresses: IPv6 inside, and behind a NAT of IPv4', { timeout: 60_000 }, () => {
  const outside = '198.51.100.7';
  const closers: { close(): void }[] = [];
  let sipPort: number;
  let site: Floor;

  beforeAll(async () => {
    sipPort = await freePort();
    site = await Floor.open({
      env: {
        SWITCHROOM_BIND: hasIpv6 ? '127.0.0.1,::1' : '127.0.0.1',
        SWITCHROOM_SIP_PORT: String(sipPort),
        SWITCHROOM_ADVERTISE: outside,
      },
    });
  });
  afterEach(async () => {
    await site.tidy();
    for (const one of closers.splice(0)) one.close();
  });
  afterAll(() => site?.close());

  async function party(host: '127.0.0.1' | '::1') {
    const peer = await SipPeer.udp(sipPort, host);
    const rtp = await Phone.make({ host });
    closers.push(peer, rtp);
    return { peer, rtp };
  }

  /** What a NAT does on the way in. */
  const inside = (sdp: string) => sdp.replaceAll(outside, '127.0.0.1');

  /** A phone of an agent at 127.0.0.1 that answers a call to that line. */
  async function answering(line: { queue: string }) {
    const phone = await party('127.0.0.1');
    await site.agent([line.queue], { port: phone.peer.port });
    const invite = await phone.peer.expect('INVITE');
    phone.rtp.connect(inside(invite.body));
    phone.peer.respond(invite, '200 OK', { body: phone.rtp.sdp() });
    await phone.peer.expect('ACK');
    return { ...phone, invite };
  }

  test.skipIf(!hasIpv6)(
    'a caller over IPv6 and an agent over IPv4: each is told addresses of the own family, and they talk',
    async () => {
      const line = await site.line();
      const { peer, rtp } = await party('::1');
      const call = peer.call(line.number, { body: rtp.sdp() });
      const answer = await call.establish();
      expect(call.target).toMatch(new RegExp(`^sips?:.*\\[::1\\]:${sipPort}\\b`));
      expect(answer.body).toMatch(/^o=.* IN IP6 ::1\r$/m);
      expect(answer.body).toMatch(/^c=IN IP6 ::1\r$/m);
      rtp.connect(answer.body);
      const agent = await answering(line);
      await site.hearEachOther(rtp, agent.rtp);
      await call.bye();
      agent.peer.respond(await agent.peer.expect('BYE'), '200 OK');
      const interaction = await site.interactionOf(call.callId);
      expect(await site.record(interaction)).toMatchObject({
        outcome: 'answered',
        endedBy: 'customer',
        trunk: 'local',
      });
      await site.nothingLeft();
    },
  );

  test('SWITCHROOM_ADVERTISE: Contact, Via and SDP of both legs say the address outside', async () => {
    const line = await site.line();
    const { peer, rtp } = await party('127.0.0.1');
    const call = peer.call(line.number, { body: rtp.sdp() });
    const answer = await call.establish();
    expect(call.target).toMatch(new RegExp(`^sip:(.*@)?${outside}:${sipPort}\\b`));
    rtp.connect(inside(answer.body));
    const agent = await answering(line);
    expect(agent.invite.header('Contact')).toMatch(new RegExp(`<sip:(.*@)?${outside}:${sipPort}\\b`));
    expect(agent.invite.header('Via')).toMatch(new RegExp(`^SIP/2.0/UDP ${outside}:${sipPort};`));
    for (const { body } of [answer, agent.invite]) {
      expect(body).toMatch(new RegExp(`^c=IN IP4 ${outside}\r$`, 'm'));
      expect(body).toMatch(new RegExp(`^o=.* IN IP4 ${outside}\r$`, 'm'));
      expect(body).not.toContain('127.0.0.1');
    }
    await site.hearEachOther(rtp, agent.rtp);
    // To the address outside, as the NAT lets it in.
    await call.bye();
    agent.peer.respond(await agent.peer.expect('BYE'), '200 OK');
    expect(await site.record(await site.interactionOf(call.callId))).toMatchObject({ outcome: 'answered' });
    await site.nothingLeft();
  });
});
