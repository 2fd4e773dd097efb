// Quality from end to end in a real browser on the whole product: a supervisor scores a contact, the agent reads and answers
// it, and two evaluators calibrate. SWITCHROOM_SCREENSHOTS=folder keeps pictures.
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Floor } from './floor.ts';
import { has } from './sipp.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) });
};

const form = {
  name: { en: 'Service call', zh: '服务通话' },
  sections: [
    {
      id: 'talk',
      name: { en: 'The talk', zh: '通话' },
      questions: [
        { id: 'greeting', text: { en: 'Did she greet?', zh: '是否问候？' }, kind: 'yes-no' },
        { id: 'help', text: { en: 'How well did she help?', zh: '解决程度' }, kind: 'scale', max: 4, weight: 3 },
      ],
    },
  ],
};

describe.skipIf(!has('sipp') || !hasChromium)('quality (needs sipp and Chromium)', () => {
  let floor: Floor;
  let browser: Browser;
  let interaction: string;
  const problems: string[] = [];
  beforeAll(async () => {
    floor = await Floor.open();
    browser = await openBrowser();
    await floor.ask('PUT', '/quality/forms/service', form);
    // Supervisors of one team see each other's forms and contacts.
    const phone = await floor.registered('1001', floor.product.login('1001').sip?.secret ?? '', 'SHA-256');
    await floor.product.ready('1001');
    const line = await floor.line({ team: 'demo' });
    await floor.ask('PUT', '/agents/1001', {
      ...(await agentBody('1001')),
      queues: [line.queue],
    });
    const caller = await floor.caller(line.number);
    await floor.answers(phone, caller.interaction);
    await phone.sipp.tell('HANGUP', {}, (await phone.sipp.message('INVITE')).callId);
    await caller.sipp.done();
    await floor.record(caller.interaction);
    ({ interaction } = caller);
  });
  afterAll(async () => {
    await browser?.close();
    await floor?.close();
  });

  const agentBody = async (id: string) => {
    const { id: _, site: __, ...body } = await floor.ask<Record<string, unknown>>('GET', `/agents/${id}`);
    return body;
  };
  const signedIn = async (who: string, path: string, options: object = {}): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      ...options,
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${floor.product.web}${path}`);
    await page.getByLabel(/Agent number|工号/).fill(who);
    await page.getByLabel(/Password|密码/).fill(floor.product.login(who).password);
    await page.locator('button[type="submit"]').click();
    await page.locator('button.user').waitFor();
    return page;
  };
  const answer = async (within: Page, greeting: string, help: string) => {
    const questions = within.getByRole('radiogroup');
    await questions.filter({ hasText: 'greet' }).getByRole('radio', { name: greeting, exact: true }).click();
    await questions.filter({ hasText: 'help' }).getByRole('radio', { name: help, exact: true }).click();
  };

  test('a contact is scored, and the agent reads it and answers', { timeout: 90_000 }, async () => {
    const supervisor = await signedIn('supervisor', `/#/floor/contacts/${interaction}`);
    await supervisor.getByRole('button', { name: 'Evaluate by “Service call”' }).click();
    await supervisor.getByRole('radio', { name: 'Yes', exact: true }).click();
    await supervisor.getByRole('button', { name: 'Submit' }).click();
    await supervisor.getByText('Not answered yet: How well did she help?').waitFor();
    // Another page takes the form away, and nothing of what was given.
    await supervisor.getByRole('link', { name: 'Reports' }).click();
    await supervisor.getByRole('heading', { name: 'Reports' }).waitFor();
    await supervisor.goto(`${floor.product.web}/#/floor/contacts/${interaction}`);
    await supervisor.getByRole('radio', { name: 'Yes' }).and(supervisor.locator('[aria-checked="true"]')).waitFor();
    await answer(supervisor, 'Yes', '3');
    await supervisor.getByLabel('Comment').fill('Friendly; ask for the account earlier.');
    await picture(supervisor, '85-evaluate');
    await supervisor.getByRole('button', { name: 'Submit' }).click();
    const evaluation = supervisor.getByRole('region', { name: 'Evaluation' });
    await evaluation.getByText('81', { exact: true }).waitFor();

    const agent = await signedIn('1001', '/');
    await agent.getByRole('button', { name: /Your figures of today/ }).click();
    const mine = agent.getByRole('region', { name: 'My evaluations' });
    await mine.getByText('81', { exact: true }).click();
    await mine.getByText('Friendly; ask for the account earlier.').waitFor();
    await mine.getByRole('radio', { name: '3' }).and(agent.locator('[aria-checked="true"]')).waitFor();
    await mine.getByRole('textbox').fill('The system was slow.');
    await picture(agent, '86-my-evaluation');
    await mine.getByRole('button', { name: 'I do not agree' }).click();
    await mine.getByText('The system was slow.').waitFor();
    await agent.context().close();

    await supervisor.goto(`${floor.product.web}/#/floor/quality`);
    const row = supervisor.getByRole('row').filter({ hasText: 'The system was slow.' });
    await row.getByText('Ada Agent').waitFor();
    await supervisor.getByRole('search').getByRole('combobox').first().selectOption('1001');
    await supervisor
      .getByRole('region', { name: /Ada Agent/ })
      .locator('rect')
      .first()
      .waitFor();
    await picture(supervisor, '87-quality');
    await supervisor.context().close();
    expect(problems).toEqual([]);
  });

  test('two evaluators calibrate without seeing each other, then compare', { timeout: 90_000 }, async () => {
    const supervisor = await signedIn('supervisor', `/#/floor/contacts/${interaction}`);
    await supervisor.getByRole('button', { name: 'Open a calibration' }).click();
    const dialog = supervisor.getByRole('dialog');
    const people = dialog.getByRole('group', { name: /Evaluators/ });
    // She is one of them unless she says no; agents are not to be chosen.
    expect(await people.getByRole('checkbox', { name: 'supervisor' }).isChecked()).toBe(true);
    expect(await people.getByText('1001').count()).toBe(0);
    expect(await dialog.getByRole('button', { name: 'Open', exact: true }).isDisabled()).toBe(true);
    await people.getByRole('checkbox', { name: 'admin' }).check();
    await picture(supervisor, '87-calibration-people');
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await supervisor.getByText('0 of 2', { exact: false }).waitFor();
    await supervisor.getByRole('radio', { name: 'No', exact: true }).click();
    await supervisor.getByRole('button', { name: 'Submit' }).click();
    await supervisor.getByText('Not answered yet: How well did she help?').waitFor();
    await supervisor.getByRole('link', { name: 'To the contact' }).click();
    await supervisor.getByRole('heading', { name: 'Contacts' }).waitFor();
    await supervisor.goBack();
    await supervisor.getByRole('radio', { name: 'No' }).and(supervisor.locator('[aria-checked="true"]')).waitFor();
    await answer(supervisor, 'Yes', '4');
    await picture(supervisor, '88-calibration-open');
    await supervisor.getByRole('button', { name: 'Submit' }).click();
    await supervisor.getByText('1 of 2', { exact: false }).waitFor();
    const address = new URL(supervisor.url()).hash;

    const admin = await signedIn('admin', `/${address}`);
    await admin.getByText('1 of 2', { exact: false }).waitFor();
    expect(await admin.getByRole('table', { name: /apart/ }).count()).toBe(0);
    await answer(admin, 'No', '2');
    await admin.getByRole('button', { name: 'Submit' }).click();
    await admin.getByText('2 of 2', { exact: false }).waitFor();
    await admin.context().close();

    await supervisor.reload();
    await supervisor.getByText('2 of 2', { exact: false }).waitFor();
    const asked: string[] = [];
    const closes = (answer: 'dismiss' | 'accept') => {
      supervisor.once('dialog', (dialog) => {
        asked.push(dialog.message());
        void dialog[answer]();
      });
      return supervisor.getByRole('button', { name: 'Close and compare' }).click();
    };
    await closes('dismiss');
    expect(asked).toEqual([expect.stringContaining('cannot be opened again')]);
    expect(await supervisor.getByRole('table', { name: /apart/ }).count()).toBe(0);
    await closes('accept');
    const total = supervisor.getByRole('row').filter({ hasText: 'Total' });
    await total.waitFor();
    const cells = await total.getByRole('cell').allInnerTexts();
    // Of two evaluators: 100 and 37.5.
    expect([...cells.slice(0, 2)].sort()).toEqual(['100', '38']);
    expect(cells.slice(2)).toEqual(['37.5', '100', '68.75', '31.25']);
    await picture(supervisor, '89-calibration-closed');
    await supervisor.context().close();

    const chinese = await signedIn('supervisor', `/${address}`, { locale: 'zh-CN', colorScheme: 'dark' });
    await chinese.getByRole('row').filter({ hasText: '解决程度' }).waitFor();
    await picture(chinese, '90-calibration-zh-dark');
    await chinese.context().close();
    // What was scored in a calibration is not among the agent's evaluations.
    const agent = await signedIn('1001', '/', { locale: 'zh-CN', viewport: { width: 820, height: 1180 } });
    await agent.locator('button.today').click();
    await agent.locator('details.evaluation').first().waitFor();
    expect(await agent.locator('details.evaluation').count()).toBe(1);
    await picture(agent, '91-my-evaluations-zh-tablet');
    await agent.context().close();
    expect(problems).toEqual([]);
  });
});
