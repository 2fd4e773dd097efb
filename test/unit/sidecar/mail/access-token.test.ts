// Tokens instead of passwords: fetched, renewed before their end and when a server refuses them, for SMTP and for IMAP.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { mailToken } from '../../../../sidecar/channels/mail/access-token.ts';
import { Mailbox } from '../../../../sidecar/channels/mail/mailbox.ts';
import { mailSettings } from '../../../../sidecar/channels/mail/settings.ts';
import { Submission } from '../../../../sidecar/channels/mail/submission.ts';
import { SecretText } from '../../../../sidecar/connector.ts';
import { keepToken } from '../../../../sidecar/token-keeper.ts';
import { memoryTools } from '../memory-tools.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each line. */
async function lines(greeting: string, answer: (line: string, socket: Socket) => string | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.write(greeting);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part) => {
      const all = (rest + String(part)).split('\r\n');
      rest = all.pop() ?? '';
      for (const line of all) {
        const said = answer(line, socket);
        if (said !== undefined) socket.write(said);
      }
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The token endpoint: `token-1`, `token-2` … */
function provider(answers: Partial<{ refresh_token: string; expires_in: number }> = {}) {
  const asked: Record<string, string>[] = [];
  let clockAt = 0;
  const clock = { now: () => clockAt, monotonic: () => clockAt };
  const tools = {
    ...memoryTools({ logger: pino({ level: 'silent' }) }),
    fetch: async (_url: string, init?: RequestInit) => {
      asked.push(Object.fromEntries(init?.body as URLSearchParams));
      return Response.json({ access_token: `token-${asked.length}`, expires_in: 3_600, ...answers });
    },
    token: (source: Parameters<typeof keepToken>[0]) => keepToken(source, clock),
  };
  return { asked, tools, pass: (ms: number) => (clockAt += ms) };
}

const oauth = { tokenUrl: 'https://login.example/token', clientId: 'switchroom', clientSecret: 's3cret' };
/** `user=…^Aauth=Bearer …^A^A` (XOAUTH2). */
const tokenOf = (base64: string) => /auth=Bearer ([\w-]*)/.exec(Buffer.from(base64, 'base64').toString())?.[1];

describe('the token', () => {
  test('by client credentials; kept until five minutes before its end', async () => {
    const { asked, tools, pass } = provider();
    const keeper = mailToken({ ...oauth, scope: 'mail' }, tools);
    expect([await keeper.get(), await keeper.get()]).toEqual(['token-1', 'token-1']);
    expect(asked).toEqual([
      { grant_type: 'client_credentials', client_id: 'switchroom', client_secret: 's3cret', scope: 'mail' },
    ]);
    pass(3_300_000);
    await keeper.get();
    await expect.poll(() => keeper.get()).toBe('token-2');
  });

  test('by refresh token; a new one takes its place, also after a restart', async () => {
    const { asked, tools } = provider({ refresh_token: 'second' });
    const { clientSecret: _, ...own } = oauth;
    await mailToken({ ...own, refreshToken: 'first' }, tools).get();
    await mailToken({ ...own, refreshToken: 'first' }, tools).get();
    expect(asked.map((one) => one.refresh_token)).toEqual(['first', 'second']);
    await mailToken({ ...own, refreshToken: 'set anew' }, tools).get();
    expect(asked.at(-1)?.refresh_token).toBe('set anew');
  });

  test('a refusal is told by its code, and without what we sent', async () => {
    const { tools } = provider();
    const wrong = {
      ...tools,
      fetch: async () => Response.json({ error: 'invalid_client', error_description: 's3cret' }, { status: 401 }),
    };
    await expect(mailToken(oauth, wrong).get()).rejects.toThrow(
      /^no access token for the mailbox: 401 invalid_client$/,
    );
  });

  test('settings: an https address, and something to prove with', () => {
    const read = (more: object) =>
      mailSettings.safeParse({
        addresses: ['a@bank.example'],
        imap: { host: 'i.example' },
        smtp: { host: 's.example' },
        oauth: { tokenUrl: oauth.tokenUrl, clientId: 'x', clientSecret: new SecretText('y'), ...more },
      });
    expect(read({}).success).toBe(true);
    expect(read({ tokenUrl: 'http://login.example/token' }).error?.issues[0]?.path).toEqual(['oauth', 'tokenUrl']);
    expect(read({ clientSecret: undefined }).error?.issues[0]?.path).toEqual(['oauth']);
  });
});

test('SMTP: a token that the server refuses is renewed, and the mail goes', async () => {
  const { asked, tools } = provider();
  const tried: (string | undefined)[] = [];
  let mail = false;
  const port = await lines('220 hello\r\n', (line, socket) => {
    if (mail) {
      if (line !== '.') return undefined;
      mail = false;
      return '250 2.0.0 queued\r\n';
    }
    const [word = '', , token] = line.split(' ');
    if (word === 'EHLO') return '250-here\r\n250 AUTH XOAUTH2\r\n';
    if (word === 'AUTH') {
      tried.push(tokenOf(token ?? ''));
      return tried.length === 1 ? '535 5.7.8 expired\r\n' : '235 2.7.0 accepted\r\n';
    }
    if (word === 'DATA') {
      mail = true;
      return '354 go on\r\n';
    }
    if (word === 'QUIT') socket.end();
    return '250 2.1.0 ok\r\n';
  });
  const { smtp } = mailSettings.parse({
    addresses: ['a@bank.example'],
    imap: { host: '127.0.0.1' },
    smtp: { host: '127.0.0.1', port, security: 'none', user: 'a@bank.example' },
  });
  const submission = new Submission(smtp, mailToken(oauth, tools));
  const raw = Buffer.from('Subject: hello\r\n\r\nGood day\r\n');
  const sent = await submission.send({ from: 'a@bank.example', to: 'b@x.example', messageId: '<1@bank>', raw });
  expect(sent).toMatchObject({ ok: true });
  expect(tried).toEqual(['token-1', 'token-2']);
  expect(asked).toHaveLength(2);
  submission.stop();
});

test('IMAP: a token that the server refuses is renewed for the next try', async () => {
  const { tools } = provider();
  const tried: (string | undefined)[] = [];
  const port = await lines('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] here\r\n', (line, socket) => {
    const [tag = '', command, , token] = line.split(' ');
    if (command === 'AUTHENTICATE') {
      tried.push(tokenOf(token ?? ''));
      return `${tag} NO [AUTHENTICATIONFAILED] expired\r\n`;
    }
    if (command === 'LOGOUT') socket.end();
    return `${tag} OK done\r\n`;
  });
  const { imap } = mailSettings.parse({
    addresses: ['a@bank.example'],
    imap: { host: '127.0.0.1', port, security: 'none', user: 'a@bank.example' },
    smtp: { host: '127.0.0.1' },
  });
  const mailbox = new Mailbox({
    path: 'INBOX',
    imap,
    tools,
    token: mailToken(oauth, tools),
    pauseMs: { first: 1, most: 5 },
  });
  mailbox.start();
  await expect.poll(() => tried.slice(0, 2)).toEqual(['token-1', 'token-2']);
  expect(mailbox.trouble()).toContain('INBOX');
  await mailbox.stop();
});
