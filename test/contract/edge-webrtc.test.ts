// The gateway contract on the edge's own WebRTC, with the edge's media engine behind it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startRtp } from '../../edge/rtp/index.ts';
import { startWebRtc } from '../../edge/webrtc/index.ts';
import { LinkClient, LinkServer } from '../../link/index.ts';
import { EdgeMediaServer, EdgeWebRtcGateway } from '../../media/edge/index.ts';
import { newId } from '../../values/index.ts';
import { Phone } from './media/phone.ts';
import { BrowserPhone, hasChromium, openAudioBrowser } from './webrtc/browser-phone.ts';
import { webRtcGatewayContract } from './webrtc-gateway.ts';

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
const bind = ['127.0.0.1'];

function ports(count: number): { from: number; to: number } {
  // Ports that are busy are skipped, so any range will do.
  const from = 20_000 + 2 * Math.floor(Math.random() * 12_000);
  return { from, to: from + count - 1 };
}

webRtcGatewayContract('edge', async () => {
  const recordings = await mkdtemp(join(tmpdir(), 'recordings-'));
  const capabilities = ['media', 'webrtc'];
  const server = await LinkServer.listen({ secret: 's', edge: 'edg_1', version: '0', capabilities, logger });
  const rtp = await startRtp({ link: server, logger, bind, ports: ports(400), recordings, workers: 1 });
  const webrtc = startWebRtc({ link: server, logger, bind, ports: ports(400), consentMs: 3_000 });
  const link = new LinkClient({ address: server.address, secret: 's', epoch: 1, logger });
  const media = new EdgeMediaServer({ link, logger });
  const gateway = new EdgeWebRtcGateway({ link, logger });
  link.start();
  await link.ready(5_000);
  return {
    gateway,
    media,
    kill: () => webrtc.crash(),
    close: async () => {
      await gateway.close();
      link.close();
      await webrtc.close();
      await rtp.close();
      await server.close();
      await rm(recordings, { recursive: true });
    },
  };
});

describe.skipIf(!hasChromium)('WebRTC of the edge when the server is replaced (needs chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openAudioBrowser();
  });
  afterAll(() => browser.close());

  async function edge(graceMs: number) {
    const capabilities = ['webrtc'];
    const server = await LinkServer.listen({ secret: 's', edge: 'edg_1', version: '0', capabilities, logger });
    const tier = startWebRtc({ link: server, logger, bind, ports: ports(100), graceMs });
    const connect = async (epoch: number) => {
      const link = new LinkClient({ address: server.address, secret: 's', epoch, logger });
      const gateway = new EdgeWebRtcGateway({ link, logger });
      link.start();
      await link.ready(5_000);
      return { link, gateway };
    };
    return { connect, close: () => tier.close().then(() => server.close()) };
  }

  async function talk(gateway: EdgeWebRtcGateway) {
    const page = await BrowserPhone.open(browser);
    const connection = await gateway.connect({ id: newId('con'), offer: await page.offer(), codecs: ['PCMU'] });
    await page.answered(connection.sdp);
    const phone = await Phone.make();
    const line = await gateway.line({ id: newId('lin'), offer: phone.sdp(), for: connection.id, endpoint: 'end_1' });
    phone.connect(line.sdp);
    await line.attach(connection.id);
    await page.speak(500);
    phone.speak(900);
    await Promise.all([page.hears([900], [500]), phone.hears([500], [900])]);
    return { page, phone, connection, line };
  }

  test('the talk goes on without a server, and the next one finds it all and can work it', async () => {
    const { connect, close } = await edge(30_000);
    const before = await connect(1);
    const { page, phone, connection, line } = await talk(before.gateway);
    await before.gateway.close();
    before.link.close();
    phone.speak(1_300);
    await page.hears([1_300], [900]);

    const after = await connect(2);
    const found = await after.gateway.list();
    expect(found.connections).toMatchObject([
      { id: connection.id, sdp: connection.sdp, codec: 'PCMU', state: 'connected', line: line.id },
    ]);
    expect(found.lines).toMatchObject([
      { id: line.id, sdp: line.sdp, codec: 'PCMU', connection: connection.id, endpoint: 'end_1' },
    ]);
    await found.lines[0]?.detach();
    await page.hearsNothing();
    await found.lines[0]?.attach(connection.id);
    await page.hears([1_300]);
    const answer = await found.connections[0]?.renegotiate(await page.again(true));
    await page.answered(answer ?? '');
    await page.hears([1_300]);
    after.link.close();
    await page.close();
    phone.close();
    await close();
  });

  test('no server comes back: all ends after the grace time, and the next finds nothing', async () => {
    const { connect, close } = await edge(300);
    const before = await connect(1);
    const { page, phone } = await talk(before.gateway);
    before.link.close();
    await page.hearsNothing();
    const after = await connect(2);
    await vi.waitFor(async () => expect(await after.gateway.list()).toEqual({ connections: [], lines: [] }));
    after.link.close();
    await page.close();
    phone.close();
    await close();
  });
});
