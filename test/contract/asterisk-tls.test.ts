// An Asterisk on another host (another address of loopback), whose HTTP the server reaches over TLS only.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../cli/self-signed.ts';
import { type Edge, startEdge } from '../../edge/index.ts';
import { LinkClient } from '../../link/index.ts';
import { AsteriskMediaServer, checkAsterisk } from '../../media/asterisk/index.ts';
import { connectSip, type Sip } from '../../server/signaling/index.ts';
import { newId } from '../../values/index.ts';
import { AsteriskEngine, hasAsterisk } from '../engines/asterisk-engine.ts';
import { Phone } from './media/phone.ts';

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
const elsewhere = '127.0.0.2';

if (!hasAsterisk()) {
  describe('asterisk over TLS', () => {
    test.skip('left out: no Asterisk is unpacked here (test/engines/asterisk/install.sh)', () => {});
  });
} else {
  describe('asterisk over TLS', () => {
    const times = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 3_600_000) };
    const ours = selfSigned([elsewhere], times);
    const secret = randomBytes(12).toString('hex');
    let engine: AsteriskEngine;
    let edge: Edge;
    let link: LinkClient;
    let sip: Sip;
    const phones: Phone[] = [];
    beforeAll(async () => {
      [edge, engine] = await Promise.all([
        startEdge({
          sip: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
          drachtio: { port: 0, secret },
          link: { secret },
          log: logger,
        }),
        AsteriskEngine.start({ address: elsewhere, certificate: ours.certificate, key: ours.key }),
      ]);
      link = new LinkClient({ address: edge.link, secret, epoch: 1, logger });
      link.start();
      await link.ready(5_000);
      sip = await connectSip({ ...edge.drachtio, secret, epoch: 1, link, logger });
    });
    afterAll(async () => {
      for (const phone of phones) phone.close();
      sip.close();
      link.close();
      await edge.stop();
      await engine.stop();
    });

    const host = (more: { ca?: string; url?: string } = {}) => ({
      ...{ name: 'far', url: engine.tlsUrl, user: engine.user, secret: engine.secret, sip: engine.sip, weight: 1 },
      ...more,
    });
    const open = (hosts: ReturnType<typeof host>[], withinMs?: number) =>
      AsteriskMediaServer.open({ hosts, audio: { bind: '127.0.0.1', port: 0 }, sip, logger, giveUpMs: 500, withinMs });

    test('plays, records and is listened to; is lost and comes back', async () => {
      const media = await open([host({ ca: ours.certificate })]);
      try {
        const call = async () => {
          const phone = await Phone.make();
          phones.push(phone);
          const endpoint = await media.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' });
          phone.connect(endpoint.sdp);
          return { phone, endpoint };
        };
        const { phone, endpoint } = await call();
        expect(endpoint.sdp).toContain(`c=IN IP4 ${elsewhere}`);
        const recording = endpoint.record({ id: newId('rec') });
        expect(await endpoint.play([{ kind: 'tone', hz: [440], ms: 400 }]).ended).toBe('finished');
        await phone.hears([440]);
        const sealed = await recording.stop();
        expect(sealed.ms).toBeGreaterThan(300);
        const { stream, size } = await recording.read();
        const bytes = await buffer(stream);
        expect(bytes.length).toBe(size);
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(sealed.sha256);
        const [closed, lost, restored] = [once(endpoint, 'closed'), once(media, 'lost'), once(media, 'restored')];
        await engine.kill();
        await lost;
        expect((await closed)[0]).toMatchObject({ why: 'lost' });
        await engine.run();
        await restored;
        const again = await call();
        again.endpoint.play([{ kind: 'tone', hz: [660], ms: 500 }], { times: Number.POSITIVE_INFINITY });
        await again.phone.hears([660]);
        await again.endpoint.close();
      } finally {
        await media.close();
      }
    });

    test.each([
      ['that nobody vouches for', () => undefined, /self.signed/],
      ['of somebody else', () => selfSigned([elsewhere], times).certificate, /self.signed/],
    ])('a certificate %s is refused, and said so', async (_whose, ca, reason) => {
      const trusted = ca();
      const refused = host(trusted === undefined ? {} : { ca: trusted });
      const media = await open([refused], 700);
      try {
        expect(media.trouble).toMatch(reason);
        const call = media.open({ id: newId('ep'), purpose: 'test' });
        await expect(call).rejects.toMatchObject({ code: 'media-unavailable' });
      } finally {
        await media.close();
      }
      const { problems } = await checkAsterisk(refused);
      expect(problems).toEqual([expect.stringMatching(reason)]);
    });

    test('a certificate for another name is refused, and said so', async () => {
      const other = await AsteriskEngine.start({ address: '127.0.0.3', certificate: ours.certificate, key: ours.key });
      try {
        const named = host({ ca: ours.certificate, url: other.tlsUrl });
        const media = await open([named], 700);
        expect(media.trouble).toMatch(/does not match certificate/);
        await media.close();
      } finally {
        await other.stop();
      }
    });

    test('doctor finds nothing to say of it', async () => {
      expect(await checkAsterisk(host({ ca: ours.certificate }))).toEqual({
        version: expect.stringContaining('22.'),
        missing: [],
        problems: [],
      });
    });
  });
}
