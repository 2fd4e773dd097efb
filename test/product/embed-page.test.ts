// The panel in a frame of a CRM's page: refused to other origins, told what happens, does what it is asked; and the customer
// opened in the CRM by the queue's address.
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

/** A CRM: the panel in a frame, what it says is kept in `heard`; /customer shows whom it was asked for. */
function crmPage(panel: string): string {
  return `<!doctype html><title>CRM</title>
<iframe id="panel" src="${panel}" width="1200" height="760" allow="microphone"></iframe>
<script>
  const origin = '${new URL(panel).origin}';
  window.heard = [];
  window.addEventListener('message', (event) => { if (event.origin === origin) heard.push(event.data); });
  window.say = (message) => document.getElementById('panel').contentWindow.postMessage({ switchroom: 1, ...message }, origin);
</script>`;
}

interface Heard {
  switchroom: number;
  event?: string;
  re?: number;
  ok?: boolean;
  interaction?: string;
  number?: string;
  data?: Record<string, string>;
}

let panel = '';
const serveCrm = async (): Promise<Server> => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url?.startsWith('/customer') ? '<!doctype html><title>Customer</title>' : crmPage(panel));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};
const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

let crm: Server;
let stranger: Server;
let floor: Floor;
let browser: Browser;

describe.skipIf(!has('sipp') || !hasChromium)('the panel in a CRM (needs sipp and Chromium)', () => {
  beforeAll(async () => {
    crm = await serveCrm();
    stranger = await serveCrm();
    const file = join(mkdtempSync(join(tmpdir(), 'switchroom-embed-')), 'switchroom.json');
    writeFileSync(file, JSON.stringify({ web: { embedders: [originOf(crm)] } }));
    floor = await Floor.open({ env: { SWITCHROOM_CONFIG: file } });
    panel = `${floor.product.web}/`;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
    crm?.close();
    stranger?.close();
  });

  test('is not shown to a page of another origin', { timeout: 30_000 }, async () => {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.goto(originOf(stranger));
    await until(() => said.some((one) => one.includes('frame-ancestors')), 'the browser refuses the frame');
    await page.close();
  });

  test('tells pop, talk and wrap-up; writes note and disposition; opens the customer', {
    timeout: 90_000,
  }, async () => {
    const { body: queue } = await floor.product.ask('GET', '/queues/service');
    const popUrl = `${originOf(crm)}/customer?number={number}&account={data.account}`;
    await floor.product.must('PUT', '/queues/service', { ...queue, id: undefined, site: undefined, popUrl });
    const { password, sip } = floor.product.login('1001');
    const phone = await floor.registered('1001', sip?.secret ?? '', 'SHA-256');
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    await page.goto(originOf(crm));
    const frame = page.frameLocator('#panel');
    await frame.getByLabel('Agent number').fill('1001');
    await frame.getByLabel('Password').fill(password);
    await frame.getByRole('button', { name: 'Sign in' }).click();
    await frame.getByRole('button', { name: 'Ready', exact: false }).first().waitFor();
    await say(page, { do: 'hello' });
    await heard(page, 'ready', ({ event }) => event === 'ready');
    await frame
      .getByRole('main')
      .getByRole('button', { name: /Ready|ready/ })
      .click();
    await frame.getByRole('heading', { name: 'You are ready' }).waitFor();

    const caller = await floor.caller('95500', { from: '013811114444' });
    await until(async () => (await floor.call(caller.interaction))?.node === 'main', 'the menu is asked');
    caller.rtp.key('1');
    await until(async () => (await floor.call(caller.interaction))?.node === 'account', 'the account is asked');
    caller.rtp.key('87654321#');
    await floor.rings(phone);
    const pop = await heard(page, 'the pop', ({ event }) => event === 'pop');
    expect(pop).toMatchObject({ interaction: caller.interaction, number: '+8613811114444' });
    const opened = page.context().waitForEvent('page');
    await frame.getByRole('button', { name: 'Open in the CRM' }).click();
    const customer = await opened;
    await customer.waitForURL(/\/customer\?number=%2B8613811114444&account=87654321$/);
    await customer.close();

    await floor.answers(phone, caller.interaction);
    await frame.getByRole('button', { name: 'Hang up' }).waitFor();
    const { interaction } = caller;
    await say(page, { id: 1, do: 'note', interaction, note: 'Written in the CRM.' });
    await heard(page, 'the answer', ({ re, ok }) => re === 1 && ok === true);
    await say(page, { id: 2, do: 'dial', number: 'not a number' });
    await heard(page, 'the refusal', ({ re, ok }) => re === 2 && ok === false);
    await frame.getByRole('button', { name: 'Hang up' }).click();
    await Promise.all([caller.sipp.done(), phone.sipp.done()]);
    await heard(page, 'wrap-up', ({ event }) => event === 'wrap-up');
    await say(page, { id: 3, do: 'disposition', interaction, disposition: 'solved' });
    await heard(page, 'the answer', ({ re, ok }) => re === 3 && ok === true);
    await frame.getByRole('button', { name: 'Done' }).click();
    await heard(page, 'the contact is gone', (one) => one.event === 'gone' && one.interaction === interaction);
    expect(await floor.record(interaction)).toMatchObject({ disposition: 'solved', note: 'Written in the CRM.' });
    await page.close();
  });
});

async function say(page: Page, message: object): Promise<void> {
  await page.evaluate(`say(${JSON.stringify(message)})`);
}

async function heard(page: Page, what: string, fits: (one: Heard) => boolean): Promise<Heard> {
  let found: Heard | undefined;
  await until(async () => {
    const all = (await page.evaluate('heard')) as Heard[];
    found = all.find(fits);
    return found !== undefined;
  }, `the CRM hears of ${what}`);
  return found as Heard;
}
