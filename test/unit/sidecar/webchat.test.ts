// The web chat by its own protocol, over real sockets: acknowledgements, numbers, resuming, who is known, limits, files.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { webchat } from '../../../sidecar/channels/webchat/index.ts';
import type { FromVisitor, ToVisitor } from '../../../sidecar/channels/webchat/protocol.ts';
import { SecretText } from '../../../sidecar/connector.ts';
import { type Clock, systemClock } from '../../../values/index.ts';
import { Harness } from './harness.ts';

const origin = 'https://www.bank.example';
const identitySecret = 'the secret of the page of the bank, long enough';
let harness: Harness;
const open: Visitor[] = [];

/** A browser without its page. */
class Visitor {
  readonly got: ToVisitor[] = [];
  readonly #socket: WebSocket;
  readonly #looks = new Set<() => void>();
  closed: number | undefined;

  constructor(from = origin, url = harness.url) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/chat/test/socket`, { origin: from });
    this.#socket.on('message', (data) => {
      this.got.push(JSON.parse(String(data)) as ToVisitor);
      for (const look of [...this.#looks]) look();
    });
    this.#socket.on('error', (error) => {
      this.closed = Number(/\d{3}/.exec(error.message)?.[0] ?? 1);
      for (const look of [...this.#looks]) look();
    });
    this.#socket.on('close', (code) => {
      this.closed ??= code;
      for (const look of [...this.#looks]) look();
    });
    open.push(this);
  }

  send(message: FromVisitor | Record<string, unknown>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
    else this.#socket.once('open', () => this.#socket.send(JSON.stringify(message)));
  }

  async hello(more: object = {}): Promise<Extract<ToVisitor, { t: 'welcome' }>> {
    this.send({ t: 'hello', ...more });
    return this.next('welcome');
  }

  /** The nth frame of that kind. */
  async next<Kind extends ToVisitor['t']>(t: Kind, nth = 1): Promise<Extract<ToVisitor, { t: Kind }>> {
    const found = () => this.got.filter((one) => one.t === t)[nth - 1] as Extract<ToVisitor, { t: Kind }> | undefined;
    await this.until(() => found() !== undefined, `${nth}. ${t}`);
    return found()!;
  }

  until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`never came true: ${what}; got ${JSON.stringify(this.got)}`)),
        10_000,
      );
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
    });
  }

  texts(): string[] {
    return this.got.flatMap((one) => (one.t === 'message' && one.content.type === 'text' ? [one.content.text] : []));
  }

  drop(): void {
    this.#socket.terminate();
  }
}

function jwt(claims: object, secret = identitySecret, alg = 'HS256'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg, typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 600, ...claims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function start(more: object = {}, folder?: string, server?: Harness['server'], clock?: Clock): Promise<void> {
  const settings = webchat.settings.parse({
    origins: [origin],
    identitySecret: new SecretText(identitySecret),
    ...more,
  });
  harness = await Harness.start({
    kind: webchat,
    settings,
    ...(folder === undefined ? {} : { folder }),
    ...(server === undefined ? {} : { server }),
    ...(clock === undefined ? {} : { clock }),
  });
}

/** No bucket fills again meanwhile. */
const still: Clock = { now: () => systemClock.now(), monotonic: () => 0 };

afterEach(async () => {
  for (const visitor of open.splice(0)) visitor.drop();
  await harness.stop();
});

describe('a conversation', () => {
  test('what a visitor says is numbered, acknowledged and at the server; what an agent says reaches her', async () => {
    await start();
    const { server } = harness;
    const anna = new Visitor();
    expect(await anna.hello({ language: 'zh' })).toMatchObject({ seq: 0, known: false, open: true, state: 'bot' });
    anna.send({ t: 'say', id: 'm1', text: '你好' });
    expect(await anna.next('ack')).toMatchObject({ id: 'm1', seq: 1 });
    await server.until(() => server.items.length === 1, 'it is there');
    const [item] = server.of('message');
    expect(item).toMatchObject({ content: { type: 'text', text: '你好' }, from: { language: 'zh' } });
    const thread = item?.thread ?? '';
    expect(item?.from.identities).toEqual([{ kind: 'webchat', value: thread }]);

    server.pushState(thread, 'queued', { position: 3 });
    server.pushTyping(thread);
    const menu = { type: 'menu' as const, text: 'Which?', choices: [{ key: 'a', label: 'A card' }] };
    const pushed = server.push({ thread, content: menu });
    expect(await anna.next('state')).toMatchObject({ state: 'queued', position: 3 });
    expect(await anna.next('message')).toMatchObject({ seq: 2, from: 'agent', content: menu });
    await anna.next('typing');
    await server.until(() => server.of('delivery').length === 1, 'it is sent');
    anna.send({ t: 'got', seq: 2 });
    await server.until(() => server.of('delivery').length === 2, 'it is delivered');
    expect(server.of('delivery').map(({ message, state }) => [message, state])).toEqual([
      [pushed.message, 'sent'],
      [pushed.message, 'delivered'],
    ]);
    anna.send({ t: 'choose', id: 'm2', key: 'a', label: 'A card' });
    anna.send({ t: 'typing' });
    anna.send({ t: 'read', seq: 2 });
    await server.until(() => server.items.length === 6, 'all are there');
    expect(server.of('message')[1]?.content).toEqual({ type: 'choice', key: 'a', label: 'A card' });
    expect(server.of('read')).toHaveLength(1);
    expect(server.of('typing')).toHaveLength(1);
  });

  test('a message that is sent again after a broken line is one message; what came meanwhile is told once', async () => {
    await start();
    const { server } = harness;
    const first = new Visitor();
    const { resume } = await first.hello();
    first.send({ t: 'say', id: 'm1', text: 'one' });
    await first.next('ack');
    await server.until(() => server.items.length === 1, 'it is there');
    first.drop();
    const thread = server.of('message')[0]?.thread ?? '';
    server.push({ thread, content: { type: 'text', text: 'answer' } });
    await server.until(() => server.of('delivery').length === 1, 'it is in the log');
    const second = new Visitor();
    expect(await second.hello({ resume, after: 1 })).toMatchObject({ seq: 2 });
    second.send({ t: 'say', id: 'm1', text: 'one' });
    second.send({ t: 'say', id: 'm2', text: 'two' });
    expect(await second.next('ack', 1)).toMatchObject({ id: 'm1', seq: 1 });
    expect(await second.next('ack', 2)).toMatchObject({ id: 'm2', seq: 3 });
    expect(second.texts()).toEqual(['answer']);
    await server.until(() => server.of('message').length === 2, 'both are there');
    expect(server.of('message').map(({ key }) => key.split(':')[1])).toEqual(['m1', 'm2']);
  });

  test('it goes on after the sidecar is started again; its own messages come back too', async () => {
    await start();
    const before = new Visitor();
    const { resume } = await before.hello();
    before.send({ t: 'say', id: 'm1', text: 'one' });
    await before.next('ack');
    const { folder, server } = harness;
    await harness.stop({ keep: true });
    await start({}, folder, server);
    const after = new Visitor();
    expect(await after.hello({ resume })).toMatchObject({ seq: 1, resume });
    expect(await after.next('message')).toMatchObject({ seq: 1, from: 'visitor', content: { text: 'one' } });
  });

  test('two browsers of one visitor see the same', async () => {
    await start();
    const identity = jwt({ sub: 'acc-7' });
    const [phone, desk] = [new Visitor(), new Visitor()];
    await phone.hello({ identity });
    await desk.hello({ identity });
    phone.send({ t: 'say', id: 'm1', text: 'from the phone' });
    await phone.next('ack');
    expect(await desk.next('message')).toMatchObject({ seq: 1, from: 'visitor', content: { text: 'from the phone' } });
  });
});

describe('who it is', () => {
  test('a signed identity is verified at the server; a conversation of an account is shown to nobody else', async () => {
    await start();
    const { server } = harness;
    const stranger = new Visitor();
    const { resume } = await stranger.hello();
    stranger.send({ t: 'say', id: 'm1', text: 'as a stranger' });
    await stranger.next('ack');
    // She logs in: what she wrote is hers.
    const known = new Visitor();
    const identity = jwt({ sub: 'acc-7', name: 'Anna', mail: 'anna@example.com', aud: 'test' });
    expect(await known.hello({ resume, identity })).toMatchObject({ known: true, seq: 1 });
    known.send({ t: 'say', id: 'm2', text: 'as Anna' });
    await known.next('ack');
    await server.until(() => server.of('message').length === 2, 'both are there');
    const [one, two] = server.of('message');
    expect(two?.thread).toBe(one?.thread);
    expect(two?.from).toMatchObject({ name: 'Anna' });
    expect(two?.from.identities).toEqual([
      { kind: 'account', value: 'acc-7', verified: true },
      { kind: 'webchat', value: two?.thread },
      { kind: 'mail', value: 'anna@example.com', verified: true },
    ]);
    // After she logged out the token alone opens nothing.
    const out = new Visitor();
    expect(await out.hello({ resume })).toMatchObject({ known: false, seq: 0 });
    const other = new Visitor();
    expect(await other.hello({ resume, identity: jwt({ sub: 'acc-8' }) })).toMatchObject({ known: true, seq: 0 });
    // At another browser of hers it is there.
    const elsewhere = new Visitor();
    expect(await elsewhere.hello({ identity })).toMatchObject({ known: true, seq: 2 });
    await elsewhere.until(() => elsewhere.texts().length === 2, 'all of it');
    expect(elsewhere.texts()).toEqual(['as a stranger', 'as Anna']);
  });

  test.each([
    ['signed with another secret', jwt({ sub: 'a' }, 'another secret of the same length or more')],
    ['over', jwt({ sub: 'a', exp: 1_000 })],
    ['good for years', jwt({ sub: 'a', exp: Math.floor(Date.now() / 1000) + 90_000 })],
    ['of another channel', jwt({ sub: 'a', aud: 'other' })],
    ['unsigned', jwt({ sub: 'a' }, identitySecret, 'none')],
    ['nonsense', 'x.y'],
  ])('an identity that is %s makes nobody known', async (_, identity) => {
    await start();
    const visitor = new Visitor();
    expect(await visitor.hello({ identity })).toMatchObject({ known: false });
    expect(visitor.got[0]).toEqual({ t: 'error', code: 'identity-wrong' });
  });

  test('a resume token of one’s own making opens nothing', async () => {
    await start();
    const visitor = new Visitor();
    expect(await visitor.hello({ resume: 'abc.def' })).toMatchObject({ seq: 0 });
  });
});

describe('limits', () => {
  test('pages that are not on the list have no chat, nor has who says no page', async () => {
    await start();
    const evil = new Visitor('https://evil.example');
    await evil.until(() => evil.closed !== undefined, 'it is refused');
    expect(evil.closed).toBe(403);
    expect(
      (await fetch(`${harness.url}/chat/test/config`, { headers: { origin: 'https://evil.example' } })).status,
    ).toBe(403);
    const config = await fetch(`${harness.url}/chat/test/config`, { headers: { origin } });
    expect(config.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await config.json()).toMatchObject({ attachments: true, page: { share: 'ask' } });
  });

  test('who sends too much is told to slow down, and nothing else breaks; frames that are none are answered', async () => {
    await start({ limits: { messagesPerSecond: 0.1, burst: 2 } });
    const visitor = new Visitor();
    await visitor.hello();
    for (const id of ['a', 'b', 'c']) visitor.send({ t: 'say', id, text: id });
    expect(await visitor.next('error')).toEqual({ t: 'error', code: 'slow-down', id: 'c' });
    await visitor.next('ack', 2);
    visitor.send({ t: 'what' });
    expect(await visitor.next('error', 2)).toEqual({ t: 'error', code: 'not-understood' });
    visitor.send({ t: 'ping' });
    await visitor.next('pong');
  });

  test('hello after hello on one socket ends it, and who comes back is welcome each time', async () => {
    await start({ limits: { burst: 3 } }, undefined, undefined, still);
    const flood = new Visitor();
    await flood.hello();
    for (let at = 0; at < 20; at++) flood.send({ t: 'hello' });
    await flood.until(() => flood.closed !== undefined, 'it is closed');
    expect(flood.closed).toBe(1013);
    // The first one, and the burst.
    expect(flood.got.filter(({ t }) => t === 'welcome')).toHaveLength(4);
    let resume: string | undefined;
    for (let at = 0; at < 20; at++) {
      const page = new Visitor();
      ({ resume } = await page.hello(resume === undefined ? {} : { resume }));
      page.drop();
    }
  });

  test('who leaves is told to the server where something was said, and not again after the end', async () => {
    await start({ limits: { burst: 5 } }, undefined, undefined, still);
    const { server } = harness;
    const visitor = new Visitor();
    await visitor.hello();
    visitor.send({ t: 'leave' });
    visitor.send({ t: 'say', id: 'm1', text: 'bye' });
    await visitor.next('ack');
    visitor.send({ t: 'leave' });
    await server.until(() => server.of('left').length === 1, 'it is told');
    server.pushState(server.of('left')[0]?.thread ?? '', 'closed');
    await visitor.next('state');
    visitor.send({ t: 'leave' });
    visitor.send({ t: 'say', id: 'm2', text: 'hello again' });
    await server.until(() => server.of('message').length === 2, 'the next word is there');
    expect(server.of('left')).toHaveLength(1);
    // The burst is over.
    visitor.send({ t: 'leave' });
    visitor.send({ t: 'digits', digits: '1' });
    expect(await visitor.next('error', 2)).toEqual({ t: 'error', code: 'slow-down' });
    expect(server.of('left')).toHaveLength(1);
  });

  test('without hello nothing is taken; beyond the room nobody comes in', async () => {
    await start({ limits: { sockets: 1 } });
    const visitor = new Visitor();
    visitor.send({ t: 'say', id: 'a', text: 'a' });
    expect(await visitor.next('error')).toEqual({ t: 'error', code: 'hello-first' });
    const second = new Visitor();
    await second.until(() => second.closed !== undefined, 'it is refused');
    expect(second.closed).toBe(503);
    visitor.drop();
    await expect
      .poll(async () => {
        const third = new Visitor();
        third.send({ t: 'ping' });
        await third.until(() => third.closed !== undefined || third.got.length > 0, 'an answer');
        third.drop();
        return third.got[0];
      })
      .toEqual({ t: 'pong' });
  });
});

describe('more than text', () => {
  test('a file is sent with a ticket, once, and shown to the visitor by an address of its own', async () => {
    await start();
    const { server } = harness;
    const visitor = new Visitor();
    await visitor.hello();
    visitor.send({ t: 'file', id: 'f1', name: 'card.png', bytes: 70 });
    const { url } = await visitor.next('file');
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
      'base64',
    );
    const post = () =>
      fetch(`${harness.url}/chat/test/${url}`, {
        method: 'POST',
        headers: { origin, 'content-type': 'image/png' },
        body: png,
      });
    expect(await (await post()).json()).toEqual({ seq: 1 });
    expect((await post()).status).toBe(403);
    const message = await visitor.next('message');
    expect(message).toMatchObject({
      id: 'f1',
      from: 'visitor',
      content: { type: 'file', kind: 'image', name: 'card.png', bytes: png.length },
    });
    const shown = message.content.type === 'file' ? message.content.url : '';
    const got = await fetch(`${harness.url}/chat/test/${shown}`);
    expect(got.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await got.arrayBuffer())).toEqual(png);
    expect((await fetch(`${harness.url}/chat/test/${shown.slice(0, -2)}xx`)).status).toBe(404);
    await server.until(() => server.of('message').length === 1, 'it is there');
    expect(server.of('message')[0]?.content).toMatchObject({
      type: 'media',
      attachment: { kind: 'image', name: 'card.png' },
    });
    // A program is none, whatever it is called.
    visitor.send({ t: 'file', id: 'f2', name: 'card.png', bytes: 10 });
    const second = await visitor.next('file', 2);
    const refused = await fetch(`${harness.url}/chat/test/${second.url}`, {
      method: 'POST',
      headers: { origin, 'content-type': 'image/png' },
      body: 'MZ a program',
    });
    expect(refused.status).toBe(422);
  });

  test('so many files at once and no more; who is told to wait may come again with the same ticket', async () => {
    await start({ limits: { burst: 100 } });
    const visitor = new Visitor();
    await visitor.hello();
    const tickets: string[] = [];
    for (let at = 1; at <= 17; at++) {
      visitor.send({ t: 'file', id: `f${at}`, name: 'a.txt', bytes: 5 });
      tickets.push((await visitor.next('file', at)).url);
    }
    const post = (url: string) =>
      fetch(`${harness.url}/chat/test/${url}`, {
        method: 'POST',
        headers: { origin, 'content-type': 'text/plain' },
        body: 'hello',
      });
    // Begun, and not at their end.
    const begun = tickets.slice(0, 16).map((url) => {
      const upload = request(`${harness.url}/chat/test/${url}`, {
        method: 'POST',
        headers: { origin, 'content-type': 'text/plain', expect: '100-continue' },
      });
      upload.flushHeaders();
      return upload;
    });
    await Promise.all(begun.map((upload) => once(upload, 'continue')));
    const last = tickets[16] ?? '';
    const refused = await post(last);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    const answered = begun.map((upload) => once(upload, 'response') as Promise<[IncomingMessage]>);
    for (const upload of begun) upload.end('hello');
    expect((await Promise.all(answered)).map(([{ statusCode }]) => statusCode)).toEqual(Array(16).fill(200));
    expect((await post(last)).status).toBe(200);
  });

  test('a call has a TURN account of its own, which the shared secret proves and which ends', async () => {
    const secret = 'what sidecar and TURN server share';
    const urls = ['turn:turn.bank.example:3478?transport=udp'];
    await start({
      callNumber: '95500',
      relays: [
        { urls, secret: new SecretText(secret) },
        { urls: ['stun:stun.bank.example'] },
        { urls, username: 'bank', secret: new SecretText('fixed') },
      ],
    });
    const config = (await (await fetch(`${harness.url}/chat/test/config`)).json()) as object;
    expect(config).toMatchObject({ call: true, relays: true });
    expect(JSON.stringify(config)).not.toContain('turn:');
    const anna = new Visitor();
    const { resume } = await anna.hello();
    const from = Math.floor(Date.now() / 1_000);
    for (const id of ['one', 'two']) anna.send({ t: 'relays', id });
    const [first, second] = [(await anna.next('relays')).servers, (await anna.next('relays', 2)).servers];
    const { username = '', credential } = first?.[0] ?? {};
    expect(credential).toBe(createHmac('sha1', secret).update(username).digest('base64'));
    const [ends, call] = username.split(':');
    expect(Number(ends) - from).toBeGreaterThan(3_600);
    expect(Number(ends) - from).toBeLessThan(24 * 3_600);
    expect(resume).not.toContain(call);
    expect(second?.[0]?.username).not.toBe(username);
    expect(first?.slice(1)).toEqual([
      { urls: ['stun:stun.bank.example'] },
      { urls, username: 'bank', credential: 'fixed' },
    ]);
  });

  test('without a number to call there are no relays either', async () => {
    await start({ relays: [{ urls: ['stun:stun.bank.example'] }] });
    expect(await (await fetch(`${harness.url}/chat/test/config`)).json()).toMatchObject({ relays: false });
    const anna = new Visitor();
    await anna.hello();
    anna.send({ t: 'relays', id: 'one' });
    expect(await anna.next('error')).toMatchObject({ code: 'failed', id: 'one' });
  });

  test('the page is told without its query, and again only when it is another', async () => {
    await start({ page: { share: 'on', query: ['product'] } });
    const { server } = harness;
    const visitor = new Visitor();
    await visitor.hello();
    visitor.send({ t: 'page', url: 'https://www.bank.example/loans?account=6222&product=car#top' });
    visitor.send({ t: 'say', id: 'm1', text: 'help' });
    await server.until(() => server.items.length === 1, 'it is there');
    expect(server.of('message')[0]?.variables).toEqual({ page: 'https://www.bank.example/loans?product=car' });
  });

  test('outside of the hours the form’s words come with how to reach her, unproved', async () => {
    await start({ hours: { timeZone: 'Asia/Shanghai', days: {} } });
    const { server } = harness;
    const visitor = new Visitor();
    expect(await visitor.hello()).toMatchObject({ open: false });
    visitor.send({ t: 'offline', id: 'o1', name: 'Anna', mail: 'anna@example.com', text: 'call me' });
    await server.until(() => server.items.length === 1, 'it is there');
    expect(server.of('message')[0]).toMatchObject({
      variables: { offline: 'yes' },
      from: {
        name: 'Anna',
        identities: [{ kind: 'webchat' }, { kind: 'mail', value: 'anna@example.com', verified: false }],
      },
    });
  });
});
