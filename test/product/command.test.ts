// The command as a user runs it: start, stop, start again, what goes wrong, and every other command once.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SipPeer } from '../unit/edge/drachtio/sip-peer.ts';
import { freePort, has } from './sipp.ts';
import { freeTcpPort } from './tcp-port.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');
const command = join(root, 'bin', 'switchroom.js');

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** One run of the command. */
class Run {
  readonly #began = performance.now();
  readonly process: ChildProcess;
  readonly ended: Promise<Outcome>;
  out = '';
  err = '';

  /** @param terminal whether it runs on one (by `script`) */
  constructor(args: string[], env: Record<string, string>, terminal = false) {
    // Nothing of the surroundings but what a program needs to run.
    const { PATH = '', HOME = '' } = process.env;
    const words = [process.execPath, command, ...args];
    const [program = '', ...rest] = terminal
      ? ['script', '-qefc', `exec ${words.map((word) => `'${word}'`).join(' ')}`, '/dev/null']
      : words;
    this.process = spawn(program, rest, { env: { PATH, HOME, ...env }, cwd: root });
    this.process.stdout?.on('data', (text: Buffer) => {
      this.out += String(text);
    });
    this.process.stderr?.on('data', (text: Buffer) => {
      this.err += String(text);
    });
    this.ended = once(this.process, 'close').then(([code]) => ({ code, out: this.out, err: this.err }));
  }

  async ready(): Promise<void> {
    await until(
      () => this.out.includes('Switchroom is ready.') || this.process.exitCode !== null,
      () => `it is ready: ${this.out} ${this.err}`,
      40_000,
    );
    expect(this.out, this.err).toContain('Switchroom is ready.');
    // What it says of its own start is measured: something, and not more than has passed here since.
    const seconds = Number(/^Switchroom is ready\. It took (\d+\.\d) s\./m.exec(this.out.replaceAll('\r', ''))?.[1]);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual((performance.now() - this.#began) / 1_000 + 0.05);
  }
}

describe('the command', { timeout: 90_000 }, () => {
  let folder: string;
  let env: Record<string, string>;
  const running: Run[] = [];

  const run = (args: string[], more: Record<string, string> = {}) => new Run(args, { ...env, ...more }).ended;
  const start = async (): Promise<Run> => {
    const started = new Run(['start'], env);
    running.push(started);
    await started.ready();
    return started;
  };
  const interrupt = async (started: Run): Promise<Outcome> => {
    started.process.kill('SIGINT');
    return started.ended;
  };

  /** Every command that shows something, as JSON. */
  async function json<Row = Record<string, unknown>>(...args: string[]): Promise<Row[]> {
    const { code, out, err } = await run([...args, '--json']);
    expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
    return JSON.parse(out) as Row[];
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchroom-command-'));
    cpSync(join(root, 'ivr-flows'), join(folder, 'flows'), { recursive: true });
    env = {
      SWITCHROOM_BIND: '127.0.0.1',
      SWITCHROOM_SIP_PORT: String(await freePort()),
      SWITCHROOM_HTTP_PORT: String(await freeTcpPort()),
      SWITCHROOM_DATA: join(folder, 'data'),
      SWITCHROOM_FLOWS: join(folder, 'flows'),
      SWITCHROOM_SIDECAR_FILE: join(folder, 'sidecar.json'),
      SWITCHROOM_SIDECAR_PORT: String(await freeTcpPort()),
      SWITCHROOM_LOG_LEVEL: 'warn',
      // Dozens of starts: each need not compile everything again.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    };
  });
  afterAll(async () => {
    for (const one of running) {
      if (one.process.exitCode !== null) continue;
      one.process.kill('SIGINT');
      await one.ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('start says what there is, keeps the first logins in a file of mode 0600, stops on SIGINT, goes on with the same data', async () => {
    const first = await start();
    for (const said of [env.SWITCHROOM_SIP_PORT, `http://127.0.0.1:${env.SWITCHROOM_HTTP_PORT}/api/docs`, '95500']) {
      expect(first.out).toContain(said);
    }
    const logins = join(folder, 'data', 'first-logins.txt');
    expect(statSync(logins).mode & 0o777).toBe(0o600);
    const secret = /agent 1001 password (\S+), SIP user 1001 secret (\S+)/.exec(readFileSync(logins, 'utf8'));
    expect(secret?.[1]).toMatch(/.{12}/);
    expect(first.out + first.err).not.toContain(secret?.[1]);

    // A web chat at once: its page, and a visitor who waits for an agent.
    const page = `http://127.0.0.1:${env.SWITCHROOM_SIDECAR_PORT}/chat/`;
    expect(first.out).toContain(page);
    expect(await (await fetch(page)).text()).toContain('data-channel="web"');
    expect(await statesOfVisitor(page)).toContain('queued');
    const channels = readFileSync(join(folder, 'sidecar.json'), 'utf8');
    expect(JSON.parse(channels)).toMatchObject({ channels: { web: { kind: 'webchat' } } });
    expect(channels).not.toMatch(/secret|password|token/i);

    // A second start on the same data: one sentence.
    const twice = await run(['start']);
    expect(twice).toMatchObject({ code: 1, out: '' });
    expect(oneSentence(twice.err)).toMatch(/already running/);

    const stopped = await interrupt(first);
    expect(stopped).toMatchObject({ code: 0, err: '' });
    expect(stopped.out).toMatch(/Stopped\.\n$/);
    expect(existsSync(join(folder, 'data', 'run', 'server.sock'))).toBe(false);

    const second = await start();
    expect(second.out).toContain('As before');
    const login = await fetch(`http://127.0.0.1:${env.SWITCHROOM_HTTP_PORT}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: '1001', password: secret?.[1] }),
    });
    expect(login.status).toBe(200);
  });

  test.skipIf(!has('script'))(
    'a first start on a terminal shows the logins, keeps them in no file, stops on Ctrl-C (needs script)',
    async () => {
      const data = join(folder, 'data-terminal');
      // `script` gives the command a terminal of its own and passes on what is typed and shown.
      const started = new Run(
        ['start'],
        {
          ...env,
          SHELL: '/bin/sh',
          SWITCHROOM_SIP_PORT: '0',
          SWITCHROOM_HTTP_PORT: '0',
          SWITCHROOM_SIDECAR_PORT: '0',
          SWITCHROOM_DATA: data,
          SWITCHROOM_SIDECAR_FILE: join(folder, 'sidecar-terminal.json'),
        },
        true,
      );
      running.push(started);
      await started.ready();
      const shown = /agent +1001 +(\S{12,}) +phone: SIP user 1001, password (\S{12,})/;
      await until(
        () => shown.test(started.out) && started.out.includes('Ctrl-C'),
        () => `the logins: ${started.out}`,
      );
      const web = /Web +(http:\S+)\/ /.exec(started.out.replaceAll('\r', ' '))?.[1];
      const login = await fetch(`${web}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login: '1001', password: shown.exec(started.out)?.[1] }),
      });
      expect(login.status).toBe(200);
      expect(existsSync(join(data, 'first-logins.txt'))).toBe(false);
      started.process.stdin?.write('\x03');
      expect(await started.ended).toMatchObject({ code: 0, out: expect.stringMatching(/Stopped\.\r?\n$/) });
    },
  );

  test('every command against the running server', async () => {
    await everyCommand('live');
    expect(await json('calls')).toEqual([]);
    const doctor = await json<{ what: string; state: string; says: string }>('doctor');
    expect(doctor.filter(({ state }) => state === 'bad')).toEqual([]);
    expect(doctor).toContainEqual(expect.objectContaining({ what: 'ready', state: 'ok' }));

    const peer = await SipPeer.udp(Number(env.SWITCHROOM_SIP_PORT));
    const call = peer.call('95500');
    await call.establish();
    const rows = await json('calls');
    expect(rows).toMatchObject([{ callId: call.callId, to: '95500', phase: 'ivr', flow: 'bank' }]);
    const [title, row, ...more] = (await run(['calls'])).out.trim().split('\n');
    expect(title).toMatch(/^interaction +from +to +phase +for s +in all s +where +agent +recording$/i);
    expect(row).toMatch(new RegExp(`^${rows[0]?.interaction} .* 95500 +ivr +\\d+ +\\d+ +bank/\\S+`));
    expect(more).toEqual([]);
    await call.bye();
    peer.close();
    await until(async () => (await json('calls')).length === 0, 'the call is over');
  });

  test('every command where no server runs', async () => {
    for (const one of running) if (one.process.exitCode === null) expect((await interrupt(one)).code).toBe(0);
    await everyCommand('offline');
    const calls = await run(['calls', '--json']);
    expect(calls).toMatchObject({ code: 1, out: '' });
    expect(oneSentence(calls.err)).toMatch(/not running|no server/i);
    const doctor = await json<{ what: string; state: string; says: string }>('doctor');
    expect(doctor.filter(({ state }) => state === 'bad')).toEqual([]);
    expect(doctor).toContainEqual(expect.objectContaining({ what: 'server', state: 'warn' }));
    expect(doctor.filter(({ what }) => what.endsWith('port')).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  });

  test('a port in use: one sentence, exit code 1, and doctor says so too', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String(taken.address().port);
    const { code, err } = await run(['start'], { SWITCHROOM_SIP_PORT: port });
    expect(code).toBe(1);
    expect(oneSentence(err)).toContain(port);
    const doctor = await run(['doctor'], { SWITCHROOM_SIP_PORT: port });
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(new RegExp(`^BAD .*${port}.*in use`, 'm'));
    await new Promise<void>((closed) => taken.close(closed));
  });

  test('the port of the web in use: one sentence that says what to do, exit code 1, and nothing is left running', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    const { code, out, err } = await run(['start'], { SWITCHROOM_HTTP_PORT: port });
    expect(code).toBe(1);
    // Without a terminal the programs' logs are there too.
    expect(out).not.toContain('Switchroom is ready.');
    expect(oneSentence(err)).toContain(`Port ${port} of 127.0.0.1 is in use`);
    expect(err).toContain('SWITCHROOM_HTTP_PORT');
    expect(existsSync(join(folder, 'data', 'run', 'server.sock'))).toBe(false);
    const doctor = await run(['doctor'], { SWITCHROOM_HTTP_PORT: port });
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(new RegExp(`^BAD .*${port}.*in use`, 'm'));
    await new Promise((closed) => taken.close(closed));
  });

  test.for([
    ['SWITCHROOM_SIP_PORT', 'many'],
    ['SWITCHROOM_BIND', 'nowhere'],
    ['SWITCHROOM_RTP_PORTS', '30000-20000'],
    ['SWITCHROOM_COLOUR', 'blue'],
  ] as const)('a bad value of %s: one sentence that names it, exit code 1', async ([name, value]) => {
    const { code, out, err } = await run(['start'], { [name]: value });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(oneSentence(err)).toContain(name);
  });

  test('help everywhere', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    const names = [...out.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name as string);
    const known = ['start', 'edge', 'serve', 'doctor', 'agent', 'queue', 'did', 'trunk', 'flow', 'token', 'calls'];
    expect(names).toEqual(expect.arrayContaining(known));
    const helps = await Promise.all(known.map((name) => run([name, '--help'])));
    for (const help of helps) expect(help).toMatchObject({ code: 0, err: '' });
  });

  async function everyCommand(when: string): Promise<void> {
    const login = `new-${when}`;
    const [added] = await json<{ password: string; sip: { secret: string } }>(
      'agent',
      'add',
      login,
      '--queues',
      'service',
    );
    expect(added?.password).toMatch(/.{12}/);
    expect(added?.sip.secret).toMatch(/.{12}/);
    const [again] = await json<{ password: string }>('agent', 'passwd', login);
    expect(again?.password).not.toBe(added?.password);
    expect((await json<{ id: string }>('agent', 'list')).map(({ id }) => id)).toContain(login);
    expect((await run(['queue', 'add', `queue-${when}`])).code).toBe(0);
    expect((await json<{ id: string }>('queue', 'list')).map(({ id }) => id)).toContain(`queue-${when}`);
    const number = when === 'live' ? '95501' : '95502';
    expect((await run(['did', 'add', number, 'bank'])).code).toBe(0);
    expect((await json<{ number: string }>('did', 'list')).map((row) => row.number)).toContain(number);
    expect((await run(['trunk', 'add', `trunk-${when}`, '--sources', '192.0.2.0/24'])).code).toBe(0);
    expect((await json<{ name: string }>('trunk', 'list')).map(({ name }) => name)).toContain(`trunk-${when}`);
    const [token] = await json<{ token: string }>('token', 'create', `token-${when}`);
    expect(token?.token).toMatch(/.{20}/);
    expect(await json('flow', 'check')).toEqual([]);
    expect((await json('flow', 'test')).length).toBeGreaterThan(0);
    expect((await json<{ flow: string }>('flow', 'list')).map(({ flow }) => flow)).toContain('bank');
    // What is refused is a sentence too.
    const refused = await run(['agent', 'add', login]);
    expect(refused.code).toBe(1);
    expect(oneSentence(refused.err)).toContain(login);
  }
});

/** What went wrong, as people read it: one line, no stack. */
function oneSentence(text: string): string {
  const lines = text.trim().split('\n');
  expect(lines, text).toHaveLength(1);
  expect(text).not.toMatch(/\n\s+at /);
  return lines[0] as string;
}

/** A visitor of the chat who writes. @returns the states of her conversation, until it is queued */
async function statesOfVisitor(page: string): Promise<string[]> {
  const socket = new WebSocket(`${page.replace('http', 'ws')}web/socket`, { origin: new URL(page).origin });
  const states: string[] = [];
  const queued = new Promise<void>((done, fail) => {
    socket.on('error', fail);
    socket.on('message', (data) => {
      const { t, state } = JSON.parse(String(data)) as { t: string; state?: string };
      if (t === 'welcome') socket.send('{"t":"say","id":"a","text":"Good day"}');
      if (t === 'state' && state !== undefined) states.push(state);
      if (states.includes('queued')) done();
    });
  });
  await once(socket, 'open');
  socket.send('{"t":"hello"}');
  await queued;
  socket.close();
  return states;
}
