import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RtpTier, startRtp } from '../../edge/rtp/index.ts';
import { WorkerHandle } from '../../edge/rtp/worker-handle.ts';
import { LinkClient, LinkServer } from '../../link/index.ts';
import { EdgeMediaServer } from '../../media/edge/index.ts';
import { sine, wav } from './media/listening.ts';
import { Phone } from './media/phone.ts';
import { mediaServerContract } from './media-server.ts';

const rtpTimeoutMs = 700;
const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });

interface Edge {
  server: LinkServer;
  tier: RtpTier;
  recordings: string;
}

async function startEdge(
  edge: string,
  options: { graceMs?: number; pairs?: number; listen?: LinkServer['address'] } = {},
): Promise<Edge> {
  const recordings = await mkdtemp(join(tmpdir(), 'recordings-'));
  const { listen } = options;
  const capabilities = ['media'];
  const server = await LinkServer.listen({ secret: 's', edge, version: '0', capabilities, logger, listen });
  // Ports that are busy are skipped, so any range will do.
  const from = 20_000 + 2 * Math.floor(Math.random() * 15_000);
  const ports = { from, to: from + 2 * (options.pairs ?? 1_000) - 1 };
  const { graceMs } = options;
  const workers = options.pairs === undefined ? 2 : 1;
  const bind = ['127.0.0.1', '::1'];
  const tier = await startRtp({
    link: server,
    logger,
    bind,
    ports,
    recordings,
    rtpTimeoutMs,
    workers,
    graceMs,
    restMs: 200,
  });
  return { server, tier, recordings };
}

async function connect({ server }: Edge, epoch: number): Promise<[LinkClient, EdgeMediaServer]> {
  const link = new LinkClient({ address: server.address, secret: 's', epoch, logger });
  const media = new EdgeMediaServer({ link, logger });
  link.start();
  await link.ready(5_000);
  return [link, media];
}

for (const sameHost of [true, false]) {
  mediaServerContract(sameHost ? 'edge, on this host' : 'edge, files over the link', async () => {
    let { server, tier } = await startEdge('edg_1');
    let life = 1;
    let epoch = 0;
    let link: LinkClient | undefined;
    const driver = async (): Promise<EdgeMediaServer> => {
      link?.close();
      link = new LinkClient({ address: server.address, secret: 's', epoch: ++epoch, logger });
      const media = new EdgeMediaServer({ link, logger, sameHost });
      link.start();
      await link.ready(5_000);
      return media;
    };
    return {
      media: await driver(),
      again: driver,
      restart: async () => {
        const { address } = server;
        await server.close();
        await tier.close();
        // Another life, found where the one before was.
        ({ server, tier } = await startEdge(`edg_1_${++life}`, { listen: address }));
      },
      rtpTimeoutMs,
      close: async () => {
        link?.close();
        await tier.close();
        await server.close();
      },
    };
  });
}

describe('media server: edge, what only it has', () => {
  let edge: Edge;
  let link: LinkClient;
  let media: EdgeMediaServer;
  beforeAll(async () => {
    edge = await startEdge('edg_2', { graceMs: 1_000 });
    [link, media] = await connect(edge, 1);
  });
  afterAll(async () => {
    link.close();
    await edge.tier.close();
    await edge.server.close();
  });

  test('a file that is not on its host is brought over the link, in pieces', async () => {
    const phone = await Phone.make();
    const endpoint = await media.open({ id: 'ep-put', offer: phone.sdp(), purpose: 'test' });
    phone.connect(endpoint.sdp);
    const file = wav(sine(440, 8_000 * 20));
    const hash = createHash('sha256').update(file).digest('hex');
    const audio = [{ kind: 'file', path: '/not/on/this/host.wav', hash }];
    const played = await link.request('endpoint.play', {
      id: 'ep-put',
      playback: 'p',
      audio,
      times: 1,
      bargeIn: false,
    });
    expect(played).toEqual({ missing: [hash] });
    for (let start = 0; start < file.length; start += 100_000) {
      const piece = file.subarray(start, start + 100_000);
      const last = start + piece.length === file.length;
      await link.request('audio.put', { hash, start, data: piece.toString('base64'), last });
    }
    await phone.hears([440]);
    await endpoint.close();
    phone.close();
  });

  test('a media worker dies: its recording is whole at once, and says how long it is', async () => {
    const workers: WorkerHandle[] = [];
    const start = WorkerHandle.prototype.start;
    const seen = vi.spyOn(WorkerHandle.prototype, 'start').mockImplementation(function (this: WorkerHandle, options) {
      workers.push(this);
      return start.call(this, options);
    });
    const one = await startEdge('edg_5', { pairs: 8 });
    const [oneLink, driver] = await connect(one, 1);
    const phone = await Phone.make();
    const endpoint = await driver.open({ id: 'ep-rec', offer: phone.sdp(), purpose: 'test' });
    phone.connect(endpoint.sdp);
    phone.speak(440);
    const closed = once(endpoint, 'closed');
    const recording = endpoint.record({ id: 'rec-1', channels: 1 });
    // A second at least has been written.
    await vi.waitFor(async () => expect((await recording.read()).size).toBeGreaterThan(16_000), 5_000);
    await workers[0]?.kill();
    await closed;
    const sealed = await recording.stop();
    expect(sealed.ms).toBeGreaterThanOrEqual(1_000);
    expect(sealed.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await readdir(one.recordings)).sort()).toEqual(['rec-1.wav']);
    // Another worker has taken its place.
    await vi.waitFor(() => driver.open({ id: 'ep-next', offer: phone.sdp(), purpose: 'test' }), 5_000);
    expect(workers).toHaveLength(2);
    seen.mockRestore();
    phone.close();
    oneLink.close();
    await one.tier.close();
    await one.server.close();
  });

  test('speaks IPv6, with an address of that family in its SDP', async () => {
    const phone = await Phone.make({ host: '::1' });
    const endpoint = await media.open({ id: 'ep-6', offer: phone.sdp(), purpose: 'test' });
    expect(endpoint.sdp).toMatch(/^c=IN IP6 ::1\r$/m);
    phone.connect(endpoint.sdp);
    endpoint.play([{ kind: 'tone', hz: [440], ms: 1_000 }], { times: Number.POSITIVE_INFINITY });
    await phone.hears([440]);
    await endpoint.close();
    phone.close();
  });

  test('without free ports it says so; a port that has rested is used again', async () => {
    const small = await startEdge('edg_3', { pairs: 4 });
    const [smallLink, few] = await connect(small, 1);
    const phone = await Phone.make();
    const offer = phone.sdp();
    const open = (id: string) => few.open({ id, offer, purpose: 'test' });
    let opened = 0;
    const fill = async () => {
      for (; ; opened++) await open(`ep-${opened}`);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'media-no-ports' });
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThanOrEqual(4);
    await Promise.all((await few.list()).endpoints.map((endpoint) => endpoint.close()));
    expect(small.tier.load()).toEqual([0]);
    // They rest for a while, then they are there again.
    await vi.waitFor(() => open('ep-rested'), 5_000);
    phone.close();
    smallLink.close();
    await small.tier.close();
    await small.server.close();
  });

  test('hears digits in the audio where the far side has no telephone-event', async () => {
    const phone = await Phone.make({ telephoneEvent: undefined });
    const endpoint = await media.open({ id: 'ep-inband', offer: phone.sdp(), purpose: 'test' });
    phone.connect(endpoint.sdp);
    const heard = once(endpoint, 'dtmf');
    const tones = sine(770, 1_600).map((sample, i) => sample * 0.6 + 0.6 * (sine(1336, 1, i)[0] ?? 0));
    // Sent at once, heard by the jitter buffer at its pace.
    phone.say([...tones, ...new Array<number>(3_200).fill(0)]);
    expect((await heard)[0]).toMatchObject({ digit: '5', via: 'inband' });
    await endpoint.close();
    phone.close();
  });

  test('refuses requests that make no sense, by field', async () => {
    const phone = await Phone.make();
    await media.open({ id: 'ep-odd', offer: phone.sdp(), purpose: 'test' });
    // It has not said near whom, and so comes to the other media thread.
    await media.open({ id: 'ep-far', purpose: 'test' });
    const apart = ['ep-odd', 'ep-far'].map((endpoint) => ({ endpoint, role: 'talk' }));
    await expect(link.request('endpoint.open', { id: '../x' })).rejects.toMatchObject({ code: 'request-invalid' });
    await expect(link.request('endpoint.close', { id: 'none' })).rejects.toMatchObject({ code: 'media-unknown' });
    await expect(link.request('endpoint.fly', { id: 'ep-odd' })).rejects.toMatchObject({ code: 'request-unknown' });
    for (const [name, body, field] of [
      ['endpoint.open', { id: 'ep-odd' }, 'id'],
      ['endpoint.direction', { id: 'ep-odd', direction: 'up' }, 'direction'],
      ['endpoint.play', { id: 'ep-odd', playback: 'p', audio: [], times: 1, bargeIn: false }, 'audio'],
      ['endpoint.play', { id: 'ep-odd', playback: 'p', audio: [{ kind: 'tone', hz: [9000], ms: 1 }], times: 1 }, 'hz'],
      ['endpoint.collect', { id: 'ep-odd', collect: 'c', rule: { max: 0 } }, 'max'],
      ['endpoint.sendDtmf', { id: 'ep-odd', digits: 'xyz' }, 'digits'],
      ['endpoint.record', { id: 'ep-odd', recording: 'a/b' }, 'recording'],
      ['recording.read', { id: 'r', start: -1, most: 1 }, 'start'],
      ['audio.put', { hash: 'short' }, 'hash'],
      ['bridge.open', { id: 'br-odd', members: apart }, 'members'],
      ['bridge.open', { id: 'br-odd', members: 'ep-odd' }, 'members'],
      ['bridge.open', { id: 'br-odd', members: [{ endpoint: '../x', role: 'talk' }] }, 'endpoint'],
    ] as const) {
      const asked = link.request(name, body);
      await expect(asked, `${name} ${field}`).rejects.toMatchObject({ code: 'request-invalid' });
      await asked.catch((error) => expect(error.reason).toMatch(new RegExp(`^${field} `)));
    }
    const { endpoints, bridges } = await media.list();
    expect(bridges).toEqual([]);
    for (const endpoint of endpoints) await endpoint.close();
    phone.close();
  });

  test('a link that is cut for a moment loses nothing; pending digits arrive after it', async () => {
    const phone = await Phone.make();
    const endpoint = await media.open({ id: 'ep-cut', offer: phone.sdp(), purpose: 'test' });
    phone.connect(endpoint.sdp);
    const pin = endpoint.collect({ max: 2, firstMs: 5_000, betweenMs: 5_000 });
    await endpoint.quality();
    link.close();
    await vi.waitFor(() => expect(edge.server.connected).toBe(false));
    await expect(endpoint.quality()).rejects.toMatchObject({ code: 'media-unavailable' });
    // Another driver of the same engine: what ends while nobody is there is not lost to the grace time.
    [link, media] = await connect(edge, 2);
    const collected: unknown[] = [];
    const { endpoints } = await media.list();
    expect(endpoints.map(({ id }) => id)).toEqual(['ep-cut']);
    endpoints[0]?.on('dtmf', ({ digit }) => collected.push(digit));
    phone.key('42');
    await vi.waitFor(() => expect(collected).toEqual(['4', '2']));
    expect(await Promise.race([pin, Promise.resolve('still open')])).toBe('still open');
    await endpoints[0]?.close();
    phone.close();
  });

  test('without a server all media end after the grace time', async () => {
    const phone = await Phone.make();
    const endpoint = await media.open({ id: 'ep-grace', offer: phone.sdp(), purpose: 'test' });
    phone.connect(endpoint.sdp);
    endpoint.play([{ kind: 'tone', hz: [440], ms: 1_000 }], { times: Number.POSITIVE_INFINITY });
    await phone.hears([440]);
    link.close();
    await vi.waitFor(() => expect(edge.tier.load()).toEqual([0, 0]), 5_000);
    await phone.hearsNothing();
    phone.close();
  });
});
