// Agents' phones: registration with digest, their own calls, trunks that challenge and are challenged.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ha1 } from '../../server/signaling/index.ts';
import { type Received, type SipPeer, sdp } from '../unit/edge/drachtio/sip-peer.ts';
import { authorization, dialFrom, md5 } from './digest-phone.ts';
import { realm, Stage, until } from './stage.ts';

const flows = {
  main: {
    languages: ['en'],
    start: 'hello',
    nodes: {
      hello: { type: 'say', prompt: { en: 'Hello.' }, next: 'wait' },
      wait: { type: 'queue', queue: 'service', overflow: 'bye', error: 'bye' },
      bye: { type: 'hangup' },
    },
  },
  pin: {
    languages: ['en'],
    start: 'ask',
    error: 'gone',
    nodes: {
      ask: {
        type: 'collect',
        prompt: { en: 'Your PIN.' },
        variable: 'pin',
        label: 'PIN',
        min: 4,
        max: 4,
        secret: true,
        next: 'done',
      },
      done: { type: 'return', result: 'ok' },
      gone: { type: 'hangup' },
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

class Phone {
  readonly peer: SipPeer;
  readonly user: string;
  readonly #callId: string;
  #seq = 0;

  constructor(peer: SipPeer, user: string) {
    this.peer = peer;
    this.user = user;
    this.#callId = `reg-${user}-${peer.port}`;
  }

  async register(headers: string, contact = `<sip:${this.user}@127.0.0.1:${this.peer.port}>`): Promise<Received> {
    const seq = ++this.#seq;
    const { peer, user } = this;
    peer.send(
      [
        `REGISTER sip:127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/${peer.transport} 127.0.0.1:${peer.port};branch=${peer.branch()};rport`,
        `From: <sip:${user}@${realm}>;tag=r`,
        `To: <sip:${user}@${realm}>`,
        `Call-ID: ${this.#callId}`,
        `CSeq: ${seq} REGISTER`,
        ...(contact === '' ? [] : [`Contact: ${contact}`]),
        'Max-Forwards: 70',
        ...(headers === '' ? [] : [headers]),
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
    await until(
      () => peer.received.some((one) => one.callId === this.#callId && one.cseq === `${seq} REGISTER`),
      'an answer to REGISTER',
    );
    return peer.received.find((one) => one.callId === this.#callId && one.cseq === `${seq} REGISTER`)!;
  }

  async registered(
    more: { headers?: string; contact?: string; algorithm?: 'MD5' | 'SHA-256'; secret?: string } = {},
  ): Promise<Received> {
    const challenge = await this.register('', more.contact);
    expect(challenge.what).toBe(401);
    const proof = authorization(challenge, 'WWW-Authenticate', {
      method: 'REGISTER',
      uri: 'sip:127.0.0.1',
      user: this.user,
      secret: more.secret ?? `secret-${this.user}`,
      ...(more.algorithm ? { algorithm: more.algorithm } : {}),
    });
    return this.register([proof, ...(more.headers ? [more.headers] : [])].join('\r\n'), more.contact);
  }
}

/** One request of a call of its own, and its final answer. */
async function finalAnswer(peer: SipPeer, method: string, user: string, headers: string): Promise<Received> {
  const branch = peer.branch();
  const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : 'sip:95500@127.0.0.1';
  const text = (ofMethod: string, to: string, more: string[]): string =>
    [
      `${ofMethod} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${peer.transport} 127.0.0.1:${peer.port};branch=${branch};rport`,
      `From: <sip:${user}@${realm}>;tag=r`,
      `To: ${to}`,
      `Call-ID: ${branch}`,
      `CSeq: 1 ${ofMethod}`,
      `Contact: <sip:${user}@127.0.0.1:${peer.port}>`,
      'Max-Forwards: 70',
      ...more,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n');
  peer.send(text(method, `<sip:${user}@${realm}>`, headers === '' ? [] : [headers]));
  const find = () =>
    peer.received.find((one) => one.callId === branch && typeof one.what === 'number' && one.what >= 200);
  await until(() => find() !== undefined, `an answer to ${method}`);
  const answer = find()!;
  if (method === 'INVITE') peer.send(text('ACK', answer.header('To') ?? '', []));
  return answer;
}

describe('the registrar', () => {
  test.each(['MD5', 'SHA-256'] as const)('takes a phone by digest with %s, and tells routing', async (algorithm) => {
    const phone = new Phone(await stage.peer(), '1001');
    const answer = await phone.registered({ algorithm, headers: 'Expires: 120' });
    expect(answer.what).toBe(200);
    expect(answer.header('Contact')).toBe(`<sip:1001@127.0.0.1:${phone.peer.port}>;expires=120`);
    expect(stage.server.queueing.reachable.get('1001')).toBe(true);
  });

  test('challenges with two rows, the stronger first', async () => {
    const phone = new Phone(await stage.peer(), '1001');
    const answer = await phone.register('');
    const rows = answer.text.split('\r\n').filter((line) => line.startsWith('WWW-Authenticate:'));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain('algorithm=SHA-256');
    expect(rows[1]).toContain('algorithm=MD5');
  });

  test('refuses a wrong secret, a replay, and another user', async () => {
    const phone = new Phone(await stage.peer(), '1001');
    const wrong = await phone.registered({ secret: 'wrong' });
    expect([wrong.what, wrong.header('WWW-Authenticate')]).toEqual([401, expect.not.stringContaining('stale')]);
    const challenge = await phone.register('');
    const proof = authorization(challenge, 'WWW-Authenticate', {
      method: 'REGISTER',
      uri: 'sip:127.0.0.1',
      user: '1001',
      secret: 'secret-1001',
    });
    expect((await phone.register(proof)).what).toBe(200);
    // Its secret is right: it is told so, since some phones count the same nonce twice, and give up where they are not.
    const again = await phone.register(proof);
    expect([again.what, again.header('WWW-Authenticate')]).toEqual([401, expect.stringContaining('stale=true')]);
    const other = new Phone(await stage.peer(), '1002');
    const asOther = await other.register('');
    const ownProof = authorization(asOther, 'WWW-Authenticate', {
      method: 'REGISTER',
      uri: 'sip:127.0.0.1',
      user: '1001',
      secret: 'secret-1001',
    });
    expect((await other.register(ownProof)).what).toBe(403);
  });

  test('the answers to a stranger do not tell who is a user here', async () => {
    await stage.site.directory.trunks.put({ name: 'local', site: 'hq', sources: ['192.0.2.1'], country: 'CN' }, 'test');
    const peer = await stage.peer();
    /** What an answer says, without what differs from request to request. */
    const saidTo = (answer: Received, user: string): string =>
      answer.text
        .split('\r\n')
        .filter((line) => !/^(Via|Call-ID|CSeq|Date):/i.test(line))
        .map((line) => line.replace(/(nonce|tag)="?[^",;]+"?/gi, '$1').replaceAll(user, 'user'))
        .join('\n');
    /** All answers on the way: unasked, with a wrong secret, and after many wrong ones. */
    const answers = async (method: 'INVITE' | 'REGISTER', user: string): Promise<string[]> => {
      const said: string[] = [];
      let proof = '';
      for (let i = 0; i < 13; i++) {
        const answer = await finalAnswer(peer, method, user, proof);
        said.push(saidTo(answer, user));
        const [name, wanted] =
          method === 'INVITE'
            ? (['Proxy-Authenticate', 'Proxy-Authorization'] as const)
            : (['WWW-Authenticate', 'Authorization'] as const);
        if (answer.header(name) === undefined) break;
        const uri = method === 'INVITE' ? 'sip:95500@127.0.0.1' : 'sip:127.0.0.1';
        proof = authorization(answer, name, { method, uri, user, secret: 'wrong' });
        expect(proof.startsWith(wanted)).toBe(true);
      }
      return said;
    };
    for (const method of ['INVITE', 'REGISTER'] as const) {
      const [known, unknown] = [await answers(method, '1001'), await answers(method, '1999')];
      expect(known[0]).toContain(method === 'INVITE' ? '407' : '401');
      expect(known.at(-1)).toContain('403');
      expect(unknown).toEqual(known);
    }
  });

  test('a phone whose user is disabled, removed, or has another secret is not rung any more', async () => {
    const { directory } = stage.site;
    const { bindings } = stage.server.signaling.registrar;
    const phone = new Phone(await stage.peer(), '1001');
    const there = () => bindings.users().includes('1001');
    const user = directory.sipUsers.get('1001')!;
    expect((await phone.registered()).what).toBe(200);
    await directory.sipUsers.put({ ...user, team: 'red' }, 'test');
    expect(there()).toBe(true);
    const sha256 = '0'.repeat(64);
    await directory.sipUsers.put({ ...user, ha1: { ...user.ha1, sha256 } }, 'test');
    expect(there()).toBe(false);
    expect(stage.server.queueing.reachable.get('1001')).toBe(false);

    await directory.sipUsers.put({ ...user, agent: '1001' }, 'test');
    expect((await phone.registered()).what).toBe(200);
    await directory.agents.put({ ...directory.agents.get('1001')!, disabled: true }, 'test');
    expect(there()).toBe(false);
    expect((await phone.registered()).what).toBe(403);
    const callId = await dialFrom(stage, phone.peer, '1001', '1002');
    await phone.peer.expect(403, (one) => one.callId === callId);
    expect(stage.server.signaling.screening.refused.get('agent-disabled')).toBe(1);
  });

  test('a nonce that is not ours is stale: challenged anew', async () => {
    const phone = new Phone(await stage.peer(), '1001');
    const challenge = await phone.register('');
    const text = challenge.text.replace(/nonce="[^"]+"/g, 'nonce="lx9k.abc.def"');
    const proof = authorization({ ...challenge, text }, 'WWW-Authenticate', {
      method: 'REGISTER',
      uri: 'sip:127.0.0.1',
      user: '1001',
      secret: 'secret-1001',
    });
    const again = await phone.register(proof);
    expect(again.what).toBe(401);
    expect(again.header('WWW-Authenticate')).toContain('stale=true');
  });

  test('too short an interval: 423; query, un-REGISTER, and the star', async () => {
    const phone = new Phone(await stage.peer(), '1001');
    const brief = await phone.registered({ headers: 'Expires: 5' });
    expect(brief.what).toBe(423);
    expect(brief.header('Min-Expires')).toBe('60');
    await phone.registered();
    await phone.registered({ contact: `<sip:1001@127.0.0.1:9>` });
    const query = await phone.registered({ contact: '' });
    expect(query.header('Contact')?.split(',')).toHaveLength(2);
    const one = await phone.registered({ contact: `<sip:1001@127.0.0.1:9>;expires=0` });
    expect(one.header('Contact')?.split(',')).toHaveLength(1);
    expect(stage.server.queueing.reachable.get('1001')).toBe(true);
    expect((await phone.registered({ contact: '*' })).what).toBe(400);
    const none = await phone.registered({ contact: '*', headers: 'Expires: 0' });
    expect(none.what).toBe(200);
    expect(none.header('Contact')).toBeUndefined();
    expect(stage.server.queueing.reachable.get('1001')).toBe(false);
  });

  test('a phone behind NAT is rung where it came from', async () => {
    const peer = await stage.peer();
    const phone = new Phone(peer, '1001');
    await phone.registered({ contact: '<sip:1001@192.0.2.77:5060>' });
    const caller = await stage.peer();
    const call = caller.call('95500');
    await call.establish();
    await until(() => stage.server.queueing.waiting.size === 1, 'the caller waits');
    const outcome = stage.server.queueing.offer([...stage.server.queueing.waiting.keys()][0]!, '1001');
    const invite = await peer.expect('INVITE');
    expect(invite.text).toMatch(/^INVITE sip:1001@192\.0\.2\.77:5060 /);
    peer.respond(invite, '486 Busy Here');
    expect(await outcome).toBe('declined');
    await call.bye();
    await stage.nothingLeft();
  });

  test('a phone on TCP is rung over its own connection', async () => {
    const peer = await stage.peer('tcp');
    const phone = new Phone(peer, '1001');
    await phone.registered({ contact: '<sip:1001@phone.invalid;transport=tcp>' });
    const caller = await stage.peer();
    const call = caller.call('95500');
    await call.establish();
    await until(() => stage.server.queueing.waiting.size === 1, 'the caller waits');
    const outcome = stage.server.queueing.offer([...stage.server.queueing.waiting.keys()][0]!, '1001');
    peer.respond(await peer.expect('INVITE'), '486 Busy Here');
    expect(await outcome).toBe('declined');
    await call.bye();
    await stage.nothingLeft();
  });

  test('OPTIONS is answered', async () => {
    const peer = await stage.peer();
    const call = peer.call('95500');
    call.send('OPTIONS');
    const answer = await peer.expect(200);
    expect(answer.header('Allow')).toContain('INVITE');
  });
});

describe("an agent's own call", () => {
  beforeEach(async () => {
    // Phones are no part of the trunk here.
    await stage.site.directory.trunks.put({ name: 'local', site: 'hq', sources: [], country: 'CN' }, 'test');
  });

  test('to a colleague: both are busy for the ACD, and free again after it', async () => {
    const peer = await stage.peer();
    const colleague = await stage.peer();
    await stage.phoneAt('1002', colleague);
    const callId = await dialFrom(stage, peer, '1001', '1002');
    const invite = await colleague.expect('INVITE');
    expect(stage.server.queueing.occupation).toEqual(
      new Map([
        ['1001', 1],
        ['1002', 1],
      ]),
    );
    colleague.respond(invite, '180 Ringing');
    await peer.expect(180, (one) => one.callId === callId);
    colleague.respond(invite, '200 OK', { body: sdp });
    const answer = await peer.expect(200, (one) => one.callId === callId);
    const contact = /<([^>]+)>/.exec(answer.header('Contact') ?? '')?.[1];
    const inDialog = (method: string, seq: number) =>
      peer.send(
        [
          `${method} ${contact} SIP/2.0`,
          `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=${peer.branch()};rport`,
          `From: ${answer.header('From')}`,
          `To: ${answer.header('To')}`,
          `Call-ID: ${callId}`,
          `CSeq: ${seq} ${method}`,
          'Max-Forwards: 70',
          'Content-Length: 0',
          '',
          '',
        ].join('\r\n'),
      );
    inDialog('ACK', 2);
    await stage.event('interaction.answered');
    expect(stage.server.calls.list()[0]).toMatchObject({ direction: 'internal', phase: 'talking', agent: '1001' });
    inDialog('BYE', 3);
    colleague.respond(await colleague.expect('BYE'), '200 OK');
    expect((await stage.event('interaction.ended')).data).toMatchObject({ where: 'talk', by: 'agent' });
    expect(stage.server.queueing.occupation).toEqual(
      new Map([
        ['1001', 0],
        ['1002', 0],
      ]),
    );
    expect(stage.server.queueing.finishedParts).toEqual([]);
    await stage.nothingLeft();
  });

  test('to a busy colleague is busy, to nobody is 404, to a forbidden number is 403', async () => {
    const peer = await stage.peer();
    const colleague = await stage.peer();
    await stage.phoneAt('1002', colleague);
    const callId = await dialFrom(stage, peer, '1001', '1002');
    colleague.respond(await colleague.expect('INVITE'), '486 Busy Here');
    await peer.expect(486, (one) => one.callId === callId);
    await stage.nothingLeft();
    const nobody = await dialFrom(stage, peer, '1001', 'nobody');
    await peer.expect(404, (one) => one.callId === nobody);
    await stage.site.directory.dialRules.put(
      { prefix: '00', trunk: 'local', strip: 0, prepend: '', allow: false },
      'test',
    );
    const far = await dialFrom(stage, peer, '1001', '0044123456');
    await peer.expect(403, (one) => one.callId === far);
    await stage.nothingLeft();
  });

  test('over a trunk that challenges us; the emergency number passes without any rule', async () => {
    const peer = await stage.peer();
    const gateway = await stage.peer();
    await stage.site.directory.trunks.put(
      {
        name: 'out',
        site: 'hq',
        sources: [],
        uri: `sip:127.0.0.1:${gateway.port}`,
        outboundAuth: { user: 'us', secret: 'ours' },
        country: 'CN',
      },
      'test',
    );
    await dialFrom(stage, peer, '1001', '110');
    const first = await gateway.expect('INVITE');
    expect(first.text).toMatch(/^INVITE sip:110@/);
    gateway.respond(first, '401 Unauthorized', {
      headers: 'WWW-Authenticate: Digest realm="far", nonce="n1", algorithm=MD5, qop="auth,auth-int"',
    });
    const second = await gateway.expect('INVITE');
    expect(second.callId).toBe(first.callId);
    expect(second.header('From')).toBe(first.header('From'));
    expect(Number.parseInt(second.cseq, 10)).toBe(Number.parseInt(first.cseq, 10) + 1);
    const proof = second.header('Authorization') ?? '';
    const part = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(proof)?.[1];
    const uri = part('uri') ?? '';
    expect(second.text).toContain(`INVITE ${uri} SIP/2.0`);
    expect(part('response')).toBe(
      md5(`${md5('us:far:ours')}:n1:${part('nc')}:${part('cnonce')}:auth:${md5(`INVITE:${uri}`)}`),
    );
    gateway.respond(second, '503 Service Unavailable');
    await peer.expect(503);
    await stage.nothingLeft();
  });
});

test('a trunk that we challenge proves who it is', async () => {
  const peer = await stage.peer();
  const hashes = { realm, md5: ha1('MD5', 'carrier', realm, 's'), sha256: ha1('SHA-256', 'carrier', realm, 's') };
  await stage.site.directory.trunks.put(
    { name: 'local', site: 'hq', sources: ['127.0.0.1'], inboundAuth: { user: 'carrier', ha1: hashes }, country: 'CN' },
    'test',
  );
  const call = peer.call('95500');
  call.invite();
  const challenge = await peer.expect(407);
  call.ackFailure(challenge);
  const proof = authorization(challenge, 'Proxy-Authenticate', {
    method: 'INVITE',
    uri: call.uri,
    user: 'carrier',
    secret: 's',
    algorithm: 'SHA-256',
  });
  const proven = peer.call('95500', { headers: proof });
  await proven.establish();
  await proven.bye();
  await stage.event('interaction.ended');
  await stage.nothingLeft();
});

test('a trunk takes no more calls than it may', async () => {
  await stage.site.directory.trunks.put(
    { name: 'local', site: 'hq', sources: ['127.0.0.1'], country: 'CN', maxCalls: 1 },
    'test',
  );
  const peer = await stage.peer();
  const call = peer.call('95500');
  await call.establish();
  const second = peer.call('95500');
  second.invite();
  second.ackFailure(await peer.expect(503));
  expect((await stage.event('call.refused')).data).toMatchObject({ reason: 'trunk-full', trunk: 'local' });
  await call.bye();
  await stage.event('interaction.ended');
  const third = peer.call('95500');
  await third.establish();
  await third.bye();
  await stage.event('interaction.ended', 2);
  await stage.nothingLeft();
});

test('a detour: the caller enters a PIN that nobody hears and no journal keeps, and comes back', async () => {
  const phone = await stage.peer();
  await stage.phoneAt('1001', phone);
  const queue = stage.site.directory.queues.get('service')!;
  await stage.site.directory.queues.put({ ...queue, record: true }, 'test');
  const peer = await stage.peer();
  const call = peer.call('95500');
  await call.establish();
  stage.server.queueing.assign = '1001';
  const invite = await (async () => {
    await until(() => stage.server.queueing.waiting.size === 1, 'the caller waits');
    void stage.server.queueing.offer([...stage.server.queueing.waiting.keys()][0]!, '1001');
    return phone.expect('INVITE');
  })();
  phone.respond(invite, '200 OK', { body: sdp });
  await stage.event('interaction.answered');
  const { interaction } = stage.server.calls.list()[0]!;
  const told: string[] = [];
  stage.server.calls.on('changed', ({ phase, recording }) => told.push(`${phase}, ${recording}`));
  const result = stage.server.calls.detour('1001', interaction, 'pin');
  await until(() => stage.server.calls.get(interaction)?.phase === 'detour', 'detour');
  await until(() => stage.server.prompts.said.at(-1)?.say === 'text', 'the question');
  for (const digit of '7391') {
    call.send('INFO', { headers: 'Content-Type: application/dtmf', body: digit });
    await peer.expect(200, (one) => one.cseq.endsWith('INFO'));
  }
  // What the flow found out, and not what is known of the call anyway.
  expect(await result).toEqual({ result: 'ok' });
  expect(told).toContain('detour, paused');
  expect(told.at(-1)).toBe('talking, on');
  expect(JSON.stringify(await result)).not.toContain('7391');
  expect(stage.server.calls.get(interaction)?.phase).toBe('talking');
  expect(JSON.stringify(stage.events().map(({ data }) => data))).not.toContain('7391');
  // The recording stood still meanwhile; where the agent had paused it herself, it still does.
  const recording = () => stage.server.calls.get(interaction)?.recording;
  expect(recording()).toBe('on');
  expect(stage.events('call.recording-paused')).toHaveLength(1);
  stage.server.calls.pauseRecording('1001', interaction);
  const asked = stage.server.prompts.said.length;
  const again = stage.server.calls.detour('1001', interaction, 'pin');
  await until(() => stage.server.prompts.said.length > asked, 'the question again');
  for (const digit of '7391') {
    call.send('INFO', { headers: 'Content-Type: application/dtmf', body: digit });
    await peer.expect(200, (one) => one.cseq.endsWith('INFO'));
  }
  await again;
  expect(recording()).toBe('paused');
  await call.bye();
  phone.respond(await phone.expect('BYE'), '200 OK');
  await stage.nothingLeft();
});
