import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Edge, startEdge } from '../../edge/index.ts';
import { LinkClient } from '../../link/index.ts';
import { AsteriskMediaServer } from '../../media/asterisk/index.ts';
import type { Audio } from '../../media/media-server.ts';
import { connectSip, type Sip } from '../../server/signaling/index.ts';
import { newId } from '../../values/index.ts';
import { AsteriskEngine, hasAsterisk } from '../engines/asterisk-engine.ts';
import { Phone } from './media/phone.ts';
import { mediaServerContract } from './media-server.ts';

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
const rtpTimeoutMs = 700;

if (!hasAsterisk()) {
  describe('media server: asterisk', () => {
    test.skip('left out: no Asterisk is unpacked here (test/engines/asterisk/install.sh)', () => {});
  });
} else {
  mediaServerContract('asterisk', async () => {
    const asterisk = await AsteriskEngine.start();
    const secret = randomBytes(12).toString('hex');
    const edge = await startEdge({
      sip: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      drachtio: { port: 0, secret },
      link: { secret },
      log: logger,
    });
    let epoch = 0;
    let held: { link: LinkClient; sip: Sip; media: AsteriskMediaServer } | undefined;
    const cut = async () => {
      await held?.media.close();
      held?.sip.close();
      held?.link.close();
    };
    const driver = async (): Promise<AsteriskMediaServer> => {
      await cut();
      epoch++;
      const link = new LinkClient({ address: edge.link, secret, epoch, logger });
      link.start();
      await link.ready(5_000);
      const sip = await connectSip({ ...edge.drachtio, secret, epoch, link, logger });
      const { url, sip: address, user, secret: password } = asterisk;
      const media = await AsteriskMediaServer.open({
        hosts: [{ name: 'one', url, user, secret: password, sip: address, weight: 1 }],
        audio: { bind: '127.0.0.1', port: 0 },
        sip,
        logger,
        rtpTimeoutMs,
      });
      held = { link, sip, media };
      // As the server does it after it has taken up its calls.
      await media.list();
      await sip.adopted();
      return media;
    };
    return {
      media: await driver(),
      again: driver,
      restart: async () => {
        await asterisk.kill();
        await asterisk.run();
      },
      rtpTimeoutMs,
      coarse: true,
      close: async () => {
        await cut();
        await edge.stop();
        await asterisk.stop();
      },
    };
  });

  describe('media server: asterisk, several hosts', () => {
    const secret = randomBytes(12).toString('hex');
    const phones: Phone[] = [];
    let engines: AsteriskEngine[];
    let edge: Edge;
    let link: LinkClient;
    let sip: Sip;
    let media: AsteriskMediaServer;
    beforeAll(async () => {
      [edge, ...engines] = await Promise.all([
        startEdge({
          sip: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
          drachtio: { port: 0, secret },
          link: { secret },
          log: logger,
        }),
        AsteriskEngine.start(),
        AsteriskEngine.start(),
      ]);
      link = new LinkClient({ address: edge.link, secret, epoch: 1, logger });
      link.start();
      await link.ready(5_000);
      sip = await connectSip({ ...edge.drachtio, secret, epoch: 1, link, logger });
      media = await AsteriskMediaServer.open({
        // Passwords of their own: ari-client by itself would send one of them to both.
        hosts: engines.map(({ url, sip: address, user, secret: password }, i) => ({
          ...{ name: `host-${i}`, url, user, secret: password, sip: address, weight: i === 0 ? 1 : 2 },
        })),
        audio: { bind: '127.0.0.1', port: 0 },
        sip,
        logger,
        giveUpMs: 500,
      });
      await vi.waitFor(() => expect(media.hosts().map(({ state }) => state)).toEqual(['up', 'up']), 10_000);
    });
    afterAll(async () => {
      for (const phone of phones) phone.close();
      await media.close();
      sip.close();
      link.close();
      await edge.stop();
      await Promise.all(engines.map((engine) => engine.stop()));
    });

    async function call(near?: string) {
      const phone = await Phone.make();
      phones.push(phone);
      const endpoint = await media.open({ id: newId('ep'), offer: phone.sdp(), near, purpose: 'test' });
      phone.connect(endpoint.sdp);
      return { phone, endpoint };
    }
    const loads = () => media.hosts().map(({ endpoints }) => endpoints);

    test('shares calls by weight, keeps those together that will be bridged, and drains', async () => {
      for (let i = 0; i < 6; i++) await call();
      expect(loads()).toEqual([2, 4]);
      const near = (await media.list()).endpoints[0]?.id;
      await call(near);
      await call(near);
      expect(loads().reduce((sum, one) => sum + one, 0)).toBe(8);
      expect(media.drain('host-1', true)).toMatchObject({ draining: true });
      const before = loads()[1];
      for (let i = 0; i < 4; i++) await call();
      expect(loads()[1]).toBe(before);
      media.drain('host-0', true);
      await expect(call()).rejects.toMatchObject({ code: 'media-unavailable' });
      for (const name of ['host-0', 'host-1']) media.drain(name, false);
      expect(() => media.drain('host-9', true)).toThrow(/host-0, host-1/);
      await Promise.all((await media.list()).endpoints.map((endpoint) => endpoint.close()));
      expect(loads()).toEqual([0, 0]);
    });

    test('a bridge is on one host: who is on another is refused', async () => {
      const [a, b] = [await call(), await call()];
      expect(loads()).toEqual([1, 1]);
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await expect(bridge.add(b.endpoint.id, 'talk')).rejects.toMatchObject({ code: 'media-failed' });
      const c = await call(a.endpoint.id);
      await bridge.add(c.endpoint.id, 'talk');
      a.phone.speak(440);
      await c.phone.hears([440]);
      await Promise.all([a, b, c].map(({ endpoint }) => endpoint.close()));
    });

    test('a host that is gone takes its own calls with it, and no others; new ones go to the rest', async () => {
      const [a, b] = [await call(), await call()];
      expect(loads()).toEqual([1, 1]);
      const [doomed, safe] = media.placeOf(a.endpoint.id) === 'host-0' ? [a, b] : [b, a];
      const closed = once(doomed.endpoint, 'closed');
      let lost = 0;
      media.on('lost', () => lost++);
      await engines[0]?.kill();
      expect((await closed)[0]).toMatchObject({ why: 'lost' });
      safe.endpoint.play([{ kind: 'tone', hz: [440], ms: 1_000 }], { times: Number.POSITIVE_INFINITY });
      await safe.phone.hears([440]);
      await call();
      expect(loads()).toEqual([0, 2]);
      expect(lost).toBe(0);
      await engines[0]?.run();
      await expect.poll(() => media.hosts()[0]?.state, { timeout: 10_000 }).toBe('up');
      await call();
      expect(loads()).toEqual([1, 2]);
    });

    test('a recording of a host that dies is sealed when it is back, while others were there all the time', async () => {
      await Promise.all((await media.list()).endpoints.map((endpoint) => endpoint.close()));
      media.drain('host-1', true);
      const { endpoint, phone } = await call();
      media.drain('host-1', false);
      expect(media.placeOf(endpoint.id)).toBe('host-0');
      const recording = endpoint.record({ id: newId('rec') });
      phone.speak(440);
      endpoint.play([{ kind: 'tone', hz: [660], ms: 1_000 }], { times: Number.POSITIVE_INFINITY });
      await phone.hears([660]);
      // Asterisk writes 32 KiB at a time, a second of both directions: what it had not yet written dies with it.
      const there = async () => {
        const { size, stream } = await recording.read();
        stream.destroy();
        return size;
      };
      await expect.poll(there, { timeout: 5_000 }).toBeGreaterThan(16_000);
      await engines[0]?.kill();
      await expect(recording.stop()).rejects.toMatchObject({ code: 'media-unavailable' });
      let restored = 0;
      media.on('restored', () => restored++);
      const back = once(media, 'host-restored');
      await engines[0]?.run();
      await back;
      expect(restored).toBe(0);
      const sealed = await recording.stop();
      expect(sealed.ms).toBeGreaterThan(300);
      expect((await recording.read()).size).toBe(sealed.bytes);
    });

    test('ARI is cut off for a while: calls live, what ended meanwhile is found out, and it works again', async () => {
      await Promise.all((await media.list()).endpoints.map((endpoint) => endpoint.close()));
      const engine = engines[1] as AsteriskEngine;
      const wire = await Wire.to(engine.url);
      const { sip: address, user, secret: password } = engine;
      const cut = await AsteriskMediaServer.open({
        hosts: [{ name: 'cut', url: wire.url, user, secret: password, sip: address, weight: 1 }],
        audio: { bind: '127.0.0.1', port: 0 },
        sip,
        logger,
        giveUpMs: 5_000,
      });
      try {
        const phone = await Phone.make();
        phones.push(phone);
        const endpoint = await cut.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' });
        phone.connect(endpoint.sdp);
        let closed = false;
        endpoint.on('closed', () => {
          closed = true;
        });
        const tone: Audio = { kind: 'tone', hz: [440], ms: 400 };
        const short = endpoint.play([tone]);
        await phone.hears([440]);
        const [lost, restored] = [once(cut, 'lost'), once(cut, 'restored')];
        wire.break();
        await lost;
        await expect(endpoint.quality()).rejects.toMatchObject({ code: 'media-unavailable' });
        await expect(cut.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' })).rejects.toMatchObject({
          code: 'media-unavailable',
        });
        await phone.hearsNothing();
        wire.mend();
        await restored;
        expect(await short.ended).toBe('finished');
        expect(closed).toBe(false);
        expect(await endpoint.play([tone]).ended).toBe('finished');
        await endpoint.close();
      } finally {
        await cut.close();
        wire.close();
      }
    });

    test('a bridge and a listener that end while ARI is cut off leave nothing in Asterisk', async () => {
      const engine = engines[1] as AsteriskEngine;
      const wire = await Wire.to(engine.url);
      const { sip: address, user, secret: password } = engine;
      const cut = await AsteriskMediaServer.open({
        hosts: [{ name: 'cut', url: wire.url, user, secret: password, sip: address, weight: 1 }],
        audio: { bind: '127.0.0.1', port: 0 },
        sip,
        logger,
        giveUpMs: 5_000,
      });
      const standing = async (): Promise<string[]> => {
        const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
        const answer = await fetch(`${engine.url}/ari/bridges`, { headers: { authorization } });
        return ((await answer.json()) as { name: string }[]).map(({ name }) => name).sort();
      };
      try {
        await cut.list();
        expect(await standing()).toEqual([]);
        const endpoints = [];
        for (let i = 0; i < 3; i++) {
          const phone = await Phone.make();
          phones.push(phone);
          endpoints.push(await cut.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' }));
        }
        const bridge = await cut.bridge(newId('br'));
        for (const [i, { id }] of endpoints.entries()) await bridge.add(id, i === 2 ? 'listen' : 'talk');
        expect(await standing()).toEqual(['-', 'relay']);
        const [lost, restored] = [once(cut, 'lost'), once(cut, 'restored')];
        wire.break();
        await lost;
        await bridge.close();
        for (const endpoint of endpoints) await endpoint.close();
        expect(await standing()).toEqual(['-', 'relay']);
        wire.mend();
        await restored;
        expect(await standing()).toEqual([]);
      } finally {
        await cut.close();
        wire.close();
      }
    });

    test('none is there at the start: calls are refused, and the first one that comes is taken into use', async () => {
      const engine = engines[1] as AsteriskEngine;
      const wire = await Wire.to(engine.url);
      wire.break();
      const { sip: address, user, secret: password } = engine;
      const late = await AsteriskMediaServer.open({
        hosts: [{ name: 'late', url: wire.url, user, secret: password, sip: address, weight: 1 }],
        audio: { bind: '127.0.0.1', port: 0 },
        sip,
        logger,
        withinMs: 200,
      });
      try {
        expect(late.trouble).toContain('no Asterisk answers: late');
        const open = (phone: Phone) => late.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' });
        const phone = await Phone.make();
        phones.push(phone);
        await expect(open(phone)).rejects.toMatchObject({ code: 'media-unavailable' });
        const restored = once(late, 'restored');
        wire.mend();
        await restored;
        expect(late.trouble).toBeUndefined();
        const endpoint = await open(phone);
        phone.connect(endpoint.sdp);
        endpoint.play([{ kind: 'tone', hz: [440], ms: 1_000 }], { times: Number.POSITIVE_INFINITY });
        await phone.hears([440]);
        await endpoint.close();
      } finally {
        await late.close();
        wire.close();
      }
    });

    test('a host that is away when calls are taken over: what is left there ends, and it is used again', async () => {
      const engine = engines[1] as AsteriskEngine;
      const { sip: address, user, secret: password } = engine;
      const wire = await Wire.to(engine.url);
      const open = () =>
        AsteriskMediaServer.open({
          hosts: [{ name: 'away', url: wire.url, user, secret: password, sip: address, weight: 1 }],
          audio: { bind: '127.0.0.1', port: 0 },
          sip,
          logger,
          withinMs: 200,
        });
      const channels = async (): Promise<number> => {
        const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
        return ((await (await fetch(`${engine.url}/ari/channels`, { headers: { authorization } })).json()) as [])
          .length;
      };
      const before = await open();
      await before.list();
      for (let i = 0; i < 2; i++) {
        const phone = await Phone.make();
        phones.push(phone);
        await before.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' });
      }
      await vi.waitFor(async () => expect((await sip.findMedia()).length).toBe(2));
      await before.close();
      wire.break();
      const after = await open();
      try {
        expect((await after.list()).endpoints).toEqual([]);
        // By SIP, which still reaches it.
        await vi.waitFor(async () => expect([await channels(), (await sip.findMedia()).length]).toEqual([0, 0]), 5_000);
        const restored = once(after, 'restored');
        wire.mend();
        await restored;
        const phone = await Phone.make();
        phones.push(phone);
        const endpoint = await after.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' });
        await endpoint.close();
      } finally {
        await after.close();
        wire.close();
      }
    });
  });
}

/** A connection that can be cut. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #broken = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (this.#broken) {
        near.destroy();
        return;
      }
      const far = connect(Number(target.port), target.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  static async to(url: string): Promise<Wire> {
    const wire = new Wire(new URL(url));
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  break(): void {
    this.#broken = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#broken = false;
  }

  close(): void {
    this.break();
    this.#server.close();
  }
}
