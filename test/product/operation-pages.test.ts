// What administrators look at, in a real browser on the whole product: the SIP ladder of a call while it runs and after,
// with a phone that did not answer; its capture file; the audit log; health. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { type Caller, Floor, type Party } from './floor.ts';
import { has } from './sipp.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

interface Ladder {
  legs: { callId: string; role: string; agent?: string }[];
  messages: { way: string; firstLine: string; callId: string; text: string; retransmission: boolean }[];
}

describe.skipIf(!has('sipp') || !hasChromium)('the pages of operation (needs sipp and Chromium)', () => {
  let floor: Floor;
  let browser: Browser;
  let caller: Caller;
  let agent: string;
  let phone: Party;
  beforeAll(async () => {
    floor = await Floor.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
  });

  const signedIn = async (options: { locale?: string; colorScheme?: 'dark' | 'light' } = {}): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    await page.goto(floor.product.web);
    await page.getByLabel(/Agent number|工号/).fill('admin');
    await page.getByLabel(/Password|密码/).fill(floor.product.login('admin').password);
    await page.locator('button[type="submit"]').click();
    await page.locator('.area-pages').waitFor();
    return page;
  };

  test('the ladder of a running call, then of the call that is over', { timeout: 120_000 }, async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    ({ agent } = seat);
    phone = seat;
    caller = await floor.caller(line.number, { from: '013811112222' });
    await floor.rings(phone);

    const page = await signedIn();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByRole('link', { name: 'SIP', exact: true }).click();
    await page.getByRole('region', { name: 'Calls of this moment' }).getByRole('link').click();
    await page.getByText('Call is running').waitFor();
    const ladder = page.getByRole('listbox', { name: 'Messages of the call' });
    await ladder.getByRole('option', { name: `INVITE, Switchroom → Phone of ${agent}` }).waitFor();

    // It goes on by itself while the call runs.
    await floor.answers(phone, caller.interaction);
    await ladder
      .getByRole('option', { name: `200 OK INVITE, Phone of ${agent} → Switchroom, with a session` })
      .waitFor();
    await ladder.getByRole('option').first().click();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => ladder.locator('[aria-selected="true"]').getAttribute('id')).toBe('rung-2');
    const shown = page.getByRole('region', { name: 'The message' });
    await page.keyboard.press('Home');
    await shown.getByText('INVITE sip:').waitFor();
    expect(await shown.locator('b', { hasText: /^Call-ID$/i }).count()).toBe(1);
    await picture(page, '70-sip-ladder');

    await phone.sipp.tell('HANGUP', {}, (await phone.sipp.message('INVITE')).callId);
    await caller.sipp.done();
    await floor.record(caller.interaction);
    await page.getByText('Call is over').waitFor();
    await ladder.getByRole('option', { name: /^BYE/ }).first().waitFor();

    const answer = await floor.ask<Ladder>('GET', `/interactions/${caller.interaction}/sip`);
    expect(answer.legs.map(({ role, agent: whose }) => ({ role, whose }))).toEqual([
      { role: 'caller', whose: undefined },
      { role: 'agent', whose: agent },
    ]);
    // The outside program saw the same messages, no more and no less.
    const both = [...caller.sipp.messages(), ...phone.sipp.messages()];
    expect(answer.messages.length).toBe(both.filter(({ what }) => !['ANSWER', 'HANGUP'].includes(what)).length);
    expect(answer.messages.some(({ firstLine }) => firstLine.startsWith('BYE '))).toBe(true);
    expect(problems).toEqual([]);
    await page.close();
  });

  test('the capture file is read by tshark (needs tshark)', { timeout: 60_000 }, async (context) => {
    if (!has('tshark')) context.skip();
    const page = await signedIn();
    await page.goto(`${floor.product.web}#/admin/sip/${caller.interaction}`);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download as pcap' }).click();
    const file = await (await download).path();
    const methods = execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'sip.CSeq.method'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { messages } = await floor.ask<Ladder>('GET', `/interactions/${caller.interaction}/sip`);
    const wanted = messages.map(({ text }) => /^cseq: *\d+ (\w+)/im.exec(text)?.[1]);
    expect(methods.trimEnd().split('\n')).toEqual(wanted);
    await page.close();
  });

  test('a phone that only rang is in the ladder, with the CANCEL that it got', { timeout: 60_000 }, async () => {
    const line = await floor.line();
    const seat = await floor.seat([line.queue]);
    const gone = await floor.caller(line.number);
    await floor.rings(seat);
    const { callId } = await seat.sipp.message('INVITE');
    await floor.ask('POST', `/live/calls/${gone.interaction}/end`);
    await floor.record(gone.interaction);
    const { legs, messages } = await floor.ask<Ladder>('GET', `/interactions/${gone.interaction}/sip`);
    expect(legs.find((leg) => leg.callId === callId)).toMatchObject({ role: 'agent', agent: seat.agent });
    expect(messages.some((one) => one.callId === callId && one.firstLine.startsWith('CANCEL '))).toBe(true);
  });

  test('who looked stands in the audit log, and a change of settings with before and after', {
    timeout: 60_000,
  }, async () => {
    await floor.ask('PUT', `/agents/${agent}`, {
      name: 'Wu Lan',
      phone: { kind: 'uri', uri: 'sip:wu@127.0.0.1:5099' },
      team: 'cards',
    });
    const page = await signedIn();
    await page.goto(`${floor.product.web}#/admin/audit`);
    await page.getByRole('combobox', { name: /^What/ }).selectOption('sip.messages-read');
    const row = page.getByRole('row').filter({ hasText: caller.interaction }).filter({ hasText: 'admin' });
    await row.first().waitFor();
    // A page that asks every two seconds is one look.
    const { entries } = await floor.ask<{ entries: { subject: string; data: { as: string } }[] }>(
      'GET',
      '/audit?type=sip.messages-read&by=admin',
    );
    const looks = entries.filter(({ subject, data }) => subject === caller.interaction && data.as === 'ladder');
    expect(looks.length).toBe(1);
    await page.getByRole('combobox', { name: /^What/ }).selectOption('directory.*');
    await page.getByLabel('To what').fill(agent);
    await page.keyboard.press('Enter');
    await page.getByRole('row').filter({ hasText: 'phone' }).first().getByRole('link').click();
    const entry = page.getByRole('region', { name: 'The entry' });
    await entry.getByText('Wu Lan').waitFor();
    await entry.locator('del', { hasText: `Agent ${agent}` }).waitFor();
    await entry.getByRole('heading', { name: `changed the person ${agent}` }).waitFor();
    expect(await entry.getByText('directory.agent-put').isVisible()).toBe(false);
    await entry.getByText('The event as it is kept').click();
    await entry.getByText('directory.agent-put').waitFor();
    await picture(page, '71-audit');
    await page.goto(`${floor.product.web}#/admin/audit`);
    await page.getByLabel('To what').fill('');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: /^What/ }).selectOption('');
    await page.getByRole('row').nth(3).waitFor();
    // No row is the bare name of an event.
    for (const row of await page.getByRole('row').allInnerTexts()) expect(row).not.toMatch(/\b[a-z]+\.[a-z]+-/);
    await picture(page, '71-audit-list');
    await page.close();
  });

  test('health: ready, figures, trunks, and the journal checked', { timeout: 60_000 }, async () => {
    await floor.ask('PUT', '/trunks/carrier', { country: 'CN', maxCalls: 30, sources: ['192.0.2.0/24'] });
    const page = await signedIn({ colorScheme: 'dark' });
    await page.goto(`${floor.product.web}#/admin/health`);
    await page.getByText('Takes calls').waitFor();
    await page.getByRole('row').filter({ hasText: 'carrier' }).getByText('30').waitFor();
    await page.getByRole('button', { name: 'Check the hash chain' }).click();
    await page.getByText(/Unbroken: \d+ events/).waitFor();
    const calls = page.getByRole('region', { name: 'Calls', exact: true });
    await calls.getByText('Phones registered').waitFor();
    await picture(page, '72-health-dark');
    await page.close();
  });

  test('in Chinese', { timeout: 60_000 }, async () => {
    const page = await signedIn({ locale: 'zh-CN', colorScheme: 'dark' });
    await page.goto(`${floor.product.web}#/admin/sip/${caller.interaction}`);
    await page.getByText('通话已结束').waitFor();
    await page.getByRole('option').nth(3).click();
    await picture(page, '73-sip-ladder-zh-dark');
    await page.goto(`${floor.product.web}#/admin/sip`);
    await page.getByRole('region', { name: '已结束的通话' }).getByRole('link').first().waitFor();
    await picture(page, '74-sip-calls-zh-dark');
    await page.goto(`${floor.product.web}#/admin/audit`);
    await page.getByText('查看了', { exact: false }).first().waitFor();
    await picture(page, '75-audit-zh-dark');
    await page.setViewportSize({ width: 820, height: 1180 });
    await picture(page, '76-audit-zh-dark-tablet');
    await page.close();
  });
});
