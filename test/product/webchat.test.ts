// Digital channels on the whole product: a visitor's browser with the widget, an agent's answer by the API, and a flood of
// signed callbacks under which the sidecar and the server are killed: whatever was acknowledged is there exactly once.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe, { type AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signatureOf } from '../../sidecar/channels/webhook/signature.ts';
import { buildChat } from '../../tools/build-chat.ts';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Product } from './product.ts';
import { freePort } from './sipp.ts';
import { until } from './until.ts';

const secret = 'the secret of the app, long enough';

interface Conversation {
  interaction: string;
  thread: string;
  phase: string;
  messages: number;
  name?: string;
}
interface Message {
  number: number;
  author: string;
  state: string;
  content: { type: string; text: string; key?: string };
}

let product: Product;
let browser: Browser | undefined;

async function conversations(via: string): Promise<Conversation[]> {
  const path = `/conversations?via=${via}&limit=1000`;
  return (await product.must<{ conversations: Conversation[] }>('GET', path)).conversations;
}

async function messages(interaction: string): Promise<Message[]> {
  const path = `/conversations/${interaction}/messages?limit=500`;
  return (await product.must<{ messages: Message[] }>('GET', path)).messages;
}

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'switchroom-product-'));
  writeFileSync(join(data, 'app.secret'), secret, { mode: 0o600 });
  product = await Product.start({
    data,
    // The same port after it was killed, as a provider knows it.
    env: { SWITCHROOM_SIDECAR_PORT: String(await freePort()) },
    channels: {
      web: {
        kind: 'webchat',
        settings: { greeting: { en: 'How can we help?' }, page: { share: 'on' }, callNumber: '95500' },
      },
      app: { kind: 'webhook', settings: { secret: { file: join(data, 'app.secret') } } },
    },
  });
  for (const [id, kind] of [
    ['web', 'webchat'],
    ['app', 'webhook'],
  ]) {
    // The flood of one customer is what is tested here.
    const more = { mostPerMinute: 6_000 };
    await product.must('PUT', `/channels/${id}`, { kind, channel: 'chat', to: { queue: 'service' }, ...more });
  }
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe.skipIf(!hasChromium)('the widget in a browser (needs Chromium)', { timeout: 90_000 }, () => {
  test('a visitor writes, the agent sees it; the agent writes, the visitor sees it, also after a reload', async () => {
    await buildChat();
    browser = await openBrowser();
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error') problems.push(line.text());
    });
    await page.goto(`${product.sidecar}/chat/?account=6222`);
    await page.getByRole('button', { name: 'Open chat' }).click();
    await page.getByText('How can we help?').waitFor();
    await page.getByLabel('Write a message').fill('My card is lost');
    await page.keyboard.press('Enter');
    await until(async () => (await conversations('web')).length === 1, 'the conversation is there');
    const [conversation] = await conversations('web');
    expect(conversation).toMatchObject({ phase: 'queued' });
    const { interaction = '', thread = '' } = conversation ?? {};
    expect((await messages(interaction)).map(({ author, content }) => [author, content.text])).toEqual([
      ['customer', 'My card is lost'],
    ]);
    const { variables } = await product.must<{ variables: Record<string, string> }>(
      'GET',
      `/conversations/${interaction}`,
    );
    expect(variables.page).toBe(`${product.sidecar}/chat/`);

    await product.must('POST', `/conversations/${interaction}/end`, {});
    await page.getByText('The conversation has ended').waitFor();
    const content = { type: 'text', text: 'We have blocked it.' };
    const begun = { via: 'web', thread, queue: 'service', content };
    const next = await product.must<Conversation>('POST', '/agents/1001/conversations', begun);
    await page.getByText('We have blocked it.').waitFor();
    await until(async () => {
      const last = (await messages(next.interaction)).at(-1);
      return last?.state === 'delivered' || last?.state === 'read';
    }, 'the agent sees that it was delivered');

    await page.reload();
    await page.getByRole('button', { name: 'Open chat' }).click();
    await page.getByText('My card is lost').waitFor();
    await page.getByText('We have blocked it.').waitFor();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>("axe.run(document.querySelector('[data-switchroom-chat]'))");
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    expect(problems).toEqual([]);
  });
});

interface LiveCall {
  interaction: string;
  phase: string;
  node?: string;
  to: string;
}

describe.skipIf(!hasChromium)('a call from the page (needs Chromium)', { timeout: 90_000 }, () => {
  test('the flow of the number answers, is heard, understands keys; either side hangs up, and a closed page does', async () => {
    await buildChat();
    const caller = await openBrowser(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
    try {
      const page = await caller.newPage({ locale: 'en-GB' });
      await page.addInitScript(`
        globalThis.made = [];
        globalThis.RTCPeerConnection = class extends RTCPeerConnection {
          constructor(...given) {
            super(...given);
            made.push(this);
          }
        };`);
      await page.goto(`${product.sidecar}/chat/`);
      await page.getByRole('button', { name: 'Open chat' }).click();
      await page.getByText('How can we help?').waitFor();
      await page.getByRole('button', { name: 'Call us from here' }).click();
      await page.getByText('You are connected.').waitFor();
      const calls = async () => (await product.must<{ calls: LiveCall[] }>('GET', '/live/calls')).calls;
      await until(async () => (await calls())[0]?.node === 'main', 'the menu is asked');
      const [call] = await calls();
      expect(call).toMatchObject({ to: '95500', phase: 'ivr' });
      const heard = () =>
        page.evaluate<number>(
          `made[0].getStats().then((stats) => [...stats.values()].find(({ type }) => type === 'inbound-rtp')?.totalAudioEnergy ?? 0)`,
        );
      await until(async () => (await heard()) > 0, 'the prompt is heard');
      await page.getByRole('button', { name: '1', exact: true }).click();
      await until(async () => (await calls())[0]?.node === 'account', 'the key is understood');
      await page.getByRole('button', { name: 'Hang up' }).click();
      await until(async () => (await calls()).length === 0, 'the call is over');
      // Her call belongs to the same person as her chat.
      const record = () => product.ask<{ customer?: string }>('GET', `/interactions/${call?.interaction}`);
      await until(async () => (await record()).body.customer !== undefined, 'the record names the visitor');

      await page.getByRole('button', { name: 'Call us from here' }).click();
      await until(async () => (await calls()).length === 1, 'a second call');
      await page.getByText('You are connected.').waitFor();
      const [second] = await calls();
      // From the other side: the page sees it.
      await product.must('POST', `/live/calls/${second?.interaction}/end`, {});
      await page.getByText('You are connected.').waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Call us from here' }).click();
      await until(async () => (await calls()).length === 1, 'a third call');
      await page.getByText('You are connected.').waitFor();
      await page.goto('about:blank');
      await until(async () => (await calls()).length === 0, 'it ends with its page', 30_000);
    } finally {
      await caller.close();
    }
  });
});

describe('a flood of callbacks', { timeout: 120_000 }, () => {
  const threads = 20;

  test('the sidecar and the server are killed in the middle: what was acknowledged is there, once, and in order', async () => {
    const acknowledged = new Map<string, string[]>();
    let flowing = true;
    let broken = 0;
    /** A sender that never repeats what was answered, and repeats what was not, as providers do. */
    const sender = async (thread: string): Promise<void> => {
      const done: string[] = [];
      acknowledged.set(thread, done);
      for (let count = 0; flowing; ) {
        const key = `${thread}-${count}`;
        const ok = await post(thread, key).catch(() => false);
        if (ok) {
          done.push(key);
          count++;
        } else {
          broken++;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    const senders = Array.from({ length: threads }, (_, at) => sender(`order-${at}`));
    const sum = () => [...acknowledged.values()].reduce((all, { length }) => all + length, 0);
    await until(() => sum() > 100, 'the flood flows');
    product.kill('sidecar');
    const atKill = sum();
    await until(() => sum() > atKill + 100, 'the sidecar takes again', 30_000);
    product.kill('server');
    const atSecond = sum();
    await until(() => sum() > atSecond + 500, 'it is acknowledged while the server is away and after', 30_000);
    flowing = false;
    await Promise.all(senders);
    expect(broken).toBeGreaterThan(0);

    await until(
      async () => {
        const there = await conversations('app').catch(() => []);
        return there.length === threads && there.reduce((all, one) => all + one.messages, 0) >= sum();
      },
      () => `all ${sum()} acknowledged ones are at the server`,
      60_000,
    );
    for (const { interaction, thread } of await conversations('app')) {
      const got: string[] = [];
      for (let before: number | undefined; ; ) {
        const path = `/conversations/${interaction}/messages?limit=500${before === undefined ? '' : `&before=${before}`}`;
        const page = (await product.must<{ messages: Message[] }>('GET', path)).messages;
        got.unshift(...page.filter(({ author }) => author === 'customer').map(({ content }) => content.text));
        before = page[0]?.number;
        if (page.length < 500 || before === undefined || before <= 1) break;
      }
      const wanted = acknowledged.get(thread) ?? [];
      // The last one may have been taken and its answer lost with the sender's end: it is there, and was not acknowledged.
      expect(got.slice(0, wanted.length)).toEqual(wanted);
      expect(got.length - wanted.length).toBeLessThanOrEqual(1);
    }
  });

  async function post(thread: string, key: string): Promise<boolean> {
    const items = [
      {
        item: 'message',
        key,
        at: Date.now(),
        thread,
        from: { identities: [{ kind: 'app', value: thread }] },
        content: { type: 'text', text: key },
      },
    ];
    const body = JSON.stringify({ items });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'x-switchroom-timestamp': timestamp,
      'x-switchroom-signature': signatureOf(secret, timestamp, body),
    };
    const response = await fetch(`${product.sidecar}/hooks/app/`, { method: 'POST', headers, body });
    return response.status === 200;
  }
});
