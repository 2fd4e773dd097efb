// The agent's page in a real browser on a real desk, with routing and calls of the desk's test world.
// SWITCHROOM_SCREENSHOTS=folder keeps pictures of each step.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentRecord } from '../../server/ports/index.ts';
import type { PopContent } from '../../values/index.ts';
import { agentRecord, createWorld, queueRecord, type World } from '../unit/desk/world.ts';
import { buildSite, hasChromium, openBrowser, type Site } from './browser.ts';

const pictures = process.env.SWITCHROOM_SCREENSHOTS;
const agents: AgentRecord[] = [
  agentRecord('1001', 'Lin Mei', { queues: ['service', 'vip'], autoAnswer: true, capacity: { voice: 2 } }),
  agentRecord('1002', 'Tom Reed'),
  agentRecord('1003', '王小红', { queues: ['vip'] }),
  agentRecord('2001', 'Chen Bo', { roles: ['supervisor'], queues: [] }),
];
const queues = [
  queueRecord('service', { en: 'Customer service', zh: '客户服务' }),
  queueRecord('vip', { en: 'VIP line', zh: '贵宾专线' }, { serviceLevelMs: 10_000 }),
];

let browser: Browser;
let site: Site;
let world: World;

const wang = (now: number): Partial<PopContent> => ({
  queue: 'vip',
  from: '+8613800138000',
  enteredQueueAt: now - 42_000,
  customer: { id: 'cus_20931', name: '王建国', tags: ['VIP', 'card lost'] },
  path: [
    { at: now - 71_000, node: 'language', type: 'menu', label: '中文', value: '2' },
    { at: now - 63_000, node: 'main-menu', type: 'menu', label: 'Cards', value: '1' },
    { at: now - 52_000, node: 'account-number', type: 'collect', value: '6222 0210 4471' },
    { at: now - 44_000, node: 'card-service', type: 'menu', label: 'Report a lost card', value: '3' },
  ],
  variables: { account: '6222 0210 4471', segment: 'private banking', branch: '上海陆家嘴' },
  earlier: [
    {
      interaction: 'int_a',
      channel: 'voice',
      at: now - 26 * 3_600_000,
      queue: 'service',
      agent: '1002',
      disposition: 'callback',
      note: 'Asked about a foreign payment of 1,200 EUR; waiting for the branch to confirm.',
      talkMs: 312_000,
    },
    {
      interaction: 'int_b',
      channel: 'chat',
      at: now - 9 * 86_400_000,
      queue: 'service',
      agent: '1003',
      disposition: 'solved',
      note: '询问信用卡账单日，已解答。',
    },
    { interaction: 'int_c', channel: 'voice', at: now - 400 * 86_400_000, queue: 'vip', agent: '1001', talkMs: 95_000 },
  ],
});

beforeAll(async () => {
  if (!hasChromium) return;
  site = await buildSite(agents.map((agent) => agent.id));
  browser = await openBrowser();
});

beforeEach(async () => {
  if (!hasChromium) return;
  world = await createWorld({
    agents,
    queues,
    onRequest: site.onRequest,
    flows: () => [
      { flow: 'pin-check', name: { en: 'PIN check', zh: '密码校验' } },
      { flow: 'rating', name: { en: 'Rating', zh: '满意度评价' } },
    ],
    // The order of pop and ring is judged here, not this machine's speed.
    ringAfterMs: 5_000,
  });
});

afterEach(async () => {
  if (hasChromium) await world.close();
});

afterAll(async () => {
  if (!hasChromium) return;
  await browser.close();
  site.close();
});

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** A page of its own, with what went wrong in it. */
async function openPage(
  options: BrowserContextOptions,
): Promise<{ page: Page; problems: string[]; close: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // A refused login and a lost connection are said by the browser too.
    const known = /401|WebSocket connection|ERR_INTERNET_DISCONNECTED/.test(message.text());
    if (message.type() === 'error' && !known) problems.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(world.origin).host) problems.push(`third party: ${request.url()}`);
  });
  return { page, problems, close: () => context.close() };
}

async function logIn(page: Page, agent: string): Promise<void> {
  await page.goto(world.origin);
  await page.locator('input[name=login]').fill(agent);
  await page.locator('input[name=password]').fill(`secret-${agent}`);
  await page.locator('button[type=submit]').click();
  await page.locator('.header').waitFor();
}

function setFigures(queue: string, waiting: number, longestWaitMs: number): void {
  const figures = world.work.figures.get(queue);
  if (figures === undefined) throw new Error(`no queue ${queue}`);
  const today = {
    ...figures.today,
    offered: 182,
    answered: 171,
    abandoned: 8,
    serviceLevel: 0.87,
    averageAnswerMs: 9_400,
  };
  const live = { ...figures, waiting, longestWaitMs, agents: 6, free: 2, expectedWaitMs: 45_000, today };
  world.work.figures.set(queue, live);
  world.work.emit('queue', live);
}

describe.skipIf(!hasChromium)('the agent’s page in Chromium', () => {
  test('login, pop before the ring, answer, hold, transfer search, wrap-up with disposition', {
    timeout: 60_000,
  }, async () => {
    setFigures('service', 3, 64_000);
    setFigures('vip', 0, 0);
    const { page, problems, close } = await openPage({ locale: 'en-GB', colorScheme: 'light' });
    await page.goto(world.origin);
    await page.getByLabel('Agent number').fill('1001');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The agent number or the password is wrong.').waitFor();
    await picture(page, '01-login');
    await page.getByLabel('Password').fill('secret-1001');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'You are not ready' }).waitFor();
    await picture(page, '02-not-ready');

    await page.getByRole('button', { name: /Change your state/ }).click();
    await picture(page, '03-presence');
    await page.getByRole('menuitemradio', { name: /Ready for contacts/ }).click();
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();
    expect(world.work.said.at(-1)).toBe('1001 ready');
    await picture(page, '04-ready');

    const offer = await world.offer('1001', wang(Date.now()));
    expect(world.happened.slice(-2)).toEqual([`pop ${offer.id} acknowledged`, `ring ${offer.id}`]);
    await page.getByRole('heading', { name: '王建国' }).waitFor();
    await page.getByText('Report a lost card').waitFor();
    await page.getByText('Asked about a foreign payment').waitFor();
    expect(await page.title()).toContain('王建国');
    await picture(page, '05-offer');

    await page.keyboard.press('F2');
    await page.getByRole('button', { name: 'Hold' }).waitFor();
    await picture(page, '06-talking');
    await page.keyboard.press('F4');
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('button', { name: 'Keypad' }).click();
    await page.getByRole('button', { name: '5', exact: true }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Recording paused').waitFor();
    await picture(page, '07-keypad');
    await page.getByRole('button', { name: 'To flow' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'PIN check' }).click();
    await page.getByText('The caller is in a flow').waitFor();
    await picture(page, '08-detour');
    world.calls.detours.get(offer.interaction)?.({ verified: 'yes' });
    // It stays at the call, after the notice has gone.
    await page.locator('.call').getByText('Back from PIN check: verified yes').waitFor();

    await page.keyboard.press('F8');
    await page.getByRole('dialog').getByText('Tom Reed').waitFor();
    await picture(page, '09-transfer');
    await page.keyboard.type('service');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Done' }).waitFor();
    expect(world.calls.asked).toEqual([
      'answer',
      'hold',
      'resume',
      'dtmf 5',
      'pause',
      'detour pin-check',
      'transfer {"queue":"service"}',
    ]);

    expect(await page.getByRole('button', { name: 'Done' }).isDisabled()).toBe(true);
    await page.getByLabel('Note').fill('Card blocked, new one is on its way.');
    await page.getByText('Saved').waitFor();
    await page.getByText('Call back', { exact: true }).first().click();
    await picture(page, '10-wrap-up');
    await page.getByRole('button', { name: '+ 1 minute' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('heading', { name: 'You are ready' }).waitFor();
    await expect.poll(() => page.locator('.today-figure strong').first().textContent()).toBe('1');
    const facts = world.journal.ofInteraction(offer.interaction).map((event) => [event.type, event.data]);
    expect(facts).toContainEqual(['desk.disposition-set', { disposition: 'callback' }]);
    expect(facts).toContainEqual(['desk.note-written', { note: 'Card blocked, new one is on its way.' }]);

    const missed = await world.offer('1001', { queue: 'service' });
    await page.getByText('Incoming call', { exact: true }).waitFor();
    world.ended(missed.id, 'missed');
    await page.getByText(/^Missed: the call from \+86 138 0013 8000/).waitFor();
    await picture(page, '11-missed');

    await page.getByRole('button', { name: /Lin Mei/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByText('You have signed out.').waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('a call outlives a reload and a lost connection; several contacts are tabs', { timeout: 60_000 }, async () => {
    const { page, problems, close } = await openPage({ locale: 'en-GB', colorScheme: 'dark' });
    setFigures('service', 3, 64_000);
    setFigures('vip', 0, 0);
    await logIn(page, '1001');
    await page.keyboard.press('F9');
    const offer = await world.offer('1001', wang(Date.now()));
    world.answered(offer.id);
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Hang up' }).waitFor();
    await page.getByRole('heading', { name: '王建国' }).waitFor();
    await picture(page, '20-dark-talking');

    await page.context().setOffline(true);
    world.http.closeAllConnections();
    await world.restartDesk();
    await page.getByText('Connection lost.').waitFor();
    await picture(page, '21-dark-lost');
    await page.context().setOffline(false);
    await page.getByText('Connection lost.').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: '王建国' }).waitFor();

    const second = await world.offer('1001', { queue: 'service', from: '+4930123456', customer: undefined });
    await page.getByRole('tab').nth(1).waitFor();
    expect(await page.getByRole('tab').first().getAttribute('aria-selected')).toBe('true');
    await page.getByRole('tab').nth(1).click();
    await picture(page, '22-dark-two');
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByText(/^Declined/).waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByText('Solved', { exact: true }).first().click();
    await picture(page, '23-dark-wrap-up');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('heading', { name: /You are/ }).waitFor();
    expect(second.id).not.toBe(offer.id);
    expect(problems).toEqual([]);
    await close();
  });

  test('Chinese, on a tablet, without auto-answer', { timeout: 60_000 }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, problems, close } = await openPage({
        locale: 'zh-CN',
        colorScheme,
        viewport: { width: 820, height: 1180 },
      });
      await page.goto(world.origin);
      await page.getByRole('heading', { name: '登录工作台' }).waitFor();
      await picture(page, `30-zh-${colorScheme}-login`);
      setFigures('vip', 2, 4_000);
      await logIn(page, '1003');
      await page.getByRole('button', { name: '示闲' }).click();
      const offer = await world.offer('1003', wang(Date.now()));
      await page.getByText('请拿起话机接听').waitFor();
      await picture(page, `31-zh-${colorScheme}-offer`);
      world.answered(offer.id);
      await page.getByRole('button', { name: '挂断' }).waitFor();
      await picture(page, `32-zh-${colorScheme}-talking`);
      await page.getByRole('button', { name: '转接' }).click();
      await page.getByLabel('队列、坐席或号码').fill('13912345678');
      await page.getByText('转接到号码').waitFor();
      await picture(page, `33-zh-${colorScheme}-transfer`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: '挂断' }).click();
      await page.getByText('投诉', { exact: true }).click();
      await picture(page, `34-zh-${colorScheme}-wrap-up`);
      await page.getByRole('button', { name: '完成' }).click();
      await page.getByRole('heading', { name: '您处于空闲状态' }).waitFor();
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(overflow).toBe(0);
      world.work.signOut('1003');
      await page.getByText('您已被签出。').waitFor();
      expect(problems).toEqual([]);
      await close();
    }
  });

  test('a supervisor sees queues and agents live', { timeout: 60_000 }, async () => {
    for (const [locale, colorScheme] of [
      ['en-GB', 'light'],
      ['zh-CN', 'dark'],
    ] as const) {
      const { page, problems, close } = await openPage({ locale, colorScheme });
      await logIn(page, '2001');
      setFigures('service', 3, 64_000);
      setFigures('vip', 0, 0);
      for (const [agent, reason] of Object.entries({ '1001': 'lunch', '1003': 'rona' })) {
        world.work.setPresence(agent, 'not-ready', reason);
      }
      await page.getByRole('cell', { name: '3', exact: true }).waitFor();
      world.work.setPresence('1002', 'ready');
      await page.locator('.agent', { hasText: 'Tom Reed' }).waitFor();
      const offer = await world.offer('1002', { queue: 'service' });
      world.answered(offer.id);
      await page.locator('.agent[data-doing=talking]', { hasText: 'Tom Reed' }).waitFor();
      await picture(page, `40-floor-${locale}`);
      await world.calls.hangup('1002', offer.interaction);
      world.work.wrapUpDone('1002', offer.interaction);
      world.work.setPresence('1002', 'offline');
      await page.locator('.agent', { hasText: 'Tom Reed' }).waitFor({ state: 'detached' });
      expect(problems).toEqual([]);
      await close();
    }
  });
});
