// The gateway contract on the edge's own WebRTC, with the edge's media engine behind it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startRtp } from '../../edge/rtp/index.ts';
import { startWebRtc } from '../../edge/webrtc/index.ts';
import { LinkClient, LinkServer } from '../../link/index.ts';
import { EdgeMediaServer, EdgeWebRtcGateway } from '../../media/edge/index.ts';
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
