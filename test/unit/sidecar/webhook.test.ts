// The generic webhook channel, and with it the whole way of a message through the sidecar's core.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { webhook } from '../../../sidecar/channels/webhook/index.ts';
import { signatureOf } from '../../../sidecar/channels/webhook/signature.ts';
import { SecretText } from '../../../sidecar/connector.ts';
import { machineClock } from '../../../values/index.ts';
import { Harness } from './harness.ts';

const secret = 'a secret of sixteen';
let harness: Harness;
let provider: Provider;

/** What receives the channel's messages. */
class Provider {
  readonly got: { headers: IncomingMessage['headers']; text: string; body: Record<string, unknown> }[] = [];
  answers: (request: Record<string, unknown>, times: number) => { status: number; headers?: Record<string, string> } =
    () => ({
      status: 200,
    });
  readonly #http = createServer((request, response) => void this.#take(request, response));
  #wake: (() => void)[] = [];

  async start(): Promise<string> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  async until(count: number): Promise<void> {
    while (this.got.length < count) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  stop(): void {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const body = JSON.parse(text) as Record<string, unknown>;
    this.got.push({ headers: request.headers, text, body });
    const times = this.got.filter((one) => one.body.message === body.message).length;
    const { status, headers = {} } = this.answers(body, times);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end('{"id":"theirs"}');
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function settings(url: string) {
  return webhook.settings.parse({
    url,
    states: true,
    mostCharacters: 50,
    mediaHosts: [new URL(url).host],
    secret: new SecretText(secret),
  });
}

function message(key: string, text: string, thread = 'order-1') {
  return {
    item: 'message',
    key,
    at: 1_763_780_000_000,
    thread,
    from: { identities: [{ kind: 'app', value: thread, verified: true }] },
    content: { type: 'text', text },
  };
}

function post(
  items: unknown[],
  { at = Date.now(), key = secret }: { at?: number; key?: string } = {},
): Promise<Response> {
  const body = JSON.stringify({ items });
  const timestamp = String(Math.floor(at / 1000));
  const headers = {
    'content-type': 'application/json',
    'x-switchroom-timestamp': timestamp,
    'x-switchroom-signature': signatureOf(key, timestamp, body),
  };
  return harness.hook({ headers, body });
}

beforeEach(async () => {
  provider = new Provider();
  harness = await Harness.start({ kind: webhook, settings: settings(await provider.start()) });
});
afterEach(async () => {
  await harness.stop();
  provider.stop();
});

describe('what comes in', () => {
  test('a signed message reaches the server once, in the order of its thread, however often it is delivered', async () => {
    const { server } = harness;
    expect(await (await post([message('a', 'one'), message('b', 'two')])).json()).toEqual({ taken: 2, new: 2 });
    expect(await (await post([message('b', 'two'), message('c', 'three')])).json()).toEqual({ taken: 2, new: 1 });
    await server.until(() => server.items.length === 3, 'three are there');
    expect(server.of('message').map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(server.known).toBe(0);
    // Nobody vouched for the sender's word.
    expect(server.of('message')[0]?.from.identities).toEqual([{ kind: 'app', value: 'order-1' }]);
  });

  test('a wrong signature, an old timestamp, another method and no JSON are refused, and nothing comes of them', async () => {
    expect((await post([message('a', 'one')], { key: 'another secret…..' })).status).toBe(401);
    expect((await post([message('a', 'one')], { at: Date.now() - 301_000 })).status).toBe(401);
    expect((await harness.hook({ method: 'GET' })).status).toBe(405);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signed = (body: string) => ({
      headers: { 'x-switchroom-timestamp': timestamp, 'x-switchroom-signature': signatureOf(secret, timestamp, body) },
      body,
    });
    expect((await harness.hook(signed('nonsense'))).status).toBe(400);
    const wrong = await harness.hook(signed(JSON.stringify({ items: [{ ...message('a', 'one'), thread: '' }] })));
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('thread');
    expect((await fetch(`${harness.url}/hooks/nobody/`)).status).toBe(404);
    expect((await harness.hook({ body: 'x'.repeat(1_100_000) })).status).toBe(413);
    expect(harness.figures().received).toBe(0);
  });

  test('a provider’s timestamp is compared with the machine’s clock, also while ours goes on as before that was set', async () => {
    await harness.stop();
    const hourBehind = { now: () => Date.now() - 3_600_000, monotonic: () => performance.now() };
    const more = { providersClock: machineClock };
    harness = await Harness.start({
      kind: webhook,
      settings: settings('http://127.0.0.1:9/'),
      clock: hourBehind,
      more,
    });
    expect((await post([message('a', 'one')])).status).toBe(200);
    expect((await post([message('b', 'two')], { at: hourBehind.now() })).status).toBe(401);
  });

  test('it is acknowledged while the server is away, and arrives when it is back; also after a restart of the sidecar', async () => {
    const { server } = harness;
    await server.stop();
    expect((await post([message('a', 'one')])).status).toBe(200);
    const { folder } = harness;
    await harness.stop({ keep: true });
    await server.start();
    const again = await Harness.start({ kind: webhook, settings: settings('http://127.0.0.1:9/'), folder, server });
    await server.until(() => server.items.length === 1, 'it is there');
    expect(server.of('message')[0]?.content).toEqual({ type: 'text', text: 'one' });
    harness = again;
  });

  test('what the server refuses is set aside and counted; the others go on', async () => {
    const { server } = harness;
    server.refuses = (item) => (item.key === 'b' ? 'not this one' : undefined);
    await post([message('a', 'one'), message('b', 'two'), message('c', 'three')]);
    await server.until(() => server.items.length === 2, 'two are there');
    await expect.poll(() => harness.figures()).toMatchObject({ refused: 1, toServer: 0, handedOver: 2 });
    server.refuses = () => undefined;
    await harness.core.channels.get('test')?.retry();
    await server.until(() => server.items.length === 3, 'the third is there');
  });

  test('typing is told at once and kept nowhere', async () => {
    const { server } = harness;
    await post([{ item: 'typing', key: 't1', at: Date.now(), thread: 'order-1' }]);
    await server.until(() => server.of('typing').length === 1, 'it is told');
    expect(harness.figures().received).toBe(0);
  });

  test('bytes are fetched from the hosts that are named, kept at the server, and refused with the reason to be seen', async () => {
    const { server } = harness;
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
      'base64',
    );
    const files = createServer((request, response) => response.end(request.url === '/png' ? png : 'MZ\x90 a program'));
    files.listen(0, '127.0.0.1');
    await once(files, 'listening');
    const host = `127.0.0.1:${(files.address() as AddressInfo).port}`;
    await harness.stop();
    const url = 'http://127.0.0.1:9/';
    const read = webhook.settings.parse({ url, mediaHosts: [host], secret: new SecretText(secret) });
    harness = await Harness.start({ kind: webhook, settings: read });
    const media = (key: string, at: string) => ({
      ...message(key, ''),
      content: { type: 'fetch', url: at, kind: 'image', name: '../x.png', caption: 'look' },
    });
    await post([media('p', `http://${host}/png`), media('q', `http://${host}/exe`), media('r', 'http://10.0.0.1/png')]);
    const there = harness.server;
    await there.until(() => there.items.length === 3, 'all three are told');
    const [first, second, third] = there.of('message').map(({ content }) => content);
    expect(first).toMatchObject({
      type: 'media',
      caption: 'look',
      attachment: { kind: 'image', mime: 'image/png', name: 'x.png' },
    });
    expect(second).toMatchObject({ type: 'text', text: expect.stringContaining('application/x-msdownload') });
    expect(third).toMatchObject({ type: 'text', text: expect.stringContaining('10.0.0.1') });
    files.close();
    files.closeAllConnections();
    expect(server.items).toEqual([]);
  });
});

describe('what goes out', () => {
  test('it is signed, has its idempotency key, and the server learns that it was sent', async () => {
    const sent = harness.server.push({ thread: 'order-1', content: { type: 'text', text: 'Your parcel is here.' } });
    await provider.until(1);
    const [got] = provider.got;
    expect(got?.headers['idempotency-key']).toBe(sent.message);
    const timestamp = String(got?.headers['x-switchroom-timestamp']);
    expect(got?.headers['x-switchroom-signature']).toBe(signatureOf(secret, timestamp, got?.text ?? ''));
    const { server } = harness;
    await server.until(() => server.of('delivery').length === 1, 'it is told');
    expect(server.of('delivery')[0]).toMatchObject({ message: sent.message, state: 'sent', provider: 'theirs' });
  });

  test('it is repeated until it is taken, in the order of its thread; other threads do not wait', async () => {
    provider.answers = (body, times) => ({ status: body.thread === 'slow' && times < 3 ? 503 : 200 });
    const first = harness.server.push({ thread: 'slow', message: 's1' });
    harness.server.push({ thread: 'slow', message: 's2' });
    harness.server.push({ thread: 'quick', message: 'q1' });
    const { server } = harness;
    await server.until(() => server.of('delivery').length === 3, 'all are sent');
    const order = provider.got.map(({ body }) => body.message);
    expect(order.filter((one) => one !== 'q1')).toEqual([
      first.message,
      first.message,
      first.message,
      's2',
      's2',
      's2',
    ]);
    expect(order.indexOf('q1')).toBeLessThan(order.lastIndexOf('s1'));
  });

  test('what it refuses has failed for good, with the reason; what is too late, too', async () => {
    provider.answers = () => ({ status: 422 });
    harness.server.push({ thread: 'a', message: 'bad' });
    harness.server.push({ thread: 'b', message: 'late', expires: Date.now() - 1 });
    const { server } = harness;
    await server.until(() => server.of('delivery').length === 2, 'both are told');
    const told = server.of('delivery').map(({ message: id, state, code }) => ({ id, state, code }));
    expect(told).toContainEqual({ id: 'bad', state: 'failed', code: 'rejected' });
    expect(told).toContainEqual({ id: 'late', state: 'failed', code: 'unreachable' });
    expect(provider.got.map(({ body }) => body.message)).toEqual(['bad']);
  });

  test('a long text goes as several, each with a key of its own; states go in order with the messages', async () => {
    harness.server.push({ thread: 'a', message: 'm', content: { type: 'text', text: `${'word '.repeat(15)}end.` } });
    harness.server.pushState('a', 'closed');
    await provider.until(3);
    expect(provider.got.map(({ body }) => body.message ?? body.state)).toEqual(['m', 'm.2', 'closed']);
  });

  test('what came over the stream is there after a restart, and is not asked for again', async () => {
    provider.answers = () => ({ status: 503 });
    harness.server.push({ thread: 'a', message: 'm' });
    await provider.until(1);
    const { folder, server } = harness;
    await harness.stop({ keep: true });
    provider.answers = () => ({ status: 200 });
    const url = String(provider.got[0]?.headers.host);
    harness = await Harness.start({ kind: webhook, settings: settings(`http://${url}/`), folder, server });
    await server.until(() => server.of('delivery').length === 1, 'it is sent');
    expect(server.of('delivery')[0]).toMatchObject({ message: 'm', state: 'sent' });
  });
});
