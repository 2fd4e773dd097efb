// The CMPP connector against a gateway of its own making, on loopback, as gateways are: slow, doubled, lost, broken.
import { afterEach, describe, expect, it } from 'vitest';
import { inboundItem, type OutboundMessage } from '../../../../connector/index.ts';
import { CmppConnector } from '../../../../sidecar/channels/sms/cmpp-connector.ts';
import { smsSettings } from '../../../../sidecar/channels/sms/settings.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { Ismg, type IsmgOptions } from '../../../simulators/cmpp/ismg.ts';
import { type MemoryTools, memoryTools } from '../memory-tools.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function gateway(options: Partial<IsmgOptions> = {}) {
  const ismg = new Ismg({ version: '2.0', account: 'bank01', secret: 'pw', ...options });
  const port = await ismg.listen();
  open.push(() => ismg.close());
  return { ismg, port };
}

async function channel(port: number, more: { cmpp?: object; channel?: object; before?: MemoryTools } = {}) {
  const settings = smsSettings.parse({
    cmpp: {
      host: '127.0.0.1',
      port,
      account: 'bank01',
      secret: new SecretText('pw'),
      number: '10690001',
      ...more.cmpp,
    },
    ...more.channel,
  });
  if (!settings.cmpp) throw new Error('no cmpp');
  const tools = memoryTools(more.before ? { before: more.before } : {});
  const connector = new CmppConnector(settings.cmpp, settings, tools, { pauseMs: { first: 20, most: 50 } });
  await connector.start();
  let running = true;
  const stop = async () => {
    if (running) await connector.stop();
    running = false;
  };
  open.push(stop);
  return { connector, tools, stop };
}

let count = 0;
const message = (text: string, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
  item: 'message',
  seq: 1,
  message: `m-${++count}`,
  thread: '+8613800138000',
  at: 1,
  content: { type: 'text', text },
  author: 'agent',
  ...more,
});
const ucs2 = (text: string) => Buffer.from(text, 'utf16le').swap16();
const bound = (ismg: Ismg, connections = 1) => ismg.until(() => ismg.connections >= connections);

/** Sends until the link is there. */
async function sent(connector: CmppConnector, one: OutboundMessage) {
  for (;;) {
    const result = await connector.send(one);
    if (result.ok || !/not connected|is away/.test(result.reason)) return result;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(['2.0', '3.0'] as const)('CMPP %s', (version) => {
  it('sends a long text in parts, and it is delivered when all parts are', async () => {
    const { ismg, port } = await gateway({ version });
    const { connector, tools } = await channel(port, { cmpp: { version }, channel: { signature: '【示例银行】' } });
    const one = message('卡'.repeat(100), { thread: '+8613800138000~07' });
    expect(await sent(connector, one)).toMatchObject({ ok: true });
    expect(ismg.submitted).toMatchObject([
      {
        pkTotal: 2,
        pkNumber: 1,
        udhi: 1,
        fmt: 8,
        registered: 1,
        srcId: '1069000107',
        dest: '13800138000',
        msgSrc: 'bank01',
      },
      { pkTotal: 2, pkNumber: 2, udhi: 1 },
    ]);
    const text = Buffer.concat(ismg.submitted.map((part) => part.content.subarray(6)));
    expect(text.swap16().toString('utf16le')).toBe(`【示例银行】${'卡'.repeat(100)}`);
    const states = [];
    for (const [index, part] of ismg.submitted.entries()) {
      ismg.receipt(part.msgId, 'DELIVRD', part.dest, version === '3.0');
      await tools.delivered(() => tools.deliveries.length === index + 1);
      states.push(await connector.normalise(tools.deliveries[index] ?? never()));
    }
    expect(states).toMatchObject([[], [{ item: 'delivery', message: one.message, state: 'delivered' }]]);
    await ismg.until(() => ismg.delivered.length === 2);
    expect(ismg.delivered.every((answer) => answer.result === 0)).toBe(true);
  });

  it('takes texts of customers, whole and in parts out of order, also across a restart', async () => {
    const { ismg, port } = await gateway({ version });
    const first = await channel(port, { cmpp: { version } });
    await sent(first.connector, message('hello'));
    ismg.deliver({ from: '8613800138000', to: '10690001', content: ucs2('我的卡丢了😀') });
    const [item] = await first.connector.normalise(await first.tools.delivered(() => true));
    expect(inboundItem.parse(item)).toMatchObject({
      item: 'message',
      thread: '+8613800138000',
      from: { identities: [{ kind: 'phone', value: '+8613800138000' }] },
      content: { text: '我的卡丢了😀' },
    });
    const part = (number: number, text: string) =>
      ismg.deliver({
        from: '13800138000',
        to: '10690001',
        udhi: 1,
        content: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, number]), ucs2(text)]),
      });
    part(2, '第二');
    const second = await first.tools.delivered((one) => one !== first.tools.deliveries[0]);
    expect(await first.connector.normalise(second)).toEqual([]);
    await first.stop();
    expect(ismg.terminated).toBe(1);

    const next = await channel(port, { cmpp: { version }, before: first.tools });
    await sent(next.connector, message('again'));
    part(1, '第一');
    const last = await next.tools.delivered((one) => next.tools.deliveries.indexOf(one) === 2);
    expect(await next.connector.normalise(last)).toMatchObject([{ content: { text: '第一第二' } }]);
  });
});

const never = () => {
  throw new Error('it is not there');
};

describe('a gateway that misbehaves', () => {
  it('refuses the login; the trouble says why, and the next try succeeds', async () => {
    const { ismg, port } = await gateway();
    ismg.refusals.push(3);
    const { connector } = await channel(port);
    await bound(ismg, 2);
    expect(await sent(connector, message('x'))).toMatchObject({ ok: true });
    expect(connector.trouble()).toBeUndefined();
  });

  it('is not believed where it does not know the secret, and the trouble says so', async () => {
    const { ismg, port } = await gateway();
    ismg.impostor = true;
    const { connector } = await channel(port);
    await bound(ismg, 2);
    expect(connector.trouble()).toMatch(/does not know the shared secret/);
    expect(await connector.send(message('x'))).toMatchObject({ ok: false, code: 'unreachable', again: true });
    expect(ismg.submitted).toEqual([]);
  });

  it('of the wrong secret is told apart', async () => {
    const { ismg, port } = await gateway({ secret: 'other' });
    const { connector } = await channel(port);
    await bound(ismg, 2);
    expect(connector.trouble()).toMatch(/account or the secret is wrong/);
  });

  it('never sees more than its window, though it holds its answers', async () => {
    const { ismg, port } = await gateway({ window: 4 });
    const { connector } = await channel(port, { cmpp: { window: 4 } });
    await sent(connector, message('first'));
    ismg.whims.push(...Array(4).fill('hold'));
    const all = Array.from({ length: 30 }, () => connector.send(message('x')));
    await ismg.until(() => ismg.submitted.length === 5);
    ismg.release();
    for (const result of await Promise.all(all)) expect(result).toMatchObject({ ok: true });
    expect(ismg.mostAtOnce).toBe(4);
    expect(ismg.connections).toBe(1);
  });

  it('loses an answer: the same SUBMIT comes again; two answers are one', async () => {
    const { ismg, port } = await gateway();
    const { connector } = await channel(port, { cmpp: { answerMs: 60 } });
    await sent(connector, message('first'));
    ismg.whims.push('lose', 'twice');
    expect(await connector.send(message('x'))).toMatchObject({ ok: true });
    const [, lost, again] = ismg.submitted;
    expect(again?.sequence).toBe(lost?.sequence);
    expect(await connector.send(message('y'))).toMatchObject({ ok: true });
  });

  it('breaks in the middle: what it had taken does not go twice', async () => {
    const { ismg, port } = await gateway();
    const { connector } = await channel(port, { cmpp: { window: 1 } });
    await sent(connector, message('first'));
    ismg.whims.push('answer', 'break');
    const long = message('卡'.repeat(100));
    expect(await connector.send(long)).toMatchObject({ ok: false, code: 'unreachable', again: true });
    expect(await sent(connector, long)).toMatchObject({ ok: true });
    expect(ismg.submitted.slice(1).map((part) => part.pkNumber)).toEqual([1, 2, 2]);
    expect(ismg.connections).toBe(2);
    const references = new Set(ismg.submitted.slice(1).map((part) => part.content[3]));
    expect(references.size).toBe(1);
    // Asked a third time, after all: nothing goes out.
    expect(await connector.send(long)).toMatchObject({ ok: true });
    expect(ismg.submitted).toHaveLength(4);
  });

  it('tells results apart', async () => {
    const { ismg, port } = await gateway();
    const { connector } = await channel(port);
    await sent(connector, message('first'));
    ismg.whims.push('throttle', { result: 6 }, { result: 9 }, { result: 200 });
    expect(await connector.send(message('x'))).toMatchObject({ code: 'busy', again: true, afterMs: 1_000 });
    expect(await connector.send(message('x'))).toMatchObject({ code: 'too-large', again: false });
    expect(await connector.send(message('x'))).toMatchObject({
      code: 'rejected',
      again: false,
      reason: expect.stringContaining('does not serve'),
    });
    expect(await connector.send(message('x'))).toMatchObject({ code: 'rejected', again: false });
    expect(await connector.send(message('卡'.repeat(1_000)))).toMatchObject({ code: 'too-large' });
    expect(await connector.send(message('x', { thread: 'someone' }))).toMatchObject({ code: 'rejected' });
  });

  it('sends a receipt before the answer: it is read again later', async () => {
    const { ismg, port } = await gateway();
    const { connector, tools } = await channel(port);
    await sent(connector, message('first'));
    const early = Buffer.alloc(8, 0x77);
    ismg.receipt(early, 'DELIVRD', '13800138000');
    await expect(connector.normalise(await tools.delivered(() => true))).rejects.toMatchObject({
      code: 'sms-receipt-early',
    });
    ismg.whims.push('receipt-first');
    const one = message('x');
    expect(await connector.send(one)).toMatchObject({ ok: true });
    const receipt = await tools.delivered((delivery) => tools.deliveries.indexOf(delivery) === 1);
    expect(await connector.normalise(receipt)).toMatchObject([{ message: one.message, state: 'delivered' }]);
  });

  it('tells of a failure once, though it sends the receipt twice', async () => {
    const { ismg, port } = await gateway();
    const { connector, tools } = await channel(port);
    const one = message('x');
    await sent(connector, one);
    const { msgId } = ismg.submitted[0] ?? never();
    ismg.receipt(msgId, 'UNDELIV', '13800138000');
    ismg.receipt(msgId, 'UNDELIV', '13800138000');
    await ismg.until(() => ismg.delivered.length === 2);
    expect(tools.deliveries).toHaveLength(1);
    expect(await connector.normalise(tools.deliveries[0] ?? never())).toMatchObject([
      { message: one.message, state: 'failed', code: 'unreachable', reason: 'the carrier says UNDELIV' },
    ]);
  });

  it('sends a text twice: it is one', async () => {
    const { ismg, port } = await gateway();
    const { connector, tools } = await channel(port);
    await sent(connector, message('first'));
    const text = { from: '13800138000', to: '10690001', content: ucs2('你好'), msgId: Buffer.alloc(8, 5) };
    ismg.deliver(text);
    ismg.deliver(text);
    await ismg.until(() => ismg.delivered.length === 2);
    expect(tools.deliveries).toHaveLength(1);
  });

  it('sends nonsense: the link ends, and a new one begins', async () => {
    const { ismg, port } = await gateway();
    const { connector } = await channel(port);
    await sent(connector, message('first'));
    ismg.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await bound(ismg, 2);
    expect(await sent(connector, message('x'))).toMatchObject({ ok: true });
  });

  it('falls silent: it is asked, and left', async () => {
    const { ismg, port } = await gateway();
    const { connector } = await channel(port, { cmpp: { keepAliveMs: 60, answerMs: 50, tries: 2 } });
    await sent(connector, message('first'));
    await ismg.until(() => ismg.activeTests >= 2);
    expect(ismg.connections).toBe(1);
    ismg.alive = false;
    await bound(ismg, 2);
  });

  it('goes away for good: nothing hangs, and stop ends', async () => {
    const { ismg, port } = await gateway();
    const { connector, stop } = await channel(port);
    await sent(connector, message('first'));
    ismg.whims.push('lose');
    const hanging = connector.send(message('x'));
    await ismg.until(() => ismg.submitted.length === 2);
    ismg.terminate();
    expect(await hanging).toMatchObject({ ok: false, again: true, reason: 'the gateway ended the connection' });
    await stop();
  });
});

describe('what customers mean', () => {
  it('a menu is numbered lines, its answer a choice; TD is an opt-out and no message', async () => {
    const { ismg, port } = await gateway();
    const { connector, tools } = await channel(port);
    const choices = [
      { key: 'card', label: '挂失' },
      { key: 'loan', label: '贷款' },
    ];
    await sent(connector, message('', { content: { type: 'menu', text: '请选择', choices } }));
    expect(ismg.submitted[0]?.content.swap16().toString('utf16le')).toBe('请选择\n1. 挂失\n2. 贷款');
    const said = async (text: string) => {
      const before = tools.deliveries.length;
      ismg.deliver({ from: '13800138000', to: '10690001', content: ucs2(text) });
      const delivery = await tools.delivered((one) => tools.deliveries.indexOf(one) === before);
      return (await connector.normalise(delivery))[0];
    };
    expect(await said('２')).toMatchObject({ item: 'message', content: { type: 'choice', key: 'loan' } });
    expect(await said('td')).toMatchObject({ item: 'event', name: 'opt-out' });
    expect(await said('3')).toMatchObject({ item: 'message', content: { type: 'text', text: '3' } });
  });

  it('a long text that never becomes whole is given as far as it came', async () => {
    const { ismg, port } = await gateway();
    const { connector, tools } = await channel(port, { channel: { joinMs: 120 } });
    await sent(connector, message('first'));
    ismg.deliver({
      from: '13800138000',
      to: '10690001',
      udhi: 1,
      content: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, 1]), ucs2('第一')]),
    });
    expect(await connector.normalise(await tools.delivered(() => true))).toEqual([]);
    const late = await tools.delivered((one) => one.key.startsWith('late-'));
    const [item] = await connector.normalise(late);
    expect(inboundItem.parse(item)).toMatchObject({ thread: '+8613800138000', content: { text: '第一[…]' } });
  });
});
