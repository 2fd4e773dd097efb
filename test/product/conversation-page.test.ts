// A visitor's browser and an agent's panel on the whole product: offer, messages both ways, canned answer, file, note, hand-over to
// a colleague, two conversations beside each other, end and wrap-up. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildChat } from '../../tools/build-chat.ts';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Product } from './product.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

let product: Product;
let browser: Browser;
const problems: string[] = [];

describe.skipIf(!hasChromium)('digital conversations in the panel (needs Chromium)', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    await buildChat();
    product = await Product.start({ channels: { web: { kind: 'webchat', settings: {} } } });
    await product.must('PUT', '/channels/web', { kind: 'webchat', channel: 'chat', to: { queue: 'service' } });
    // No phones here: they chat.
    for (const agent of ['1001', '1002']) {
      const {
        id: _,
        site: __,
        ...record
      } = await product.must<{ id: string; site: string }>('GET', `/agents/${agent}`);
      await product.must('PUT', `/agents/${agent}`, { ...record, phone: { kind: 'none' } });
    }
    await product.must('POST', '/canned-answers', {
      name: 'Card blocked',
      texts: { en: 'Your card is blocked, {name}.', zh: '您的卡已冻结。' },
    });
    browser = await openBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  const panel = async (login: string): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error' && line.text().includes('Content Security')) problems.push(line.text());
    });
    await page.goto(product.web);
    await page.getByLabel('Agent number').fill(login);
    await page.getByLabel('Password').fill(product.login(login).password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'You are not ready' }).waitFor();
    await page.keyboard.press('F9');
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();
    return page;
  };
  const visitor = async (says: string): Promise<Page> => {
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(`${product.sidecar}/chat/`);
    await page.getByRole('button', { name: 'Open chat' }).click();
    await write(page, says);
    return page;
  };
  const write = async (page: Page, says: string) => {
    await page.getByLabel('Write a message').fill(says);
    await page.keyboard.press('Enter');
  };

  test('two visitors, an agent, a colleague', async () => {
    const agent = await panel('1001');
    const first = await visitor('My card is lost');
    await agent.getByRole('heading', { name: 'New contact' }).waitFor();
    // What she wrote is there before it is taken, and what she writes on.
    const said = agent.getByRole('list', { name: 'What the customer wrote last' });
    await said.getByText('My card is lost').waitFor();
    await write(first, 'In the metro, an hour ago');
    await said.getByText('In the metro, an hour ago').waitFor();
    await picture(agent, '60-chat-offer');
    await agent.keyboard.press('F2');
    // She writes; nobody talks.
    await agent
      .getByRole('button', { name: /Change your state/ })
      .getByText('In conversation')
      .waitFor();
    const log = agent.getByRole('log', { name: 'Messages' });
    await log.getByText('My card is lost').waitFor();
    await agent.getByLabel('Message', { exact: true }).fill('I look at once');
    await agent.keyboard.press('Enter');
    await first.getByText('I look at once').waitFor();
    await log
      .getByText('delivered')
      .or(log.getByText('read', { exact: true }))
      .first()
      .waitFor();

    // A canned answer by /, chosen with the keyboard.
    await agent.getByLabel('Message', { exact: true }).press('/');
    await agent.getByRole('combobox', { name: 'Search' }).fill('block');
    await agent.getByRole('option').first().waitFor();
    await agent.keyboard.press('Enter');
    await expect
      .poll(() => agent.getByLabel('Message', { exact: true }).inputValue())
      .toContain('Your card is blocked');
    await agent.keyboard.press('Enter');
    // She did not say her name: the text is held back, its blank marked, and what the agent types stands there.
    await agent.getByText('{name} is not filled in yet').waitFor();
    await agent.keyboard.type('Ms Li');
    await agent.keyboard.press('Enter');
    await first.getByText('Your card is blocked, Ms Li.').waitFor();

    // A picture, shown on both sides; a note that only colleagues see.
    const folder = mkdtempSync(join(tmpdir(), 'switchroom-chat-'));
    const file = join(folder, 'form.png');
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    writeFileSync(file, Buffer.from(png, 'base64'));
    await agent.locator('.composer input[type=file]').setInputFiles(file);
    await log.getByRole('img', { name: 'form.png' }).waitFor();
    await agent.getByRole('button', { name: 'Internal note' }).click();
    await agent.getByLabel('Internal note').fill('Sounds upset');
    await agent.keyboard.press('Enter');
    await log.getByText('Sounds upset').waitFor();
    await agent.getByRole('button', { name: 'Internal note' }).click();
    await picture(agent, '61-chat-active');
    await agent.emulateMedia({ colorScheme: 'dark' });
    await picture(agent, '62-chat-dark');
    await agent.setViewportSize({ width: 820, height: 1180 });
    await picture(agent, '63-chat-tablet');
    await agent.setViewportSize({ width: 1280, height: 800 });
    await agent.emulateMedia({ colorScheme: 'light' });

    // Another visitor beside: a tab with what is unread.
    const second = await visitor('When do you open?');
    await agent.getByRole('tab').nth(1).waitFor();
    await agent.getByRole('tab').nth(1).click();
    await agent.keyboard.press('F2');
    await log.getByText('When do you open?').waitFor();
    await write(first, 'Are you there?');
    await agent.getByRole('img', { name: '1 unread' }).waitFor();
    await picture(agent, '64-chat-two');
    await agent.getByLabel('Message', { exact: true }).fill('At nine');
    await agent.keyboard.press('Enter');
    await second.getByText('At nine').waitFor();

    // What was written is there after a reload.
    await agent.reload();
    await agent.getByRole('tab').first().click();
    await log.getByText('Are you there?').waitFor();

    // A colleague takes the first over, with all that was written.
    const colleague = await panel('1002');
    await agent.getByRole('button', { name: 'Transfer' }).click();
    await agent.getByRole('dialog').getByRole('textbox').or(agent.getByRole('searchbox')).first().fill('1002');
    await agent.getByRole('dialog').getByRole('button', { name: /1002/ }).click();
    await colleague.getByRole('button', { name: /Take it/ }).click();
    const theirs = colleague.getByRole('log', { name: 'Messages' });
    await theirs.getByText('Sounds upset').waitFor();
    await colleague.getByLabel('Message', { exact: true }).fill('I go on here');
    await colleague.keyboard.press('Enter');
    await first.getByText('I go on here').waitFor();
    expect(await first.getByText('Sounds upset').count()).toBe(0);

    await colleague.getByRole('button', { name: 'Close', exact: true }).click();
    await colleague.getByText('Solved', { exact: true }).first().click();
    await picture(colleague, '65-chat-wrap-up');
    await colleague.getByRole('button', { name: 'Done' }).click();
    await colleague.getByRole('heading', { name: 'You are ready' }).waitFor();
    expect(problems).toEqual([]);
  });
});
