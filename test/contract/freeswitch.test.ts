// The driver for FreeSWITCH on a double of it. A real FreeSWITCH is not tried by this suite.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { askEventSocket } from '../../media/freeswitch/index.ts';
import type { MediaEndpoint } from '../../media/media-server.ts';
import { newId } from '../../values/index.ts';
import { until } from '../sip/until.ts';
import { Rig, rtpTimeoutMs } from './freeswitch/rig.ts';
import { readTestWav, share } from './media/listening.ts';
import { Phone } from './media/phone.ts';
import { mediaServerContract } from './media-server.ts';

mediaServerContract('freeswitch double', async () => {
  const rig = await Rig.make();
  return {
    media: rig.media,
    again: () => rig.driver(),
    rtpTimeoutMs,
    close: () => rig.close(),
  };
});

describe('media server: freeswitch, what only it has', () => {
  let rig: Rig;
  const phones: Phone[] = [];
  beforeAll(async () => {
    rig = await Rig.make();
  });
  afterEach(() => {
    for (const phone of phones.splice(0)) phone.close();
  });
  afterAll(() => rig.close());

  async function call(): Promise<{ phone: Phone; endpoint: MediaEndpoint }> {
    const phone = await Phone.make();
    phones.push(phone);
    const endpoint = await rig.media.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' });
    phone.connect(endpoint.sdp);
    return { phone, endpoint };
  }

  test('a wrong password and a missing profile are clear sentences', async () => {
    await expect(rig.driver({ secret: 'other' })).rejects.toThrow(
      'The media engine cannot be reached: FreeSWITCH: the password is wrong.',
    );
    await expect(rig.driver({ profile: 'nobody' })).rejects.toThrow('it has no Sofia profile "nobody"');
    const { port } = rig.double;
    await expect(askEventSocket({ host: '127.0.0.1', port, secret: 'other' }, 'status')).rejects.toThrow('wrong');
  });

  test('an address for its connections that another program has is a clear sentence', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await expect(rig.driver({ listenPort: port })).rejects.toThrow(
        `it cannot connect back to 127.0.0.1:${port} (freeswitch.listen, .listenPort): another program has it`,
      );
    } finally {
      other.close();
    }
  });

  test('closing leaves no channel, no conference and no call', async () => {
    const a = await call();
    const b = await call();
    const bridge = await rig.media.bridge(newId('br'));
    await bridge.add(a.endpoint.id, 'talk');
    await bridge.add(b.endpoint.id, 'talk');
    expect(rig.double.counts).toEqual({ channels: 2, conferences: 1, calls: 2 });
    await bridge.close();
    await Promise.all([a.endpoint.close(), b.endpoint.close()]);
    await until(() => rig.double.counts.channels === 0, 'no channel');
    expect(rig.double.counts).toEqual({ channels: 0, conferences: 0, calls: 0 });
    expect(await rig.media.list()).toEqual({ endpoints: [], bridges: [], playbacks: [], recordings: [] });
  });

  test('a control connection that breaks is made anew, and calls go on meanwhile', async () => {
    const { phone, endpoint } = await call();
    const lost = once(rig.media, 'lost');
    const restored = once(rig.media, 'restored');
    rig.double.cutControl();
    await lost;
    await expect(rig.media.open({ id: newId('ep'), offer: phone.sdp(), purpose: 'test' })).rejects.toMatchObject({
      code: 'media-unavailable',
    });
    await restored;
    endpoint.play([{ kind: 'tone', hz: [440], ms: 2_000 }]);
    await phone.hears([440]);
    await endpoint.close();
  });

  test.each(['we hang up', 'FreeSWITCH hangs up'])('a recording that nobody stopped is whole when %s', async (how) => {
    const { phone, endpoint } = await call();
    phone.speak(440);
    const id = newId('rec');
    const recording = endpoint.record({ id });
    const mark = phone.heard.length;
    endpoint.play([{ kind: 'tone', hz: [620], ms: 1_000 }]);
    await until(() => phone.heard.length > mark + 40, 'some sound');
    const closed = once(endpoint, 'closed');
    if (how === 'we hang up') await endpoint.close();
    else rig.double.hangUpAll();
    await closed;
    const { bytes, sha256 } = await recording.stop();
    const found = await rig.media.recording(id);
    if (!found) throw new Error('the recording is gone');
    const file = await buffer((await found.read()).stream);
    expect(file.length).toBe(bytes);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(share(readTestWav(file, 0).samples, 440)).toBeGreaterThan(0.8);
    await rig.media.forget(id);
    expect(await rig.media.recording(id)).toBeUndefined();
  });

  test('a FreeSWITCH that dies takes its calls along, at once; a new one serves', async () => {
    const a = await call();
    const b = await call();
    const bridge = await rig.media.bridge(newId('br'));
    await bridge.add(a.endpoint.id, 'talk');
    await bridge.add(b.endpoint.id, 'talk');
    const endings: string[] = [];
    for (const { endpoint } of [a, b]) endpoint.once('closed', ({ why }) => endings.push(why));
    bridge.once('closed', ({ why }) => endings.push(`bridge ${why}`));
    const collected = a.endpoint.collect({ max: 4, firstMs: 60_000, betweenMs: 1_000 });
    const playback = b.endpoint.play([{ kind: 'silence', ms: 60_000 }]);
    const { port } = rig.double;
    const restored = once(rig.media, 'restored');
    await rig.double.crash();
    await until(() => endings.filter((why) => why === 'lost').length === 2, 'both lost');
    expect(await collected).toMatchObject({ end: 'closed' });
    expect(await playback.ended).toBe('closed');
    const next = await rig.restarted(port);
    await restored;
    await bridge.close();
    const { phone, endpoint } = await call();
    endpoint.play([{ kind: 'tone', hz: [440], ms: 2_000 }]);
    await phone.hears([440]);
    await endpoint.close();
    await next.crash();
  });
});
