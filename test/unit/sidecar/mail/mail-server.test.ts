// The mail connector against Debian's Dovecot and Exim.
import { createTransport } from 'nodemailer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inboundItem, type OutboundMessage } from '../../../../connector/index.ts';
import { mail as mailKind } from '../../../../sidecar/channels/mail/index.ts';
import { MailConnector } from '../../../../sidecar/channels/mail/mail-connector.ts';
import { mailSettings } from '../../../../sidecar/channels/mail/settings.ts';
import { type Delivery, SecretText } from '../../../../sidecar/connector.ts';
import { until } from '../../../product/until.ts';
import { Harness } from '../harness.ts';
import { type MemoryTools, memoryTools } from '../memory-tools.ts';
import { MailServer, noMailServer, password } from './mail-server.ts';

const why = noMailServer();

describe.skipIf(why !== undefined)(`mail over real IMAP and SMTP${why ? ` (${why})` : ''}`, () => {
  let server: MailServer;
  const open: (() => Promise<void>)[] = [];
  let user = '';
  let users = 0;

  beforeAll(async () => {
    server = await MailServer.start();
  });
  afterAll(() => server?.stop());
  // Each test has a mailbox of its own.
  beforeEach(() => {
    user = `desk${++users}@bank.example`;
    server.addUser(user);
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  function settingsOf(more: { imap?: object; smtp?: object; channel?: object } = {}) {
    const common = {
      host: '127.0.0.1',
      serverName: 'localhost',
      caFile: server.ca,
      user,
      password: new SecretText(password),
    };
    return mailSettings.parse({
      addresses: [user],
      name: '示例银行',
      imap: { ...common, port: server.ports.imaps, pollMs: 30_000, begin: 'all', ...more.imap },
      smtp: { ...common, port: server.ports.smtps, timeoutMs: 5_000, ...more.smtp },
      language: 'en',
      ...more.channel,
    });
  }

  async function channel(more: Parameters<typeof settingsOf>[0] & { before?: MemoryTools } = {}) {
    const tools = memoryTools(more.before ? { before: more.before } : {});
    const connector = new MailConnector(settingsOf(more), tools, { pauseMs: { first: 50, most: 100 } });
    await connector.start();
    let running = true;
    const stop = async () => {
      if (running) await connector.stop();
      running = false;
    };
    open.push(stop);
    const nth = (index: number): Promise<Delivery> => tools.delivered((one) => tools.deliveries.indexOf(one) === index);
    const item = async (index: number) => {
      const [first] = await connector.normalise(await nth(index));
      return first && inboundItem.parse(first);
    };
    const message = async (index: number) => {
      const found = await item(index);
      if (found?.item !== 'message' || found.content.type !== 'text')
        throw new Error(`no text: ${JSON.stringify(found)}`);
      return { ...found, content: found.content };
    };
    return { connector, tools, stop, item, message, nth };
  }

  /** What a customer's program sends. */
  async function writes(mail: Parameters<ReturnType<typeof createTransport>['sendMail']>[0]) {
    const transport = createTransport({ host: '127.0.0.1', port: server.ports.smtp, ignoreTLS: true });
    await transport.sendMail({ from: 'Li Wei <li@example.com>', to: user, ...mail });
    transport.close();
  }

  let count = 0;
  const outbound = (thread: string, text: string, more: Partial<OutboundMessage> = {}): OutboundMessage => ({
    item: 'message',
    seq: 1,
    message: `message-${++count}`,
    thread,
    at: Date.now(),
    content: { type: 'text', text },
    author: 'agent',
    ...more,
  });
  const customerGot = async (fits: (mail: string) => boolean): Promise<string> => {
    await until(
      () => server.mails('li@example.com').some(fits),
      () => `the customer’s mail; ${server.log().slice(-2_000)}`,
    );
    return server.mails('li@example.com').find(fits) ?? '';
  };
  const header = (mail: string, name: string) =>
    new RegExp(`^${name}:\\s*([^\\n]*(?:\\n[ \\t][^\\n]*)*)`, 'im').exec(mail)?.[1]?.replace(/\s+/g, ' ').trim();

  it('takes a mail at once by IDLE, answers it, and knows the answer to the answer', async () => {
    const { connector, message, tools } = await channel({ channel: { footer: { en: 'Example Bank, licensed' } } });
    await writes({
      subject: 'My card',
      text: 'It is gone.',
      messageId: '<first@example.com>',
      attachments: [{ filename: 'card.png', content: Buffer.from('89504e470d0a1a0a', 'hex') }],
    });
    const first = await message(0);
    expect(first).toMatchObject({
      from: { identities: [{ kind: 'mail', value: 'li@example.com' }], name: 'Li Wei' },
      content: {
        text: 'It is gone.',
        subject: 'My card',
        attachments: [{ kind: 'image', name: 'card.png', bytes: 8 }],
      },
    });
    const answer = outbound(first.thread, 'We have blocked it. 已挂失。', { replyTo: first.key });
    expect(await connector.send(answer)).toMatchObject({ ok: true });
    const got = await customerGot((mail) => mail.includes(answer.message));
    expect(header(got, 'In-Reply-To')).toBe('<first@example.com>');
    expect(header(got, 'References')).toBe('<first@example.com>');
    expect(header(got, 'Subject')).toMatch(/^Re: My card \[#[0-9a-f]{10}\]$/);
    expect(header(got, 'Message-ID')).toBe(`<switchroom.p.${answer.message}@bank.example>`);
    expect(header(got, 'Auto-Submitted')).toBeUndefined();
    expect(Buffer.from(got.split('\n\n').slice(1).join(''), 'base64').toString() + got).toContain(
      'Example Bank, licensed',
    );

    await writes({
      subject: `Re: ${header(got, 'Subject')}`,
      text: `Thank you.\n\nOn Sunday, Bank wrote:\n> We have blocked it.`,
      inReplyTo: header(got, 'Message-ID') ?? '',
      references: [header(got, 'Message-ID') ?? ''],
    });
    const second = await message(1);
    expect(second.thread).toBe(first.thread);
    expect(second.content.text).toBe('Thank you.');
    // A program that loses the references: by the token. And a stranger who has it, does not come in.
    await writes({ subject: header(got, 'Subject') ?? '', text: 'One more thing.' });
    expect((await message(2)).thread).toBe(first.thread);
    await writes({
      from: 'Mallory <wang@example.com>',
      subject: header(got, 'Subject') ?? '',
      text: 'Send me all.',
      inReplyTo: '<first@example.com>',
    });
    expect((await message(3)).thread).not.toBe(first.thread);
    // Asked again after a crash: not sent twice.
    const mails = server.mails('li@example.com').length;
    expect(await connector.send(answer)).toMatchObject({ ok: true });
    expect(await connector.send(outbound(first.thread, 'Last.'))).toMatchObject({ ok: true });
    await customerGot((mail) => mail.includes(`message-${count}`));
    expect(server.mails('li@example.com')).toHaveLength(mails + 1);
    expect(connector.trouble()).toBeUndefined();
    expect(tools.deliveries).toHaveLength(4);
  });

  it('after a restart goes on where it was, and takes nothing twice', async () => {
    const first = await channel();
    await writes({ subject: 'one', text: '1' });
    await first.nth(0);
    await first.stop();
    await writes({ subject: 'two', text: '2' });
    await until(() => server.mails(user).length === 2, 'the second mail is there');
    await writes({ subject: 'three', text: '3' });
    const second = await channel({ before: first.tools });
    expect([(await second.message(1)).content.text, (await second.message(2)).content.text]).toEqual(['2', '3']);
    expect(second.tools.deliveries).toHaveLength(3);
  });

  it('outlives the server, and mails that were numbered anew', async () => {
    const { connector, message, tools } = await channel();
    await writes({ subject: 'one', text: '1' });
    await message(0);
    await server.stopImap();
    await until(() => connector.trouble() !== undefined, 'the trouble is told');
    await writes({ subject: 'two', text: '2' });
    await until(() => server.mails(user).length === 2, 'the second mail is there');
    server.numberAnew(user);
    await server.startImap();
    expect((await message(1)).content.text).toBe('2');
    await until(() => connector.trouble() === undefined, 'the trouble is over');
    await writes({ subject: 'three', text: '3' });
    expect((await message(2)).content.text).toBe('3');
    expect(tools.deliveries).toHaveLength(3);
    expect(JSON.parse(tools.cursors.get('imap:INBOX') ?? '{}').validity).toBe('4242');
  });

  it('polls where the server has no IDLE', async () => {
    await server.stopImap();
    server.capabilities('IMAP4rev1 LITERAL+ UIDPLUS');
    await server.startImap();
    open.push(async () => {
      await server.stopImap();
      server.capabilities('');
      await server.startImap();
    });
    const { message, tools } = await channel({ imap: { pollMs: 200 } });
    await until(() => tools.cursors.size === 1, 'the mailbox is open');
    await writes({ subject: 'one', text: '1' });
    expect((await message(0)).content.text).toBe('1');
  });

  it('begins with what nobody read, or with what comes', async () => {
    for (const subject of ['read', 'unread']) await writes({ subject, text: subject });
    await until(() => server.mails(user).length === 2, 'both are there');
    server.markSeen(user, 'Subject: read');
    const unseen = await channel({ imap: { begin: 'unseen' } });
    expect((await unseen.message(0)).content.text).toBe('unread');
    const fresh = await channel({ imap: { begin: 'new' } });
    await until(() => fresh.tools.cursors.size === 1, 'the mailbox is open');
    await writes({ subject: 'new', text: 'new' });
    expect((await fresh.message(0)).content.text).toBe('new');
    expect((await unseen.message(1)).content.text).toBe('new');
  });

  it('is not stopped by bombs, garbage and giants', async () => {
    const { connector, nth, message, tools } = await channel({ imap: { mostBytes: 100_000 } });
    const bomb = Array.from(
      { length: 300 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}`,
    ).join('\r\n');
    server.put(user, `From: li@example.com\r\nSubject: bomb\r\n${bomb}\r\n\r\nx`);
    await expect(connector.normalise(await nth(0))).rejects.toMatchObject({ code: 'mail-unreadable' });
    server.put(user, '\u0000\u0001 no mail at all');
    await expect(connector.normalise(await nth(1))).rejects.toMatchObject({ code: 'mail-unreadable' });
    await writes({ subject: 'giant', text: `the beginning\n${'x'.repeat(70)}\n`.repeat(10_000) });
    const giant = await message(2);
    expect(giant.content.text).toMatch(/^the beginning/);
    expect(giant.content.text).toMatch(/too large \(0\.\d MB\)/);
    await writes({ subject: 'after', text: 'still here' });
    expect((await message(3)).content.text).toBe('still here');
    expect(tools.deliveries).toHaveLength(4);
  });

  it('takes a mail whole, however often our own disk refused it', async () => {
    const { tools, message } = await channel();
    await until(() => tools.cursors.size === 1, 'the mailbox is open');
    const { accept } = tools.inbox;
    let refused = 0;
    tools.inbox.accept = async (deliveries, cursor) => {
      if (++refused > 5) return accept(deliveries, cursor);
      throw new Error('database or disk is full');
    };
    await writes({ subject: 'long', text: `the beginning\n${'x'.repeat(70)}\n`.repeat(2_000) });
    const { content } = await message(0);
    expect(refused).toBeGreaterThan(5);
    expect(content.text).toMatch(/^the beginning/);
    expect(content.text).not.toContain('too large');
    // The delivery has all of it: the text itself is cut for the agent.
    expect(tools.deliveries[0]?.body.length).toBeGreaterThan(150_000);
  });

  it('tells of a bounce as a failed delivery', async () => {
    const { connector, item } = await channel();
    const one = outbound('gone@example.com', 'hello', {
      content: { type: 'text', text: 'hello', subject: 'Your contract' },
    });
    expect(await connector.send(one)).toMatchObject({ ok: true });
    expect(await item(0)).toMatchObject({
      item: 'delivery',
      message: one.message,
      state: 'failed',
      reason: expect.stringMatching(/moved/),
    });
  });

  it('tells refusals apart: for good, for now, the password, the certificate', async () => {
    const { connector } = await channel();
    expect(await connector.send(outbound('nobody@example.com', 'x'))).toMatchObject({ code: 'rejected', again: false });
    expect(await connector.send(outbound('busy@example.com', 'x'))).toMatchObject({ code: 'busy', again: true });
    expect(await connector.send(outbound('no-such-thread', 'x'))).toMatchObject({ code: 'rejected', again: false });
    const wrong = await channel({
      smtp: { password: new SecretText('guess') },
      imap: { password: new SecretText('guess') },
    });
    expect(await wrong.connector.send(outbound('li@example.com', 'x'))).toMatchObject({
      code: 'token-expired',
      again: true,
    });
    await until(
      () => /INBOX:.*AUTH/i.test(wrong.connector.trouble() ?? ''),
      () => `the trouble: ${wrong.connector.trouble()}`,
    );
    const stranger = await channel({ smtp: { caFile: undefined }, imap: { caFile: undefined } });
    expect(await stranger.connector.send(outbound('li@example.com', 'x'))).toMatchObject({
      code: 'unreachable',
      again: true,
    });
    await until(
      () => /INBOX:.*self-signed/i.test(stranger.connector.trouble() ?? ''),
      () => `the trouble: ${stranger.connector.trouble()}`,
    );
  });

  it('speaks STARTTLS, reads two mailboxes, and keeps a copy of what it sent', async () => {
    const more = {
      imap: { security: 'starttls', port: server.ports.imap, mailboxes: ['INBOX', 'Cards'], sentMailbox: 'Sent' },
      smtp: { security: 'starttls', port: server.ports.smtp },
    };
    server.put(user, 'From: li@example.com\r\nSubject: in cards\r\n\r\nC', '.Cards');
    const { connector, tools, nth } = await channel(more);
    await writes({ subject: 'in inbox', text: 'I' });
    await nth(1);
    const texts = await Promise.all(tools.deliveries.map(async (one) => (await connector.normalise(one))[0]));
    expect(
      texts.map((one) => one?.item === 'message' && one.content.type === 'text' && one.content.text).sort(),
    ).toEqual(['C', 'I']);
    const one = outbound('li@example.com', 'hello');
    expect(await connector.send(one)).toMatchObject({ ok: true });
    await until(() => server.mails(user, '.Sent').some((mail) => mail.includes(one.message)), 'the copy');
  });

  it('the bot’s mails say that a machine wrote them, and a loop ends', async () => {
    const { connector, item, message } = await channel({ channel: { automaticPerHour: 2 } });
    await writes({ subject: 'hello', text: 'x' });
    const { thread } = await message(0);
    const bot = outbound(thread, 'We got it.', { author: 'bot' });
    expect(await connector.send(bot)).toMatchObject({ ok: true });
    const got = await customerGot((mail) => mail.includes(bot.message));
    expect(header(got, 'Auto-Submitted')).toBe('auto-replied');
    expect(header(got, 'X-Auto-Response-Suppress')).toBe('All');
    await writes({
      subject: 'Re: hello',
      text: 'I am away.',
      headers: { 'Auto-Submitted': 'auto-replied' },
      inReplyTo: header(got, 'Message-ID') ?? '',
    });
    expect(await item(1)).toMatchObject({ item: 'event', name: 'auto-reply', thread });
    expect(await connector.send(outbound(thread, '2', { author: 'bot' }))).toMatchObject({ ok: true });
    expect(await connector.send(outbound(thread, '3', { author: 'system' }))).toMatchObject({
      ok: false,
      code: 'quota-spent',
      again: false,
    });
    expect(await connector.send(outbound(thread, '4'))).toMatchObject({ ok: true });
  });

  it('in the whole core: what cannot be read is set aside, the rest goes to the server and is answered', async () => {
    server.put(user, 'Subject: nobody wrote this\r\n\r\nx');
    const harness = await Harness.start({
      kind: mailKind,
      settings: settingsOf(),
      more: { backoffs: { provider: { firstMs: 1, mostMs: 2 }, server: { firstMs: 1, mostMs: 2 } } },
    });
    open.push(() => harness.stop());
    await harness.server.until(() => true, 'the core runs');
    await until(
      () => harness.figures().setAside === 1,
      () => `one is set aside: ${JSON.stringify(harness.figures())}`,
    );
    await writes({ subject: 'Hello', text: 'Is anybody there?' });
    await harness.server.until(() => harness.server.of('message').length === 1, 'the mail is at the server');
    const [first] = harness.server.of('message');
    harness.server.push({ thread: first?.thread ?? '', content: { type: 'text', text: 'Yes, we are here.' } });
    await customerGot((mail) => mail.includes('Yes, we are here.'));
    await harness.server.until(
      () => harness.server.of('delivery').some((one) => one.state === 'sent'),
      'it is told as sent',
    );
  });
});
