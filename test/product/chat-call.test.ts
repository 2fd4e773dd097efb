// One thread on the whole product: a customer who waits in a chat chooses to be called back, talks with an agent, and goes on in
// the chat with the same agent, during the call and after it.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openBrowser } from '../e2e/browser.ts';
import { Floor, sdpOf } from './floor.ts';
import { has } from './sipp.ts';
import { until } from './until.ts';

interface Conversation {
  interaction: string;
  phase: string;
  agent?: string;
  customer?: string;
}
interface Message {
  author: string;
  agent?: string;
  content: { type: string; text: string };
}
interface TimelineEntry {
  entry: string;
  id: string;
  channel: string;
  thread?: string;
}

const pictures = process.env.SWITCHROOM_SCREENSHOTS;

let floor: Floor;
let keys = 0;
/** A customer of each test: who comes back would come to the agent who had her. */
let customer = 0;

/** The customer writes, as her connector brings it. @returns the conversation */
async function writes(text: string): Promise<string> {
  const from = { identities: [{ kind: 'app', value: `u-${customer}` }], name: 'Wang' };
  const item = {
    item: 'message',
    key: `m${++keys}`,
    at: Date.now(),
    thread: `u-${customer}`,
    from,
    content: { type: 'text', text },
  };
  const { items } = await floor.ask<{ items: { interaction: string }[] }>('POST', '/channels/app/inbound', {
    items: [item],
  });
  return items[0]?.interaction ?? '';
}

const written = async (of: string) =>
  (await floor.ask<{ messages: Message[] }>('GET', `/conversations/${of}/messages`)).messages;

const conversation = (interaction: string) => floor.ask<Conversation>('GET', `/conversations/${interaction}`);

describe.skipIf(!has('sipp'))('a chat that goes on as a call, and back (needs sipp)', { timeout: 90_000 }, () => {
  beforeAll(async () => {
    floor = await Floor.open();
  });
  afterEach(() => floor.tidy());
  afterAll(() => floor?.close());

  /** A line whose written customers may choose to be called back at a phone of the test. */
  async function waiting() {
    customer++;
    const far = await floor.phone('far');
    await floor.ask('PUT', '/trunks/carrier', { uri: `sip:127.0.0.1:${far.sipp.port}`, country: 'CN' });
    await floor.ask('PUT', '/dial-rules/021', { trunk: 'carrier' });
    const prompt = { en: 'We can call you back.' };
    const callback = { key: '9', prompt, number: '02112345678', afterSeconds: 1, next: 'bye' };
    const line = await floor.line({}, (queue) => ({
      start: 'wait',
      nodes: { wait: { type: 'queue', queue, overflow: 'bye', callback }, bye: { type: 'hangup' } },
    }));
    const channel = { kind: 'webhook', channel: 'chat', to: { flow: `line-${line.queue}` } };
    await floor.ask('PUT', '/channels/app', channel);

    const first = await writes('It is complicated');
    await until(async () => (await written(first)).length > 0, 'it is there');
    return { far, line, first };
  }

  /** She chooses it. @returns the call's interaction, which stands in the queue */
  async function chooses(chat: string): Promise<string> {
    expect(await writes('9')).toBe(chat);
    const scheduled = await floor.events.fact('callback.scheduled', { interaction: chat });
    const due = await floor.events.fact('callback.due', ({ data }) => data.callback === scheduled.data.callback);
    return due.interaction ?? '';
  }

  test('is one thread, with the same agent', async () => {
    const { far, line, first } = await waiting();
    await until(async () => (await written(first)).some(({ author }) => author === 'bot'), 'the choice is offered');
    expect((await written(first)).at(-1)?.content).toMatchObject({ type: 'menu', choices: [{ key: '9' }] });
    const call = await chooses(first);

    const seat = await floor.seat([line.queue], { capacity: { voice: 1, chat: 1 } });
    const ring = await floor.rings(seat);
    seat.rtp.connect(sdpOf(ring));
    await seat.sipp.tell('ANSWER', {}, ring.callId);
    const { callId } = await floor.answers(far, call);

    // She talks, and is offered nothing written then; what this customer writes is hers at once all the same.
    const during = await writes('My contract is number 4711');
    await until(async () => (await conversation(during)).phase === 'active', 'it is hers');
    const { agent, customer: whose = '' } = await conversation(during);
    expect(agent).toBe(seat.agent);
    const say = (text: string, key: string) =>
      floor.ask<Message & { interaction: string; id: string }>('POST', `/agents/${seat.agent}/calls/${call}/messages`, {
        content: { type: 'text', text },
        key,
      });
    const said = await say('Here is the form', 'k1');
    expect(said).toMatchObject({ author: 'agent', agent: seat.agent, interaction: during });
    expect((await say('Here is the form', 'k1')).id).toBe(said.id);

    await far.sipp.tell('HANGUP', {}, callId);
    await Promise.all([far.sipp.done(), seat.sipp.done()]);
    await floor.ask('POST', `/conversations/${during}/end`, {});
    // After it: the way back is open still, and it is the same thread.
    const later = await say('The form has arrived', 'k2');
    expect(later.interaction).not.toBe(during);
    await floor.ask('POST', `/conversations/${later.interaction}/end`, {});
    const again = await writes('Thank you');
    const offer = await floor.events.fact('interaction.offered', { interaction: again });
    expect(offer.agent).toBe(seat.agent);

    const ids = [first, call, during, later.interaction, again];
    const ofThread = async () => {
      const path = `/customers/${whose}/timeline`;
      const { entries } = await floor.ask<{ entries: TimelineEntry[] }>('GET', path);
      return entries.filter(({ thread, id }) => thread === first || id === first).reverse();
    };
    await until(async () => (await ofThread()).length === ids.length, 'the timeline is there');
    expect((await ofThread()).map(({ id, channel: on }) => [id, on])).toEqual(
      ids.map((id) => [id, id === call ? 'voice' : 'chat']),
    );
    // A call that goes on from nothing has no way back.
    const alone = await floor.product.ask('POST', `/agents/${seat.agent}/calls/${first}/messages`, {
      content: { type: 'text', text: 'x' },
      key: 'k3',
    });
    expect(alone).toMatchObject({ status: 409, body: { code: 'contact-without-thread' } });
    await floor.ask('POST', `/conversations/${again}/end`, {});
    await floor.nothingLeft();
  });

  test.skipIf(!hasChromium)('the agent goes back into the chat from her panel (needs Chromium)', async () => {
    const { far, line, first } = await waiting();
    const seat = await floor.phone('seat');
    const phone = { kind: 'uri', uri: `sip:1001@127.0.0.1:${seat.sipp.port}` };
    await floor.ask('PUT', '/agents/1001', {
      name: 'Ann',
      phone,
      queues: [line.queue],
      capacity: { voice: 1, chat: 1 },
    });
    const browser = await openBrowser();
    try {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
      const page = await context.newPage();
      await page.goto(floor.product.web);
      await page.getByLabel('Agent number').fill('1001');
      await page.getByLabel('Password').fill(floor.product.login('1001').password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'You are not ready' }).waitFor();
      const call = await chooses(first);
      await page.keyboard.press('F9');
      const ring = await floor.rings(seat);
      seat.rtp.connect(sdpOf(ring));
      await seat.sipp.tell('ANSWER', {}, ring.callId);
      const { callId } = await floor.answers(far, call);

      await page.getByRole('button', { name: 'Write in the chat' }).click();
      await page.getByLabel('Message to the customer').fill('Here is the form');
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'write-back.png') });
      await page.keyboard.press('Enter');
      // It is a contact of hers now, beside the call.
      await page.getByRole('tab', { name: /Open/ }).click();
      await page.getByRole('log', { name: 'Messages' }).getByText('Here is the form').waitFor();
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'written-back.png') });
      await far.sipp.tell('HANGUP', {}, callId);
      await Promise.all([far.sipp.done(), seat.sipp.done()]);
    } finally {
      await browser.close();
    }
    const { conversations } = await floor.ask<{ conversations: Conversation[] }>('GET', '/conversations?via=app');
    for (const { interaction } of conversations) await floor.ask('POST', `/conversations/${interaction}/end`, {});
  });

  test('who goes home leaves what she only read along', async () => {
    const line = await floor.line();
    await floor.ask('PUT', '/channels/app', { kind: 'webhook', channel: 'chat', to: { queue: line.queue } });
    customer++;
    const chat = await writes('Hello');
    const room = { phone: { kind: 'none' }, queues: [line.queue], capacity: { chat: 2 } };
    await floor.ask('PUT', '/agents/3001', { name: 'Bo', ...room });
    await floor.ask('PUT', '/agents/3002', { name: 'Cy', ...room });
    await floor.product.ready('3001');
    const { data } = await floor.events.fact('interaction.offered', { interaction: chat });
    await floor.ask('POST', '/agents/3001/conversations/accept', { offer: data.offer });
    await floor.product.ready('3002');
    await floor.ask('POST', `/agents/3001/conversations/${chat}/join`, { agent: '3002' });
    await floor.events.fact('agent.occupied', ({ agent, data: { count } }) => agent === '3002' && count === 1);
    await floor.ask('POST', '/agents/3002/sign-out', {});
    await floor.events.fact('conversation.left', { interaction: chat, agent: '3002' });
    const gone = ({ agent, data: { to } }: { agent?: string; data: Record<string, unknown> }) =>
      agent === '3002' && to === 'offline';
    await floor.events.fact('agent.presence-changed', gone);
    await floor.ask('POST', `/conversations/${chat}/end`, {});
  });
});
