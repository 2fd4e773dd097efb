// The ways of the core that no single channel shows: what cannot be read, windows, batches that the server cannot read, rates.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { OutboundMessage } from '../../../connector/index.ts';
import type { Callback, ConnectorKind, ConnectorTools, Delivery, Sent } from '../../../sidecar/connector.ts';
import { createListener } from '../../../sidecar/index.ts';
import { Rate } from '../../../sidecar/rate.ts';
import { systemClock } from '../../../values/index.ts';
import { Harness } from './harness.ts';

/** A connector of which each test says what it does. */
class Puppet {
  tools!: ConnectorTools;
  /** Whether its provider calls. */
  called = false;
  readonly read: string[] = [];
  readonly sent: OutboundMessage[] = [];
  normalise: (delivery: Delivery) => Promise<unknown[]> = async ({ key, at, thread = 'all', body }) => [
    {
      item: 'message',
      key,
      at,
      thread,
      from: { identities: [{ kind: 'app', value: 'u' }] },
      content: { type: 'text', text: body },
    },
  ];
  send: (message: OutboundMessage) => Promise<Sent> = async () => ({ ok: true });
  readonly kind: ConnectorKind<object>;

  constructor(policy: ConnectorKind<object>['policy'] = { always: true, windows: {} }) {
    this.kind = {
      kind: 'puppet',
      channel: 'chat',
      settings: z.object({}),
      policy,
      open: (_, tools) => {
        this.tools = tools;
        return {
          normalise: async (delivery) => {
            this.read.push(delivery.key);
            return (await this.normalise(delivery)) as never;
          },
          ...(this.called && {
            receive: async ({ body }: Callback) => ({
              deliveries: [delivery(String(body))],
              answer: () => ({ status: 200 }),
            }),
          }),
          send: (message) => {
            this.sent.push(message);
            return this.send(message);
          },
          stop: async () => {},
        };
      },
    };
  }
}

let harness: Harness;
afterEach(() => harness.stop());

function delivery(key: string, thread?: string, body = key): Delivery {
  return { key, at: 1, body, ...(thread === undefined ? {} : { thread }) };
}

describe('deliveries', () => {
  test('one that cannot be read now holds up its thread and no other; one that never can is set aside', async () => {
    const puppet = new Puppet();
    const normal = puppet.normalise;
    const answered = Promise.withResolvers<void>();
    let tries = 0;
    let mended = false;
    puppet.normalise = async (one) => {
      if (one.key === 'slow') {
        await answered.promise;
        if (++tries < 3) throw new Error('the provider is away');
      }
      if (one.key === 'poison' && !mended) throw new Error('never');
      return normal(one);
    };
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { server } = harness;
    await puppet.tools.inbox.accept([
      delivery('poison', 'p'),
      delivery('after-poison', 'p'),
      delivery('slow', 's'),
      delivery('after-slow', 's'),
      delivery('free', 'f'),
    ]);
    await server.until(() => server.items.length === 2, 'the free one, and the one behind the poison');
    expect(server.items.map(({ key }) => key)).toEqual(['free', 'after-poison']);
    expect(harness.figures()).toMatchObject({ setAside: 1 });
    answered.resolve();
    await server.until(() => server.items.length === 4, 'the slow ones');
    expect(server.items.slice(2).map(({ key }) => key)).toEqual(['slow', 'after-slow']);
    expect(tries).toBe(3);
    mended = true;
    expect(await harness.core.channels.get('test')?.retry()).toBe(1);
    await server.until(() => server.items.length === 5, 'the poison, by a mended connector');
  });

  test('acknowledging comes first: who comes while a backlog is read does not wait for it', async () => {
    const puppet = new Puppet();
    puppet.called = true;
    const normal = puppet.normalise;
    puppet.normalise = async (one) => {
      // Longer than the sidecar reads in one turn of its event loop.
      for (const end = performance.now() + 6; performance.now() < end; );
      return normal(one);
    };
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const keys = Array.from({ length: 200 }, (_, at) => `backlog-${at}`);
    await puppet.tools.inbox.accept(keys.map((key) => delivery(key, key)));
    await expect.poll(() => puppet.read.length, { interval: 1 }).toBeGreaterThan(0);
    const before = puppet.read.length;
    // Of a request and its answer each takes a few turns.
    expect((await harness.hook({ body: 'late' })).status).toBe(200);
    expect(puppet.read.length - before).toBeLessThanOrEqual(20);
    await harness.server.until(() => harness.server.items.length === 201, 'all of them, in time');
  });

  test('deliveries of one thread keep their order, through memory, table and what was set aside', async () => {
    const puppet = new Puppet();
    const normal = puppet.normalise;
    const broken = new Set(['x3']);
    puppet.normalise = async (one) => {
      if (broken.has(one.key)) throw new Error('not yet');
      return normal(one);
    };
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { server } = harness;
    const accepted: Promise<number>[] = [];
    const put = (from: number, to: number) => {
      for (let at = from; at < to; at++) {
        accepted.push(puppet.tools.inbox.accept([delivery(`t${at}`, 't'), delivery(`x${at}`, `x${at}`)]));
      }
    };
    put(0, 50);
    await expect.poll(() => harness.figures().setAside, { timeout: 10_000 }).toBe(1);
    broken.clear();
    // More than the lanes hold in memory; and what was set aside comes between them.
    put(50, 3_000);
    const again = harness.core.channels.get('test')?.retry();
    put(3_000, 3_100);
    await Promise.all(accepted);
    expect(await again).toBe(1);
    await server.until(() => server.items.length === 6_200, 'all of them, once', 60_000);
    const ofThread = server.items.flatMap((item) => ('thread' in item && item.thread === 't' ? [item.key] : []));
    expect(ofThread).toEqual(Array.from({ length: 3_100 }, (_, at) => `t${at}`));
    expect(new Set(server.items.map(({ key }) => key)).size).toBe(6_200);
  }, 90_000);

  test('a cursor is committed with what it stands for', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    expect(await puppet.tools.inbox.accept([delivery('a')], { name: 'page', value: '7' })).toBe(1);
    expect(await puppet.tools.inbox.accept([delivery('a')], { name: 'page', value: '8' })).toBe(0);
    expect(puppet.tools.inbox.cursor('page')).toBe('8');
  });

  test('a second sidecar on the same folder is refused, and leaves the first one as it is', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { folder, server } = harness;
    const second = Harness.start({ kind: puppet.kind, settings: {}, folder, server, more: { lockPatienceMs: 0 } });
    await expect(second).rejects.toMatchObject({
      code: 'sidecar-data-unusable',
      message: expect.stringContaining('another sidecar'),
    });
    await puppet.tools.inbox.accept([delivery('a')]);
    await server.until(() => server.items.length === 1, 'the first one works on');
    await harness.stop({ keep: true });
    harness = await Harness.start({ kind: puppet.kind, settings: {}, folder, server, more: { lockPatienceMs: 0 } });
  });

  test('what stands on the disk cannot be read there', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    await puppet.tools.inbox.accept([delivery('a', 't', 'my card number is 6222')]);
    puppet.tools.memory.set('note', 'mother’s maiden name');
    const { server, folder } = harness;
    await server.until(() => server.items.length === 1, 'it is there');
    await expect.poll(() => puppet.tools.memory.get('note')).toBe('mother’s maiden name');
    await harness.stop({ keep: true });
    const { readFileSync, readdirSync } = await import('node:fs');
    for (const file of readdirSync(folder).filter((name) => name.startsWith('sidecar.sqlite'))) {
      const text = readFileSync(`${folder}/${file}`, 'latin1');
      expect(text).not.toContain('6222');
      expect(text).not.toContain('maiden');
    }
    harness = await Harness.start({ kind: puppet.kind, settings: {}, folder, server });
  });

  test('an item that the server cannot read is found in its batch; the others are taken', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { server } = harness;
    server.cannotRead = (text) => text.includes('"unreadable"');
    await puppet.tools.inbox.accept(['a', 'unreadable', 'b'].map((key) => delivery(key)));
    await server.until(() => server.items.length === 2, 'two are there');
    await expect.poll(() => harness.figures()).toMatchObject({ refused: 1, toServer: 0 });
  });

  test('a thread that is to go slower waits, in order, and no other; nothing of it is lost', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { server } = harness;
    let most = 2;
    server.slows = (item) => (item.thread === 'flood' && --most < 0 ? 300 : undefined);
    const flood = ['a', 'b', 'c', 'd'].map((key) => ({ ...delivery(key), thread: 'flood' }));
    await puppet.tools.inbox.accept([...flood, { ...delivery('z'), thread: 'other' }]);
    await server.until(() => server.items.length === 3, 'two of it and the other are taken');
    const ofFlood = () =>
      server.items.flatMap((item) => ('thread' in item && item.thread === 'flood' ? [item.key] : []));
    expect(ofFlood()).toEqual(['a', 'b']);
    await puppet.tools.inbox.accept([{ ...delivery('y'), thread: 'other' }]);
    await server.until(() => server.items.length === 4, 'others go on');
    expect(server.items.at(-1)?.key).toBe('y');
    most = 100;
    await server.until(() => server.items.length === 6, 'the rest of it comes');
    expect(ofFlood()).toEqual(['a', 'b', 'c', 'd']);
    await expect.poll(() => harness.figures()).toMatchObject({ refused: 0, toServer: 0 });
  });

  test('a server that answers 500 is asked until it takes', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { server } = harness;
    server.failing = 500;
    await puppet.tools.inbox.accept([delivery('a')]);
    await expect.poll(() => harness.figures().trouble.join()).toContain('500');
    server.failing = undefined;
    await server.until(() => server.items.length === 1, 'it is taken');
    await expect.poll(() => harness.figures().trouble).toEqual([]);
  });

  test('what was done long ago is swept, what waits is not', async () => {
    const clock = { at: Date.now(), now: () => clock.at, monotonic: () => performance.now() };
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {}, clock });
    await puppet.tools.inbox.accept([delivery('a')]);
    const { memory } = puppet.tools;
    memory.set('said', 'my card number is 6222', { came: true });
    for (const fact of ['fact', 'used']) memory.set(fact, 'of the thread');
    await harness.server.until(() => harness.server.items.length === 1, 'it is there');
    clock.at += 8 * 86_400_000;
    await harness.core.sweep();
    expect(memory.get('said')).toBeUndefined();
    // Facts that answers need outlive what came by 30 days, and longer where they are used.
    expect(memory.get('used')).toBe('of the thread');
    clock.at += 31 * 86_400_000;
    await harness.core.sweep();
    expect([memory.get('used'), memory.get('fact')]).toEqual(['of the thread', undefined]);
    // Its key is forgotten here; the server knows it for ever.
    expect(await puppet.tools.inbox.accept([delivery('a')])).toBe(1);
    await expect.poll(() => harness.server.known).toBe(1);
  });
});

describe('windows', () => {
  const policy = { windows: { message: { forMs: 60_000, most: 2 } } };

  test('without one nothing goes out; within it as many as it has; the server and the agent know', async () => {
    const puppet = new Puppet(policy);
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const { server } = harness;
    server.push({ thread: 't', message: 'early' });
    await server.until(() => server.of('delivery').length === 1, 'it failed');
    expect(server.of('delivery')[0]).toMatchObject({ state: 'failed', code: 'window-closed' });
    puppet.tools.opened('t', 'message', Date.now());
    await expect.poll(() => puppet.tools.window('t')?.left).toBe(2);
    await puppet.tools.inbox.accept([delivery('a', 't')]);
    await server.until(() => server.of('message').length === 1, 'it is told');
    expect(server.of('message')[0]?.window).toMatchObject({ left: 2 });
    for (const message of ['one', 'two', 'three']) server.push({ thread: 't', message });
    await server.until(() => server.of('delivery').length === 4, 'all are told');
    expect(
      server.of('delivery').map(({ message, state, code, window }) => [message, state, code, window?.left]),
    ).toEqual([
      ['early', 'failed', 'window-closed', 0],
      ['one', 'sent', undefined, 1],
      ['two', 'sent', undefined, 0],
      ['three', 'failed', 'quota-spent', 0],
    ]);
    expect(puppet.sent.map(({ message }) => message)).toEqual(['one', 'two']);
  });
});

describe('the public door', () => {
  test('who floods is told to wait, and nobody else is; a proxy is believed where it is trusted', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    const rates = { hooks: { perSecond: 0.001, burst: 2 } };
    const logger = pino({ level: 'silent' });
    const http = createListener({ core: harness.core, trustProxy: ['127.0.0.1'], clock: systemClock, logger, rates });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/hooks/test/`;
    const from = async (address: string) => (await fetch(url, { headers: { 'x-forwarded-for': address } })).status;
    expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')]).toEqual([404, 404, 429]);
    expect(await from('192.0.2.2')).toBe(404);
    // What stands before the nearest untrusted one is its own claim.
    expect(await from('192.0.2.9, 192.0.2.1')).toBe(429);
    http.close();
    http.closeAllConnections();
  });

  test('health for everybody, figures for this machine', async () => {
    const puppet = new Puppet();
    harness = await Harness.start({ kind: puppet.kind, settings: {} });
    expect(await (await fetch(`${harness.url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${harness.url}/metrics`)).text()).toContain(
      'switchroom_channel_to_server{channel="test",kind="puppet"} 0',
    );
    expect((await fetch(`${harness.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } })).status).toBe(403);
    expect((await fetch(`${harness.url}/%zz`)).status).toBe(404);
  });

  test('a rate fills again with time', () => {
    const rate = new Rate({ perSecond: 1, burst: 2, most: 2 });
    expect([rate.admits('a', 0), rate.admits('a', 0), rate.admits('a', 0)]).toEqual([true, true, false]);
    expect(rate.admits('a', 1_000)).toBe(true);
    expect(rate.admits('a', 1_000)).toBe(false);
  });
});
