// The page in a real browser on the whole product: the agent logs in, sees the customer before her phone rings, talks,
// holds, and closes the contact. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

let floor: Floor;
let browser: Browser;

describe.skipIf(!has('sipp') || !hasChromium)('the page on the whole product (needs sipp and Chromium)', () => {
  beforeAll(async () => {
    floor = await Floor.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
  });

  test('log in, pop before the ring, talk, hold, wrap up', { timeout: 90_000 }, async () => {
    const { password, sip } = floor.product.login('1001');
    const phone = await floor.registered('1001', sip?.secret ?? '', 'SHA-256');
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));

    await page.goto(floor.product.web);
    await page.getByLabel('Agent number').fill('1001');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'You are not ready' }).waitFor();
    await page.keyboard.press('F9');
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();

    const caller = await floor.caller('95500', { from: '013811113333' });
    await until(async () => (await floor.call(caller.interaction))?.node === 'main', 'the menu is asked');
    caller.rtp.key('1');
    await until(async () => (await floor.call(caller.interaction))?.node === 'account', 'the account is asked');
    caller.rtp.key('87654321#');

    const invite = await floor.rings(phone);
    await page.getByText('Incoming call', { exact: true }).waitFor();
    await page.getByText('87654321').first().waitFor();
    await picture(page, '50-product-offer');
    const shown = await floor.events.fact('desk.pop-shown', (fact) => fact.interaction === caller.interaction);
    const popped = await floor.events.fact('desk.popped', (fact) => fact.interaction === caller.interaction);
    // The INVITE leaves when the page says that it shows the customer, and after 150 ms at the latest.
    expect(invite.at).toBeGreaterThanOrEqual(Math.min(shown.at, popped.at + 150));

    await floor.answers(phone, caller.interaction);
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    await floor.hearEachOther(caller.rtp, phone.rtp);
    await page.keyboard.press('F4');
    await page.getByRole('button', { name: 'Take back' }).waitFor();
    await floor.phase(caller.interaction, 'held');
    await page.getByRole('button', { name: 'Take back' }).click();
    await floor.phase(caller.interaction, 'talking');
    await floor.hearEachOther(caller.rtp, phone.rtp, [600, 1100]);
    await picture(page, '51-product-talking');

    await page.reload();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await Promise.all([caller.sipp.done(), phone.sipp.done()]);
    await page.getByText('Solved', { exact: true }).first().click();
    await page.getByLabel('Note').fill('Asked about a payment.');
    await page.getByText('Saved').waitFor();
    await picture(page, '52-product-wrap-up');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();

    const record = await floor.record(caller.interaction);
    expect(record).toMatchObject({ outcome: 'answered', agent: '1001', endedBy: 'agent', disposition: 'solved' });
    expect(record.holdMs).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    await floor.nothingLeft();
  });

  test('a supervisor finds the contact, sees why it went where, and plays its recording', {
    timeout: 60_000,
  }, async () => {
    const page = await signedIn('supervisor');
    await page.getByRole('link', { name: 'Contacts' }).click();
    const row = page.getByRole('row').filter({ hasText: 'solved' }).first();
    await row.getByRole('link').click();
    const detail = page.getByRole('region', { name: 'The contact' });
    await detail.getByText('Ada Agent answers').waitFor();
    const path = detail.locator('.wave path');
    await path.nth(1).waitFor({ state: 'attached' });
    // A flat line would be a recording in which nobody speaks.
    const outline = (await path.first().getAttribute('d')) ?? '';
    const heights = [...outline.matchAll(/,(\d+\.\d)/g)].map(([, y]) => Number(y));
    expect(Math.min(...heights)).toBeLessThan(20);
    const position = detail.getByRole('slider', { name: 'Position' });
    // Slowly: a short talk would be over before it is stopped.
    await page.evaluate('document.querySelector("audio").playbackRate = 0.25');
    await detail.getByRole('button', { name: 'Play' }).click();
    const at = async () => Number(await position.getAttribute('aria-valuenow'));
    await expect.poll(at, { timeout: 15_000 }).toBeGreaterThan(0);
    await detail.getByRole('button', { name: 'Pause' }).click();
    await detail.getByText('Why the router decided so').click();
    await picture(page, '53-product-contact');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as CSV' }).click();
    expect((await download).suggestedFilename()).toBe('interactions.csv');
    // Excel opens it, also where Windows is Chinese.
    expect(readFileSync(await (await download).path(), 'utf8')).toMatch(/^\uFEFFid,channel,/);
    await page.close();
  });

  test('an administrator changes, adds and removes records; a wrong value is said at its field', {
    timeout: 60_000,
  }, async () => {
    const page = await signedIn('admin');
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByRole('link', { name: '1002' }).click();
    const form = page.getByRole('form', { name: '1002' });
    await form.getByLabel('Name').fill('Chen Jing');
    await form.getByLabel('banking').fill('5');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved.').waitFor();
    const { body } = await floor.product.ask('GET', '/agents/1002');
    expect(body).toMatchObject({ name: 'Chen Jing', skills: { banking: 5, mandarin: 5 } });
    await picture(page, '54-admin-person');

    await page.getByRole('link', { name: 'Trunks' }).click();
    await page.getByRole('button', { name: 'Add' }).click();
    const fresh = page.getByRole('form', { name: 'New' });
    await fresh.getByLabel('Name').fill('carrier');
    await fresh.getByLabel('Country').fill('china');
    await fresh.getByRole('button', { name: 'Save' }).click();
    await fresh.getByRole('alert').first().waitFor();
    await fresh.getByLabel('Country').fill('CN');
    await fresh.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('form', { name: 'carrier' }).waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('form', { name: 'carrier' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('link', { name: 'carrier' }).waitFor({ state: 'detached' });
    await page.close();
  });

  test('a flow is edited with marks and picture, simulated before it is saved, used at once, and taken back', {
    timeout: 60_000,
  }, async () => {
    const page = await signedIn('admin');
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(`${floor.product.web}/#/admin/flows/rating`);
    const editor = page.getByRole('textbox', { name: 'rating.json' });
    await page.getByText('No findings').waitFor();
    await page.locator('.flow-picture .node').nth(2).waitFor();
    const { body: before } = await floor.product.ask<{ start: string }>('GET', '/flows/rating');

    // A new first node that does not lead anywhere known, then one that does.
    const text = (next: string) => {
      const flow = { ...before, start: 'hello' } as Record<string, unknown>;
      const hello = { type: 'say', prompt: { en: 'Just a word.', zh: '请稍候。' }, next };
      return JSON.stringify({ ...flow, nodes: { hello, ...(flow.nodes as object) } }, undefined, 2);
    };
    await editor.fill(text('nowhere'));
    await page.getByText('There is no node "nowhere"', { exact: false }).first().waitFor();
    expect(await page.getByRole('button', { name: 'Save and use' }).isDisabled()).toBe(true);
    // Another page takes the editor away, and nothing that was typed.
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
    await page.goto(`${floor.product.web}/#/admin/flows/rating`);
    await page.getByText('There is no node "nowhere"', { exact: false }).first().waitFor();
    await editor.fill(text(before.start));
    await page.getByRole('button', { name: /^hello\b/ }).waitFor();
    await page.getByRole('tab', { name: 'Simulate' }).click();
    await page.getByText('Just a word.', { exact: true }).waitFor();
    await picture(page, '55-admin-flow');
    await page.getByRole('button', { name: 'Save and use' }).click();
    await expect
      .poll(async () => (await floor.product.ask<{ start: string }>('GET', '/flows/rating')).body.start)
      .toBe('hello');

    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByText('the file was changed').click();
    await page.getByRole('button', { name: 'Take into the editor' }).click();
    await page.getByRole('button', { name: 'Save and use' }).click();
    await expect.poll(async () => (await floor.product.ask('GET', '/flows/rating')).body).toEqual(before);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('of two who change a flow the second sees what the first did, also when she left the editor meanwhile', {
    timeout: 60_000,
  }, async () => {
    const read = async () => (await floor.product.ask<{ note?: string }>('GET', '/flows/rating')).body;
    const before = await read();
    const text = (note: string) => JSON.stringify({ ...before, note }, undefined, 2);
    const page = await signedIn('admin');
    await page.goto(`${floor.product.web}/#/admin/flows/rating`);
    const editor = page.getByRole('textbox', { name: 'rating.json' });
    await page.getByText('No findings').waitFor();
    await editor.fill(text('mine'));
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
    await floor.product.must('PUT', '/flows/rating', { ...before, note: 'theirs' });
    await page.goto(`${floor.product.web}/#/admin/flows/rating`);
    await page.getByText('No findings').waitFor();
    await page.getByRole('button', { name: 'Save and use' }).click();
    const dialog = page.getByRole('dialog', { name: 'rating.json was changed meanwhile' });
    await dialog.locator('.cm-deletedChunk', { hasText: '"theirs"' }).waitFor();
    await picture(page, '56-flow-changed');
    expect((await read()).note).toBe('theirs');
    await dialog.getByRole('button', { name: 'Load what is saved' }).click();
    await editor.getByText('"theirs"').waitFor();
    await floor.product.must('PUT', '/flows/rating', { ...before, note: 'theirs again' });
    await editor.fill(text('mine'));
    await page.getByText('No findings').waitFor();
    await page.getByRole('button', { name: 'Save and use' }).click();
    await dialog.getByRole('button', { name: 'Save mine over it' }).click();
    await expect.poll(async () => (await read()).note).toBe('mine');
    await floor.product.must('PUT', '/flows/rating', before);
    await page.close();
  });

  test('text over a selection in the editor breaks no rule of the page, and is there as it was typed', {
    timeout: 60_000,
  }, async () => {
    const page = await signedIn('admin');
    const problems: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(`${floor.product.web}/#/admin/flows/rating`);
    const editor = page.getByRole('textbox', { name: 'rating.json' });
    await page.getByText('No findings').waitFor();
    const lines = editor.locator('.cm-line');
    // The editor hears of the selection only after the text: it still marks the bracket beside the caret. What takes the place
    // of that must not take over its looks, as Chromium would do it with an inline style.
    await page.evaluate('deaf = (event) => event.stopImmediatePropagation()');
    for (const text of ['{ "c": [] }', 'one\n  two', '[]']) {
      await editor.fill('{\n  "b": []\n}');
      await editor.press('Control+Home');
      await editor.locator('.cm-matchingBracket').first().waitFor();
      await page.evaluate("window.addEventListener('selectionchange', deaf, true)");
      await editor.fill(text);
      await page.evaluate("window.removeEventListener('selectionchange', deaf, true)");
      await expect.poll(async () => (await lines.allInnerTexts()).join('\n')).toBe(text);
      await editor.press('Control+a');
      await page.keyboard.insertText(`${text} `);
      await expect.poll(async () => (await lines.allInnerTexts()).join('\n')).toBe(`${text} `);
    }
    expect(problems).toEqual([]);
    await page.close();
  });

  /** A page at which that person has signed in, once it shows the floor. */
  async function signedIn(login: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    await page.goto(floor.product.web);
    await page.getByLabel('Agent number').fill(login);
    await page.getByLabel('Password').fill(floor.product.login(login).password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Pages of the floor' }).waitFor();
    return page;
  }
});
