// axe-core (the engine that Lighthouse uses too) over every page of the panels on the whole product, in light and dark:
// nothing that it calls serious or critical may stand (WCAG 2.2 AA).
import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Floor } from '../product/floor.ts';
import { has } from '../product/sipp.ts';
import { hasChromium, openBrowser } from './browser.ts';

const schemes = ['light', 'dark'] as const;
const asked: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
};

let floor: Floor;
let browser: Browser;

/** What axe finds at this moment, one line per element. */
async function findings(page: Page, where: string): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // A colour on its way to another one is neither.
    await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished))');
    if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(asked)})`);
    for (const { id, impact, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue;
      for (const { target, failureSummary } of nodes) {
        found.push(
          `${where}, ${colorScheme}: ${impact} ${id} at ${target.join(' ')}: ${failureSummary?.split('\n')[1]}`,
        );
      }
    }
  }
  return found;
}

/** A page at the login. */
async function open(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(floor.product.web);
  return page;
}

async function signIn(page: Page, login: string): Promise<void> {
  await page.getByLabel('Agent number').fill(login);
  await page.getByLabel('Password').fill(floor.product.login(login).password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.header').waitFor();
}

/** Every page of an area by its list at the side, and the first record where a page lists some. */
async function everyPage(page: Page, label: string): Promise<string[]> {
  const links = page.getByRole('navigation', { name: label }).getByRole('link');
  await links.first().waitFor();
  const found: string[] = [];
  for (let at = 0; at < (await links.count()); at++) {
    const name = (await links.nth(at).textContent()) ?? '';
    await links.nth(at).click();
    await settled(page);
    found.push(...(await findings(page, name)));
    const record = page.locator('main a[href^="#/"]').first();
    if ((await record.count()) === 0) continue;
    await record.click();
    await settled(page);
    found.push(...(await findings(page, `${name}, one of them`)));
  }
  return found;
}

/** What the page is about has come. */
async function settled(page: Page): Promise<void> {
  await page.getByText('Loading…').first().waitFor({ state: 'detached' });
  await page.locator('main h1, main h2, main form').first().waitFor();
}

describe.skipIf(!has('sipp') || !hasChromium)('no barriers that axe knows (needs sipp and Chromium)', () => {
  beforeAll(async () => {
    [floor, browser] = await Promise.all([Floor.open(), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
  });

  test('login and desk: not ready, ready, offer, talk, its dialogs, wrap-up', { timeout: 120_000 }, async () => {
    const { sip } = floor.product.login('1001');
    const phone = await floor.registered('1001', sip?.secret ?? '', 'MD5');
    const line = await floor.line({
      wrapUpMs: 60_000,
      dispositions: ['solved', 'callback'],
      dispositionRequired: true,
    });
    const own = { kind: 'registered', user: '1001' };
    await floor.ask('PUT', '/agents/1001', { name: 'Lin Mei', phone: own, queues: [line.queue] });
    const page = await open();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    const found = await findings(page, 'login');
    await page.getByLabel('Agent number').fill('1001');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The agent number or the password is wrong.').waitFor();
    found.push(...(await findings(page, 'login refused')));
    await signIn(page, '1001');
    await page.getByRole('heading', { name: 'You are not ready' }).waitFor();
    found.push(...(await findings(page, 'not ready')));
    await page.getByRole('button', { name: /Change your state/ }).click();
    found.push(...(await findings(page, 'states')));
    await page.getByRole('menuitemradio', { name: /Ready for contacts/ }).click();
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();
    found.push(...(await findings(page, 'ready')));

    const caller = await floor.caller(line.number);
    await page.getByText('Incoming call', { exact: true }).waitFor();
    found.push(...(await findings(page, 'offer')));
    await floor.answers(phone, caller.interaction);
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    found.push(...(await findings(page, 'talk')));
    await page.getByRole('button', { name: 'Keypad' }).click();
    found.push(...(await findings(page, 'keypad')));
    await page.keyboard.press('F8');
    await page.getByRole('dialog').waitFor();
    found.push(...(await findings(page, 'transfer')));
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('button', { name: 'Done' }).waitFor();
    found.push(...(await findings(page, 'wrap-up')));
    await caller.sipp.done();
    expect(found).toEqual([]);
  });

  test('the floor: every page, a contact, a queue in alarm and its thresholds', { timeout: 180_000 }, async () => {
    const line = await floor.line({ team: 'demo', name: { en: 'Cards' }, thresholds: { waiting: { alarm: 1 } } });
    await floor.caller(line.number);
    const page = await open();
    await signIn(page, 'supervisor');
    await page.getByText('Alarm: waiting').waitFor();
    await page.getByText('As a table').click();
    const found = await findings(page, 'alarm');
    await page.getByRole('button', { name: 'Thresholds of Cards' }).click();
    await page.getByRole('dialog').waitFor();
    found.push(...(await findings(page, 'thresholds')));
    await page.keyboard.press('Escape');
    found.push(...(await everyPage(page, 'Pages of the floor')));
    expect(found).toEqual([]);
  });

  test('administration: every page, a record of each kind, and the editor of a flow', {
    timeout: 240_000,
  }, async () => {
    const page = await open();
    await signIn(page, 'admin');
    await page.getByRole('link', { name: 'Administration' }).click();
    const found = await everyPage(page, 'Pages of the administration');
    await page.goto(`${floor.product.web}/#/admin/flows/rating`);
    await page.getByText('No findings').waitFor();
    await page.locator('.flow-picture .node').nth(2).waitFor();
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await settled(page);
      found.push(...(await findings(page, `flow editor, ${await tab.textContent()}`)));
    }
    expect(found).toEqual([]);
  });
});
