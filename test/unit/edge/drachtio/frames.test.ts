// The frames themselves, by a raw connection: what drachtio-srf forgives is checked here too. The forms are those that a
// real drachtio server was seen to write.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { framed } from '../../../../edge/drachtio/index.ts';
import { Bench, fast, secret, until } from './bench.ts';
import { type SipPeer, sdp } from './sip-peer.ts';

class RawApp {
  readonly frames: string[] = [];
  closed = false;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #taken = 0;
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      for (;;) {
        const hash = this.#bytes.indexOf('#');
        const end = hash + 1 + Number(this.#bytes.toString('latin1', 0, Math.max(0, hash)));
        if (hash < 0 || this.#bytes.length < end) return;
        this.frames.push(this.#bytes.toString('utf8', hash + 1, end));
        this.#bytes = this.#bytes.subarray(end);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async open(bench: Bench, authenticate = true): Promise<RawApp> {
    const socket = connect(bench.edge.drachtio.port, '127.0.0.1');
    await once(socket, 'connect');
    const app = new RawApp(socket);
    if (authenticate) {
      expect(await app.ask(`authenticate|${secret}|`)).toMatch(/\|OK\|/);
      for (const verb of ['invite', 'options', 'register']) await app.ask(`route|${verb}`);
    }
    return app;
  }

  send(payload: string): string {
    const id = `m${++this.#count}`;
    this.#socket.write(framed(`${id}|${payload}`));
    return id;
  }

  raw(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** The answer to a frame. */
  async ask(payload: string): Promise<string> {
    const id = this.send(payload);
    const answer = (): string | undefined => this.frames.find((frame) => frame.split('|')[2] === id);
    await until(() => answer() !== undefined, `an answer to ${payload.slice(0, 40)}`);
    return answer() ?? '';
  }

  /** The next frame that is no answer. */
  async next(): Promise<string> {
    const later = (): number => this.frames.findIndex((frame, i) => i >= this.#taken && frame.split('|')[1] === 'sip');
    await until(() => later() >= 0, 'a frame');
    this.#taken = later() + 1;
    return this.frames[this.#taken - 1] ?? '';
  }

  close(): void {
    this.#socket.destroy();
  }
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const time = '\\d\\d:\\d\\d:\\d\\d\\.\\d{6}';

let bench: Bench;
let app: RawApp;
let peer: SipPeer;
let opened: RawApp[] = [];

beforeEach(async () => {
  bench = await Bench.open();
  app = await RawApp.open(bench);
  opened = [app];
  peer = await bench.peer();
});
afterEach(async () => {
  for (const one of opened) one.close();
  await bench.close();
});

const meta = (frame: string): string => frame.split('\r\n')[0] ?? '';
const text = (frame: string): string => frame.slice(frame.indexOf('\r\n') + 2);

test('authenticate, route, ping', async () => {
  const udp = `udp/127.0.0.1:${bench.port('udp')}`;
  const tcp = `tcp/127.0.0.1:${bench.port('tcp')}`;
  const other = await RawApp.open(bench, false);
  opened.push(other);
  const answer = await other.ask(`authenticate|${secret}|`);
  expect(answer).toMatch(
    new RegExp(`^${uuid}\\|response\\|m1\\|OK\\|${udp},${tcp}\\|v\\d+\\.\\d+\\.\\d+\\|${udp},${tcp}$`),
  );
  expect(await other.ask('route|invite')).toMatch(new RegExp(`^${uuid}\\|response\\|m2\\|OK$`));
  expect(await other.ask('remove_route|invite')).toMatch(/\|OK$/);
  expect(await other.ask('ping')).toMatch(/\|OK\|pong$/);
});

test('an incoming call: the frames of INVITE, 200, ACK, BYE', async () => {
  const call = peer.call('uas1');
  call.invite();
  const invite = await app.next();
  const { port } = peer;
  const invited = new RegExp(
    `^${uuid}\\|sip\\|network\\|(\\d+)\\|udp\\|127\\.0\\.0\\.1\\|${port}\\|${time}\\|(${uuid})\\|\\|127\\.0\\.0\\.1\\|${bench.port('udp')}\\|$`,
  ).exec(meta(invite));
  expect(invited).not.toBeNull();
  expect(text(invite)).toMatch(/^INVITE sip:uas1@/);
  expect(text(invite)).toContain(`rport=${port}`);
  const transaction = invited?.[2] ?? '';
  const echo = await app.ask(
    `sip|${transaction}|\r\nSIP/2.0 200 OK\r\nCall-ID: ${call.callId}\r\ncseq: 1 INVITE\r\nContent-Length: 3\r\nVia: none\r\nsome-thing: x\r\nX-as-it-is: y\r\nbad name: z\r\n\r\n${sdp}`,
  );
  expect(meta(echo)).toMatch(
    new RegExp(
      `^${uuid}\\|response\\|m\\d+\\|OK\\|application\\|${Buffer.byteLength(text(echo))}\\|udp\\|127\\.0\\.0\\.1\\|${port}\\|${time}\\|${transaction}\\|${call.dialogId}\\|\\|Msg sent:\\|$`,
    ),
  );
  const answer = await call.answered();
  expect(text(echo)).toBe(answer.text);
  expect(answer.header('Some-Thing')).toBe('x');
  expect(answer.text).toContain('\r\nX-as-it-is: y\r\n');
  expect(answer.text).not.toContain('bad name');
  expect(answer.header('Content-Type')).toBe('application/sdp');
  expect(answer.text.match(/^Via:/gm)).toHaveLength(1);
  call.ack();
  expect(meta(await app.next())).toMatch(new RegExp(`\\|${transaction}\\|${call.dialogId}\\|$`));
  // An app's own hang-up, in the dialog, to a placeholder.
  const bye = await app.ask(`sip||${call.dialogId}\r\nBYE sip:placeholder SIP/2.0\r\nContent-Length: 0\r\n\r\n`);
  expect(meta(bye)).toMatch(
    new RegExp(
      `\\|OK\\|application\\|\\d+\\|udp\\|127\\.0\\.0\\.1\\|${bench.port('udp')}\\|${time}\\|${uuid}\\|Msg sent:\\|$`,
    ),
  );
  const sent = await peer.expect('BYE');
  expect(text(bye)).toBe(sent.text);
  peer.respond(sent, '200 OK');
  const answered = await app.next();
  expect(meta(answered).split('|')[8]).toBe(meta(bye).split('|')[10]);
  expect(meta(answered).split('|')[9]).toBe(call.dialogId);
  expect(text(answered)).toMatch(/^SIP\/2\.0 200/);
  // The answer to somebody's BYE has no dialog id in its echo, since the dialog is over.
  const second = peer.call('uas2');
  second.invite();
  const again = meta(await app.next()).split('|')[8] ?? '';
  await app.ask(`sip|${again}|\r\nSIP/2.0 200 OK\r\n\r\n${sdp}`);
  await second.answered();
  second.ack();
  await app.next();
  second.send('BYE');
  const over = meta(await app.next()).split('|');
  expect(over[9]).toBe(second.dialogId);
  const overEcho = await app.ask(`sip|${over[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
  expect(meta(overEcho).split('|').slice(10)).toEqual([over[8], '', '', 'Msg sent:', '']);
  // One request, one final answer.
  expect(await app.ask(`sip|${over[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`)).toMatch(/\|NOK\|Response not sent/);
});

test('requests outside dialogs: what is filled in and what is thrown away', async () => {
  const echo = await app.ask(
    `sip||\r\nOPTIONS sip:x@127.0.0.1:${peer.port};transport=udp SIP/2.0\r\nvia: SIP/2.0/UDP 1.2.3.4\r\nrecord-route: <sip:a>\r\nreferred-by: <sip:me@localhost>\r\n\r\n`,
  );
  const options = await peer.expect('OPTIONS');
  expect(text(echo)).toBe(options.text);
  const here = `127\\.0\\.0\\.1:${bench.port('udp')}`;
  expect(options.header('Via')).toMatch(new RegExp(`^SIP/2\\.0/UDP ${here};`));
  expect(options.header('From')).toMatch(new RegExp(`^<sip:${here}>;tag=.+`));
  expect(options.header('To')).toBe(`<sip:x@127.0.0.1:${peer.port};transport=udp>`);
  expect(options.header('Contact')).toBeUndefined();
  expect(options.header('Record-Route')).toBeUndefined();
  expect(options.header('Referred-By')).toBe('<sip:me@localhost>');
  peer.respond(options, '200 OK');
  const answer = meta(await app.next()).split('|');
  expect(answer.slice(8)).toEqual([meta(echo).split('|')[10], '', '']);
});

test('made-up responses and unsolicited BYEs', async () => {
  app.close();
  await bench.close();
  bench = await Bench.open({ timing: fast });
  app = await RawApp.open(bench);
  opened.push(app);
  peer = await bench.peer();
  await app.ask(`sip||\r\nOPTIONS sip:x@127.0.0.1:${peer.port} SIP/2.0\r\n\r\n`);
  const madeUp = await app.next();
  expect(meta(madeUp)).toMatch(new RegExp(`^${uuid}\\|sip\\|network\\|0\\|udp\\|\\|0\\|${time}\\|${uuid}\\|\\|$`));
  expect(text(madeUp)).toMatch(/^SIP\/2\.0 408/);
  const call = peer.call('silent');
  call.invite();
  const transaction = meta(await app.next()).split('|')[8];
  await app.ask(`sip|${transaction}|\r\nSIP/2.0 200 OK\r\n\r\n${sdp}`);
  const bye = await app.next();
  expect(meta(bye)).toMatch(
    new RegExp(
      `^${uuid}\\|sip\\|application\\|\\d+\\|udp\\|127\\.0\\.0\\.1\\|${bench.port('udp')}\\|${time}\\|unsolicited\\|${call.dialogId}\\|$`,
    ),
  );
  expect(text(bye)).toBe((await peer.expect('BYE')).text);
});

describe('refusals', () => {
  test.each([
    ['sip||nobody;from-tag=x\r\nINFO sip:placeholder SIP/2.0\r\n\r\n', /NOK\|.*unable to find dialog/],
    ['sip||nobody;from-tag=x\r\nACK sip:placeholder SIP/2.0\r\n\r\n', /NOK\|.*automatically generated by server/],
    [
      'sip|unknown|\r\nCANCEL sip:x@127.0.0.1 SIP/2.0\r\n\r\n',
      /NOK\|unable to cancel unknown transaction id: unknown$/,
    ],
    ['sip|unknown|\r\nSIP/2.0 200 OK\r\n\r\n', /NOK\|Response not sent due to unknown transaction$/],
    ['sip|unknown|\r\nOPTIONS sip:x@127.0.0.1 SIP/2.0\r\n\r\n', /NOK\|/],
    ['sip||\r\nOPTIONS tel:+49123 SIP/2.0\r\n\r\n', /NOK\|invalid request-uri/],
    ['sip||\r\nOPTIONS sips:x@127.0.0.1 SIP/2.0\r\n\r\n', /NOK\|requested protocol\/transport not available$/],
    ['sip||\r\nOPTIONS sip:x@127.0.0.1 SIP/2.0\r\nfrom: <<<\r\n\r\n', /NOK\|invalid message/],
    ['sip||\r\nnonsense', /NO\|Invalid message format/],
    ['proxy|x|||||||sip:a', /NOK\|/],
  ])('%j', async (payload, answer) => {
    expect(await app.ask(payload)).toMatch(answer);
    expect(app.closed).toBe(false);
  });

  test('nothing is done before the secret was shown', async () => {
    const other = await RawApp.open(bench, false);
    opened.push(other);
    expect(await other.ask('sip||\r\nOPTIONS sip:x@127.0.0.1 SIP/2.0\r\n\r\n')).toMatch(/\|NO\|/);
    await until(() => other.closed, 'the connection is closed');
  });

  test('an unknown kind and garbage close the connection', async () => {
    app.send('dance');
    await until(() => app.closed, 'closed after an unknown kind');
    const other = await RawApp.open(bench);
    opened.push(other);
    other.raw('garbage');
    await until(() => other.closed, 'closed after garbage');
  });
});

test('whatever an app writes, the edge lives on', async () => {
  const token = fc.oneof(
    fc.constantFrom('', 'sip', 'route', 'x', '|', 'INVITE sip:a@127.0.0.1:9 SIP/2.0', 'SIP/2.0 200 OK'),
    fc.string(),
  );
  const line = fc.array(token, { maxLength: 6 }).map((tokens) => tokens.join('|'));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 5 }), fc.boolean(), async (lines, known) => {
      const other = await RawApp.open(bench, known);
      for (const one of lines) other.send(`sip||\r\n${one}`);
      other.raw(framed(lines.join('\r\n') || 'x'));
      other.close();
    }),
    { numRuns: 40 },
  );
  expect(await app.ask('ping')).toMatch(/pong$/);
});
