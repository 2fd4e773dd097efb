// A tab that the agent does not see is told of by the system: Chromium's own notifications, noted as they are made.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agentRecord, createWorld, queueRecord, type World } from '../unit/desk/world.ts';
import { buildSite, hasChromium, openBrowser, type Site } from './browser.ts';

/** What was shown, in the order in which it was; and a tab that the test hides and shows. */
const watch = `
  globalThis.notes = [];
  globalThis.focused = 0;
  window.focus = () => { focused++; };
  globalThis.Notification = class extends Notification {
    static get permission() {
      return globalThis.undecided ? 'default' : super.permission;
    }
    static async requestPermission() {
      globalThis.undecided = false;
      return super.permission;
    }
    constructor(title, options) {
      super(title, options);
      const note = { title, body: options.body, lang: options.lang, stays: options.requireInteraction, keys: Object.keys(options).sort(), shown: false, open: true };
      notes.push(note);
      Object.assign(this, { click: () => this.dispatchEvent(new Event('click')) });
      globalThis.last = this;
      this.addEventListener('show', () => { note.shown = true; });
      this.addEventListener('close', () => { note.open = false; });
    }
  };
  let hidden = false;
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  globalThis.hide = (yes) => {
    hidden = yes;
    document.dispatchEvent(new Event('visibilitychange'));
  };
`;

interface Note {
  title: string;
  body: string;
  lang: string;
  stays: boolean;
  keys: string[];
  shown: boolean;
  open: boolean;
}

let browser: Browser;
let site: Site;
let world: World;
let page: Page;

describe.skipIf(!hasChromium)('notifications of a hidden tab', () => {
  beforeAll(async () => {
    site = await buildSite(['1001']);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    site.close();
  });
  beforeEach(async () => {
    world = await createWorld({
      agents: [agentRecord('1001', 'Lin Mei', { queues: ['service'], capacity: { voice: 2, chat: 2 } })],
      queues: [queueRecord('service', { en: 'Customer service', zh: '客户服务' })],
      onRequest: site.onRequest,
      ringAfterMs: 5_000,
    });
  });
  afterEach(async () => {
    await page.context().close();
    await world.close();
  });

  async function ready(locale: string, undecided = false): Promise<void> {
    const context = await browser.newContext({ locale });
    await context.grantPermissions(['notifications'], { origin: world.origin });
    page = await context.newPage();
    await page.addInitScript(`${watch}; globalThis.undecided = ${undecided};`);
    await page.goto(world.origin);
    await page.locator('input[name=login]').fill('1001');
    await page.locator('input[name=password]').fill('secret-1001');
    await page.locator('button[type=submit]').click();
    await page.locator('.header').waitFor();
    await page.keyboard.press('F9');
    await page.locator('.dot[data-presence="ready"]').first().waitFor();
  }

  const notes = () => page.evaluate<Note[]>('notes');
  const hide = (yes: boolean) => page.evaluate(`hide(${yes})`);
  const customer = { id: 'cus_1', name: '王建国', tags: ['VIP'] };
  /** Nothing of these may stand on a screen that others see. */
  const secrets = { account: '6222 0210 4471', pin: '4711' };

  test.each([
    ['en-GB', 'Incoming call', 'en'],
    ['zh-CN', '来电', 'zh'],
  ])('%s: who calls, no more; it is gone when the offer is', { timeout: 30_000 }, async (locale, title, lang) => {
    await ready(locale);
    await hide(true);
    const offer = await world.offer('1001', { queue: 'service', customer, variables: secrets });
    await expect.poll(async () => (await notes()).map(({ shown }) => shown)).toEqual([true]);
    expect(await notes()).toEqual([
      {
        title,
        body: '王建国',
        lang,
        stays: true,
        keys: ['body', 'icon', 'lang', 'requireInteraction', 'tag'],
        shown: true,
        open: true,
      },
    ]);
    world.ended(offer.id, 'withdrawn');
    await expect.poll(async () => (await notes()).map(({ open }) => open)).toEqual([false]);
  });

  test('a click brings the tab to the front and the notice away; so does her own look at the tab', {
    timeout: 30_000,
  }, async () => {
    await ready('en-GB');
    await hide(true);
    const first = await world.offer('1001', { queue: 'service', customer });
    await expect.poll(async () => (await notes()).map(({ shown }) => shown)).toEqual([true]);
    await page.evaluate('last.click()');
    await expect.poll(async () => (await notes()).map(({ open }) => open)).toEqual([false]);
    expect(await page.evaluate('focused')).toBe(1);
    await hide(false);
    world.ended(first.id, 'withdrawn');
    await page.locator('.card.offer').waitFor({ state: 'detached' });

    await hide(true);
    await world.offer('1001', { queue: 'service', from: '+8613800138000' });
    // One that was not shown yet says nothing of its close.
    await expect.poll(async () => (await notes()).map(({ open, shown }) => open && shown)).toEqual([false, true]);
    await hide(false);
    await expect.poll(async () => (await notes()).map(({ open }) => open)).toEqual([false, false]);
    // It still waits, and she leaves again.
    await hide(true);
    await expect.poll(async () => (await notes()).map(({ open }) => open)).toEqual([false, false, true]);
  });

  test('a tab that she sees needs none; one that she leaves while it rings does', { timeout: 30_000 }, async () => {
    await ready('en-GB');
    await world.offer('1001', { queue: 'service', customer });
    await page.locator('.card.offer').waitFor();
    expect(await notes()).toEqual([]);
    await hide(true);
    await expect.poll(async () => (await notes()).map(({ open }) => open)).toEqual([true]);
  });

  test('without her permission there is none; her menu asks for it, once', { timeout: 30_000 }, async () => {
    await ready('en-GB', true);
    await hide(true);
    const offer = await world.offer('1001', { queue: 'service', customer });
    await page.locator('.card.offer').waitFor();
    expect(await notes()).toEqual([]);
    world.ended(offer.id, 'withdrawn');
    await page.locator('.card.offer').waitFor({ state: 'detached' });

    const item = page.getByRole('menuitem', { name: 'Tell me when this tab is hidden' });
    await page.locator('button.user').click();
    await item.click();
    await page.locator('button.user').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    expect(await item.count()).toBe(0);
    await world.offer('1001', { queue: 'service', customer });
    await expect.poll(async () => (await notes()).map(({ open }) => open)).toEqual([true]);
  });
});
