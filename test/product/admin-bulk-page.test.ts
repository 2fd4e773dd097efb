// Records, imports and evaluation forms in a real browser on the whole product: what is typed is neither lost nor put over
// what others saved; problems by line, all or none, secrets once; a form with weights and a knock-out, its preview's score,
// its versions; and an agent's own day.
import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Product } from './product.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` });
};

let product: Product;
let browser: Browser;

describe.skipIf(!hasChromium)('imports, evaluation forms and the own day (needs Chromium)', () => {
  beforeAll(async () => {
    product = await Product.start();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  });

  test('records: nothing of others is replaced unasked, and nothing typed is lost', { timeout: 60_000 }, async () => {
    const page = await opened('admin', '/#/admin/sip-users/+');
    await page.getByLabel('User *').fill('7001');
    await page.getByRole('button', { name: 'Save' }).click();
    const phone = page.getByRole('form', { name: '7001' });
    expect(await phone.locator('.secret code').innerText()).toMatch(/^\w{5}(-\w{5}){3}$/);
    await phone.getByText('Saved.').waitFor();

    // A trunk that challenges its carrier is saved again as it is shown.
    await product.must('PUT', '/trunks/acme', {
      sources: ['192.0.2.1'],
      country: 'CN',
      inboundAuth: { user: 'acme', password: 'a-long-password' },
    });
    await page.goto(`${product.web}/#/admin/trunks/acme`);
    const trunk = page.getByRole('form', { name: 'acme' });
    await trunk.getByRole('button', { name: 'Save' }).click();
    await trunk.getByText('Saved.').waitFor();
    expect((await product.must('GET', '/trunks/acme')).inboundAuth).toMatchObject({ user: 'acme' });

    const person = await product.must('GET', '/agents/1002');
    await page.goto(`${product.web}/#/admin/agents/+`);
    await page.getByLabel('Id *').fill('1002');
    await page.getByLabel('Name *').fill('Another');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('There is 1002 already', { exact: false }).waitFor();
    expect(await product.must('GET', '/agents/1002')).toEqual(person);

    // Another page takes the form away, and it is as it was left.
    await page.getByRole('link', { name: 'Skills' }).click();
    await page.getByRole('heading', { name: 'Skills' }).waitFor();
    await page.goto(`${product.web}/#/admin/agents/+`);
    expect(await page.getByLabel('Name *').inputValue()).toBe('Another');
    await page.getByRole('button', { name: 'Discard changes' }).click();
    expect(await page.getByLabel('Name *').inputValue()).toBe('');

    await page.goto(`${product.web}/#/admin/queues/service`);
    const queue = page.getByRole('form', { name: 'service' });
    await queue.getByLabel('Team').fill('mine');
    const { id: _, site: __, ...body } = await product.must('GET', '/queues/service');
    await product.must('PUT', '/queues/service', { ...body, priority: 3 });
    await queue.getByRole('button', { name: 'Save' }).click();
    await queue.getByText('Somebody else changed this', { exact: false }).waitFor();
    await picture(page, '62-changed-meanwhile');
    expect(await product.must('GET', '/queues/service')).toMatchObject({ ...body, priority: 3 });
    await queue.getByRole('button', { name: 'Discard changes' }).click();
    expect(await queue.getByLabel('Priority').inputValue()).toBe('3');
    await queue.getByLabel('Team').fill('mine');
    await queue.getByRole('button', { name: 'Save' }).click();
    await queue.getByText('Saved.').waitFor();
    expect(await product.must('GET', '/queues/service')).toMatchObject({ team: 'mine', priority: 3 });
    await product.must('PUT', '/queues/service', body);
    await page.close();
  });

  test('dispositions are a tree: added, named, moved by keys, removed after a question', {
    timeout: 60_000,
  }, async () => {
    const { id: _, site: __, ...body } = await product.must<{ id: string; site: string }>('GET', '/queues/service');
    const card = { code: 'card', label: { en: 'Card', zh: '银行卡' }, children: ['lost', 'blocked'] };
    await product.must('PUT', '/queues/service', { ...body, dispositions: ['solved', card] });
    const page = await opened('admin', '/#/admin/queues/service');
    const form = page.getByRole('form', { name: 'service' });
    const tree = form.getByRole('group', { name: 'Dispositions', exact: true });
    await tree.getByRole('button', { name: 'Add a disposition' }).click();
    const one = tree.getByRole('group', { name: 'new', exact: true });
    await one.getByLabel('English name').fill('Other');
    await one.getByLabel('Chinese name').fill('其他');
    await one.getByLabel('Code').fill('other');
    await tree.getByRole('button', { name: 'Other other' }).press('Alt+ArrowUp');
    await tree.getByRole('button', { name: 'blocked' }).click();
    await tree.getByRole('button', { name: /One level out/ }).click();
    page.once('dialog', (dialog) => void dialog.dismiss());
    await tree.getByRole('button', { name: 'Card card' }).press('Delete');
    await tree.getByRole('button', { name: 'Card card' }).click();
    await tree.scrollIntoViewIfNeeded();
    if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>('axe.run(document.querySelector(".disposition-tree"))');
    expect(violations.map((found) => found.id)).toEqual([]);
    await picture(page, '63-dispositions');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 820, height: 1180 });
    await tree.scrollIntoViewIfNeeded();
    await picture(page, '63-dispositions-dark-tablet');
    await page.setViewportSize({ width: 1280, height: 800 });
    const questions: string[] = [];
    page.once('dialog', (dialog) => {
      questions.push(dialog.message());
      void dialog.accept();
    });
    await tree.getByRole('button', { name: 'Remove', exact: true }).click();
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved.').waitFor();
    expect(questions).toEqual(['Remove the disposition card and the 1 below it?']);
    expect((await product.must<{ dispositions: unknown }>('GET', '/queues/service')).dispositions).toEqual([
      'solved',
      { code: 'other', label: { en: 'Other', zh: '其他' } },
      'blocked',
    ]);
    await tree.getByRole('button', { name: 'As JSON' }).click();
    await tree.getByRole('textbox').fill('["solved"]');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await product.must<{ dispositions: unknown }>('GET', '/queues/service')).dispositions)
      .toEqual(['solved']);
    await product.must('PUT', '/queues/service', body);
    await page.close();
  });

  test('an article keeps its team, and what is typed while she searches', { timeout: 60_000 }, async () => {
    const { id } = await product.must<{ id: string }>('POST', '/knowledge/articles', {
      team: 'demo',
      en: { question: 'How do I block a card?', answer: 'Press three.' },
    });
    const page = await opened('admin', `/#/floor/knowledge/${id}`);
    const article = page.getByRole('form', { name: 'Article' });
    await article.getByLabel('Answer').first().fill('Press four.');
    await page.getByRole('searchbox').fill('nothing like it');
    await page.getByText('There are no articles yet.').waitFor();
    await article.getByRole('button', { name: 'Save' }).click();
    await article.getByRole('button', { name: 'Discard changes' }).waitFor({ state: 'detached' });
    expect(await product.must('GET', `/knowledge/articles/${id}`)).toMatchObject({
      team: 'demo',
      en: { answer: 'Press four.' },
    });
    const asked = page.waitForEvent('dialog').then((dialog) => dialog.dismiss());
    await article.getByRole('button', { name: 'Remove' }).click();
    await asked;
    expect((await product.ask('GET', `/knowledge/articles/${id}`)).status).toBe(200);
    await page.close();
  });

  test('people from CSV: problems by line, what would happen, then passwords once', { timeout: 60_000 }, async () => {
    const page = await opened('admin', '/#/admin/imports');
    const csv = page.getByRole('textbox', { name: 'CSV' });
    // As a spreadsheet of a Chinese Windows writes it: GBK. Another page takes it away, and it is there again.
    const gbk = Buffer.concat([Buffer.from('login,name\n2002,'), Buffer.from([0xc0, 0xee, 0xc4, 0xc8])]);
    await page.locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: gbk });
    await expect.poll(() => csv.inputValue()).toBe('login,name\n2002,李娜');
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
    await page.goto(`${product.web}/#/admin/imports`);
    expect(await csv.inputValue()).toBe('login,name\n2002,李娜');
    await csv.fill('login,name,queues,phone\n2001,Li Na,no-such-queue,panel\n1002,Chen Jing,,\n');
    await page.getByRole('button', { name: 'Check' }).click();
    const problems = page.getByRole('alert', { name: 'Problems' });
    await problems.getByRole('cell', { name: '2', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
    await csv.fill('login,name,phone\n2001,Li Na,registered\n1002,Chen Jing,none\n');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('heading', { name: 'Would be created 1' }).waitFor();
    expect((await product.ask('GET', '/agents/2001')).status).toBe(404);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const secrets = page.getByRole('region', { name: 'Passwords that were made' });
    await secrets.waitFor();
    const [password = '', sipSecret = ''] = await secrets
      .getByRole('row', { name: '2001' })
      .locator('code')
      .allInnerTexts();
    expect(sipSecret).not.toBe('');
    await picture(page, '63-imports');
    expect((await product.must('GET', '/agents/2001')).name).toBe('Li Na');
    await page.close();

    // The password is the one that counts.
    const hers = await opened('2001', '/', password);
    await hers.getByRole('button', { name: /Your figures of today/ }).click();
    await hers.getByText('Nobody has evaluated a contact of yours yet.').waitFor();
    await picture(hers, '64-my-day');
    await hers.close();
  });

  test('a form is made with weights and a knock-out; a change is a new version', { timeout: 60_000 }, async () => {
    const page = await opened('admin', '/#/admin/forms/+');
    const form = page.getByRole('form', { name: 'New form' });
    await form.getByLabel('Id').fill('service');
    await form.getByLabel('Name in English').first().fill('Service call');
    await form.getByLabel('Name in English').nth(1).fill('Opening');
    const first = form.getByRole('group', { name: 'Question 1' });
    await first.getByLabel('Question in English').fill('Did she greet?');
    await form.getByRole('button', { name: 'Add a question' }).click();
    const second = form.getByRole('group', { name: 'Question 2' });
    await second.getByLabel('Question in English').fill('Did she verify who calls?');
    await second.getByLabel('Weight').fill('3');
    const preview = form.getByRole('region', { name: 'Preview' });
    await preview.getByRole('radiogroup', { name: 'Did she greet?' }).getByRole('radio', { name: 'Yes' }).click();
    await preview
      .getByRole('radiogroup', { name: /verify/ })
      .getByRole('radio', { name: 'No' })
      .click();
    await expect.poll(() => preview.locator('output').innerText()).toBe('25');
    await second.getByLabel('Knock-out', { exact: false }).check();
    await expect.poll(() => preview.locator('output').innerText()).toBe('0');
    await form.getByRole('button', { name: 'Save' }).click();
    const saved = page.getByRole('form', { name: 'service' });
    await saved.getByText('Version 1').waitFor();
    await picture(page, '65-forms');
    await saved.getByLabel('Name in English').first().fill('Service');
    await saved.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Version 1' }).click();
    await page.getByText('This is how version 1 was. Service call', { exact: false }).waitFor();
    const { body } = await product.ask<{ version: number; sections: { questions: object[] }[] }>(
      'GET',
      '/quality/forms/service',
    );
    expect(body.version).toBe(2);
    // Somebody else saves it too: she sees hers first, and her own wins only when she says so.
    const other = async (name: string) => {
      const {
        id: _,
        version: __,
        site: ___,
        at: ____,
        by: _____,
        ...rest
      } = await product.must('GET', '/quality/forms/service');
      await product.must('PUT', '/quality/forms/service', { ...rest, name: { en: name } });
    };
    await other('From elsewhere');
    const name = saved.getByLabel('Name in English').first();
    await name.fill('Mine');
    await saved.getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog', { name: 'service was changed meanwhile' });
    await dialog.getByText(/saved it after you had opened it/).waitFor();
    await picture(page, '66-form-changed');
    await dialog.getByRole('button', { name: 'Load what is saved' }).click();
    expect(await name.inputValue()).toBe('From elsewhere');
    await other('Elsewhere again');
    await name.fill('Mine');
    await saved.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('button', { name: 'Save mine over it' }).click();
    await saved.getByText('Saved as version 5', { exact: false }).or(saved.getByText('Version 5')).first().waitFor();
    expect(await product.must('GET', '/quality/forms/service')).toMatchObject({ version: 5, name: { en: 'Mine' } });
    expect(body.sections[0]?.questions).toMatchObject([{ weight: 1 }, { weight: 3, knockout: true }]);
    await page.goto(`${product.web}/#/floor/quality`);
    await page.getByText('No evaluation fits.').waitFor();
    await page.getByRole('link', { name: 'Calibrations' }).click();
    await page.getByText('There are no calibrations.').waitFor();
    await page.close();
  });
});

async function opened(login: string, path: string, password = product.login(login).password): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`${product.web}${path}`);
  await page.getByLabel('Agent number').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('button.user').waitFor();
  return page;
}
