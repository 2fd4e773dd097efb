// What every media engine must do, tried over real UDP sockets. `make` gives a fresh engine per test file.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Audio, MediaEndpoint, MediaServer, Recording } from '../../media/media-server.ts';
import { newId } from '../../values/index.ts';
import { readTestWav, share, sine, usualShare, wav } from './media/listening.ts';
import { Phone, type PhoneOptions } from './media/phone.ts';

export interface MediaRig {
  media: MediaServer;
  /** Cuts off the present driver, as if its server had been killed, and makes a new one on the same engine. */
  again(): Promise<MediaServer>;
  /** Kills the engine as a crash does, and starts it again where it was; the driver stays. Without it that is left out. */
  restart?(): Promise<void>;
  /** The engine's rtp-timeout, ms; short, so that it can be waited for. */
  rtpTimeoutMs: number;
  /**
   * An engine whose streams are right, but not exact: timestamps follow its clock, the SSRC may change when it bridges,
   * losses are counted with RTCP, and digits must come at the pace of a phone. Default: exact.
   */
  coarse?: boolean;
  close(): Promise<void>;
}

const wait = { timeout: 5_000, interval: 10 };

export function mediaServerContract(name: string, make: () => Promise<MediaRig>): void {
  describe(`media server: ${name}`, () => {
    let rig: MediaRig;
    let media: MediaServer;
    let folder: string;
    const phones: Phone[] = [];
    beforeAll(async () => {
      rig = await make();
      media = rig.media;
      folder = await mkdtemp(join(tmpdir(), 'media-contract-'));
    });
    afterAll(() => rig.close());
    afterEach(async () => {
      for (const phone of phones.splice(0)) phone.close();
      const { endpoints, bridges } = await media.list();
      await Promise.all([...endpoints, ...bridges].map((one) => one.close()));
    });

    async function phone(options?: PhoneOptions): Promise<Phone> {
      const made = await Phone.make({ paced: rig.coarse === true, ...options });
      phones.push(made);
      return made;
    }

    /** A phone that is connected: its offer was answered. */
    async function call(
      options: PhoneOptions & { near?: string } = {},
    ): Promise<{ phone: Phone; endpoint: MediaEndpoint }> {
      const made = await phone(options);
      const endpoint = await media.open({ id: newId('ep'), offer: made.sdp(), near: options.near, purpose: 'test' });
      made.connect(endpoint.sdp);
      return { phone: made, endpoint };
    }

    /** A file with a tone. */
    async function tone(hz: number, ms: number): Promise<Audio> {
      const file = wav(sine(hz, ms * 8));
      const hash = createHash('sha256').update(file).digest('hex');
      const path = join(folder, `${hash}.wav`);
      await writeFile(path, file);
      return { kind: 'file', path, hash };
    }

    function digitsOf(endpoint: MediaEndpoint): string[] {
      const digits: string[] = [];
      endpoint.on('dtmf', ({ digit }) => digits.push(digit));
      return digits;
    }

    /** Waits until the engine has done what was asked before: requests are done in order. */
    async function begun(endpoint: MediaEndpoint): Promise<void> {
      await endpoint.quality();
    }

    async function content(recording: Recording): Promise<Buffer> {
      return buffer((await recording.read()).stream);
    }

    test('answers an offer with one codec, telephone-event and an address of its own', async () => {
      const { endpoint } = await call({ law: 'PCMA', telephoneEvent: 96 });
      expect(endpoint.sdp).toMatch(/^v=0\r\n/);
      expect(endpoint.sdp).toMatch(/^c=IN IP4 127\.0\.0\.1\r$/m);
      expect(endpoint.sdp).toMatch(/^m=audio \d+ RTP\/AVP 8 96\r$/m);
      expect(endpoint.sdp).toMatch(/^a=rtpmap:96 telephone-event\/8000\r$/m);
      expect(Number(/^m=audio (\d+)/m.exec(endpoint.sdp)?.[1]) % 2).toBe(0);
    });

    test('answers further media lines with port 0 and refuses what it cannot speak', async () => {
      const one = await phone();
      const video = ['m=video 40000 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];
      const endpoint = await media.open({ id: newId('ep'), offer: one.sdp({ more: video }), purpose: 'test' });
      expect(endpoint.sdp.match(/^m=/gm)).toHaveLength(2);
      expect(endpoint.sdp).toMatch(/^m=video 0 /m);
      const opus = one
        .sdp()
        .replace('RTP/AVP 0', 'RTP/AVP 111')
        .replace('rtpmap:0 PCMU/8000', 'rtpmap:111 opus/48000/2');
      const secure = one.sdp().replace('RTP/AVP', 'RTP/SAVP');
      for (const offer of [opus, secure, 'nonsense', '', video.join('\r\n')]) {
        const opening = media.open({ id: newId('ep'), offer, purpose: 'test' });
        await expect(opening).rejects.toMatchObject({ code: 'media-sdp-rejected' });
      }
    });

    test('plays a file and says when it ends', async () => {
      const { phone, endpoint } = await call();
      const playback = endpoint.play([await tone(440, 600)]);
      await phone.hears([440]);
      expect(await playback.ended).toBe('finished');
      const packets = phone.heard.filter(({ payloadType }) => payloadType === 0);
      expect(packets.length).toBe(30);
      // One stream without a seam, paced.
      for (const [i, packet] of packets.slice(1).entries()) {
        expect((packet.sequence - (packets[i]?.sequence ?? 0)) & 0xffff).toBe(1);
        const step = (packet.timestamp - (packets[i]?.timestamp ?? 0)) >>> 0;
        if (rig.coarse) expect(step).toBeLessThan(480);
        else expect(step).toBe(160);
      }
      const took = (packets.at(-1)?.at ?? 0) - (packets[0]?.at ?? 0);
      expect(took).toBeGreaterThan(540);
      expect(took).toBeLessThan(640);
    });

    test('plays lists, tones and silence, loops, stops, and a new playback replaces the old one', async () => {
      const { phone, endpoint } = await call({ law: 'PCMA' });
      const music = endpoint.play([await tone(500, 100), await tone(700, 100)], { times: Number.POSITIVE_INFINITY });
      // One after the other: each has half of the time.
      await vi.waitFor(
        () => expect(Math.min(phone.share(500, 400), phone.share(700, 400))).toBeGreaterThan(0.15),
        wait,
      );
      const beep = endpoint.play([
        { kind: 'tone', hz: [1000], ms: 400 },
        { kind: 'silence', ms: 100 },
      ]);
      expect(await music.ended).toBe('stopped');
      await phone.hears([1000], [500, 700]);
      expect(await beep.ended).toBe('finished');
      const again = endpoint.play([await tone(600, 100)], { times: Number.POSITIVE_INFINITY });
      await phone.hears([600]);
      again.stop();
      expect(await again.ended).toBe('stopped');
      await phone.hearsNothing();
    });

    test('fails a playback whose file is not what its hash says, without harm', async () => {
      const { phone, endpoint } = await call();
      const good = await tone(440, 200);
      if (good.kind !== 'file') throw new Error('a file was asked for');
      expect(await endpoint.play([{ ...good, hash: '0'.repeat(64) }]).ended).toBe('failed');
      expect(await endpoint.play([{ kind: 'file', path: join(folder, 'none.wav'), hash: '1'.repeat(64) }]).ended).toBe(
        'failed',
      );
      endpoint.play([good], { times: 3 });
      await phone.hears([440]);
    });

    test('stops a playback at the first digit, where told', async () => {
      const { phone, endpoint } = await call();
      const deaf = endpoint.play([await tone(440, 400)]);
      await phone.hears([440]);
      phone.key('1');
      expect(await deaf.ended).toBe('finished');
      const waiting = { max: 1, firstMs: 3_000, betweenMs: 3_000, typeAhead: true };
      expect(await endpoint.collect(waiting)).toEqual({ digits: '1', end: 'max' });
      const keen = endpoint.play([await tone(600, 100)], { times: Number.POSITIVE_INFINITY, bargeIn: true });
      await phone.hears([600]);
      phone.key('2');
      expect(await keen.ended).toBe('barged');
      expect(await endpoint.collect(waiting)).toEqual({ digits: '2', end: 'max' });
      const signaled = endpoint.play([await tone(800, 100)], { times: Number.POSITIVE_INFINITY, bargeIn: true });
      await phone.hears([800]);
      endpoint.digitFromSignaling('3');
      expect(await signaled.ended).toBe('barged');
    });

    test('hears each digit once: repeated, duplicated, without end packets, by signaling', async () => {
      const { phone, endpoint } = await call();
      const digits = digitsOf(endpoint);
      phone.key('12');
      await vi.waitFor(() => expect(digits.join('')).toBe('12'), wait);
      phone.key('2*#', { copies: 3 });
      await vi.waitFor(() => expect(digits.join('')).toBe('122*#'), wait);
      // It ends by what comes after it.
      if (rig.coarse) phone.speak(0);
      phone.key('9', { ends: 0 });
      await vi.waitFor(() => expect(digits.join('')).toBe('122*#9'), wait);
      endpoint.digitFromSignaling('D');
      await vi.waitFor(() => expect(digits.join('')).toBe('122*#9D'), wait);
    });

    test('sends digits as telephone-event, three ends each', async () => {
      const { phone, endpoint } = await call({ telephoneEvent: 97 });
      await endpoint.sendDtmf('19#A');
      await vi.waitFor(() => expect(phone.digits().map(({ ends }) => ends)).toEqual([3, 3, 3, 3]), wait);
      const digits = phone.digits();
      expect(digits.map(({ digit }) => digit).join('')).toBe('19#A');
      for (const { ends, ms } of digits) {
        expect(ends).toBe(3);
        expect(ms).toBeGreaterThanOrEqual(80);
      }
      await expect(endpoint.sendDtmf('12x')).rejects.toMatchObject({ code: 'media-failed' });
    });

    test('sends digits as tones where the far side has no telephone-event', async () => {
      const { phone, endpoint } = await call({ telephoneEvent: undefined });
      await endpoint.sendDtmf('5');
      await vi.waitFor(() => expect(phone.samples(2_000).length).toBeGreaterThanOrEqual(800), wait);
      const tones = phone.samples(2_000).slice(0, 800);
      expect(share(tones, 770)).toBeGreaterThan(0.3);
      expect(share(tones, 1336)).toBeGreaterThan(0.3);
    });

    test('collects digits to the most, to the terminator, and until time is up', async () => {
      const { phone, endpoint } = await call();
      const rule = { max: 4, terminator: '#', firstMs: 5_000, betweenMs: 5_000 };
      const most = endpoint.collect(rule);
      await begun(endpoint);
      phone.key('1234');
      expect(await most).toEqual({ digits: '1234', end: 'max' });
      const ended = endpoint.collect(rule);
      await begun(endpoint);
      phone.key('12#');
      expect(await ended).toEqual({ digits: '12', end: 'terminator' });
      const began = performance.now();
      expect(await endpoint.collect({ ...rule, firstMs: 150 })).toEqual({ digits: '', end: 'timeout' });
      expect(performance.now() - began).toBeGreaterThanOrEqual(149);
      const partial = endpoint.collect({ ...rule, betweenMs: 150 });
      await begun(endpoint);
      phone.key('7');
      expect(await partial).toEqual({ digits: '7', end: 'timeout' });
    });

    test('a second collection ends the first, and one can be stopped', async () => {
      const { phone, endpoint } = await call();
      const rule = { max: 3, firstMs: 5_000, betweenMs: 5_000 };
      const first = endpoint.collect(rule);
      await begun(endpoint);
      const digits = digitsOf(endpoint);
      phone.key('1');
      await vi.waitFor(() => expect(digits).toHaveLength(1), wait);
      const second = endpoint.collect(rule);
      expect(await first).toEqual({ digits: '1', end: 'stopped' });
      endpoint.stopCollect();
      expect(await second).toEqual({ digits: '', end: 'stopped' });
      // One that takes digits keyed before takes over those of the one that it ends.
      const third = endpoint.collect(rule);
      await begun(endpoint);
      phone.key('2');
      await vi.waitFor(() => expect(digits).toHaveLength(2), wait);
      const fourth = endpoint.collect({ ...rule, typeAhead: true });
      expect(await third).toEqual({ digits: '2', end: 'stopped' });
      phone.key('34');
      expect(await fourth).toEqual({ digits: '234', end: 'max' });
      const last = endpoint.collect(rule);
      await endpoint.close();
      expect(await last).toEqual({ digits: '', end: 'closed' });
    });

    test('counts digits keyed before, where told, and keeps secret ones out of events', async () => {
      const { phone, endpoint } = await call();
      const digits = digitsOf(endpoint);
      phone.key('12');
      await vi.waitFor(() => expect(digits).toHaveLength(2), wait);
      const rule = { max: 3, firstMs: 3_000, betweenMs: 3_000 };
      const ahead = endpoint.collect({ ...rule, typeAhead: true });
      await begun(endpoint);
      phone.key('3');
      expect(await ahead).toEqual({ digits: '123', end: 'max' });
      phone.key('9');
      await vi.waitFor(() => expect(digits).toHaveLength(4), wait);
      const secret = endpoint.collect({ ...rule, secret: true });
      await begun(endpoint);
      phone.key('456');
      expect(await secret).toEqual({ digits: '456', end: 'max' });
      phone.key('8');
      await vi.waitFor(() => expect(digits.at(-1)).toBe('8'), wait);
      expect(digits.join('')).toBe('12398');
    });

    test('a digit keyed before cuts a prompt short before it begins, and is there to be collected', async () => {
      const { phone, endpoint } = await call();
      const digits = digitsOf(endpoint);
      const keen = { bargeIn: true };
      const rule = { max: 1, terminator: '#', firstMs: 3_000, betweenMs: 3_000 };
      const prompt = await tone(440, 60_000);
      phone.key('12');
      await vi.waitFor(() => expect(digits.join('')).toBe('12'), wait);
      expect(await endpoint.play([prompt], keen).ended).toBe('barged');
      // The next prompt too: the digit waits still.
      expect(await endpoint.play([prompt], keen).ended).toBe('barged');
      expect(await endpoint.collect({ ...rule, typeAhead: true })).toEqual({ digits: '1', end: 'max' });
      expect(await endpoint.play([prompt], keen).ended).toBe('barged');
      // The collection that runs has taken it: that counts as well.
      const begun = endpoint.collect({ ...rule, max: 2, typeAhead: true });
      expect(await endpoint.play([prompt], keen).ended).toBe('barged');
      endpoint.digitFromSignaling('3');
      expect(await begun).toEqual({ digits: '23', end: 'max' });
      expect(Math.max(0, ...phone.samples(5_000).map(Math.abs))).toBeLessThan(100);
      // Nothing waits any more, and nothing that was forgotten does.
      const wanted = endpoint.play([prompt], keen);
      await phone.hears([440]);
      wanted.stop();
      expect(await wanted.ended).toBe('stopped');
    });

    test('plays a prompt whole where no digit may stop it, and the digits count as if it were not played', async () => {
      const { phone, endpoint } = await call();
      const digits = digitsOf(endpoint);
      const rule = { max: 2, firstMs: 3_000, betweenMs: 3_000 };
      phone.key('1');
      await vi.waitFor(() => expect(digits).toHaveLength(1), wait);
      const whole = endpoint.play([await tone(440, 600)]);
      await phone.hears([440]);
      phone.key('2');
      expect(await whole.ended).toBe('finished');
      expect(digits.join('')).toBe('12');
      expect(await endpoint.collect({ ...rule, typeAhead: true })).toEqual({ digits: '12', end: 'max' });
      const collected = endpoint.collect(rule);
      const music = endpoint.play([await tone(620, 100)], { times: Number.POSITIVE_INFINITY });
      await phone.hears([620]);
      phone.key('34');
      expect(await collected).toEqual({ digits: '34', end: 'max' });
      const mark = phone.heard.length;
      await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(mark + 10), wait);
      music.stop();
      expect(await music.ended).toBe('stopped');
    });

    test('forgets the terminator that follows the last digit: it neither stops a prompt nor ends the next input', async () => {
      const { phone, endpoint } = await call();
      const digits = digitsOf(endpoint);
      const rule = { max: 3, terminator: '#', firstMs: 3_000, betweenMs: 3_000 };
      const first = endpoint.collect(rule);
      await begun(endpoint);
      for (const digit of '123') endpoint.digitFromSignaling(digit);
      expect(await first).toEqual({ digits: '123', end: 'max' });
      const prompt = endpoint.play([await tone(440, 100)], { times: Number.POSITIVE_INFINITY, bargeIn: true });
      await begun(endpoint);
      endpoint.digitFromSignaling('#');
      await vi.waitFor(() => expect(digits.at(-1)).toBe('#'), wait);
      await phone.hears([440]);
      phone.key('4');
      expect(await prompt.ended).toBe('barged');
      await vi.waitFor(() => expect(digits.at(-1)).toBe('4'), wait);
      const second = endpoint.collect({ ...rule, typeAhead: true });
      await begun(endpoint);
      endpoint.digitFromSignaling('#');
      expect(await second).toEqual({ digits: '4', end: 'terminator' });
    });

    test('keeps no digit that was meant for those in the bridge', async () => {
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      const digits = digitsOf(a.endpoint);
      a.phone.key('7');
      await vi.waitFor(() => expect(digits).toEqual(['7']), wait);
      await bridge.remove(a.endpoint.id);
      const prompt = a.endpoint.play([await tone(440, 100)], { times: Number.POSITIVE_INFINITY, bargeIn: true });
      await a.phone.hears([440]);
      a.phone.key('8');
      expect(await prompt.ended).toBe('barged');
      await vi.waitFor(() => expect(digits).toEqual(['7', '8']), wait);
      const rule = { max: 1, firstMs: 3_000, betweenMs: 3_000, typeAhead: true };
      expect(await a.endpoint.collect(rule)).toEqual({ digits: '8', end: 'max' });
    });

    test('makes an offer, takes an early answer and then the final one', async () => {
      const one = await phone({ law: 'PCMA' });
      const endpoint = await media.open({ id: newId('ep'), purpose: 'test' });
      expect(endpoint.sdp).toMatch(/^m=audio \d+ RTP\/AVP (0 8|8 0) 101\r$/m);
      one.connect(endpoint.sdp);
      await endpoint.accept(one.sdp(), { final: false });
      endpoint.play([await tone(440, 100)], { times: Number.POSITIVE_INFINITY });
      await one.hears([440]);
      const two = await phone({ law: 'PCMA' });
      await endpoint.accept(two.sdp(), { final: true });
      await two.hears([440]);
      await expect(endpoint.accept('v=0\r\n', { final: true })).rejects.toMatchObject({ code: 'media-sdp-rejected' });
      await two.hears([440]);
    });

    test('bridges two with the same codec: both hear each other, packets stay as they are', async () => {
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      a.phone.speak(440);
      b.phone.speak(620);
      await b.phone.hears([440], [620]);
      await a.phone.hears([620], [440]);
      await bridge.remove(b.endpoint.id);
      await a.phone.hearsNothing();
    });

    test('opens a bridge with its members at once; where one is not there, there is no bridge', async () => {
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const role = 'talk' as const;
      const id = newId('br');
      const members = [a, b].map(({ endpoint }) => ({ endpoint: endpoint.id, role }));
      const stranger = { endpoint: newId('ep'), role };
      await expect(media.bridge(id, { members: [...members, stranger] })).rejects.toMatchObject({
        code: 'media-unknown',
      });
      expect((await media.list()).bridges.map((bridge) => bridge.id)).not.toContain(id);
      const bridge = await media.bridge(id, { members });
      a.phone.speak(440);
      b.phone.speak(620);
      await b.phone.hears([440], [620]);
      await a.phone.hears([620], [440]);
      await bridge.remove(b.endpoint.id);
      await a.phone.hearsNothing();
      await bridge.close();
    });

    test('keeps one stream across prompt, talk and prompt', async () => {
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      b.phone.speak(620);
      const prompt = await tone(440, 300);
      expect(await a.endpoint.play([prompt]).ended).toBe('finished');
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      await a.phone.hears([620]);
      const second = a.endpoint.play([prompt]);
      await a.phone.hears([440], [620]);
      await second.ended;
      await a.phone.hears([620], [440]);
      const packets = a.phone.heard.filter(({ payloadType }) => payloadType === 0);
      const streams = new Set(packets.map(({ ssrc }) => ssrc)).size;
      if (rig.coarse) expect(streams).toBeLessThanOrEqual(3);
      else expect(streams).toBe(1);
      for (const [i, packet] of packets.slice(1).entries()) {
        if (packet.ssrc !== packets[i]?.ssrc) continue;
        expect((packet.sequence - (packets[i]?.sequence ?? 0)) & 0xffff).toBe(1);
        const step = (packet.timestamp - (packets[i]?.timestamp ?? 0)) >>> 0;
        expect(step).toBeGreaterThanOrEqual(80);
        expect(step).toBeLessThan(8_000);
      }
    });

    test('transcodes between the two laws, and passes digits on', async () => {
      const a = await call({ law: 'PCMU' });
      const b = await call({ law: 'PCMA', telephoneEvent: 96, near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      a.phone.speak(440);
      b.phone.speak(620);
      await b.phone.hears([440]);
      await a.phone.hears([620]);
      expect(new Set(b.phone.recent(200).map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
      a.phone.key('42');
      await vi.waitFor(
        () =>
          expect(
            b.phone
              .digits()
              .map(({ digit }) => digit)
              .join(''),
          ).toBe('42'),
        wait,
      );
    });

    test('keeps digits from the other side where told, and while they are collected', async () => {
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'), { dtmf: 'absorb' });
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      const digits = digitsOf(a.endpoint);
      a.phone.speak(440);
      a.phone.key('7');
      await vi.waitFor(() => expect(digits).toEqual(['7']), wait);
      await b.phone.hears([440]);
      expect(b.phone.digits()).toEqual([]);
      await bridge.close();
      const open = await media.bridge(newId('br'));
      await open.add(a.endpoint.id, 'talk');
      await open.add(b.endpoint.id, 'talk');
      const pin = a.endpoint.collect({ max: 2, firstMs: 5_000, betweenMs: 5_000, secret: true });
      await begun(a.endpoint);
      a.phone.key('99');
      expect(await pin).toEqual({ digits: '99', end: 'max' });
      a.phone.key('1');
      await vi.waitFor(() => expect(b.phone.digits().map(({ digit }) => digit)).toEqual(['1']), wait);
    });

    test('mixes three, each without itself', async () => {
      const a = await call();
      const b = await call({ law: 'PCMA', near: a.endpoint.id });
      const c = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      for (const { endpoint } of [a, b, c]) await bridge.add(endpoint.id, 'talk');
      a.phone.speak(440);
      b.phone.speak(620);
      c.phone.speak(1100);
      await a.phone.hears([620, 1100], [440]);
      await b.phone.hears([440, 1100], [620]);
      await c.phone.hears([440, 620], [1100]);
      await bridge.remove(c.endpoint.id);
      await a.phone.hears([620], [1100]);
      await b.phone.hears([440], [1100]);
    });

    test('lets one listen unheard, whisper to one, and talk to both', async () => {
      const caller = await call();
      const agent = await call({ near: caller.endpoint.id });
      const boss = await call({ near: caller.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(caller.endpoint.id, 'talk');
      await bridge.add(agent.endpoint.id, 'talk');
      await bridge.add(boss.endpoint.id, 'listen');
      caller.phone.speak(440);
      agent.phone.speak(620);
      boss.phone.speak(1100);
      await boss.phone.hears([440, 620]);
      await caller.phone.hears([620], [1100]);
      await agent.phone.hears([440], [1100]);
      await bridge.add(boss.endpoint.id, { whisperTo: agent.endpoint.id });
      await agent.phone.hears([440, 1100]);
      await caller.phone.hears([620], [1100]);
      await boss.phone.hears([440, 620]);
      await bridge.add(boss.endpoint.id, 'talk');
      await caller.phone.hears([620, 1100]);
      expect(bridge.members.get(boss.endpoint.id)).toBe('talk');
    });

    test('plays to all in a bridge, over their talk', async () => {
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      a.phone.speak(440);
      b.phone.speak(620);
      const playback = bridge.play([await tone(1500, 100)], { times: 8 });
      await a.phone.hears([620, 1500]);
      await b.phone.hears([440, 1500]);
      expect(await playback.ended).toBe('finished');
      await a.phone.hears([620], [1500]);
    });

    test('records a bridge in stereo: the first member left, the others right', async () => {
      const a = await call();
      const b = await call({ law: 'PCMA', near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      const id = newId('rec');
      const recording = bridge.record({ id });
      a.phone.speak(440);
      b.phone.speak(620);
      await b.phone.hears([440]);
      await a.phone.hears([620]);
      const mark = b.phone.heard.length;
      await vi.waitFor(() => expect(b.phone.heard.length).toBeGreaterThan(mark + 50), wait);
      const { ms, bytes } = await recording.stop();
      const file = await content(recording);
      expect(file.length).toBe(bytes);
      const left = readTestWav(file, 0);
      const right = readTestWav(file, 1);
      expect(left).toMatchObject({ channels: 2, rate: 8000, dataBytes: file.length - 44 });
      expect(Math.abs(left.samples.length / 8 - ms)).toBeLessThanOrEqual(1);
      const tail = (samples: number[]) => samples.slice(-6400, -800);
      expect(usualShare(tail(left.samples), 440)).toBeGreaterThan(0.9);
      expect(usualShare(tail(right.samples), 620)).toBeGreaterThan(0.9);
      expect(share(tail(left.samples), 620)).toBeLessThan(0.01);
      const part = await (await media.recording(id))?.read({ start: 100, end: 299 });
      expect(part?.size).toBe(bytes);
      expect((await buffer(part?.stream as never)).equals(file.subarray(100, 300))).toBe(true);
      await media.forget(id);
      expect(await media.recording(id)).toBeUndefined();
    });

    test('records what is said in a bridge, not what is whispered', async () => {
      const caller = await call();
      const agent = await call({ near: caller.endpoint.id });
      const boss = await call({ near: caller.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(caller.endpoint.id, 'talk');
      await bridge.add(agent.endpoint.id, 'talk');
      await bridge.add(boss.endpoint.id, { whisperTo: agent.endpoint.id });
      caller.phone.speak(440);
      agent.phone.speak(620);
      boss.phone.speak(1100);
      // She hears the whisper: it is there to be recorded.
      await agent.phone.hears([440, 1100]);
      const recording = bridge.record({ id: newId('rec') });
      const mark = agent.phone.heard.length;
      await vi.waitFor(() => expect(agent.phone.heard.length).toBeGreaterThan(mark + 75), wait);
      await recording.stop();
      const file = await content(recording);
      const [left = [], right = []] = [0, 1].map((channel) => readTestWav(file, channel).samples.slice(-6400, -800));
      expect(usualShare(right, 620)).toBeGreaterThan(0.9);
      for (const side of [left, right]) expect(share(side, 1100)).toBeLessThan(0.01);
    });

    test('records an endpoint: what it says left, what it hears right; paused means not there', async () => {
      const { phone, endpoint } = await call();
      const recording = endpoint.record({ id: newId('rec') });
      phone.speak(440);
      endpoint.play([await tone(620, 100)], { times: Number.POSITIVE_INFINITY });
      await phone.hears([620]);
      const soFar = await recording.read();
      expect((await buffer(soFar.stream)).toString('latin1', 0, 4)).toBe('RIFF');
      recording.pause();
      phone.speak(1100);
      endpoint.play([await tone(1300, 600)]);
      await phone.hears([1300]);
      phone.speak(440);
      const back = endpoint.play([await tone(620, 100)], { times: Number.POSITIVE_INFINITY });
      await phone.hears([620], [1300]);
      const mark = phone.heard.length;
      await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(mark + 15), wait);
      recording.resume();
      const resumed = phone.heard.length;
      await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(resumed + 50), wait);
      await recording.stop();
      back.stop();
      const file = await content(recording);
      const said = readTestWav(file, 0).samples;
      const heard = readTestWav(file, 1).samples;
      expect(usualShare(said.slice(-4000), 440)).toBeGreaterThan(0.9);
      expect(usualShare(heard.slice(-4000), 620)).toBeGreaterThan(0.9);
      expect(share(said, 1100)).toBeLessThan(0.01);
      expect(share(heard, 1300)).toBeLessThan(0.01);
    });

    test('holds: by sendonly, inactive, 0.0.0.0 and by its own offer', async () => {
      const { phone, endpoint } = await call();
      endpoint.play([await tone(440, 100)], { times: Number.POSITIVE_INFINITY });
      await phone.hears([440]);
      expect(await endpoint.renegotiate(phone.sdp({ direction: 'sendonly' }))).toMatch(/^a=recvonly\r$/m);
      await phone.hearsNothing();
      expect(await endpoint.renegotiate(phone.sdp())).toMatch(/^a=sendrecv\r$/m);
      await phone.hears([440]);
      expect(await endpoint.renegotiate(phone.sdp({ direction: 'inactive' }))).toMatch(/^a=inactive\r$/m);
      await phone.hearsNothing();
      expect(await endpoint.renegotiate(phone.sdp({ direction: 'recvonly' }))).toMatch(/^a=sendonly\r$/m);
      await phone.hears([440]);
      await endpoint.renegotiate(phone.sdp({ host: '0.0.0.0' }));
      await phone.hearsNothing();
      await endpoint.renegotiate(phone.sdp());
      await phone.hears([440]);
      expect(await endpoint.offer('inactive')).toMatch(/^a=inactive\r$/m);
      await phone.hears([440]);
      await endpoint.accept(phone.sdp({ direction: 'inactive' }), { final: true });
      await phone.hearsNothing();
      await endpoint.offer('sendrecv');
      await endpoint.accept(phone.sdp(), { final: true });
      await phone.hears([440]);
      await endpoint.direction('recvonly');
      await phone.hearsNothing();
      await endpoint.direction('sendrecv');
      await phone.hears([440]);
    });

    test('renegotiates to another address and codec, and a bad offer changes nothing', async () => {
      const { phone: one, endpoint } = await call();
      endpoint.play([await tone(440, 100)], { times: Number.POSITIVE_INFINITY });
      await one.hears([440]);
      await expect(endpoint.renegotiate('v=0\r\nm=audio x')).rejects.toMatchObject({ code: 'media-sdp-rejected' });
      const mark = one.heard.length;
      await vi.waitFor(() => expect(one.heard.length).toBeGreaterThan(mark + 5), wait);
      const two = await phone({ law: 'PCMA' });
      const before = /^o=\S+ (\d+) (\d+)/m.exec(endpoint.sdp);
      const answer = await endpoint.renegotiate(two.sdp());
      const after = /^o=\S+ (\d+) (\d+)/m.exec(answer);
      expect(after?.[1]).toBe(before?.[1]);
      expect(Number(after?.[2])).toBeGreaterThan(Number(before?.[2]));
      await two.hears([440]);
      expect(two.recent(100).every(({ payloadType }) => payloadType === 8)).toBe(true);
      await one.hearsNothing();
    });

    test('says when RTP stops coming, and again while none comes', async () => {
      const { phone, endpoint } = await call();
      const timeout = once(endpoint, 'rtp-timeout');
      phone.speak(440);
      await vi.waitFor(async () => expect((await endpoint.quality()).received).toBeGreaterThan(5), wait);
      phone.hush();
      const [{ ms }] = await timeout;
      expect(ms).toBeGreaterThanOrEqual(rig.rtpTimeoutMs);
      // Who was alive when he was asked for the first time may be gone by the second.
      const [again] = await once(endpoint, 'rtp-timeout');
      expect(again.ms).toBeGreaterThanOrEqual(2 * rig.rtpTimeoutMs);
    });

    test('follows a peer behind NAT, and nobody else after that', async () => {
      const home = await phone();
      // Its description names a port that it does not send from.
      const endpoint = await media.open({ id: newId('ep'), offer: home.sdp({ port: 9 }), purpose: 'test' });
      home.connect(endpoint.sdp);
      const other = await call({ near: endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(endpoint.id, 'talk');
      await bridge.add(other.endpoint.id, 'talk');
      home.speak(440);
      other.phone.speak(620);
      await home.hears([620]);
      await other.phone.hears([440]);
      await vi.waitFor(async () => expect((await endpoint.quality()).received).toBeGreaterThan(60), wait);
      const thief = await phone();
      thief.connect(endpoint.sdp);
      thief.ssrc = home.ssrc;
      thief.speak(1900);
      thief.key('1');
      const mark = other.phone.heard.length;
      await vi.waitFor(() => expect(other.phone.heard.length).toBeGreaterThan(mark + 30), wait);
      expect(other.phone.share(1900, 500)).toBeLessThan(0.01);
      expect(other.phone.share(440, 500)).toBeGreaterThan(0.9);
      expect(thief.heard).toHaveLength(0);
      expect(other.phone.digits()).toEqual([]);
    });

    test('counts loss, jitter and a score, and gives the sum when it closes', async () => {
      const { phone, endpoint } = await call();
      const frame = Buffer.alloc(160, 0xff);
      for (let i = 0; i < 100; i++) {
        const packet = phone.packet(0, frame);
        if (i % 10 !== 5) phone.send(packet);
      }
      const counted = { received: 90, lost: 10 };
      await vi.waitFor(async () => expect(await endpoint.quality()).toMatchObject(counted), wait);
      const quality = await endpoint.quality();
      expect(quality).toMatchObject({ received: 90, lost: 10, codec: 'PCMU' });
      expect(quality.mos).toBeGreaterThan(1);
      expect(quality.mos).toBeLessThan(4);
      const closed = once(endpoint, 'closed');
      await endpoint.close();
      expect((await closed)[0]).toMatchObject({ why: 'asked', quality: { received: 90, lost: 10 } });
    });

    test('bears garbage on its port', async () => {
      const { phone, endpoint } = await call();
      const digits = digitsOf(endpoint);
      for (let round = 1; round <= 20; round++) {
        for (let i = 0; i < 50; i++) {
          const garbage = Array.from({ length: i }, () => Math.floor(Math.random() * 256));
          // Half of it looks like RTP at first sight.
          if (i % 2) garbage[0] = 0x80 | ((garbage[0] as number) % 64);
          phone.send(Buffer.from(garbage));
        }
        const before = digits.length;
        await vi.waitFor(() => {
          phone.key('5');
          expect(digits.slice(before)).toContain('5');
        }, wait);
      }
    });

    test('runs fifty calls at once', async () => {
      const music = await tone(440, 1_000);
      const calls = await Promise.all(Array.from({ length: 50 }, () => call()));
      for (const { endpoint } of calls) endpoint.play([music], { times: Number.POSITIVE_INFINITY });
      const collected = calls.map(({ endpoint }) => endpoint.collect({ max: 2, firstMs: 10_000, betweenMs: 10_000 }));
      await Promise.all(calls.map(({ phone }) => phone.hears([440])));
      for (const [i, { phone }] of calls.entries()) phone.key(String(10 + i));
      expect((await Promise.all(collected)).map(({ digits }) => digits)).toEqual(calls.map((_, i) => String(10 + i)));
      expect(new Set(calls.map(({ endpoint }) => /^m=audio (\d+)/m.exec(endpoint.sdp)?.[1])).size).toBe(50);
    });

    test('an engine that is killed in a call: all that was there ends, and it serves again', async ({ skip }) => {
      const { restart } = rig;
      if (!restart) return skip('this rig cannot restart its engine');
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      const other = await call();
      const playback = other.endpoint.play([await tone(440, 100)], { times: Number.POSITIVE_INFINITY });
      const digits = other.endpoint.collect({ max: 3, firstMs: 20_000, betweenMs: 20_000 });
      a.phone.speak(440);
      await b.phone.hears([440]);
      await other.phone.hears([440]);
      const ends = [a, b, other].map(({ endpoint }) => once(endpoint, 'closed'));
      const gone = once(bridge, 'closed');
      const [lost, restored] = [once(media, 'lost'), once(media, 'restored')];
      await restart();
      await Promise.all([lost, restored]);
      for (const [ending] of await Promise.all(ends)) expect(ending).toMatchObject({ why: 'lost' });
      expect((await gone)[0]).toEqual({ why: 'lost' });
      expect(await playback.ended).toBe('closed');
      expect(await digits).toMatchObject({ end: 'closed' });
      expect(await media.list()).toEqual({ endpoints: [], bridges: [], playbacks: [], recordings: [] });
      await expect(a.endpoint.quality()).rejects.toMatchObject({ code: 'media-unknown' });
      const next = await call();
      next.endpoint.play([await tone(620, 100)], { times: Number.POSITIVE_INFINITY });
      await next.phone.hears([620]);
    });

    test('a second driver finds everything again after the first was cut off, and it works', async ({ skip }) => {
      skip(!media.capabilities.adoption, 'its calls end with the server');
      const a = await call();
      const b = await call({ near: a.endpoint.id });
      const c = await call();
      const bridge = await media.bridge(newId('br'));
      await bridge.add(a.endpoint.id, 'talk');
      await bridge.add(b.endpoint.id, 'talk');
      const recordingId = newId('rec');
      bridge.record({ id: recordingId });
      a.phone.speak(440);
      b.phone.speak(620);
      c.endpoint.play([await tone(900, 200)], { times: Number.POSITIVE_INFINITY, id: 'music-of-c' });
      await a.phone.hears([620]);
      await c.phone.hears([900]);
      const mark = a.phone.heard.length;

      media = await rig.again();
      const { endpoints, bridges, playbacks, recordings } = await media.list();
      expect(new Set(endpoints.map(({ id }) => id))).toEqual(new Set([a.endpoint.id, b.endpoint.id, c.endpoint.id]));
      expect(bridges.map(({ id, members }) => [id, [...members]])).toEqual([
        [
          bridge.id,
          [
            [a.endpoint.id, 'talk'],
            [b.endpoint.id, 'talk'],
          ],
        ],
      ]);
      expect(playbacks).toEqual([{ id: 'music-of-c', on: c.endpoint.id }]);
      expect(recordings.map(({ id }) => id)).toEqual([recordingId]);

      // The talk went on meanwhile, without a gap that could be heard.
      await vi.waitFor(() => expect(a.phone.heard.length).toBeGreaterThan(mark + 20), wait);
      const times = a.phone.heard.slice(mark).map(({ at }) => at);
      expect(Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? 0)))).toBeLessThan(200);

      const found = (id: string) => endpoints.find((endpoint) => endpoint.id === id) as MediaEndpoint;
      expect(found(a.endpoint.id).sdp).toBe(a.endpoint.sdp);
      const digits = digitsOf(found(c.endpoint.id));
      c.phone.key('6');
      await vi.waitFor(() => expect(digits).toEqual(['6']), wait);
      expect(await found(c.endpoint.id).play([await tone(500, 300)]).ended).toBe('finished');
      expect((await recordings[0]?.stop())?.ms).toBeGreaterThan(200);
      await bridges[0]?.remove(b.endpoint.id);
      await a.phone.hearsNothing();
      const closed = once(found(a.endpoint.id), 'closed');
      await found(a.endpoint.id).close();
      expect((await closed)[0]).toMatchObject({ why: 'asked' });
    });
  });
}
