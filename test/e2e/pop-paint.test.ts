// The phone rings once Chromium has really presented who calls: not when the page was changed, nor when a frame began.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agentRecord, createWorld, queueRecord, type World } from '../unit/desk/world.ts';
import { buildSite, hasChromium, openBrowser, type Site } from './browser.ts';

/** Notes, by offer, when Chromium presented the caller's name and when the panel acknowledged the pop, in one clock. */
const watch = `
  const presented = {}, acknowledged = {};
  globalThis.seen = { presented, acknowledged };
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) presented[one.identifier] ??= one.renderTime;
  }).observe({ type: 'element' });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const { do: name, with: given } = JSON.parse(text);
    if (name === 'pop-shown') acknowledged[given.offer] ??= performance.now();
    send.call(this, text);
  };
`;
interface Seen {
  presented: Record<string, number>;
  acknowledged: Record<string, number>;
}

let browser: Browser;
let site: Site;
let world: World;
let page: Page;

const seen = () => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);

describe.skipIf(!hasChromium)('what is acknowledged is on the screen', () => {
  beforeAll(async () => {
    site = await buildSite(['1001', '2001']);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });
  beforeEach(async () => {
    world = await createWorld({
      agents: [
        agentRecord('1001', 'Lin Mei', { queues: ['service'], capacity: { voice: 2 } }),
        agentRecord('2001', 'Chen Bo', { roles: ['agent', 'supervisor'], queues: ['service'] }),
      ],
      queues: [queueRecord('service', { en: 'Customer service' })],
      onRequest: site.onRequest,
      // What is judged is the order, not this machine's speed.
      ringAfterMs: 10_000,
    });
    page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await page.addInitScript(watch);
  });
  afterEach(async () => {
    await page.context().close();
    await world.close();
  });

  async function ready(agent: string): Promise<void> {
    await page.goto(world.origin);
    await page.locator('input[name=login]').fill(agent);
    await page.locator('input[name=password]').fill(`secret-${agent}`);
    await page.locator('button[type=submit]').click();
    await page.getByRole('heading', { name: 'You are not ready' }).waitFor();
    await page.keyboard.press('F9');
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();
  }

  test('an offer is acknowledged after its card was presented, to the eye and not only to the page', {
    timeout: 30_000,
  }, async () => {
    await ready('1001');
    for (const from of ['+8613800138000', '+8613800138001', '+8613800138002']) {
      const offer = await world.offer('1001', { queue: 'service', from });
      const { presented, acknowledged } = await seen();
      // An element that is still transparent in its first frame is presented to nobody, and has no entry.
      expect(presented[offer.id]).toBeGreaterThan(0);
      expect(acknowledged[offer.id]).toBeGreaterThanOrEqual(presented[offer.id] ?? Infinity);
      expect(await page.evaluate("getComputedStyle(document.querySelector('.contact')).opacity")).toBe('1');
      world.ended(offer.id, 'withdrawn');
      await page.locator('.card.offer').waitFor({ state: 'detached' });
    }
  });

  test('what an offer needs was gone through unseen, before the first one', { timeout: 30_000 }, async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.addInitScript(
      "globalThis.cards = 0; addEventListener('DOMContentLoaded', () => new MutationObserver(() => { cards += document.querySelectorAll('.card.offer').length; }).observe(document.body, { childList: true, subtree: true }));",
    );
    await ready('1001');
    await expect.poll(() => page.evaluate("performance.getEntriesByName('desk-rehearsed').length")).toBe(1);
    // Nobody was shown it, nothing was asked for it, and its keys do nothing.
    expect(await page.evaluate('cards')).toBe(0);
    expect(asked.filter((path) => path.includes('suggestions'))).toEqual([]);
    await page.keyboard.press('F2');
    await world.offer('1001', { queue: 'service' });
    expect(world.calls.asked).toEqual([]);
    expect(await page.evaluate("performance.getEntriesByName('desk-rehearsed').length")).toBe(1);
  });

  test('one that comes while she looks at the floor brings the desk to the front first', {
    timeout: 30_000,
  }, async () => {
    await ready('2001');
    await page.getByRole('link', { name: 'Floor' }).click();
    await page.locator('main.desk').waitFor({ state: 'detached' });
    const offer = await world.offer('2001', { queue: 'service' });
    const { presented, acknowledged } = await seen();
    expect(acknowledged[offer.id]).toBeGreaterThanOrEqual(presented[offer.id] ?? Infinity);
  });

  test('a hidden tab has no frames: it acknowledges at once, and the system tells her who calls', {
    timeout: 30_000,
  }, async () => {
    await page.addInitScript(`
      globalThis.notes = [];
      globalThis.Notification = class {
        static permission = 'granted';
        constructor(title, { body, tag }) { this.note = { title, body, tag, open: true }; notes.push(this.note); }
        close() { this.note.open = false; }
      };
    `);
    await ready('1001');
    await page.evaluate(`
      Object.defineProperty(document, 'hidden', { get: () => true });
      globalThis.requestAnimationFrame = () => 0;
    `);
    const customer = { id: 'cus_1', name: '王建国', tags: [] };
    const offer = await world.offer('1001', { queue: 'service', customer });
    expect(world.happened.slice(-2)).toEqual([`pop ${offer.id} acknowledged`, `ring ${offer.id}`]);
    const note = { title: 'Incoming call', body: '王建国', tag: offer.id };
    await expect.poll(() => page.evaluate('notes')).toEqual([{ ...note, open: true }]);
    world.ended(offer.id, 'withdrawn');
    await expect.poll(() => page.evaluate('notes')).toEqual([{ ...note, open: false }]);
  });

  test('an offer beside a talk shows as a tab, and rings as well', { timeout: 30_000 }, async () => {
    await ready('1001');
    const talk = await world.offer('1001', { queue: 'service' });
    world.answered(talk.id);
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    const second = await world.offer('1001', { queue: 'service', from: '+4930123456' });
    expect(world.happened.slice(-2)).toEqual([`pop ${second.id} acknowledged`, `ring ${second.id}`]);
    await page.getByRole('tab').nth(1).waitFor();
  });
});
