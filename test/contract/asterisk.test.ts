import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { describe, test } from 'vitest';
import { startEdge } from '../../edge/index.ts';
import { LinkClient } from '../../link/index.ts';
import { AsteriskMediaServer } from '../../media/asterisk/index.ts';
import { connectSip, type Sip } from '../../server/signaling/index.ts';
import { AsteriskEngine, hasAsterisk } from '../engines/asterisk-engine.ts';
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
      rtpTimeoutMs,
      coarse: true,
      close: async () => {
        await cut();
        await edge.stop();
        await asterisk.stop();
      },
    };
  });
}
