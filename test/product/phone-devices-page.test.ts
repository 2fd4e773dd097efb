// Devices of the panel's phone on the whole product: where it rings and where it speaks, also when they are pulled out; the
// keys and lights of a headset; the echo and the levels. Chromium's own fake devices, and a headset of the test.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { hasChromium } from '../contract/webrtc/browser-phone.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { Floor } from './floor.ts';
import { hangUp, openPhoneBrowser, ready, signIn, talk } from './phone-page.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

const binary = findWorkerBinary() ?? builtWorker();
const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const spokenHz = 700;

/** Notes where the page sounds, and lets the test pull a loudspeaker out and put it in again. */
const loudspeakers = `
  const pulled = new Set();
  globalThis.rang = [];
  globalThis.players = new Set();
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) {
    rang.push(this.context.sinkId);
    return start.apply(this, at);
  };
  for (const kind of [AudioContext, HTMLMediaElement]) {
    const set = kind.prototype.setSinkId;
    kind.prototype.setSinkId = function (id) {
      if (kind === HTMLMediaElement) players.add(this);
      return pulled.has(id) ? Promise.reject(new DOMException('gone', 'NotFoundError')) : set.call(this, id);
    };
  }
  const media = navigator.mediaDevices;
  const enumerate = media.enumerateDevices.bind(media);
  media.enumerateDevices = async () => (await enumerate()).filter(({ deviceId }) => !pulled.has(deviceId));
  globalThis.pull = (id, out) => {
    if (out) pulled.add(id);
    else pulled.delete(id);
    media.dispatchEvent(new Event('devicechange'));
  };
`;

/** A headset by the USB HID usage tables: hook and mute come in; ring, off-hook and mute are its lights. */
const headset = `
  const bit = (usage) => ({ usages: [usage], reportSize: 1, reportCount: 1 });
  const rest = (bits) => ({ usages: [], reportSize: bits, reportCount: 1 });
  const device = {
    opened: false,
    productName: 'Test headset',
    oninputreport: null,
    collections: [
      {
        usagePage: 0x0b,
        inputReports: [{ reportId: 1, items: [bit(0x000b0020), bit(0x000b002f), rest(6)] }],
        outputReports: [{ reportId: 2, items: [bit(0x00080018), bit(0x00080017), bit(0x00080009), rest(5)] }],
      },
    ],
    async open() { this.opened = true; },
    async close() { this.opened = false; },
    async sendReport(report, data) { globalThis.lights = data[0]; },
  };
  const chosen = () => localStorage.getItem('test-headset') !== null;
  Object.defineProperty(navigator, 'hid', {
    value: {
      async requestDevice({ filters }) {
        globalThis.askedFor = filters;
        localStorage.setItem('test-headset', '');
        return [device];
      },
      getDevices: async () => (chosen() ? [device] : []),
    },
  });
  globalThis.headsetSays = (byte) => device.oninputreport({ reportId: 1, data: new DataView(Uint8Array.of(byte).buffer) });
`;

/** Listens to what the page plays from a stream: since when it plays, and since when it is loud. */
const ears = `
  globalThis.played = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    const stream = this.srcObject;
    if (stream instanceof MediaStream && stream.getAudioTracks().length > 0) {
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 8192 });
      context.createMediaStreamSource(stream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      const bins = new Float32Array(analyser.frequencyBinCount);
      const one = { player: this, began: performance.now(), loudAfter: undefined, hz: undefined, loud: false };
      played.push(one);
      setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        one.loud = samples.some((sample) => Math.abs(sample) > 0.02);
        if (!one.loud) return;
        one.loudAfter ??= performance.now() - one.began;
        analyser.getFloatFrequencyData(bins);
        one.hz = (bins.indexOf(Math.max(...bins)) * context.sampleRate) / analyser.fftSize;
      }, 20);
    }
    return play.call(this);
  };
`;

const light = { ring: 1, offHook: 2, mute: 4 };
const key = { hook: 1, mute: 2 };

describe.skipIf(!has('sipp') || !hasChromium)(
  'devices of the panel’s phone (needs sipp and chromium)',
  { timeout: 90_000 },
  () => {
    let floor: Floor;
    let browser: Browser;
    let close: (() => Promise<void>) | undefined;
    let page: Page;

    beforeAll(async () => {
      if (binary !== undefined) process.env.MEDIASOUP_WORKER_BIN = binary;
      const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
      floor = await Floor.open({ env: { SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 199}` } });
      ({ browser, close } = await openPhoneBrowser(spokenHz));
    });
    afterEach(async () => {
      await floor.tidy();
      await page?.context().close();
      await floor.product.ask('POST', '/agents/1001/sign-out', {});
    });
    afterAll(async () => {
      await close?.();
      await floor?.close();
    });

    async function open(script: string): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
      page = await context.newPage();
      await page.addInitScript(script);
      return page;
    }

    async function settings(): Promise<void> {
      await page.getByRole('button', { name: /^Phone: / }).click();
      await page.getByRole('dialog').getByLabel('Microphone', { exact: true }).waitFor();
    }

    test('it rings on one device and speaks on another; the system’s own take over while they are not there', async () => {
      await open(loudspeakers);
      const line = await floor.line();
      await ready(floor, page, line.queue);
      await settings();
      const choose = async (label: string, name: string): Promise<string> => {
        const list = page.getByRole('dialog').getByLabel(label, { exact: true });
        await list.selectOption({ label: name });
        return list.inputValue();
      };
      const ring = await choose('Rings at', 'Fake Audio Output 2');
      const speaker = await choose('Speaker', 'Fake Audio Output 1');
      await picture('devices');
      await page.keyboard.press('Escape');
      const rang = () => page.evaluate<string>('rang.at(-1)');
      const speaks = () => page.evaluate<string[]>('[...players].map(({ sinkId }) => sinkId)');
      const pull = (id: string, out: boolean) => page.evaluate(`pull(${JSON.stringify(id)}, ${out})`);

      const caller = await floor.caller(line.number);
      caller.rtp.speak(900);
      await page.getByText('Incoming call', { exact: true }).waitFor();
      await expect.poll(rang).toBe(ring);
      await pull(ring, true);
      await expect.poll(rang, { timeout: 8_000 }).toBe('');
      await settings();
      expect(await page.getByLabel('Rings at').locator('option:checked').textContent()).toBe(
        'The chosen device is not connected',
      );
      await picture('devices-gone');
      await page.keyboard.press('Escape');
      await pull(ring, false);
      await expect.poll(rang, { timeout: 8_000 }).toBe(ring);

      await page.getByRole('button', { name: 'Answer' }).click();
      await floor.phase(caller.interaction, 'talking');
      await caller.rtp.hears([spokenHz], [900]);
      expect(await speaks()).toEqual([speaker]);
      const count = await page.evaluate('rang.length');
      await pull(speaker, true);
      await expect.poll(speaks).toEqual(['']);
      await pull(speaker, false);
      await expect.poll(speaks).toEqual([speaker]);

      // Remembered, and asked for again in a page that begins with the device pulled out.
      await page.addInitScript(`pull(${JSON.stringify(speaker)}, true)`);
      await page.reload();
      await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      await caller.rtp.hears([spokenHz], [900]);
      expect((await speaks()).filter((one) => one !== '')).toEqual([]);
      await pull(speaker, false);
      await expect.poll(speaks).toEqual([speaker]);
      expect(count).toBeGreaterThan(0);
      await hangUp(floor, page, caller);
    });

    test('the headset’s keys answer, mute and hang up; its lights show what is; after a reload it is there', async () => {
      await open(headset);
      const line = await floor.line();
      await ready(floor, page, line.queue);
      await settings();
      await page.getByRole('button', { name: 'Connect headset keys' }).click();
      await page.getByRole('button', { name: 'Test headset' }).waitFor();
      expect(await page.evaluate('askedFor')).toEqual([{ usagePage: 0x0b }]);
      await page.keyboard.press('Escape');
      const lights = () => page.evaluate('lights');
      const says = (byte: number) => page.evaluate(`headsetSays(${byte})`);
      await expect.poll(lights).toBe(0);

      const caller = await floor.caller(line.number);
      caller.rtp.speak(900);
      await page.getByText('Incoming call', { exact: true }).waitFor();
      await expect.poll(lights).toBe(light.ring);
      await says(key.hook);
      await floor.phase(caller.interaction, 'talking');
      await caller.rtp.hears([spokenHz], [900]);
      await expect.poll(lights).toBe(light.offHook);

      await says(key.hook | key.mute);
      await says(key.hook);
      await caller.rtp.hearsNothing();
      await expect.poll(lights).toBe(light.offHook | light.mute);
      await page.getByRole('button', { name: 'Unmute' }).first().waitFor();
      await says(key.hook | key.mute);
      await says(key.hook);
      await caller.rtp.hears([spokenHz], [900]);

      await page.reload();
      await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      await expect.poll(lights).toBe(light.offHook);
      await says(0);
      await caller.sipp.done();
      expect(await floor.record(caller.interaction)).toMatchObject({ agent: '1001', endedBy: 'agent' });
      await expect.poll(lights).toBe(0);
      await floor.nothingLeft();
    });

    test('the echo says her words a second later, as long as it is on; the levels move with what is heard', async () => {
      await open(ears);
      await floor.ask('PUT', '/agents/1001', { name: 'Ann', phone: { kind: 'panel' }, queues: [] });
      await signIn(floor, page);
      await settings();
      const level = (name: string) =>
        page.getByRole('meter', { name }).evaluate((meter) => (meter as unknown as { value: number }).value);
      await expect.poll(() => level('Level of the microphone')).toBeGreaterThan(0.02);
      expect(await level('Level of the speaker')).toBeLessThan(0.01);

      const before = await page.evaluate<number>('played.length');
      await page.getByRole('button', { name: 'Try with an echo' }).click();
      await page.getByText('Say something: you hear it a second later.').waitFor();
      const echo = () =>
        page.evaluate<{ paused: boolean; loudAfter?: number; hz?: number; loud: boolean }>(
          `(({ player, loudAfter, hz, loud }) => ({ paused: player.paused, loudAfter, hz, loud }))(played[${before}])`,
        );
      await expect.poll(async () => (await echo()).hz, { timeout: 8_000 }).toBeCloseTo(spokenHz, -1);
      const { loudAfter, paused } = await echo();
      expect(paused).toBe(false);
      expect(loudAfter).toBeGreaterThan(800);
      expect(loudAfter).toBeLessThan(3_000);
      await picture('echo');

      await page.keyboard.press('Escape');
      await until(async () => (await echo()).paused && !(await echo()).loud, 'a dialog that is closed ends its echo');

      // Muted, there is nothing to hear, and it says why.
      await page.getByRole('button', { name: 'Mute' }).click();
      await page.getByRole('button', { name: 'Unmute' }).waitFor();
      await settings();
      await page.getByRole('button', { name: 'Try with an echo' }).click();
      await page.getByText('You are muted').waitFor();
      await expect.poll(() => level('Level of the microphone')).toBeLessThan(0.01);
      await page.getByRole('button', { name: 'End the echo' }).click();
      await page.getByRole('button', { name: 'Try with an echo' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Unmute' }).click();
    });

    test('the level of the speaker is what the caller says', async () => {
      await open('');
      const caller = await talk(floor, page, spokenHz);
      await settings();
      const meter = page.getByRole('meter', { name: 'Level of the speaker' });
      const level = () => meter.evaluate((one) => (one as unknown as { value: number }).value);
      await expect.poll(level).toBeGreaterThan(0.1);
      caller.rtp.speak(0);
      await expect.poll(level, { timeout: 5_000 }).toBeLessThan(0.02);
      await page.keyboard.press('Escape');
      await hangUp(floor, page, caller);
    });

    async function picture(name: string): Promise<void> {
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `phone-${name}.png`) });
    }
  },
);
