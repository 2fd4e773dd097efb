// Several drachtio-servers: failover, what becomes of calls, and what is said where none can be had.
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selfSigned } from '../../../../cli/self-signed.ts';
import {
  connectSip,
  type IncomingCall,
  type Sip,
  type SipDialog,
  type SipOptions,
} from '../../../../server/signaling/sip/index.ts';
import { until } from '../../../sip/until.ts';
import { readFrame } from './captured.ts';
import { DrachtioServerDouble } from './server-double.ts';

const logger = pino({ level: 'silent' });
const sdp = 'v=0\r\nours\r\n';
let first: DrachtioServerDouble;
let second: DrachtioServerDouble;
let sip: Sip | undefined;
const calls: IncomingCall[] = [];

beforeEach(async () => {
  calls.length = 0;
  first = await DrachtioServerDouble.listen();
  second = await DrachtioServerDouble.listen();
});
afterEach(async () => {
  sip?.close();
  sip = undefined;
  await first.close();
  await second.close();
});

async function connected(
  more: { giveUpMs?: number; probeMs?: number; attemptMs?: number; memory?: SipOptions['memory'] } = {},
): Promise<Sip> {
  sip = await connectSip({
    ...first.address,
    secret: 'cymru',
    others: [{ ...second.address, secret: 'cymru' }],
    logger,
    withinMs: 2_000,
    retryMs: { first: 10, most: 40 },
    ...more,
  });
  await sip.serve({ call: (call) => calls.push(call), request: () => {} });
  return sip;
}

/** An answered call on one of them. */
async function talk(on: DrachtioServerDouble, callId: string, tag: string): Promise<[SipDialog, unknown[]]> {
  on.send(on.invitation(callId, tag));
  await until(() => calls.length > 0, 'a call');
  const answered = calls.pop()?.answer(sdp);
  on.answerTo(await on.next(), callId, tag);
  const dialog = (await answered) as SipDialog;
  const endings: unknown[] = [];
  dialog.handler = {
    ended: (ending) => endings.push(ending),
    offered: () => {},
    acknowledged: () => {},
    info: () => {},
    referred: () => {},
  };
  return [dialog, endings];
}

const routed = (to: DrachtioServerDouble) => until(() => to.routes.includes('invite'), 'routes');
const asked = (of: DrachtioServerDouble, method: string, dialog: string) =>
  of.seen.some((frame) => readFrame(frame).tokens[2] === dialog && readFrame(frame).start.startsWith(method));

test('the second serves while the first is off, and from its loss on', async () => {
  await connected();
  expect(first.connections).toBe(1);
  expect(second.connections).toBe(0);
  await first.close();
  await routed(second);
  const [dialog] = await talk(second, 'b@127.0.0.1', 'B');
  expect(dialog.over).toBe(false);
});

test('a host that takes the connection and says nothing is passed over', async () => {
  first.silent = true;
  await connected({ attemptMs: 50 });
  expect(second.routes).toContain('invite');
});

test('a connection that comes back goes to the same server, and its calls go on', async () => {
  first.answers.add('OPTIONS');
  const facade = await connected();
  const [dialog, endings] = await talk(first, 'a@127.0.0.1', 'A');
  first.drop();
  await until(() => first.connections === 2, 'the same server again');
  await until(() => asked(first, 'OPTIONS', dialog.id), 'the question whether it is there');
  expect(second.connections).toBe(0);
  expect(endings).toEqual([]);
  first.answers.add('BYE');
  await dialog.bye();
  expect(facade.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
});

test('a call that ended while nobody was connected is lost at once; one that ends later, by the next question', async () => {
  first.answers.add('OPTIONS');
  const facade = await connected({ probeMs: 50 });
  const [gone, goneEndings] = await talk(first, 'gone@127.0.0.1', 'G');
  const [stays, staysEndings] = await talk(first, 'stays@127.0.0.1', 'S');
  first.dialogs = new Set([stays.id]);
  first.drop();
  await until(() => gone.over, 'known to be gone');
  expect(goneEndings).toEqual([{ by: 'lost', cause: 'unknown to the SIP server' }]);
  expect(staysEndings).toEqual([]);
  // The peer hangs up: the server answers her 481 by itself and tells nobody.
  first.dialogs.clear();
  await until(() => stays.over, 'known to be gone, too');
  expect(staysEndings).toEqual([{ by: 'lost', cause: 'unknown to the SIP server' }]);
  expect(facade.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
});

test('calls of a server that is gone are lost as soon as another one serves', async () => {
  second.dialogs = new Set();
  const facade = await connected();
  const [, endings] = await talk(first, 'a@127.0.0.1', 'A');
  await first.close();
  await until(() => endings.length > 0, 'its end');
  expect(endings).toEqual([{ by: 'lost', cause: 'unknown to the SIP server' }]);
  expect(facade.counts()).toMatchObject({ dialogs: 0, pending: 0 });
});

test('calls end where no server comes back in time; one that has them still is told to say BYE', async () => {
  const facade = await connected({ giveUpMs: 100 });
  const [dialog, endings] = await talk(first, 'a@127.0.0.1', 'A');
  const { port } = first.address;
  await first.close();
  await second.close();
  await until(() => endings.length > 0, 'given up');
  expect(endings).toEqual([{ by: 'lost', cause: 'sip-server-lost' }]);
  expect(facade.counts()).toEqual({ dialogs: 0, waiting: 0, pending: 0 });
  first = await DrachtioServerDouble.listen(port);
  first.answers.add('BYE');
  await until(() => asked(first, 'BYE', dialog.id), 'BYE');
  await until(() => facade.counts().pending === 0, 'nothing left');
});

test('calls that a server left behind get BYE from the next one, and are forgotten then', async () => {
  const noted = new Set<string>();
  const memory = {
    all: () => [...noted],
    add: (id: string) => void noted.add(id),
    remove: (id: string) => void noted.delete(id),
  };
  const before = await connected({ memory });
  const [dialog] = await talk(first, 'left@127.0.0.1', 'L');
  const [over] = await talk(first, 'over@127.0.0.1', 'O');
  first.answers.add('BYE');
  await over.bye();
  expect([...noted]).toEqual([dialog.id]);
  before.close();
  const byes = () => first.seen.filter((frame) => readFrame(frame).start.startsWith('BYE')).length;
  expect(byes()).toBe(1);
  const next = await connected({ memory });
  expect(await next.find()).toEqual({ dialogs: [], ended: [] });
  await until(() => asked(first, 'BYE', dialog.id), 'BYE');
  expect(byes()).toBe(2);
  expect(noted.size).toBe(0);
  await until(() => next.counts().pending === 0, 'nothing left');
});

test('a wrong secret for one of them is passed over; for all of them it is one clear sentence', async () => {
  first.secret = 'other';
  await connected();
  expect(second.routes).toContain('invite');
  sip?.close();
  sip = undefined;
  second.secret = 'other';
  await expect(connected()).rejects.toThrow(
    `The SIP server at 127.0.0.1:${second.address.port} refused us: failed to authenticate to server. Is the shared secret the same?`,
  );
});

test('a certificate that nobody vouches for is refused, and said so', async () => {
  const from = new Date(Date.now() - 60_000);
  const { certificate, key } = selfSigned(['localhost'], { from, to: new Date(Date.now() + 3_600_000) });
  await first.close();
  first = await DrachtioServerDouble.listen(0, { cert: certificate, key });
  const { port } = first.address;
  const attempt = connectSip({ host: 'localhost', port, secret: 'cymru', tls: true, logger, withinMs: 500 });
  await expect(attempt).rejects.toThrow(/localhost:\d+: .*(self.signed|unable to verify)/);
  expect(first.seen).toEqual([]);
});

test('where none can be had, each is named with its reason', async () => {
  first.secret = 'other';
  const { port } = second.address;
  await second.close();
  await expect(connected()).rejects.toThrow(
    new RegExp(
      `could not be reached within.*refused us: failed to authenticate to server.*127.0.0.1:${port}: .*ECONNREFUSED`,
    ),
  );
});

test('bytes that are no frame end the connection, not the process', async () => {
  await connected();
  first.garbage('SSH-2.0-OpenSSH #1\r\n');
  await until(() => first.connections === 2, 'a new connection');
  await routed(first);
  const [dialog] = await talk(first, 'a@127.0.0.1', 'A');
  expect(dialog.over).toBe(false);
});
