// Mails as they really come: broken charsets, quotes of many programs, HTML that wants to run, bombs and garbage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inboundItem } from '../../../../connector/index.ts';
import { automatic } from '../../../../sidecar/channels/mail/automatic.ts';
import { htmlText } from '../../../../sidecar/channels/mail/html-text.ts';
import { deliveryOf, normaliseMail } from '../../../../sidecar/channels/mail/inbound.ts';
import { foldQuoted } from '../../../../sidecar/channels/mail/quoted-text.ts';
import { mailKey, readMail } from '../../../../sidecar/channels/mail/read-mail.ts';
import { type MailSettings, mailSettings } from '../../../../sidecar/channels/mail/settings.ts';
import { Threads } from '../../../../sidecar/channels/mail/threads.ts';
import { SwitchroomError } from '../../../../values/index.ts';
import { memoryTools } from '../memory-tools.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const lines = (...all: string[]) => Buffer.from(all.join('\r\n'), 'utf8');
const settings = mailSettings.parse({
  addresses: ['Service@bank.example'],
  imap: { host: 'mail.bank.example' },
  smtp: { host: 'mail.bank.example' },
  trustedAuthServer: 'mx.bank.example',
});

function mailbox(more: Partial<MailSettings> = {}) {
  const tools = memoryTools();
  const threads = new Threads(tools.memory, tools.secret('t'));
  let uid = 0;
  const read = async (raw: Buffer, cut?: { size: number }) => {
    const taken = {
      mailbox: 'INBOX',
      uid: ++uid,
      received: 1_800_000_000_000,
      size: cut?.size ?? raw.length,
      ...(cut && { cut: true }),
    };
    const items = await normaliseMail(deliveryOf(taken, raw), { ...settings, ...more }, tools, threads);
    for (const item of items) inboundItem.parse(item);
    return items;
  };
  const message = async (raw: Buffer, cut?: { size: number }) => {
    const [item] = await read(raw, cut);
    if (item?.item !== 'message' || item.content.type !== 'text')
      throw new Error(`no text message: ${JSON.stringify(item)}`);
    return { ...item, content: item.content };
  };
  return { tools, threads, read, message };
}

const head = (more: string[] = []) => [
  'From: Li Wei <li@example.com>',
  'To: service@bank.example',
  'Subject: card',
  `Message-ID: <m${more.length}-${more.join('').length}@example.com>`,
  'Date: Mon, 02 Nov 2026 10:00:00 +0800',
  ...more,
];

describe('charsets', () => {
  it.each([
    ['gb2312', 'c4fabac3a3acced2b5c4bfa8b6aac1cb', '您好，我的卡丢了'],
    ['gb18030', '8139ef31c4e3bac3', '㐂你好'],
    // Says gb2312 and writes more than that, as most programs do.
    ['gb2312', '8139ef31c4e3bac3', '㐂你好'],
    ['big5', 'ab48a5cea564a5e1a5a2', '信用卡丟失'],
    ['GBK', 'c4e3bac3', '你好'],
  ])('reads %s', async (charset, bytes, text) => {
    const raw = Buffer.concat([lines(...head([`Content-Type: text/plain; charset=${charset}`]), '', ''), hex(bytes)]);
    expect((await readMail(raw)).text).toBe(text);
  });

  it('reads a subject in encoded words whose characters are torn apart', async () => {
    // 信用卡 in gb18030, the second character split between two words.
    const raw = lines('From: a@example.com', 'Subject: =?gb18030?B?0MXT?= =?gb18030?B?w7+o?=', '', 'x');
    expect((await readMail(raw)).subject).toBe('信用卡');
  });

  it('reads raw 8-bit headers and a body that says no charset, or a wrong one', async () => {
    const gb = Buffer.concat([
      lines('From: a@example.com', 'Subject: '),
      hex('c4e3bac3'),
      lines('', '', ''),
      hex('c4e3bac3'),
    ]);
    expect(await readMail(gb)).toMatchObject({ subject: '你好', text: '你好' });
    const lie = Buffer.concat([
      lines(...head(['Content-Type: text/plain; charset=us-ascii']), '', ''),
      hex('c4e3bac3'),
    ]);
    expect((await readMail(lie)).text).toBe('你好');
    const utf8 = lines('From: a@example.com', 'Subject: 你好', '', '卡丢了');
    expect(await readMail(utf8)).toMatchObject({ subject: '你好', text: '卡丢了' });
    const unknown = Buffer.concat([
      lines(...head(['Content-Type: text/plain; charset="x-unknown"']), '', ''),
      hex('bfa8'),
    ]);
    expect((await readMail(unknown)).text).toBe('卡');
  });

  it('decodes names of attachments, and keeps them harmless', async () => {
    const { message, tools } = mailbox();
    const item = await message(
      lines(
        ...head(['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b']),
        '',
        '--b',
        'Content-Type: text/plain',
        '',
        'see',
        '--b',
        'Content-Type: application/pdf; name="=?utf-8?B?5a+56LSm5Y2VLnBkZg==?="',
        'Content-Disposition: attachment; filename="../../=?utf-8?B?5a+56LSm5Y2VLnBkZg==?="',
        'Content-Transfer-Encoding: base64',
        '',
        'JVBERi0=',
        '--b',
        'Content-Type: application/x-msdownload',
        `Content-Disposition: attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe`,
        '',
        'MZ',
        '--b--',
      ),
    );
    const names = item.content.attachments?.map((one) => one.name) ?? [];
    expect(names[0]).toContain('对账单.pdf');
    expect(names[0]).not.toMatch(/[/\\]/);
    expect(names[1]).toBe('invoice fdp.exe');
    expect([...tools.kept.values()][0]?.bytes.toString()).toBe('%PDF-');
  });
});

describe('what is new in it', () => {
  it.each([
    [
      'Gmail',
      'My card is gone.\n\nOn Mon, 2 Nov 2026 at 10:00, Bank <service@bank.example>\nwrote:\n\n> Dear Li,\n> how can we help?',
      'My card is gone.',
    ],
    [
      'Gmail in Chinese',
      '卡丢了。\n\nBank <service@bank.example> 于2026年11月2日周一 10:00写道：\n\n> 您好',
      '卡丢了。',
    ],
    [
      'Apple Mail in Chinese',
      '已收到\n\n> 在 2026年11月2日，10:00，Bank <service@bank.example> 写道：\n>\n> 您好',
      '已收到',
    ],
    [
      'QQ mail',
      '谢谢\n\n------------------ 原始邮件 ------------------\n发件人: "Bank" <service@bank.example>;\n发送时间: 2026年11月2日\n收件人: "li"\n主题: 卡\n\n您好',
      '谢谢',
    ],
    ['NetEase', '好的\n\n\nAt 2026-11-02 10:00:00, "Bank" <service@bank.example> wrote:\n>您好', '好的'],
    [
      'Outlook',
      'Thanks!\n\n________________________________\nFrom: Bank <service@bank.example>\nSent: Monday\nTo: Li\nSubject: RE: card\n\nDear Li',
      'Thanks!',
    ],
    ['Outlook in Chinese', '谢谢\n\n发件人: Bank\n发送时间: 2026年11月2日\n收件人: Li\n主题: 卡\n\n您好', '谢谢'],
    ['a signature', 'Please call me.\n\n-- \nLi Wei\n138…', 'Please call me.'],
    [
      'an answer below the quote',
      'On Mon, 2 Nov 2026, Bank wrote:\n> how can we help?\n\nMy card is gone.',
      'My card is gone.',
    ],
  ])('%s', (_, text, fresh) => {
    expect(foldQuoted(text)).toEqual({ fresh, folded: true });
  });

  it('leaves alone what only looks like a quote', () => {
    const inline = '> how can we help?\nMy card is gone.\n> anything else?\nNo.';
    expect(foldQuoted(inline)).toEqual({ fresh: inline, folded: false });
    const told = 'On Monday my colleague wrote:\nthe card is blocked\n> 100 EUR were taken\nIs that so?';
    expect(foldQuoted(told).fresh).toContain('Is that so?');
    const only = '> a\n> b';
    expect(foldQuoted(only)).toEqual({ fresh: only, folded: false });
  });

  it('keeps the whole beside it', async () => {
    const { message, tools } = mailbox();
    const text = 'Gone.\n\nOn Mon, 2 Nov 2026, Bank wrote:\n> help?';
    const item = await message(lines(...head(), '', ...text.split('\n')));
    expect(item.content.text).toBe('Gone.');
    const whole = item.content.attachments?.at(-1);
    expect(whole).toMatchObject({ mime: 'text/plain', name: 'whole-message.txt' });
    expect(tools.kept.get(whole?.id ?? '')?.bytes.toString()).toBe(text);
  });
});

describe('HTML', () => {
  it('becomes text, and nothing of it runs, loads or hides', () => {
    const text = htmlText(
      `<html><head><title>t</title><style>p{color:red}</style></head><body>
       <div style="display:none">preview text</div><p>Dear&nbsp;bank &amp; <b>team</b>,</p>
       <script>alert(1)</script><img src="https://spy.example/p.gif" alt="logo"><ul><li>one<li>two</ul>
       <a href="https://bank.example/x">here</a> <a href="javascript:alert(1)">there</a>
       <table><tr><td>a</td><td>b</td></tr></table><blockquote>old<br>lines</blockquote><!-- <p>no</p> --></body></html>`,
    );
    expect(text).toBe(
      'Dear bank & team,\n\n[logo]\n\n- one\n- two\n\nhere (https://bank.example/x) there\n\na\tb\n\n> old\n> lines',
    );
  });

  it.each([
    ['never closed', '<div><b>'.repeat(50_000)],
    ['half tags', '<a '.repeat(200_000)],
    ['comments', '<!--'.repeat(200_000)],
    ['entities', '&#x41;'.repeat(200_000)],
    ['quotes', '<blockquote>x'.repeat(20_000)],
  ])('stays quick and bounded: %s', (_, html) => {
    const before = performance.now();
    const text = htmlText(html);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(text.length).toBeLessThanOrEqual(400_000);
  });

  it('never throws, and never gives tags of scripts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '/', 'script', 'p', ' ', '"', '&', 'style', '!--', 'x') }),
        (html) => {
          expect(typeof htmlText(html)).toBe('string');
        },
      ),
      { seed: 5 },
    );
  });
});

describe('who wrote it', () => {
  const classified = async (...more: string[]) => automatic(await readMail(lines(...head(more), '', 'text')));

  it('tells machines from humans', async () => {
    expect(await classified()).toBeUndefined();
    expect(await classified('Auto-Submitted: no')).toBeUndefined();
    expect(await classified('Auto-Submitted: auto-replied')).toBe('auto-reply');
    expect(await classified('X-Autoreply: yes')).toBe('auto-reply');
    expect(await classified('Precedence: auto_reply')).toBe('auto-reply');
    expect(await classified('Precedence: bulk')).toBe('bulk');
    expect(await classified('List-Id: <news.example.com>')).toBe('bulk');
    expect(await classified('Return-Path: <>')).toBe('auto-reply');
    expect(automatic(await readMail(lines('From: a@example.com', 'Subject: 自动回复: 出差', '', 'x')))).toBe(
      'auto-reply',
    );
  });

  it('makes an event of a holiday note and no message', async () => {
    const [item] = await mailbox().read(lines(...head(['Auto-Submitted: auto-replied']), '', 'I am away.'));
    expect(item).toMatchObject({ item: 'event', name: 'auto-reply', data: { text: 'I am away.' } });
  });

  it('believes only the trusted server about DMARC', async () => {
    const verified = async (...more: string[]) =>
      (await mailbox().message(lines(...more, ...head(), '', 'x'))).from.identities[0]?.verified;
    expect(
      await verified('Authentication-Results: mx.bank.example; spf=pass; dmarc=pass header.from=example.com'),
    ).toBe(true);
    expect(await verified('Authentication-Results: mx.bank.example; dmarc=fail')).toBeUndefined();
    expect(await verified('Authentication-Results: evil.example; dmarc=pass')).toBeUndefined();
    expect(
      await verified(
        'Authentication-Results: mx.bank.example; dmarc=fail',
        'Authentication-Results: mx.bank.example; dmarc=pass',
      ),
    ).toBeUndefined();
  });

  it('drops our own mails, and answers no Reply-To of a stranger’s domain', async () => {
    const { read, message, threads } = mailbox();
    expect(await read(lines('From: service@bank.example', 'To: li@example.com', 'Subject: x', '', 'x'))).toEqual([]);
    const item = await message(lines(...head(['Reply-To: thief@evil.example']), '', 'send me all'));
    expect(threads.facts(item.thread)?.inbound[0]?.to).toBe('li@example.com');
  });

  it('follows a Reply-To of the same domain where the sender is proved or the domain is known, and nowhere else', async () => {
    const proof = 'Authentication-Results: mx.bank.example; dmarc=pass header.from=example.com';
    const answered = async (more: Partial<MailSettings>, replyTo: string, ...first: string[]) => {
      const { message, threads } = mailbox(more);
      const { thread } = await message(lines(...first, ...head([`Reply-To: ${replyTo}`]), '', 'x'));
      return threads.facts(thread)?.inbound[0]?.to;
    };
    // Whoever has a mailbox at the same provider.
    expect(await answered({}, 'thief@example.com')).toBe('li@example.com');
    expect(await answered({}, 'thief@example.com', proof.replace('pass', 'fail'))).toBe('li@example.com');
    expect(await answered({}, 'li.wei@example.com', proof)).toBe('li.wei@example.com');
    expect(await answered({}, 'thief@evil.example', proof)).toBe('li@example.com');
    const known = mailSettings.shape.replyToDomains.parse(['Example.com']);
    expect(await answered({ replyToDomains: known }, 'li.wei@example.com')).toBe('li.wei@example.com');
    expect(await answered({ replyToDomains: known }, 'thief@evil.example')).toBe('li@example.com');
    expect(await answered({ replyTo: 'always' }, 'li@home.example')).toBe('li@home.example');
  });
});

describe('a thread that is forgotten', () => {
  it('goes on for who began it, and lets in no stranger who knows its root', async () => {
    const { message, tools } = mailbox();
    const root = '<m0-0@example.com>';
    const begun = await message(lines(...head(), '', 'my card'));
    tools.facts.clear();
    const stranger = [
      'From: mallory@evil.example',
      'To: service@bank.example',
      'Subject: Re: card',
      `References: ${root}`,
    ];
    expect((await message(lines(...stranger, '', 'and my PIN?'))).thread).not.toBe(begun.thread);
    const again = await message(lines(...head([`References: ${root}`]), '', 'found it'));
    expect(again.thread).toBe(begun.thread);
  });
});

describe('bombs and garbage', () => {
  const nested = (depth: number) => {
    const all = ['From: a@example.com', 'Subject: bomb'];
    for (let at = 0; at < depth; at++) all.push(`Content-Type: multipart/mixed; boundary=b${at}`, '', `--b${at}`);
    return lines(...all, 'Content-Type: text/plain', '', 'x');
  };

  it('refuses parts nested too deep, with a reason', async () => {
    await expect(readMail(nested(500))).rejects.toMatchObject({ code: 'mail-unreadable' });
    expect((await readMail(nested(10))).text).toBe('x');
  });

  it('refuses headers without end, nothing, and a mail without a sender', async () => {
    await expect(readMail(lines(`Subject: ${'a'.repeat(600_000)}`, '', 'x'))).rejects.toMatchObject({
      code: 'mail-unreadable',
    });
    await expect(readMail(Buffer.alloc(0))).rejects.toMatchObject({ code: 'mail-unreadable' });
    await expect(mailbox().read(lines('Subject: x', '', 'x'))).rejects.toMatchObject({ code: 'mail-unreadable' });
  });

  it('never opens a zip: a bomb is bytes like others', async () => {
    const item = await mailbox().message(
      lines(
        ...head(['Content-Type: application/zip; name=42.zip', 'Content-Transfer-Encoding: base64']),
        '',
        Buffer.from('PK\u0003\u0004 and what unpacks to petabytes').toString('base64'),
      ),
    );
    expect(item.content.attachments).toMatchObject([{ kind: 'file', name: '42.zip', bytes: 34 }]);
  });

  it('takes what it can of a hundred parts, a cut mail and a refused attachment, and says so', async () => {
    const parts = Array.from(
      { length: 100 },
      (_, at) => `--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=${at}.csv\r\n\r\n1`,
    );
    const many = lines(...head(['Content-Type: multipart/mixed; boundary=b']), '', ...parts, '--b--');
    const item = await mailbox().message(many);
    expect(item.content.attachments).toHaveLength(18);
    expect(item.content.text).toContain('82');
    const cut = await mailbox().message(lines(...head(), '', 'the beginning'), { size: 80_000_000 });
    expect(cut.content.text).toMatch(/^the beginning\n\n\[This mail is too large \(80.0 MB\)/);
    const refusing = mailbox();
    refusing.tools.refuse.why = new SwitchroomError('attachment-refused', { reason: 'a virus' });
    const refused = await refusing.message(lines(...head(['Content-Type: application/zip; name=v.zip']), '', 'PK'));
    expect(refused.content.text).toContain('v.zip');
    refusing.tools.refuse.why = new Error('the server is away');
    await expect(
      refusing.message(lines(...head(['Content-Type: application/zip; name=v.zip']), '', 'PK')),
    ).rejects.toThrow('away');
  });

  it('any bytes give items, or a refusal of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), async (bytes, withHead) => {
        const raw = Buffer.concat([
          withHead ? lines(...head(['Content-Type: multipart/related; boundary="'])) : Buffer.alloc(0),
          bytes,
        ]);
        try {
          await mailbox().read(raw);
        } catch (error) {
          expect(error).toMatchObject({ code: 'mail-unreadable' });
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('knows a mail again in another mailbox and under another UID, and tells two apart', () => {
    const one = lines(...head(), '', 'x');
    const copy = lines('Received: by other', ...head(), '', 'x');
    expect(mailKey(one)).toBe(mailKey(copy));
    expect(mailKey(one)).not.toBe(mailKey(lines(...head(), '', 'y')));
  });
});
