import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startRtp } from '../../edge/rtp/index.ts';
import { LinkClient, LinkServer } from '../../link/index.ts';
import { EdgeMediaServer } from '../../media/edge/index.ts';
import { mediaServerContract } from './media-server.ts';

const rtpTimeoutMs = 700;
const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });

for (const sameHost of [true, false]) {
  mediaServerContract(sameHost ? 'edge, on this host' : 'edge, files over the link', async () => {
    const recordings = await mkdtemp(join(tmpdir(), 'recordings-'));
    const server = await LinkServer.listen({
      secret: 's',
      edge: 'edg_1',
      version: '0',
      capabilities: ['media'],
      logger,
    });
    // Ports that are busy are skipped, so any range will do.
    const from = 20_000 + 2 * Math.floor(Math.random() * 15_000);
    const ports = { from, to: from + 1_999 };
    const tier = await startRtp({
      link: server,
      logger,
      bind: ['127.0.0.1', '::1'],
      ports,
      recordings,
      rtpTimeoutMs,
      workers: 2,
    });
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
      rtpTimeoutMs,
      close: async () => {
        link?.close();
        await tier.close();
        await server.close();
      },
    };
  });
}
