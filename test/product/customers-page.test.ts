// Customers and moments in a real browser on the whole product: a customer is looked up, tagged, agrees, and is erased; two who
// may be one are merged and taken apart; a moment is drafted, tried, taken into use, fires, shows its hint beside a talk that
// is under way, and goes back to an earlier version. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Product } from './product.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

let product: Product;
let browser: Browser;
let folder: string;
let open: Page[] = [];
const problems: string[] = [];

describe.skipIf(!hasChromium)('pages of customers and moments (needs Chromium)', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchroom-customers-'));
    cpSync(join(import.meta.dirname, '../../moments'), join(folder, 'moments'), { recursive: true });
    // The hour of the test is anybody's.
    writeFileSync(join(folder, 'switchroom.json'), '{ "moments": { "quiet": { "from": "00:00", "until": "00:00" } } }');
    product = await Product.start({ data: folder });
    await product.must('PUT', '/channels/app', { kind: 'webhook', channel: 'chat', to: { queue: 'service' } });
    browser = await openBrowser();
  }, 90_000);
  afterEach(async () => {
    for (const page of open) await page.context().close();
    open = [];
    expect(problems.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const signedIn = async (login: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    const page = await context.newPage();
    open.push(page);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error' && line.text().includes('Content Security')) problems.push(line.text());
    });
    await page.goto(product.web);
    await page.getByLabel(/Agent number|工号/).fill(login);
    await page.getByLabel(/Password|密码/).fill(product.login(login).password);
    await page.locator('button[type="submit"]').click();
    await page.locator('.header').waitFor();
    return page;
  };
  const go = (page: Page, ...path: string[]) =>
    page.evaluate(`location.hash = ${JSON.stringify(`#/floor/${path.join('/')}`)}`);
  /** Both looks, wide and narrow, with what axe knows of barriers. */
  const looksRight = async (page: Page, name: string) => {
    await picture(page, name);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await barriers(page)).toEqual([]);
    await picture(page, `${name}-dark`);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await barriers(page)).toEqual([]);
    await page.setViewportSize({ width: 820, height: 1180 });
    await picture(page, `${name}-tablet`);
    await page.setViewportSize({ width: 1280, height: 800 });
  };
  /** What axe finds at this moment, one line per element. */
  const barriers = async (page: Page): Promise<string[]> => {
    // A colour on its way to another one is neither.
    await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished))');
    if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe.source);
    const asked = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(asked)})`);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  };
  const made = (body: object) => product.must<{ id: string }>('POST', '/customers', body);
  const happens = (customer: string, name: string, key: string, data?: object) =>
    product.must('POST', '/customers/events', { events: [{ key, customer, name, ...(data && { data }) }] });

  test('a customer is looked up by a number as people write it, tagged, agrees, and is erased', async () => {
    const { id } = await made({
      name: 'Li Na',
      identities: [
        { kind: 'phone', value: '138 0013 8000' },
        { kind: 'mail', value: 'li.na@bank.example' },
        { kind: 'account', value: '62220001', verified: true },
      ],
    });
    await happens(id, 'cart-changed', 'cart-1', { sum: 180, currency: 'EUR' });
    await happens(id, 'payment-failed', 'pay-1', { sum: 120.5, card: 'debit' });
    const page = await signedIn('admin');
    await page.getByRole('link', { name: 'Floor' }).click();
    await page.getByRole('link', { name: 'Customers', exact: true }).click();
    await page.getByRole('searchbox').fill('138-0013-8000');
    await page.getByRole('link', { name: 'Li Na' }).click();
    const card = page.getByRole('article', { name: 'Li Na' });
    await card.getByText('+86 138 0013 8000').waitFor();
    await card.getByText('payment-failed').waitFor();
    await card.getByText('sum: 120.5 · card: debit').waitFor();

    await card.getByLabel('New tag').fill('vip');
    await card.getByLabel('for', { exact: true }).selectOption('week');
    await card.getByRole('button', { name: 'Add tag' }).click();
    await card.getByRole('button', { name: 'Take tag vip off' }).waitFor();
    const { tags } = await product.must<{ tags: { tag: string; until: number }[] }>('GET', `/customers/${id}`);
    expect(tags[0]?.until).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    await card.getByLabel('Purpose').selectOption('marketing');
    await card.getByRole('button', { name: 'She agrees' }).click();
    await card.getByText('every channel · marketing').waitFor();
    await card.getByLabel('New note').fill('Prefers mornings');
    await card.getByRole('button', { name: 'Write note' }).click();
    await card.getByText('Prefers mornings').waitFor();
    await looksRight(page, '80-customer');
    await go(page, 'customers', id);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('link', { name: 'Li Na' }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Li Na' }).waitFor();
    await looksRight(page, '81-customer-alone');

    // The whole of her in a file; then nothing of her is left.
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export everything' }).click();
    const file = await (await download).path();
    expect(readFileSync(file, 'utf8')).toContain('li.na@bank.example');
    await page.getByRole('button', { name: 'Erase this person' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Erase for good' }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('ERASE');
    await picture(page, '82-erase');
    await dialog.getByRole('button', { name: 'Erase for good' }).click();
    await dialog.getByText('Erased: the personal fields').waitFor();
    expect((await product.ask('GET', `/customers/${id}`)).status).toBe(404);
  });

  test('two who may be one, side by side: merged, taken apart, and declared to be two for good', async () => {
    const one = await made({ name: 'Wang Fang', identities: [{ kind: 'phone', value: '13900000001' }] });
    const two = await made({ name: '王芳', identities: [{ kind: 'wechat', value: 'oWANG0001', verified: true }] });
    await product.must('POST', `/customers/${one.id}/suggestions`, { other: two.id });
    const page = await signedIn('admin');
    await go(page, 'customers', 'suggestions');
    const pair = page.getByRole('listitem', { name: /Wang Fang/ });
    await pair.getByText('oWANG0001').waitFor();
    await looksRight(page, '83-suggestions');
    await pair.getByRole('button', { name: 'They are one' }).click();
    await page.getByRole('dialog').getByText('Everything of 王芳 becomes part of Wang Fang').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'They are one' }).click();
    await page.getByText('Nobody waits for a decision.').waitFor();

    await page.getByRole('link', { name: 'Decisions' }).click();
    const line = page.getByRole('listitem').filter({ hasText: '王芳 became part of Wang Fang' });
    await line.waitFor();
    await picture(page, '84-decisions');
    await line.getByRole('button', { name: 'Take apart' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take apart' }).click();
    await page.getByText('王芳 was taken apart from Wang Fang').waitFor();
    expect((await product.must('GET', `/customers/${two.id}`)).id).toBe(two.id);

    await product.must('POST', `/customers/${one.id}/suggestions`, { other: two.id });
    await page.reload();
    await go(page, 'customers', 'suggestions');
    await page.getByRole('button', { name: 'They are two' }).click();
    await page.getByText('Nobody waits for a decision.').waitFor();
    const { suggestions } = await product.must<{ suggestions: object[] }>('GET', '/customers/suggestions');
    expect(suggestions).toEqual([]);
    await page.getByRole('link', { name: 'Decisions' }).click();
    await page
      .getByText('Wang Fang and 王芳 are two persons')
      .or(page.getByText('王芳 and Wang Fang are two'))
      .waitFor();
  });

  test('a moment: words, figures, marks while it is typed, a trial, drafts, on and off, back to an earlier version', async () => {
    const { id } = await made({ name: 'Zhao Min', identities: [{ kind: 'phone', value: '13700000001' }] });
    await happens(id, 'upgrade-failed', 'up-1', { to: '4G' });
    await happens(id, 'upgrade-failed', 'up-2', { to: '4G' });
    const page = await signedIn('admin');
    await go(page, 'moments');
    const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'cart-left' }) });
    await card.getByText('“cart-changed” happens (sum is at least 150, currency is EUR)').waitFor();
    await page.getByRole('link', { name: 'Zhao Min' }).first().waitFor();
    await page.getByText('Held back: acted not long ago').first().waitFor();
    await looksRight(page, '85-moments');

    // Off, by the keyboard alone; the file says so.
    const file = join(folder, 'moments', 'cart-left.json');
    const before = readFileSync(file, 'utf8');
    await page.getByRole('switch', { name: 'Turn cart-left off' }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('switch', { name: 'Turn cart-left on' }).waitFor();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ disabled: true });
    await page.keyboard.press('Space');
    await page.getByRole('switch', { name: 'Turn cart-left off' }).waitFor();
    expect(readFileSync(file, 'utf8')).toBe(before);

    await page.getByRole('link', { name: 'payment-trouble' }).first().click();
    const side = page.locator('.moment-side');
    await side.getByText('When “payment-failed” happens twice').waitFor();
    await side.getByRole('tab', { name: 'Try' }).click();
    await side.getByRole('button', { name: 'Try it' }).click();
    await side.getByText('“payment-failed” happened 1 of 2 times.').waitFor();
    await side.getByText('It acts').waitFor();
    await looksRight(page, '86-moment-try');
    await side.getByRole('tab', { name: 'Tests' }).click();
    await side.getByRole('button', { name: 'Run the tests' }).click();
    await side.getByText('5 tests, 0 failed').waitFor();

    // A placeholder without a fallback is marked while she types.
    const editor = page.getByRole('textbox', { name: 'payment-trouble.json' });
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(
      before.replaceAll('cart-left', 'payment-trouble').replace('Your cart', '{customer.name}, your cart'),
    );
    await page.getByText('{customer.name} needs what is said where it is not known').first().waitFor();
    expect(await page.getByRole('button', { name: 'Save and use' }).isDisabled()).toBe(true);
    await picture(page, '87-moment-marks');
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.getByText('You see the draft that').waitFor();
    await page.getByRole('button', { name: 'Throw draft away' }).click();
    await page.getByText('You see the draft that').waitFor({ state: 'detached' });

    // Another text into use, and the old one again.
    await side.getByRole('tab', { name: 'Versions' }).click();
    await side.getByText('In use').waitFor();
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(
      JSON.stringify({
        moment: 'payment-trouble',
        rank: 7,
        class: 'minutes',
        when: { event: 'x' },
        do: [{ signal: 'y' }],
      }),
    );
    await page.getByText('No findings').waitFor();
    await page.keyboard.press('Control+S');
    await expect.poll(() => side.locator('.versions li').count()).toBe(2);
    await side.locator('.versions li button').last().click();
    await side.getByRole('button', { name: 'Take into the editor' }).click();
    await page.getByText('No findings').waitFor();
    await page.getByRole('button', { name: 'Save and use' }).click();
    await expect
      .poll(async () => {
        const { moments } = await product.must<{ moments: { moment: string; rank: number }[] }>('GET', '/moments');
        return moments.find(({ moment }) => moment === 'payment-trouble')?.rank;
      })
      .toBe(80);
  });

  test('of two who change a moment the second is told, and an administrator removes it', async () => {
    const rule = { moment: 'two-hands', rank: 5, class: 'minutes', when: { event: 'x' }, do: [{ signal: 'y' }] };
    await product.must('PUT', '/moments/two-hands', rule);
    const page = await signedIn('admin');
    await go(page, 'moments', 'two-hands');
    const editor = page.getByRole('textbox', { name: 'two-hands.json' });
    const write = async (rank: number) => {
      await editor.click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(JSON.stringify({ ...rule, rank }));
      await page.getByText('No findings').waitFor();
      await page.getByRole('button', { name: 'Save and use' }).click();
    };
    const rankOf = async () => (await product.must<{ rank: number }>('GET', '/moments/two-hands')).rank;
    await page.getByText('No findings').waitFor();
    await product.must('PUT', '/moments/two-hands', { ...rule, rank: 6 });
    await write(7);
    const dialog = page.getByRole('dialog', { name: 'two-hands.json was changed meanwhile' });
    await dialog.getByText(/saved it after you had opened it/).waitFor();
    await looksRight(page, '93-moment-changed');
    expect(await rankOf()).toBe(6);
    await dialog.getByRole('button', { name: 'Go on editing' }).click();
    // Asked again as long as nothing is decided.
    await page.getByRole('button', { name: 'Save and use' }).click();
    await dialog.getByRole('button', { name: 'Save mine over it' }).click();
    await expect.poll(rankOf).toBe(7);
    await dialog.waitFor({ state: 'detached' });
    await write(8);
    await expect.poll(rankOf).toBe(8);

    const asked: string[] = [];
    const removes = async (answer: 'dismiss' | 'accept') => {
      page.once('dialog', (question) => {
        asked.push(question.message());
        void question[answer]();
      });
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
    };
    await removes('dismiss');
    expect(asked).toEqual([expect.stringContaining('Remove the moment two-hands')]);
    expect(await rankOf()).toBe(8);
    await removes('accept');
    await page.getByRole('heading', { name: 'Moments', exact: true }).waitFor();
    await page.getByRole('link', { name: 'two-hands' }).waitFor({ state: 'detached' });
    expect((await product.ask('GET', '/moments/two-hands')).status).toBe(404);
    // What it was can be taken up again.
    await go(page, 'moments', 'two-hands');
    await page.getByRole('tab', { name: 'Versions' }).click();
    await expect.poll(() => page.locator('.versions li').count()).toBe(4);
  });

  test('a supervisor drafts and tries, decides about customers, and neither activates nor erases', async () => {
    const { id } = await made({ name: 'Sun Li', identities: [{ kind: 'phone', value: '13600000001' }] });
    const page = await signedIn('supervisor');
    await go(page, 'moments');
    await page.getByRole('link', { name: 'upgrade-failed' }).first().waitFor();
    expect(await page.getByRole('switch').count()).toBe(0);
    await go(page, 'moments', 'upgrade-failed');
    const editor = page.getByRole('textbox', { name: 'upgrade-failed.json' });
    await page.getByText('No findings').waitFor();
    expect(await page.getByRole('button', { name: 'Save and use' }).count()).toBe(0);
    await editor.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText('\n');
    await page.keyboard.press('Control+S');
    await page.getByText('You see the draft that supervisor saved').waitFor();
    await page.getByText('An administrator takes a draft into use.').waitFor();

    // Tried for a customer who is chosen by the keyboard alone.
    const side = page.locator('.moment-side');
    await side.getByRole('tab', { name: 'Try' }).click();
    await side.getByRole('combobox', { name: 'Customer' }).fill('Sun');
    await side.getByRole('option', { name: /Sun Li/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await side.getByRole('button', { name: 'Take Sun Li away' }).waitFor();
    await side.getByRole('button', { name: 'Try it' }).click();
    await side.getByText('It acts').waitFor();
    await side.getByText('tag her “upgrade-failed” for 3 days').waitFor();
    await picture(page, '92-supervisor-try');
    await go(page, 'customers', id);
    await page.getByRole('heading', { name: 'Sun Li' }).waitFor();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    expect(await page.getByText('Erase this person').count()).toBe(0);
    // Nothing was done by trying.
    const { callbacks } = await product.must<{ callbacks: { customer: string }[] }>('GET', '/callbacks');
    expect(callbacks.filter(({ customer }) => customer === id)).toEqual([]);
  });

  test('in Chinese, on a tablet', async () => {
    const page = await signedIn('admin', { locale: 'zh-CN', viewport: { width: 820, height: 1180 } });
    await go(page, 'moments');
    await page.getByText('20 分钟内没有发生“order-placed”').waitFor();
    await picture(page, '88-moments-zh');
    await go(page, 'moments', 'payment-trouble');
    await page.getByText('打上标签“payment-trouble”，保留 2 小时').waitFor();
    await picture(page, '89-moment-zh');
    // What the checker finds is in her language, too.
    await page.getByRole('textbox', { name: 'payment-trouble.json' }).click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('{ "moment": "payment-trouble", "rank": "high", "clas": "minutes" }');
    await page.getByText('"rank" 必须是数字。').first().waitFor();
    await page.getByText('此处没有键 "clas"。是否指 "class"？').first().waitFor();
    await picture(page, '89-moment-findings-zh');
    await page.getByRole('button', { name: '放弃修改' }).click();
    await go(page, 'customers');
    await page.getByRole('searchbox').fill('王芳');
    await page.getByRole('link', { name: '王芳' }).click();
    await page.getByRole('heading', { name: '时间线' }).waitFor();
    await picture(page, '90-customer-zh');
  });

  test('a hint comes while the agent talks with her', async () => {
    const hint = { en: '{customer.name|She} was charged {event.sum|money} twice.', zh: '重复扣款。' };
    const rule = {
      moment: 'charged-twice',
      rank: 95,
      class: 'seconds',
      when: { event: 'charged-twice' },
      do: [{ hint }],
    };
    await product.must('PUT', '/moments/charged-twice', rule);
    const { id: _, site: __, ...record } = await product.must<{ id: string; site: string }>('GET', '/agents/1001');
    await product.must('PUT', '/agents/1001', { ...record, phone: { kind: 'none' } });
    const agent = await signedIn('1001');
    await agent.getByRole('heading', { name: 'You are not ready' }).waitFor();
    await agent.keyboard.press('F9');
    await agent.getByRole('heading', { name: 'You are ready' }).waitFor();
    const account = { kind: 'account', value: 'A77', verified: true };
    const from = { identities: [{ kind: 'app', value: 'u77' }, account], name: 'Qian Yu' };
    const content = { type: 'text', text: 'Something is wrong with my card' };
    await product.must('POST', '/channels/app/inbound', {
      items: [{ item: 'message', key: 'm77', at: Date.now(), thread: 't77', from, content }],
    });
    await agent.getByRole('heading', { name: 'New contact' }).waitFor();
    await agent.keyboard.press('F2');
    await agent.getByRole('log', { name: 'Messages' }).getByText('Something is wrong').waitFor();
    const events = [{ key: 'twice-1', identities: [account], name: 'charged-twice', data: { sum: 1200 } }];
    await product.must('POST', '/customers/events', { events });
    const note = agent.getByRole('note', { name: 'What to know now' });
    await note.getByText(/was charged 1,200 twice\./).waitFor();
    await picture(agent, '91-hint-in-talk');
    const { lines } = await product.must<{ lines: { reached?: { how: string } }[] }>(
      'GET',
      '/moments/log?moment=charged-twice',
    );
    expect(lines[0]?.reached?.how).toBe('contact');
  });
});
