// The whole day's tool at once: the real page in Chromium with its softphone, the real server, edge and WebRTC gateway, a
// caller by SIPp. The browser's microphone is a tone from a file.
import { join } from 'node:path';
import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findWorkerBinary } from '../../media/mediasoup/index.ts';
import { hasChromium } from '../contract/webrtc/browser-phone.ts';
import { builtWorker } from '../engines/mediasoup/worker.ts';
import { Floor } from './floor.ts';
import { hangUp, openPhoneBrowser, ready, signIn, talk } from './phone-page.ts';
import { has } from './sipp.ts';

const binary = findWorkerBinary() ?? builtWorker();
const able = has('sipp') && hasChromium && binary !== undefined;
const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const spokenHz = 700;

describe.skipIf(!able)(
  'the softphone of the page (needs sipp, chromium, mediasoup’s worker)',
  {
    timeout: 90_000,
  },
  () => {
    let floor: Floor;
    let browser: Browser;
    let close: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      process.env.MEDIASOUP_WORKER_BIN = binary;
      const first = 20_000 + 20 * Math.floor(Math.random() * 1_000);
      floor = await Floor.open({ env: { SWITCHROOM_WEBRTC_PORTS: `${first}-${first + 199}` } });
      ({ browser, close } = await openPhoneBrowser(spokenHz));
    });
    afterEach(async () => {
      await floor.tidy();
      await Promise.all(browser.contexts().map((context) => context.close()));
      await floor.product.ask('POST', '/agents/1001/sign-out', {});
    });
    afterAll(async () => {
      await close?.();
      await floor?.close();
    });

    /** One browser, and what it remembers. */
    async function newPage(): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
      return context.newPage();
    }

    test('connects for the shift; answers, talks, mutes, asks a colleague in vain, and is back after a reload', async () => {
      const line = await floor.line();
      const page = await newPage();
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      await ready(floor, page, line.queue);

      const caller = await floor.caller(line.number);
      caller.rtp.speak(900);
      await page.getByText('Incoming call', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Answer' }).click();
      await floor.phase(caller.interaction, 'talking');
      // Echo cancellation and noise suppression are for speech; a steady tone comes through in its frequency nevertheless.
      await caller.rtp.hears([spokenHz], [900]);
      await expect.poll(() => loudness(page)).toBeGreaterThan(0.02);
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, '60-softphone-talking.png') });

      await page.getByRole('button', { name: 'Mute' }).first().click();
      await caller.rtp.hearsNothing();
      await page.getByRole('button', { name: 'Unmute' }).first().click();
      await caller.rtp.hears([spokenHz], [900]);

      const began = performance.now();
      await page.reload();
      await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      await caller.rtp.hears([spokenHz], [900]);
      expect(performance.now() - began).toBeLessThan(10_000);
      await expect.poll(() => loudness(page)).toBeGreaterThan(0.02);

      await page.getByRole('button', { name: /^Phone: / }).click();
      await page.getByRole('dialog').getByLabel('Microphone', { exact: true }).waitFor();
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, '61-softphone-settings.png') });
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: 'Hang up' }).click();
      await caller.sipp.done();
      expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', agent: '1001' });
      expect(problems).toEqual([]);
      await page.close();
      await floor.nothingLeft();
    });

    test('the network changes while the desk is out of reach: the talk goes on, and a mute that failed is none', async () => {
      const page = await newPage();
      const desk = await DeskRoute.open(page);
      const caller = await talk(floor, page, spokenHz);
      await desk.cut();
      await page.evaluate(`window.dispatchEvent(new Event('online'))`);
      await page.getByRole('button', { name: 'Mute' }).first().click();
      await page.getByText('There is no connection to the server at the moment.').waitFor();
      const began = caller.rtp.heard.length;
      await expect.poll(() => caller.rtp.heard.length - began, { timeout: 5_000 }).toBeGreaterThan(25);
      await caller.rtp.hears([spokenHz], [900]);
      await desk.mend();
      await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      await caller.rtp.hears([spokenHz], [900]);
      await hangUp(floor, page, caller);
    });

    test('away until the server has forgotten its session: the phone is this panel’s all the same', async () => {
      const page = await newPage();
      const desk = await DeskRoute.open(page);
      const caller = await talk(floor, page, spokenHz);
      await desk.cut();
      desk.forgotten = true;
      await desk.mend();
      await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      await caller.rtp.hears([spokenHz], [900]);
      await hangUp(floor, page, caller);
    });

    test('the browser crashes in the talk: the tab that it restores has the talk again', async () => {
      const page = await newPage();
      const caller = await talk(floor, page, spokenHz);
      const kept = await page.evaluate<string>('JSON.stringify({ ...sessionStorage })');
      const restored = await page.context().newPage();
      await restored.addInitScript(`Object.assign(sessionStorage, ${kept})`);
      const crashed = page.waitForEvent('crash');
      const left = page.goto('chrome://crash').catch((error: Error) => error);
      await crashed;
      await left;
      await restored.goto(floor.product.web);
      await restored.getByRole('button', { name: 'Phone: Connected' }).waitFor({ timeout: 20_000 });
      await caller.rtp.hears([spokenHz], [900]);
      await hangUp(floor, restored, caller);
    });

    test('a supervisor who takes no contacts listens by her panel, and takes the talk over', async () => {
      const line = await floor.line({ team: 'demo' });
      const seat = await floor.seat([line.queue], { team: 'demo' });
      const page = await newPage();
      await page.goto(floor.product.web);
      await page.getByLabel('Agent number').fill('supervisor');
      await page.getByLabel('Password').fill(floor.product.login('supervisor').password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      const caller = await floor.caller(line.number);
      caller.rtp.speak(900);
      await floor.answers(seat, caller.interaction);
      await page.getByRole('button', { name: 'Listen' }).click();
      await page.getByRole('button', { name: 'Take over' }).click();
      await page.getByRole('button', { name: 'Hang up' }).waitFor();
      // Whom she has now, as if the call had been offered to her.
      await page.getByRole('region', { name: 'Customer' }).getByText('+86 138 0013 8000').first().waitFor();
      await caller.rtp.hears([spokenHz], [900]);
      await page.getByRole('button', { name: 'Hang up' }).click();
      await caller.sipp.done();
      expect(await floor.record(caller.interaction)).toMatchObject({ outcome: 'answered', agent: 'supervisor' });
    });

    test('of two panels of one agent one has the audio; the other says so and takes it', async () => {
      const line = await floor.line();
      await floor.ask('PUT', '/agents/1001', { name: 'Ann', phone: { kind: 'panel' }, queues: [line.queue] });
      const one = await newPage();
      await signIn(floor, one);
      const other = await newPage();
      await other.goto(floor.product.web);
      await other.getByLabel('Agent number').fill('1001');
      await other.getByLabel('Password').fill(floor.product.login('1001').password);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await other.getByText('Another panel has the audio').waitFor();
      await other.getByRole('button', { name: 'Take it here' }).click();
      await other.getByRole('button', { name: 'Phone: Connected' }).waitFor();
      await one.getByText('Another panel has the audio').waitFor();
    });
  },
);

/** The way between a page and the desk, which may be cut. */
class DeskRoute {
  /** The server does not know the session that the page comes back with. */
  forgotten = false;
  readonly #page: Page;
  #away = false;
  #socket: WebSocketRoute | undefined;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(page: Page): Promise<DeskRoute> {
    const route = new DeskRoute(page);
    await page.routeWebSocket('**/desk', (socket) => route.#connect(socket));
    return route;
  }

  async cut(): Promise<void> {
    this.#away = true;
    await this.#socket?.close();
    await this.#page.getByText('Connection lost.').waitFor();
  }

  async mend(): Promise<void> {
    this.#away = false;
    await this.#page.evaluate(`window.dispatchEvent(new Event('online'))`);
    await this.#page.getByText('Connection lost.').waitFor({ state: 'detached' });
  }

  #connect(socket: WebSocketRoute): void {
    if (this.#away) {
      void socket.close();
      return;
    }
    this.#socket = socket;
    const server = socket.connectToServer();
    socket.onMessage((message) =>
      server.send(this.forgotten ? String(message).replace(/"session":"[^"]*"/, '"session":"gone"') : message),
    );
  }
}

/** How loud the remote side is in the page, by the level of its settings. */
async function loudness(page: Page): Promise<number> {
  await page.getByRole('button', { name: /^Phone: / }).click();
  const meter = page.getByRole('meter', { name: 'Level of the speaker' });
  await meter.waitFor();
  let most = 0;
  for (let i = 0; i < 10; i++) {
    most = Math.max(most, await meter.evaluate((element) => (element as unknown as { value: number }).value));
    await page.evaluate('new Promise(requestAnimationFrame)');
  }
  await page.keyboard.press('Escape');
  return most;
}
