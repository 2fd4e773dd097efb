// Written work in real browsers on the whole product: social care item by item and by question, a public answer that a second
// person sends back and then lets go out, work items as list and board and from a contact, and the state of channels with a
// provider that refuses. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Product } from './product.ts';
import { until } from './until.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};
/** In both colours, and as a tablet shows it. */
const pictured = async (page: Page, name: string) => {
  if (pictures === undefined) return;
  await picture(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, `${name}-dark`);
  await page.setViewportSize({ width: 820, height: 1180 });
  await picture(page, `${name}-tablet`);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
};

const secret = 'the secret of the app, long enough';
let product: Product;
let browser: Browser;
let provider: Server;
/** What the provider of `app` answers. */
let answers = 400;
const problems: string[] = [];

const accessible = async (page: Page) => {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag22aa"] })',
  )) as AxeResults;
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
};

const signedIn = async (who: string, path = '/', locale = 'en-GB'): Promise<Page> => {
  // Colours that are on their way from one to the other have no contrast to be judged.
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (line) => {
    if (line.type() === 'error' && line.text().includes('Content Security')) problems.push(line.text());
  });
  await page.goto(`${product.web}${path}`);
  await page.getByLabel(/Agent number|工号/).fill(who);
  await page.getByLabel(/Password|密码/).fill(product.login(who).password);
  await page.locator('button[type="submit"]').click();
  await page.locator('button.user').waitFor();
  return page;
};

async function change(agent: string, to: object): Promise<void> {
  const { id, site: _, ...record } = await product.must<{ id: string; site: string }>('GET', `/agents/${agent}`);
  await product.must('PUT', `/agents/${id}`, { ...record, ...to });
}

let count = 0;
/** Somebody says that in public. */
async function posted(text: string, post: object = {}, name?: string): Promise<void> {
  const number = ++count;
  const item = {
    item: 'message',
    key: `k${number}`,
    at: Date.now(),
    thread: `post-${number}`,
    from: { identities: [{ kind: 'weibo', value: `u${number}` }], name: name ?? `Reader ${number}` },
    content: { type: 'text', text },
    public: {
      post: `p${number}`,
      kind: 'mention',
      url: `https://weibo.example/p${number}`,
      reach: 120 * number,
      ...post,
    },
  };
  const { items } = await product.must<{ items: { result: string }[] }>('POST', '/channels/weibo/inbound', {
    items: [item],
  });
  expect(items[0]?.result).toBe('taken');
}

describe.skipIf(!hasChromium)('written work (needs Chromium)', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    provider = createServer((request, response) => {
      request.resume();
      response.writeHead(answers, { 'content-type': 'application/json' }).end('{"error":"user is blocked"}');
    }).listen(0, '127.0.0.1');
    const data = mkdtempSync(join(tmpdir(), 'switchroom-product-'));
    writeFileSync(join(data, 'app.secret'), secret, { mode: 0o600 });
    await new Promise((ready) => provider.once('listening', ready));
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/`;
    product = await Product.start({
      data,
      channels: { app: { kind: 'webhook', settings: { secret: { file: join(data, 'app.secret') }, url } } },
    });
    const to = { queue: 'service' };
    const channels = {
      weibo: { kind: 'weibo', channel: 'social', approval: true, name: { en: 'Weibo', zh: '微博' } },
      app: { kind: 'webhook', channel: 'chat', name: { en: 'Mobile app', zh: '手机应用' } },
      tickets: { kind: 'work', channel: 'work', name: { en: 'Tickets', zh: '工单' } },
    };
    for (const [id, channel] of Object.entries(channels))
      await product.must('PUT', `/channels/${id}`, { ...channel, to });
    const capacity = { voice: 1, chat: 3, social: 2, work: 0 };
    await change('1001', { capacity, phone: { kind: 'none' } });
    await change('1002', { capacity, phone: { kind: 'none' }, roles: ['agent', 'supervisor'] });
    browser = await openBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    provider?.close();
  });

  test('public items, questions, indicators; an answer is sent back, written anew and approved', async () => {
    const page = await signedIn('1002', '/#/work/social');
    const stream = page.getByRole('region', { name: 'Stream' });
    await page.getByText('Nothing here.').waitFor();
    // It comes by itself.
    await posted(
      'Terrible app, I cannot log in since the update!',
      { reach: 48_000, likes: 310, kind: 'post' },
      'Lin Yue',
    );
    await stream.getByText('cannot log in since the update').waitFor();
    await posted('I cannot log in to the app since the update', { kind: 'comment' });
    await posted('Since the update I cannot log in to the app', { likes: 4 });
    await posted('Great service at the branch today, love it', { reach: 900, kind: 'review' });
    await posted('银行的新界面真好看，点赞', { reach: 15_200 });
    await stream.getByRole('article').nth(4).waitFor();
    await pictured(page, '70-social-stream');
    await accessible(page);

    // By the keyboard: arrows between items, I sets the one in front aside, A answers.
    const nice = stream.getByRole('article', { name: /Great service/ });
    await stream.getByRole('article').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('i');
    await nice.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Ignored/ }).click();
    await nice.waitFor();
    await page.getByRole('button', { name: /^Open/ }).click();
    await stream.getByRole('article', { name: /Lin Yue/ }).focus();
    await page.keyboard.press('a');
    await page.getByLabel('Public answer').fill('We are sorry, {name}. 5.2.1 mends it.');
    // Taken away, it is there again with what was written.
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    expect(await page.getByLabel('Public answer').inputValue()).toBe('We are sorry, {name}. 5.2.1 mends it.');
    await picture(page, '71-social-answer');
    await page.keyboard.press('Control+Enter');
    await page.getByText('The answer waits for approval.').waitFor();

    await page.getByRole('link', { name: 'Questions' }).click();
    const question = page.getByRole('region', { name: /log in/ }).first();
    await question.getByText(/items/).waitFor();
    await pictured(page, '72-social-questions');
    await accessible(page);
    await question.getByRole('button', { name: /Answer all 2/ }).click();
    await page.getByLabel('Public answer').fill('Dear {name}, please update to 5.2.1.');
    await page.getByRole('button', { name: 'Submit for approval' }).click();
    await page.getByText('2 answers wait for approval.').waitFor();

    await page.getByRole('link', { name: 'Indicators' }).click();
    await page.getByRole('button', { name: 'What “Resonance” means' }).focus();
    expect(
      await page
        .getByRole('tooltip', { name: /each thousand/ })
        .or(page.getByText(/each thousand/))
        .first()
        .isVisible(),
    ).toBe(true);
    await pictured(page, '73-social-indicators');
    await accessible(page);

    // The writer herself cannot decide; the administrator can, and sees the queue move by itself.
    await page.getByRole('link', { name: 'Approvals' }).click();
    await page.getByText('You wrote it: somebody else decides.').first().waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    const admin = await signedIn('admin', '/#/work/approvals');
    const sorry = admin.getByRole('article', { name: /We are sorry, Lin Yue/ });
    await sorry.getByText('Terrible app').waitFor();
    await pictured(admin, '74-approvals');
    await accessible(admin);
    await sorry.focus();
    await admin.keyboard.press('s');
    await admin.getByLabel('What should be different?').fill('Say when it comes');
    await admin.keyboard.press('Control+Enter');
    await sorry.waitFor({ state: 'detached' });
    // The writer hears of it, wherever she is.
    await page.getByText('Your public answer was sent back: Say when it comes').waitFor();
    await page.getByRole('button', { name: 'Mine' }).click();
    await page.getByRole('article').getByText('Say when it comes').waitFor();
    await picture(page, '75-approvals-mine');
    await page.getByRole('link', { name: 'Social care' }).click();
    await page
      .getByRole('article', { name: /Lin Yue/ })
      .getByRole('button', { name: 'Answer', exact: true })
      .click();
    await page.getByLabel('Public answer').fill('5.2.1 comes tonight');
    await page.keyboard.press('Control+Enter');
    // Those with the same words go out together.
    const alike = admin.getByRole('article', { name: /please update/ });
    await alike.getByText('1 more with the same words').waitFor();
    await alike.getByRole('button', { name: 'Approve all 2 alike' }).click();
    await alike.waitFor({ state: 'detached' });
    const better = admin.getByRole('article', { name: /comes tonight/ });
    await better.focus();
    await admin.keyboard.press('a');
    await page.getByText('Your public answer was approved').nth(2).waitFor();
    await page.getByRole('button', { name: /^Answered/ }).click();
    await page.getByRole('article', { name: /Lin Yue/ }).waitFor();
    expect(problems).toEqual([]);
  });

  test('what is said in public comes onto the desk of who takes it, and out of a queue into another', async () => {
    await posted('Which branch is open on Sunday?', {}, 'Old Tom');
    const agent = await signedIn('1001', '/#/work/social');
    const item = agent.getByRole('article', { name: /Old Tom/ });
    await item.waitFor();
    // An agent takes; answering from here, setting aside and queues are the supervisor's.
    expect(await item.getByRole('button', { name: 'Ignore' }).count()).toBe(0);
    await item.focus();
    await agent.keyboard.press('t');
    await item.getByText(/^With /).waitFor();
    await agent.getByRole('link', { name: 'Desk' }).click();
    await agent.getByRole('log', { name: 'Messages' }).getByText('Which branch').waitFor();
    // Nobody offered it to her; whose it is stands beside it as after an offer.
    await agent.getByRole('region', { name: 'Customer' }).getByRole('heading', { name: 'Old Tom' }).waitFor();
    // A work item of this contact.
    await agent.getByRole('button', { name: 'New work item' }).click();
    await agent.getByLabel('Subject').fill('Opening hours are missing on the page');
    await agent.getByLabel('What is to be done').fill('Add Sunday.');
    await picture(agent, '76-work-item-of-contact');
    await agent.keyboard.press('Control+Enter');
    await agent.getByText('Work item “Opening hours are missing on the page” was created.').waitFor();
    const { workItems } = await product.must<{ workItems: { links: object[]; customerName?: string }[] }>(
      'GET',
      '/work-items?text=Opening',
    );
    expect(workItems).toMatchObject([{ customerName: 'Old Tom', links: [{ interaction: expect.any(String) }] }]);
    expect(problems).toEqual([]);
  });

  test('work items: made, taken, moved on the board by the keyboard, noted, waited for, late', async () => {
    const make = (more: object) =>
      product.must<{ id: string }>('POST', '/work-items', { via: 'tickets', text: 'See the letter.', ...more });
    await make({ subject: 'Card fee charged twice', priority: 'urgent', solveWithinMs: 1 });
    await make({ subject: 'Statement in English wanted', priority: 'low' });
    const page = await signedIn('1001', '/#/work/items');
    await page.getByRole('link', { name: 'Card fee charged twice' }).waitFor();
    await page.getByText(/late$/).first().waitFor();
    await page.getByRole('button', { name: 'New work item' }).click();
    await page.getByLabel('Subject', { exact: true }).fill('Change of address');
    await page.getByLabel('What is to be done').fill('Form is in the post.');
    await page.getByLabel('Priority').last().selectOption('high');
    await page.getByRole('button', { name: 'Create' }).click();
    const detail = page.getByRole('region', { name: 'Change of address' });
    await detail.getByText('Form is in the post.').waitFor();
    await detail.getByRole('button', { name: 'Take it' }).click();
    await expect.poll(() => detail.getByLabel('Owner').inputValue()).toBe('1001');
    await detail.getByLabel('Write a note').fill('Called her, she sends it again.');
    // An offer, or another page, takes nothing of it.
    await page.getByRole('link', { name: 'Social care' }).click();
    await page.getByRole('heading', { name: 'Social care' }).waitFor();
    await page.goBack();
    expect(await detail.getByLabel('Write a note').inputValue()).toBe('Called her, she sends it again.');
    await detail.getByLabel('Write a note').focus();
    await page.keyboard.press('Control+Enter');
    await detail.getByText('Called her').waitFor();
    await detail.getByRole('button', { name: 'Wait …' }).click();
    await detail.getByLabel('Wait until').selectOption('3days');
    await detail.getByRole('button', { name: 'Let it wait' }).click();
    await detail.getByText(/Paused/).waitFor();
    await pictured(page, '77-work-items');
    await accessible(page);
    await detail.getByRole('button', { name: 'Close' }).click();

    await page.getByLabel('Owner').selectOption('me');
    await page.getByRole('link', { name: 'Card fee charged twice' }).waitFor({ state: 'detached' });
    await page.getByLabel('Owner').selectOption('');
    await page.getByRole('button', { name: 'Board' }).click();
    const card = page.getByRole('link', { name: /Card fee charged twice/ });
    await card.focus();
    await page.keyboard.press('Alt+ArrowRight');
    await page.getByRole('region', { name: 'Open', exact: true }).getByText('Card fee charged twice').waitFor();
    await pictured(page, '78-work-board');
    await accessible(page);
    expect(problems).toEqual([]);
  });

  test('channels: who works, what the provider refused, once more, and off', async () => {
    const page = await signedIn('admin', '/#/admin/channel-health');
    const app = page.getByRole('region', { name: 'Mobile app' });
    await app.getByText('Works', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Weibo' }).getByText('No connector', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Tickets' }).getByText('Needs no connector').waitFor();

    // The provider refuses what an agent writes.
    const from = { identities: [{ kind: 'app', value: 'u-7' }], name: 'Anna' };
    const content = { type: 'text', text: 'Where is my card?' };
    const item = { item: 'message', key: 'a1', at: Date.now(), thread: 't-7', from, content };
    await product.must('POST', '/channels/app/inbound', { items: [item] });
    // The public items of the other tests still wait; they are not hers to take here.
    await change('1002', { capacity: { chat: 1 } });
    const agent = await signedIn('1002');
    await agent.keyboard.press('F9');
    await agent.getByRole('heading', { name: 'New contact' }).waitFor();
    await agent.getByText('Where is my card?').first().waitFor();
    await agent.keyboard.press('F2');
    await agent.getByRole('textbox', { name: 'Message', exact: true }).fill('It comes on Monday');
    await agent.keyboard.press('Enter');
    await app.getByRole('button', { name: 'Show them' }).click();
    const failed = app.getByRole('list', { name: 'Could not be sent' });
    await failed.getByText('It comes on Monday').waitFor();
    await failed.getByText('The provider refused it.').waitFor();
    await pictured(page, '79-channel-health');
    await accessible(page);
    answers = 200;
    await failed.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('It is sent again.').waitFor();
    await app.getByText('All of them were sent again.').waitFor();
    const sent = async () => {
      const path = '/channel-health';
      const { channels } = await product.must<{ channels: { channel: string; waiting: number; failed: number }[] }>(
        'GET',
        path,
      );
      const one = channels.find(({ channel }) => channel === 'app');
      return one?.waiting === 0 && one.failed === 0;
    };
    await until(sent, 'it reached the provider');
    await app.getByLabel('Channel is on').click();
    await app.getByText('Switched off', { exact: true }).waitFor();
    expect(await product.must('GET', '/channels/app')).toMatchObject({ disabled: true });
    await app.getByLabel('Channel is on').click();
    await app.getByText('Works', { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  test('in Chinese', async () => {
    await posted('请问周日哪个网点营业', { reach: 300 }, '周先生');
    const page = await signedIn('admin', '/#/work/social', 'zh-CN');
    await page.getByRole('heading', { name: '社媒关怀' }).waitFor();
    await page.getByRole('button', { name: /^全部/ }).click();
    await page.getByRole('article').first().waitFor();
    await picture(page, '80-social-zh');
    await page.getByRole('link', { name: '回复审核' }).click();
    await page.getByRole('button', { name: '已审核' }).click();
    await page.getByRole('heading', { name: '回复审核' }).waitFor();
    await picture(page, '81-approvals-zh');
    await page.getByRole('link', { name: '工单' }).click();
    await page.getByRole('heading', { name: '工单' }).waitFor();
    await picture(page, '82-work-items-zh');
    await page.getByRole('link', { name: '系统管理' }).click();
    await page.getByRole('link', { name: '渠道状态' }).click();
    await page.getByRole('region', { name: '手机应用' }).waitFor();
    await picture(page, '83-channel-health-zh');
    expect(problems).toEqual([]);
  });
});
