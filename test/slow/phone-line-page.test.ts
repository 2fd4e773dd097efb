// The light of the panel's phone on a bad line: Chromium's audio goes through a relay that loses packets, one way or the other,
// and holds them up. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { hasChromium } from '../contract/webrtc/browser-phone.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { Floor } from '../product/floor.ts';
import { hangUp, openPhoneBrowser, talk } from '../product/phone-page.ts';
import { type Fate, Relay, type Way } from '../product/relay.ts';
import { has } from '../product/sipp.ts';

const binary = findWorkerBinary() ?? builtWorker();
/** Both count the same way, which test/contract tries on each; a bad line takes its time to be seen, so that one is enough here. */
const engine = binary === undefined ? 'edge' : 'mediasoup';
const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const spokenHz = 700;

/** Its answer names the relay as the one way to the gateway. */
const overRelay = `
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
    const candidates = sdp.match(/^a=candidate:.*\\r\\n/gm);
    const parts = candidates.find((one) => / udp /i.test(one)).split(' ');
    [parts[4], parts[5]] = ['127.0.0.1', String(await globalThis.relayTo(parts[4], Number(parts[5])))];
    let first = true;
    const changed = sdp.replace(/^a=candidate:.*\\r\\n/gm, () => {
      if (!first) return '';
      first = false;
      return parts.join(' ').trimEnd() + '\\r\\n';
    });
    return set.call(this, { type, sdp: changed });
  };
`;

/** A packet of audio: no STUN, no DTLS, no RTCP (RFC 7983, RFC 5761). */
const isAudio = (packet: Buffer) => {
  const [first = 0, second = 0] = packet;
  return first >= 128 && first <= 191 && ((second & 0x7f) < 64 || (second & 0x7f) > 95);
};

/** Of the audio of that way every nth packet is lost. */
function losing(nth: number, lossy: Way): Fate {
  let seen = 0;
  return (way, packet) => way === lossy && isAudio(packet) && ++seen % nth === 0;
}

/** The audio comes in bursts of eight packets, in their order: browsers count no jitter of packets that others overtook. */
function inBursts(): Fate {
  const seen = { there: 0, back: 0 };
  return (way, packet) => {
    if (!isAudio(packet)) return false;
    const left = 7 - (seen[way]++ % 8);
    return 18 * left + 1;
  };
}

describe.skipIf(!has('sipp') || !hasChromium)(
  'the light of the panel’s phone (needs sipp and chromium)',
  { timeout: 240_000 },
  () => {
    let floor: Floor;
    let browser: Browser;
    let close: (() => Promise<void>) | undefined;
    let line: Fate = () => false;
    const relays: Relay[] = [];
    beforeAll(async () => {
      if (binary !== undefined) process.env.MEDIASOUP_WORKER_BIN = binary;
      const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
      const env = { SWITCHROOM_WEBRTC: engine, SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 199}` };
      floor = await Floor.open({ env });
      ({ browser, close } = await openPhoneBrowser(spokenHz));
    });
    afterEach(async () => {
      await floor.tidy();
      for (const relay of relays.splice(0)) relay.close();
    });
    afterAll(async () => {
      await close?.();
      await floor?.close();
    });

    test('follows losses and jitter of either direction, says so in words, and gets good again', async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
      const page = await context.newPage();
      await page.exposeFunction('relayTo', async (address: string, port: number) => {
        const relay = await Relay.to(port, (way, datagram) => line(way, datagram), address);
        relays.push(relay);
        return relay.port;
      });
      await page.addInitScript(overRelay);
      const caller = await talk(floor, page, spokenHz);
      const light = page.locator('.phone-button .light');
      const button = page.getByRole('button', { name: /^Phone: / });
      // A machine that has much else to do is a bad line itself, for a while.
      await expect.poll(() => light.getAttribute('data-light'), wait).toBe('good');
      await button.click();
      await expect.poll(async () => (await figures(page)).down?.mos, wait).toBeGreaterThan(4);
      expect(await figures(page)).toMatchObject({ up: { lost: 0 }, down: { lost: 0 } });
      await picture(page, `${engine}-good`);

      // What she hears is bad; what is heard of her is not.
      line = losing(4, 'back');
      await expect.poll(async () => (await figures(page)).down?.lost, wait).toBeGreaterThan(20);
      expect((await figures(page)).down?.mos).toBeLessThan(3.6);
      expect((await figures(page)).up).toMatchObject({ lost: 0 });
      await picture(page, `${engine}-bad`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Phone: Connected, Bad line' }).getByText('Bad line').waitFor();
      expect(await light.getAttribute('data-light')).toBe('bad');
      await picture(page, `${engine}-bad-closed`);
      if (pictures !== undefined) await looks(page, `${engine}-bad`);

      // The other way about, and less of it.
      line = losing(17, 'there');
      await button.click();
      await expect.poll(async () => (await figures(page)).down?.lost, wait).toBe(0);
      await expect.poll(async () => (await figures(page)).up?.lost, wait).toBeGreaterThan(4);
      await page.getByRole('button', { name: /^Phone: Connected, (Weak|Bad) line$/, includeHidden: true }).waitFor();
      await picture(page, `${engine}-fair`);

      // Late, and nothing lost.
      line = inBursts();
      await expect.poll(async () => (await figures(page)).up?.lost, wait).toBe(0);
      await expect.poll(async () => (await figures(page)).up?.jitterMs, wait).toBeGreaterThan(26);
      await expect.poll(async () => (await figures(page)).down?.jitterMs, wait).toBeGreaterThan(26);

      line = () => false;
      await page.keyboard.press('Escape');
      await expect.poll(() => light.getAttribute('data-light'), wait).toBe('good');
      expect(await button.getAttribute('aria-label')).toBe('Phone: Connected');
      await hangUp(floor, page, caller);
    });

    async function picture(page: Page, name: string): Promise<void> {
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `phone-line-${name}.png`) });
    }

    /** The dialog in both languages, light and dark, also on a tablet. */
    async function looks(page: Page, name: string): Promise<void> {
      for (const language of ['en', 'zh']) {
        if (language === 'zh') await switchLanguage(page);
        await page.locator('.phone-button button').last().click();
        for (const theme of ['light', 'dark']) {
          await page.evaluate((chosen) => {
            (
              globalThis as unknown as { document: { documentElement: { dataset: Record<string, string> } } }
            ).document.documentElement.dataset.theme = chosen;
          }, theme);
          await picture(page, `${name}-${language}-${theme}`);
        }
        await page.setViewportSize({ width: 820, height: 1180 });
        await picture(page, `${name}-${language}-tablet`);
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.keyboard.press('Escape');
        await picture(page, `${name}-${language}-closed-dark`);
      }
      await switchLanguage(page);
    }
  },
);

const wait = { timeout: 60_000, interval: 200 };

async function switchLanguage(page: Page): Promise<void> {
  await page.locator('button.user').click();
  await page.getByRole('menuitem', { name: /^(中文|English)$/ }).click();
}

interface Figures {
  lost: number;
  jitterMs: number;
  mos: number;
}

/** What the dialog shows, by direction; undefined where nothing is measured. */
async function figures(page: Page): Promise<{ up: Figures | undefined; down: Figures | undefined }> {
  const row = async (name: string): Promise<Figures | undefined> => {
    const cells = await page.getByRole('row', { name }).getByRole('cell').allTextContents();
    if (cells.length !== 3) return undefined;
    const [lost = Number.NaN, jitterMs = Number.NaN, mos = Number.NaN] = cells.map((cell) => Number.parseFloat(cell));
    return { lost, jitterMs, mos };
  };
  return { up: await row('You are heard'), down: await row('You hear') };
}
