// What every WebRTC gateway must do, tried with a real browser on one side and plain RTP, or an endpoint of a real media
// engine, on the other. `make` gives a fresh gateway per test file.
import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MediaEndpoint, MediaServer } from '../../media/media-server.ts';
import type { Line, WebRtcConnection, WebRtcGateway } from '../../media/webrtc-gateway.ts';
import { newId } from '../../values/index.ts';
import { Phone, type PhoneOptions } from './media/phone.ts';
import { BrowserPhone, hasChromium, openAudioBrowser } from './webrtc/browser-phone.ts';

export interface GatewayRig {
  gateway: WebRtcGateway;
  /** A media engine whose endpoints the gateway can reach. */
  media: MediaServer;
  /** Kills what the connection runs on; resolves when it is dead. Absent where that is the media engine too. */
  kill?(): Promise<void>;
  close(): Promise<void>;
}

const wait = { timeout: 8_000, interval: 20 };

export function webRtcGatewayContract(name: string, make: () => Promise<GatewayRig>): void {
  describe.skipIf(!hasChromium)(`WebRTC gateway: ${name} (needs chromium)`, { timeout: 40_000 }, () => {
    let rig: GatewayRig;
    let gateway: WebRtcGateway;
    let browser: Browser;
    const phones: Phone[] = [];
    const pages: BrowserPhone[] = [];
    beforeAll(async () => {
      rig = await make();
      gateway = rig.gateway;
      browser = await openAudioBrowser();
    });
    afterAll(async () => {
      await browser?.close();
      await rig?.close();
    });
    afterEach(async () => {
      for (const phone of phones.splice(0)) phone.close();
      await Promise.all(pages.splice(0).map((page) => page.close()));
      const { connections, lines } = await gateway.list();
      await Promise.all([...lines, ...connections].map((one) => one.close()));
      await vi.waitFor(async () => expect(await gateway.list()).toEqual({ connections: [], lines: [] }), wait);
    });

    /** A far end with plain RTP; by default one that says its SSRC, as our media engine does to a gateway. */
    async function far(options: PhoneOptions & { silent?: boolean } = {}): Promise<{ phone: Phone; offer: string }> {
      const phone = await Phone.make(options);
      phones.push(phone);
      const more = options.silent ? [] : [`a=ssrc:${phone.ssrc} cname:far`];
      return { phone, offer: phone.sdp({ more }) };
    }

    async function page(): Promise<BrowserPhone> {
      const made = await BrowserPhone.open(browser);
      pages.push(made);
      return made;
    }

    /** A page whose peer connection is up. */
    async function panel(
      how: { codecs?: string[]; direction?: 'sendrecv' | 'recvonly'; near?: string; page?: BrowserPhone } = {},
    ): Promise<{ page: BrowserPhone; connection: WebRtcConnection }> {
      const made = how.page ?? (await page());
      const offer = await made.offer(how.direction);
      const { codecs = ['PCMU', 'PCMA'], near } = how;
      const connection = await gateway.connect({ id: newId('con'), offer, codecs, near });
      const up = connection.state === 'connected' ? undefined : once(connection, 'connected');
      await made.answered(connection.sdp);
      await up;
      return { page: made, connection };
    }

    /** A call: a far end and its line, attached. */
    async function call(
      connection: WebRtcConnection,
      options: PhoneOptions & { silent?: boolean } = {},
    ): Promise<{ phone: Phone; line: Line }> {
      const { phone, offer } = await far(options);
      const line = await gateway.line({ id: newId('lin'), offer, for: connection.id });
      phone.connect(line.sdp);
      await line.attach(connection.id);
      return { phone, line };
    }

    async function hearEachOther(panel: BrowserPhone, phone: Phone, hz: [number, number]): Promise<void> {
      await panel.speak(hz[0]);
      phone.speak(hz[1]);
      await Promise.all([phone.hears([hz[0]], [hz[1]]), panel.hears([hz[1]], [hz[0]])]);
    }

    for (const law of ['PCMU', 'PCMA'] as const) {
      test(`${law}: browser and far end hear each other, and nothing but that`, async () => {
        const { page, connection } = await panel({ codecs: [law] });
        expect(connection.codec).toBe(law);
        const { phone, line } = await call(connection, { law });
        expect(line).toMatchObject({ codec: law, connection: connection.id });
        expect(connection.line).toBe(line.id);
        await hearEachOther(page, phone, [500, 900]);
        expect(phone.recent(200).every(({ payloadType }) => payloadType === (law === 'PCMU' ? 0 : 8))).toBe(true);
      });
    }

    test('the answer is complete: nothing is to be trickled, and what else is offered is refused', async () => {
      const made = await page();
      const offer = await made.offer();
      const video = 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\n';
      const connection = await gateway.connect({ id: newId('con'), offer: offer + video, codecs: ['PCMU'] });
      expect(connection.state).toBe('connecting');
      expect(connection.sdp).toMatch(/^a=ice-lite\r$/m);
      expect(connection.sdp).toMatch(/^a=candidate:.+ typ host/m);
      expect(connection.sdp).toMatch(/^a=setup:passive\r$/m);
      expect(connection.sdp).toMatch(/^m=video 0 /m);
      expect(connection.sdp).toMatch(/^a=group:BUNDLE 0\r$/m);
    });

    test('a far end that does not say its SSRC, and changes it, is heard all the same', async () => {
      const { page, connection } = await panel();
      const { phone } = await call(connection, { silent: true });
      await hearEachOther(page, phone, [500, 900]);
      phone.ssrc = (phone.ssrc ^ 0x5555) >>> 0;
      phone.speak(1300);
      await page.hears([1300], [900]);
    });

    test('without an offer the line makes one', async () => {
      const { page, connection } = await panel();
      const { phone, offer } = await far();
      const line = await gateway.line({ id: newId('lin'), for: connection.id });
      phone.connect(line.sdp);
      expect(line.sdp).toContain('RTP/AVP 0');
      await line.accept(offer);
      await line.attach(connection.id);
      await hearEachOther(page, phone, [500, 900]);
      await expect(line.accept(offer)).rejects.toMatchObject({ code: 'media-sdp-rejected' });
    });

    test('calls come and go on one connection, which is not renegotiated', async () => {
      const { page, connection } = await panel();
      const { sdp } = connection;
      const one = await call(connection);
      await hearEachOther(page, one.phone, [500, 900]);
      const moved = once(one.line, 'detached');
      const two = await call(connection);
      expect(await moved).toEqual([{ from: connection.id, why: 'moved' }]);
      await hearEachOther(page, two.phone, [600, 1100]);
      await one.phone.hearsNothing();
      await two.line.close();
      expect(connection.line).toBeUndefined();
      await page.hearsNothing();
      await one.line.attach(connection.id);
      await hearEachOther(page, one.phone, [700, 1300]);
      expect(connection.sdp).toBe(sdp);
      expect(connection.state).toBe('connected');
    });

    test('detached, neither hears the other', async () => {
      const { page, connection } = await panel();
      const { phone, line } = await call(connection);
      await hearEachOther(page, phone, [500, 900]);
      await line.detach();
      expect(line.connection).toBeUndefined();
      await Promise.all([page.hearsNothing(), phone.hearsNothing()]);
      await line.detach();
      await line.attach(connection.id);
      await hearEachOther(page, phone, [500, 900]);
    });

    test('after a reload of the page the same line goes on with a new connection', async () => {
      const before = await panel();
      const { phone, line } = await call(before.connection);
      await hearEachOther(before.page, phone, [500, 900]);
      const { sdp } = line;
      const gone = Promise.all([once(line, 'detached'), once(before.connection, 'closed')]);
      await before.page.hangUp();
      const [[detached], [closed]] = await gone;
      expect(detached).toEqual({ from: before.connection.id, why: 'closed' });
      expect(closed).toEqual({ why: 'left' });
      expect(before.connection.state).toBe('closed');
      const began = performance.now();
      const after = await panel({ page: before.page, near: line.id });
      await line.attach(after.connection.id);
      await hearEachOther(after.page, phone, [600, 1100]);
      expect(performance.now() - began).toBeLessThan(3_000);
      expect(line.sdp).toBe(sdp);
    });

    test('a page that crashed is disconnected, and its line can be taken over meanwhile', async () => {
      const { page: crashing, connection } = await panel();
      const { phone, line } = await call(connection);
      await hearEachOther(crashing, phone, [500, 900]);
      const silent = once(connection, 'disconnected', { signal: AbortSignal.timeout(30_000) });
      await crashing.crash();
      await silent;
      expect(connection.state).toBe('disconnected');
      const other = await panel();
      await line.attach(other.connection.id);
      await hearEachOther(other.page, phone, [600, 1100]);
      await connection.close();
      expect(line.connection).toBe(other.connection.id);
    });

    test('hold and resume by a new offer; a far end that moves', async () => {
      const { page, connection } = await panel();
      const { phone, line } = await call(connection);
      await hearEachOther(page, phone, [500, 900]);
      const more = [`a=ssrc:${phone.ssrc} cname:far`];
      expect(await line.renegotiate(phone.sdp({ direction: 'sendonly', more }))).toMatch(/^a=recvonly\r$/m);
      await Promise.all([phone.hearsNothing(), page.hears([900])]);
      expect(await line.renegotiate(phone.sdp({ direction: 'sendrecv', more }))).toMatch(/^a=sendrecv\r$/m);
      await phone.hears([500]);
      const other = await far();
      await expect(line.renegotiate('v=0\r\n')).rejects.toMatchObject({ code: 'media-sdp-rejected' });
      other.phone.connect(await line.renegotiate(other.offer));
      await hearEachOther(page, other.phone, [600, 1100]);
    });

    test('an ICE restart is answered anew, and the call goes on', async () => {
      const { page: made, connection } = await panel();
      const { phone } = await call(connection);
      await hearEachOther(made, phone, [500, 900]);
      const { sdp } = connection;
      const answer = await connection.renegotiate(await made.again(true));
      expect(answer).toBe(connection.sdp);
      expect(ufragOf(answer)).not.toBe(ufragOf(sdp));
      expect(fingerprintOf(answer)).toBe(fingerprintOf(sdp));
      await made.answered(answer);
      await hearEachOther(made, phone, [600, 1100]);
      // Without a restart the parameters stay.
      const same = await connection.renegotiate(await made.again(false));
      expect(ufragOf(same)).toBe(ufragOf(answer));
      await made.answered(same);
      const stranger = await (await page()).offer();
      await expect(connection.renegotiate(stranger)).rejects.toMatchObject({ code: 'media-sdp-rejected' });
      await hearEachOther(made, phone, [500, 900]);
    });

    test('what cannot be used is refused, and nothing is left of it', async () => {
      const offer = await (await page()).offer();
      const connect = (sdp: string, codecs = ['PCMU']) => gateway.connect({ id: newId('con'), offer: sdp, codecs });
      const rejected = { code: 'media-sdp-rejected' };
      await expect(connect('')).rejects.toMatchObject(rejected);
      await expect(connect('v=0\r\nm=audio x RTP/AVP 0\r\n')).rejects.toMatchObject(rejected);
      await expect(connect(offer, ['G729'])).rejects.toMatchObject(rejected);
      await expect(connect(offer.replace(/a=fingerprint:.*\r\n/g, ''))).rejects.toMatchObject(rejected);
      await expect(connect(offer.replace(/a=fingerprint:\S+ /g, 'a=fingerprint:rot-13 '))).rejects.toMatchObject(
        rejected,
      );
      await expect(connect((await far()).offer)).rejects.toMatchObject(rejected);
      const { connection } = await panel();
      const line = (sdp: string) => gateway.line({ id: newId('lin'), offer: sdp, for: connection.id });
      await expect(line('v=0\r\n')).rejects.toMatchObject(rejected);
      await expect(line((await far({ law: 'PCMA' })).offer)).rejects.toMatchObject(rejected);
      const nowhere = gateway.line({ id: newId('lin'), offer: (await far()).offer, for: 'con_none' });
      await expect(nowhere).rejects.toMatchObject({ code: 'media-unknown' });
      const made = await line((await far()).offer);
      await expect(made.attach('con_none')).rejects.toMatchObject({ code: 'media-unknown' });
      const { connections, lines } = await gateway.list();
      expect(connections.map(({ id }) => id)).toEqual([connection.id]);
      expect(lines.map(({ id }) => id)).toEqual([made.id]);
    });

    test('what lives is listed, as handles that work', async () => {
      const { page, connection } = await panel();
      const { phone, line } = await call(connection);
      const { connections, lines } = await gateway.list();
      expect(connections[0]).toMatchObject({ id: connection.id, line: line.id, codec: 'PCMU', state: 'connected' });
      expect(lines[0]).toMatchObject({ id: line.id, connection: connection.id, sdp: line.sdp });
      await hearEachOther(page, phone, [500, 900]);
      const closed = once(connection, 'closed');
      await connections[0]?.close();
      expect(await closed).toEqual([{ why: 'asked' }]);
      await vi.waitFor(() => expect(line.connection).toBeUndefined(), wait);
      const over = once(line, 'closed');
      await lines[0]?.close();
      expect(await over).toEqual([{ why: 'asked' }]);
    });

    test('quality is told in both directions', { timeout: 60_000 }, async () => {
      const { page, connection } = await panel();
      const { phone } = await call(connection);
      await hearEachOther(page, phone, [500, 900]);
      await vi.waitFor(
        async () => {
          const quality = await connection.quality();
          expect(quality).toMatchObject({ codec: 'PCMU', up: { lost: 0 }, down: { lost: 0 } });
          expect(quality.up.packets).toBeGreaterThan(50);
          expect(quality.down?.packets).toBeGreaterThan(50);
          expect(quality.up.mos).toBeGreaterThan(4);
          expect(quality.down?.mos).toBeGreaterThan(4);
          expect(quality.up.jitterMs).toBeLessThan(50);
        },
        { timeout: 15_000, interval: 200 },
      );
      const [told] = (await once(connection, 'quality', { signal: AbortSignal.timeout(12_000) })) as [object];
      expect(told).toMatchObject({ codec: 'PCMU', up: { lost: 0 } });
    });

    test('a supervisor overhears both sides, and whispers', async ({ skip }) => {
      skip(!gateway.capabilities.overhear, 'this gateway does not overhear');
      const agent = await panel();
      const { phone, line } = await call(agent.connection);
      await hearEachOther(agent.page, phone, [500, 900]);
      const [toAgent, toCaller, whisper] = await Promise.all([
        panel({ direction: 'recvonly' }),
        panel({ direction: 'recvonly' }),
        panel(),
      ]);
      const ears = await panel({ direction: 'recvonly' });
      const monitored = await toAgent.connection.overhear(agent.connection.id, 'microphone');
      await toCaller.connection.overhear(agent.connection.id, 'line');
      await whisper.page.speak(1300);
      await ears.connection.overhear(whisper.connection.id, 'microphone');
      await toAgent.page.hears([500], [900, 1300]);
      await toCaller.page.hears([900], [500, 1300]);
      await ears.page.hears([1300]);
      await phone.hears([500], [1300]);
      await expect(toAgent.connection.overhear(whisper.connection.id, 'microphone')).rejects.toMatchObject({
        code: 'media-failed',
      });
      await expect(line.attach(toCaller.connection.id)).rejects.toMatchObject({ code: 'media-failed' });

      // The next call of the agent is what `line` stands for then.
      const next = await call(agent.connection);
      next.phone.speak(1500);
      await toCaller.page.hears([1500], [900]);
      await monitored.stop();
      await monitored.ended;
      await toAgent.page.hearsNothing();
    });

    test('Opus where both ends have it', async ({ skip }) => {
      skip(!gateway.capabilities.codecs.includes('opus'), 'this gateway has no Opus');
      const [one, two] = await Promise.all([panel({ codecs: ['opus', 'PCMU'] }), panel({ codecs: ['opus', 'PCMU'] })]);
      expect(one.connection.codec).toBe('opus');
      const asking = await gateway.line({ id: newId('lin'), for: one.connection.id });
      const answering = await gateway.line({ id: newId('lin'), offer: asking.sdp, for: two.connection.id });
      await asking.accept(answering.sdp);
      await asking.attach(one.connection.id);
      await answering.attach(two.connection.id);
      await one.page.speak(500);
      await two.page.speak(5_000);
      await Promise.all([one.page.hears([5_000], [500]), two.page.hears([500], [5_000])]);
    });

    test('an endpoint of the media engine is the far end: prompts, and a bridge with a phone', async () => {
      const { page, connection } = await panel();
      const ours = await rig.media.open({ id: newId('end'), gateway: true, purpose: 'agent' });
      const { line } = await joined(ours, connection);
      const prompt = ours.play([{ kind: 'tone', hz: [700], ms: 10_000 }]);
      await page.hears([700]);
      prompt.stop();

      const { phone, offer } = await far({ silent: true });
      const theirs = await rig.media.open({ id: newId('end'), offer, near: ours.id, purpose: 'caller' });
      phone.connect(theirs.sdp);
      const bridge = await rig.media.bridge(newId('brg'));
      await bridge.add(theirs.id, 'talk');
      await bridge.add(ours.id, 'talk');
      await hearEachOther(page, phone, [500, 900]);
      // What the gateway adds to its packets is not for phones.
      expect(phone.recent(200).some(({ extended }) => extended)).toBe(false);
      expect((await ours.quality()).lost).toBe(0);

      // The engine's own hold.
      await line.renegotiate(await ours.offer('sendonly')).then((answer) => ours.accept(answer, { final: true }));
      await Promise.all([phone.hearsNothing(), page.hears([900])]);
      await bridge.close();
      await Promise.all([ours.close(), theirs.close()]);
    });

    test('its engine dies: panels connect again, and the line goes on', async ({ skip }) => {
      skip(!rig.kill, 'its engine is the media engine');
      const { page, connection } = await panel();
      const endpoint = await rig.media.open({ id: newId('end'), gateway: true, purpose: 'agent' });
      const { line } = await joined(endpoint, connection);
      endpoint.play([{ kind: 'tone', hz: [700], ms: 60_000 }]);
      await page.hears([700]);
      const told = Promise.all([once(connection, 'closed'), once(line, 'lost')]);
      await rig.kill?.();
      const [[closed]] = await told;
      expect(closed).toEqual({ why: 'lost' });
      await page.hangUp();
      const again = await vi.waitFor(() => panel({ page }), { timeout: 10_000, interval: 200 });
      await endpoint.accept(await line.renegotiate(await endpoint.offer()), { final: true });
      await line.attach(again.connection.id);
      await page.hears([700]);
      await page.speak(500);
      await endpoint.close();
    });

    async function joined(endpoint: MediaEndpoint, connection: WebRtcConnection): Promise<{ line: Line }> {
      const request = { id: newId('lin'), offer: endpoint.sdp, for: connection.id, endpoint: endpoint.id };
      const line = await gateway.line(request);
      await endpoint.accept(line.sdp, { final: true });
      await line.attach(connection.id);
      return { line };
    }
  });
}

function ufragOf(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
}

function fingerprintOf(sdp: string): string | undefined {
  return /^a=fingerprint:sha-256 (\S+)/m.exec(sdp)?.[1];
}
