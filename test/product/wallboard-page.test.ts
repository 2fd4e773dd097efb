// The supervisor's wallboard in a real browser on the whole product: thresholds stand out while callers wait, are set from
// the board, and the charts of the day follow without a reload. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
};

describe.skipIf(!has('sipp') || !hasChromium)('the wallboard (needs sipp and Chromium)', () => {
  let floor: Floor;
  let browser: Browser;
  beforeAll(async () => {
    floor = await Floor.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
  });

  const signedIn = async (who: string, options: object = {}): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    await page.goto(floor.product.web);
    await page.getByLabel(/Agent number|工号/).fill(who);
    await page.getByLabel(/Password|密码/).fill(floor.product.login(who).password);
    await page.locator('button[type="submit"]').click();
    await page.locator('.area-pages').waitFor();
    await page.goto(`${floor.product.web}#/floor/live`);
    await page.locator('.queue-table').waitFor();
    return page;
  };

  test('a queue stands out by its thresholds, in words and by a mark', { timeout: 90_000 }, async () => {
    const line = await floor.line({
      name: { en: 'Cards', zh: '信用卡' },
      team: 'demo',
      thresholds: { waiting: { warn: 1, alarm: 2 } },
    });
    const page = await signedIn('supervisor');
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    const row = page.locator('.queue-table tr').filter({ hasText: 'Cards' });
    await row.getByText('In order').waitFor();
    const first = await floor.caller(line.number);
    await row.getByText('Attention: waiting').waitFor();
    const second = await floor.caller(line.number);
    await row.getByText('Alarm: waiting').waitFor();
    await page.getByRole('status').filter({ hasText: 'Alarm: Cards' }).waitFor();
    await expect(row.locator('.level-mark').first().textContent()).resolves.toBe('■');
    await picture(page, '80-wallboard');

    // Set on the board; it holds at once, on every board.
    await row.getByRole('button', { name: 'Thresholds of Cards' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Waiting, or more, Attention').fill('7');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText(/not below warn/).waitFor();
    await dialog.getByLabel('Waiting, or more, Alarm').fill('9');
    await dialog.getByLabel('Longest wait in seconds, or longer, Alarm').fill('3600');
    await picture(page, '81-wallboard-thresholds');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await row.getByText('In order').waitFor();
    const { thresholds } = await floor.ask<{ thresholds: object }>('GET', `/queues/${line.queue}`);
    expect(thresholds).toEqual({ waiting: { warn: 7, alarm: 9 }, longestWaitMs: { alarm: 3_600_000 } });

    // The charts follow: both give up.
    await page.getByLabel('Queue', { exact: true }).selectOption(line.queue);
    await page.getByText('As a table').click();
    const now = page.locator('.day tbody tr').last();
    for (const { interaction } of [first, second]) await floor.ask('POST', `/live/calls/${interaction}/end`);
    await expect.poll(() => now.locator('td').first().textContent(), { timeout: 30_000 }).toBe('2');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('a busy day, in both languages, by day and night, on a tablet', { timeout: 90_000 }, async () => {
    const slot = 900_000;
    const last = Math.floor(Date.now() / slot) * slot;
    const wave = (at: number) => Math.round(14 + 10 * Math.sin(at / 4) + (at % 5));
    const queues = Array.from({ length: 30 }, (_, at) => ({
      start: last - (29 - at) * slot,
      local: '',
      offered: wave(at) + 3,
      answered: wave(at),
      abandoned: at % 4,
      left: { overflow: at % 3 },
      serviceLevel: 0.75 + 0.2 * Math.cos(at / 3),
      averageAnswerMs: 9_000 + 700 * wave(at),
      longestWaitMs: 60_000,
    }));
    const agents = queues.map(({ start }, at) => {
      const share = (part: number) => Math.round(slot * part * (1 + Math.sin(at / 5) / 3));
      return {
        start,
        local: '',
        talkMs: share(4),
        holdMs: share(0.4),
        ringMs: share(0.3),
        wrapUpMs: share(1.1),
        ownMs: share(0.2),
        availableMs: share(2),
        notReadyMs: share(1.4),
      };
    });
    for (const [name, options] of [
      ['82-wallboard-day', {}],
      ['83-wallboard-day-zh-dark', { locale: 'zh-CN', colorScheme: 'dark' }],
      ['84-wallboard-day-tablet', { viewport: { width: 820, height: 1180 } }],
    ] as const) {
      const page = await signedIn('supervisor', options);
      await page.route('**/reports/queues?*', (route) => route.fulfill({ json: { rows: queues } }));
      await page.route('**/reports/agents?*', (route) => route.fulfill({ json: { rows: agents } }));
      await page.reload();
      await page.locator('.day rect').first().waitFor();
      expect(await page.locator('.day figure').count()).toBe(3);
      const bars = await page.locator('.day figure').first().locator('svg > g:not(.grid)').count();
      expect(bars).toBe(30);
      await page.locator('.day details').scrollIntoViewIfNeeded();
      await picture(page, name);
      const width = await page.locator('html').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
      expect(width).toBeLessThanOrEqual(0);
      await page.close();
    }
  });
});
