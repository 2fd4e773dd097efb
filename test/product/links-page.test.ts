// Links in and out of the panel in a real browser on the whole product: `#/dial?number=` and the browser's own `tel:`, the
// redial list after a restart, the CRM opened with the pop; and opening hours as an administrator keeps them.
// SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Floor, type Party } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

describe.skipIf(!has('sipp') || !hasChromium)('links of the panel (needs sipp and Chromium)', () => {
  let floor: Floor;
  let browser: Browser;
  let phone: Party;
  let crm: Server;
  const problems: string[] = [];
  beforeAll(async () => {
    crm = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>CRM</title>'));
    crm.listen(0, '127.0.0.1');
    await once(crm, 'listening');
    floor = await Floor.open();
    browser = await openBrowser();
    phone = await floor.registered('1001', floor.product.login('1001').sip?.secret ?? '', 'SHA-256');
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
    crm?.close();
  });

  const signedIn = async (who: string, path: string, options: object = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.addInitScript(
      'window.handlers = []; navigator.registerProtocolHandler = (...given) => { window.handlers.push(given); };',
    );
    await page.goto(`${floor.product.web}${path}`);
    await page.getByLabel(/Agent number|工号/).fill(who);
    await page.getByLabel(/Password|密码/).fill(floor.product.login(who).password);
    await page.locator('button[type="submit"]').click();
    await page.locator('button.user').waitFor();
    return page;
  };

  test('a link to dial shows the number and calls nobody by itself', { timeout: 60_000 }, async () => {
    // Through the login, too: the address is kept.
    const page = await signedIn('1001', '/#/dial?number=tel%3A%2B86-138-0013-8000');
    const dialog = page.getByRole('dialog', { name: 'Call somebody' });
    await dialog.getByText('138 0013 8000').waitFor();
    expect(new URL(page.url()).hash).toBe('#/desk');
    await picture(page, '92-dial-link');
    await dialog.getByRole('button', { name: 'Open telephone links (tel:) here' }).click();
    expect(await page.evaluate('window.handlers')).toEqual([
      ['tel', `${floor.product.web}/#/dial?number=%s`],
      ['web+tel', `${floor.product.web}/#/dial?number=%s`],
    ]);
    expect(await floor.calls()).toEqual([]);
    await dialog.getByRole('button', { name: 'Close' }).click();

    // While it is open, too; Enter calls: a colleague, so that no trunk is asked.
    await page.evaluate("location.hash = '#/dial?number=1002'");
    await dialog.getByRole('textbox').press('Enter');
    await floor.rings(phone);
    await until(async () => (await floor.calls()).length === 1, 'she calls');
    const [call] = await floor.calls();
    await floor.ask('POST', `/live/calls/${call?.interaction}/end`);
    await until(async () => (await floor.calls()).length === 0, 'the call is over');
    await floor.record(call?.interaction ?? '');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await dialog.getByRole('heading', { name: 'Dialled lately' }).waitFor();
    await picture(page, '93-redial');
    await page.context().close();

    const elsewhere = await signedIn('1001', '/#/dial?number=javascript:alert(1)', { locale: 'zh-CN' });
    await elsewhere.locator('.idle, .desk').first().waitFor();
    expect(await elsewhere.getByRole('dialog').count()).toBe(0);
    await elsewhere.context().close();
  });

  test('the CRM opens with the pop by itself, in one window', { timeout: 60_000 }, async () => {
    const popUrl = `http://127.0.0.1:${(crm.address() as AddressInfo).port}/customer?number={number}`;
    const line = await floor.line({ team: 'demo', popUrl, popByItself: true });
    const { id: _, site: __, ...agent } = await floor.ask<Record<string, unknown>>('GET', '/agents/1001');
    // It rings for both callers.
    const { sipp } = await floor.phone('crm', { calls: 2 });
    const own = { kind: 'uri', uri: `sip:1001@127.0.0.1:${sipp.port}` };
    await floor.ask('PUT', '/agents/1001', { ...agent, phone: own, queues: [line.queue] });
    const page = await signedIn('1001', '/');
    const ready = page.getByRole('main').getByRole('button', { name: 'Get ready' });
    await ready.click();
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();
    const opened = page.context().waitForEvent('page');
    const caller = await floor.caller(line.number, { from: '013811114444' });
    const customer = await opened;
    await customer.waitForURL(/\/customer\?number=%2B8613811114444$/);
    await page.bringToFront();
    await page.getByRole('button', { name: 'Open in the CRM' }).waitFor();
    await picture(page, '94-crm-pop');
    await floor.ask('POST', `/live/calls/${caller.interaction}/end`);
    await floor.record(caller.interaction);
    await floor.free('1001');
    if ((await floor.live('1001')).presence !== 'ready') await ready.click();
    const next = await floor.caller(line.number, { from: '013811115555' });
    await customer.waitForURL(/\/customer\?number=%2B8613811115555$/);
    expect(page.context().pages()).toHaveLength(2);
    expect(problems).toEqual([]);
    await floor.ask('POST', `/live/calls/${next.interaction}/end`);
    await page.context().close();
  });

  test('opening hours are kept once, and a queue names them', { timeout: 60_000 }, async () => {
    const page = await signedIn('admin', '/#/admin/hours');
    await page.getByRole('button', { name: /^(Add|New)/ }).click();
    const form = page.getByRole('form', { name: 'New' });
    await form.getByLabel('Name', { exact: false }).first().fill('office');
    await form.getByLabel('English').fill('Office');
    await form.getByLabel('Time zone').fill('Asia/Shanghai');
    await form.getByRole('button', { name: 'Add a line' }).first().click();
    for (const day of ['Mon', 'Tue', 'Wed']) await form.getByLabel(day, { exact: true }).check();
    await form.getByLabel('From', { exact: false }).fill('09:00');
    await form.getByLabel('To', { exact: false }).fill('9');
    await form.getByLabel('Holidays', { exact: false }).fill('2027-01-01\n2027-02-06');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('must be a time such as 09:00', { exact: false }).first().waitFor();
    await form.getByLabel('To', { exact: false }).fill('17:30');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('form', { name: 'office' }).waitFor();
    await picture(page, '95-hours');
    expect(await floor.ask('GET', '/hours/office')).toMatchObject({
      open: [{ days: ['mon', 'tue', 'wed'], from: '09:00', to: '17:30' }],
      closedOn: ['2027-01-01', '2027-02-06'],
    });

    await page.goto(`${floor.product.web}/#/admin/queues/service`);
    const queue = page.getByRole('form', { name: 'service' });
    await queue.getByLabel('Opening hours').selectOption('office');
    await queue.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await floor.ask('GET', '/queues/service')).toMatchObject({ hours: 'office' });
    // A flow may name them too; a name that nobody has is a finding.
    const check = (hours: string) =>
      floor.ask<{ findings: { code: string }[] }>('POST', '/flows/shut/check', {
        flow: 'shut',
        start: 'when',
        error: 'bye',
        languages: ['en'],
        nodes: {
          when: { type: 'branch', cases: [{ if: { hours }, next: 'bye' }], next: 'bye' },
          bye: { type: 'hangup' },
        },
      });
    expect((await check('office')).findings).toEqual([]);
    expect((await check('offce')).findings).toMatchObject([{ code: 'hours-unknown' }]);
    await page.context().close();

    const chinese = await signedIn('admin', '/#/admin/hours/office', {
      locale: 'zh-CN',
      colorScheme: 'dark',
      viewport: { width: 820, height: 1180 },
    });
    await chinese.getByRole('form', { name: 'office' }).waitFor();
    await picture(chinese, '96-hours-zh-dark-tablet');
    await chinese.context().close();
  });
});
