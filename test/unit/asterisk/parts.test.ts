// The parts of the Asterisk driver that need no Asterisk.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AudioShelf } from '../../../media/asterisk/audio-shelf.ts';
import { type AsteriskConfiguration, writeAsteriskConfiguration } from '../../../media/asterisk/configuration.ts';
import { readEndpointNote } from '../../../media/asterisk/endpoint-note.ts';
import { agreed, readDescription } from '../../../media/asterisk/sdp.ts';
import { Session } from '../../../media/asterisk/session.ts';
import { makeTone } from '../../../media/asterisk/tone.ts';
import { DigitCollector } from '../../../media/digits.ts';
import { readTestWav, share } from '../../contract/media/listening.ts';

const logger = pino({ level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'asterisk-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('digits', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const rule = { max: 3, terminator: '#', firstMs: 1_000, betweenMs: 500 };

  test('what is keyed too long ago does not count ahead, and what is left over is kept for the next', async () => {
    const digits = new DigitCollector();
    digits.key('9', false);
    vi.advanceTimersByTime(2_100);
    for (const digit of '1234') digits.key(digit, false);
    expect(await digits.collect({ ...rule, typeAhead: true })).toEqual({ digits: '123', end: 'max' });
    expect(await digits.collect({ ...rule, max: 1, typeAhead: true })).toEqual({ digits: '4', end: 'max' });
  });

  test('time runs between digits, and a secret digit is told as secret only while it is collected', async () => {
    const digits = new DigitCollector();
    const pin = digits.collect({ ...rule, secret: true });
    vi.advanceTimersByTime(999);
    expect(digits.key('1', true)).toEqual({ secret: true, collected: true, counts: true });
    vi.advanceTimersByTime(500);
    expect(await pin).toEqual({ digits: '1', end: 'timeout' });
    expect(digits.key('2', false)).toEqual({ secret: false, collected: false, counts: true });
  });

  test('a digit waits until it is collected or 2 s old; one that others in a bridge heard never does', async () => {
    const digits = new DigitCollector();
    digits.key('1', true);
    expect(digits.begun).toBe(false);
    digits.key('2', false);
    expect(digits.begun).toBe(true);
    vi.advanceTimersByTime(2_001);
    expect(digits.begun).toBe(false);
    digits.key('3', false);
    const input = digits.collect({ ...rule, typeAhead: true });
    expect(digits.begun).toBe(true);
    digits.end('stopped');
    expect(await input).toEqual({ digits: '3', end: 'stopped' });
    expect(digits.begun).toBe(false);
  });

  test('the terminator after the last digit belongs to that input, for 2 s and as the very next digit', async () => {
    const digits = new DigitCollector();
    const most = async () => {
      for (const digit of '123') digits.key(digit, false);
      expect(await digits.collect({ ...rule, typeAhead: true })).toEqual({ digits: '123', end: 'max' });
    };
    await most();
    expect(digits.key('#', false)).toEqual({ secret: false, collected: false, counts: false });
    expect(digits.begun).toBe(false);
    await most();
    const next = digits.collect(rule);
    expect(digits.key('#', false)).toMatchObject({ counts: false });
    expect(digits.key('#', false)).toMatchObject({ counts: true });
    expect(await next).toEqual({ digits: '', end: 'terminator' });
    await most();
    vi.advanceTimersByTime(2_001);
    expect(digits.key('#', false)).toMatchObject({ counts: true });
    // Keyed ahead, all of it: the terminator goes with its input, what comes after it waits for the next.
    const whole = new DigitCollector();
    for (const digit of '123#45') whole.key(digit, false);
    expect(await whole.collect({ ...rule, typeAhead: true })).toEqual({ digits: '123', end: 'max' });
    const rest = whole.collect({ ...rule, typeAhead: true });
    whole.end('stopped');
    expect(await rest).toEqual({ digits: '45', end: 'stopped' });
  });
});

describe('sessions', () => {
  const sdp = (change: { host?: string; direction?: string; port?: number } = {}) =>
    [
      'v=0',
      'o=- 1 1 IN IP4 192.0.2.7',
      's=-',
      `c=IN IP4 ${change.host ?? '192.0.2.7'}`,
      't=0 0',
      `m=audio ${change.port ?? 4000} RTP/AVP 0 96`,
      'a=rtpmap:96 telephone-event/8000',
      `a=${change.direction ?? 'sendrecv'}`,
      '',
    ].join('\r\n');
  const asterisk = readDescription(sdp({ host: '192.0.2.1', port: 10_000 }));

  function open(): Session {
    const session = new Session();
    const far = readDescription(sdp());
    session.forAsterisk(far.audio);
    session.fromAsterisk(asterisk, far.audio);
    session.answer(far);
    return session;
  }

  test('a hold is told to Asterisk by an address that leads nowhere, and its end by the old one', () => {
    const session = open();
    expect(session.change(readDescription(sdp()).audio)).toBeUndefined();
    const held = readDescription(sdp({ direction: 'sendonly' }));
    const told = session.change(held.audio);
    expect(told).toMatchObject({ address: '192.0.2.7', port: 4000, black: true });
    expect(session.forAsterisk(told)).toContain('c=IN IP4 0.0.0.0\r\n');
    session.fromAsterisk(asterisk, told);
    expect(session.answer(held)).toMatch(/a=recvonly\r\n$/);
    expect(session.ways).toEqual({ send: false, hear: true });
    expect(session.change(readDescription(sdp()).audio)).toMatchObject({ black: false });
  });

  test('0.0.0.0 is a hold: where they are does not change by it', () => {
    const session = open();
    const black = readDescription(sdp({ host: '0.0.0.0' }));
    expect(session.change(black.audio)).toMatchObject({ address: '192.0.2.7', black: true });
  });

  test('a note brings a session back as it was', () => {
    const session = open();
    const back = Session.revive(session.note(), asterisk);
    expect(back.sdp).toBe(session.sdp);
    expect(back.change()).toBeUndefined();
    expect(back.offer('inactive')).toMatch(/^o=- \d+ (\d+)/m);
  });

  test.each([
    ['sendrecv', 'sendonly', 'recvonly'],
    ['sendonly', 'sendrecv', 'sendonly'],
    ['recvonly', 'recvonly', 'inactive'],
    ['sendrecv', 'inactive', 'inactive'],
  ] as const)('%s with their %s is %s', (wanted, theirs, ours) => {
    expect(agreed(wanted, theirs)).toBe(ours);
  });

  test('a note of somebody else is none', () => {
    for (const text of [undefined, '', 'x', '{}', '{"version":2}']) expect(readEndpointNote(text)).toBeUndefined();
  });
});

describe('audio for Asterisk', () => {
  test('only a signed address gets a file, the same after a restart with the same key', async () => {
    const shelf = await AudioShelf.open({ bind: '127.0.0.1', port: 0, key: 'k', logger });
    const { bytes } = makeTone([440], 100);
    const path = join(folder, 'tone.wav');
    writeFileSync(path, bytes);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const { uri, ms } = await shelf.put({ kind: 'file', path, hash });
    expect(ms).toBe(100);
    const url = uri.replace(/^sound:/, '');
    const answer = await fetch(url);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    const forged = url.replace(/\.[^.]+\.wav$/, `.${'A'.repeat(22)}.wav`);
    for (const bad of [forged, url.replace('.wav', ''), new URL('/', url).href, new URL('/../etc/passwd', url).href]) {
      expect((await fetch(bad)).status).toBe(404);
    }
    const { port } = new URL(url);
    await shelf.close();
    const again = await AudioShelf.open({ bind: '127.0.0.1', port: Number(port), key: 'k', logger });
    expect((await again.put({ kind: 'file', path, hash })).uri).toBe(uri);
    await again.close();
  });

  test('a short loop becomes one long sound without a seam', async () => {
    const shelf = await AudioShelf.open({ bind: '127.0.0.1', port: 0, key: 'k', logger });
    const { uri, ms } = await shelf.putRepeated([{ kind: 'tone', hz: [400], ms: 100 }], 20);
    expect(ms).toBe(2_000);
    const bytes = Buffer.from(await (await fetch(uri.replace(/^sound:/, ''))).arrayBuffer());
    expect(share(readTestWav(bytes, 0).samples, 400)).toBeGreaterThan(0.99);
    await shelf.close();
  });
});

describe('configuration', () => {
  const configuration: AsteriskConfiguration = {
    etc: join(folder, 'etc'),
    var: join(folder, 'var'),
    modules: '/modules',
    data: '/data',
    http: { address: '192.0.2.1', port: 8088 },
    managerPort: 5038,
    sip: '192.0.2.1:5080',
    rtp: { address: '192.0.2.1', first: 40_000, last: 49_999 },
    user: 'switchroom',
    secret: 'only-here',
    server: '192.0.2.2',
    edge: ['192.0.2.2', '192.0.2.3'],
    maxCalls: 0,
  };

  test('fills every place, keeps the password from others, and logs no digits', () => {
    writeAsteriskConfiguration(configuration);
    const texts = readdirSync(configuration.etc).map((name) => readFileSync(join(configuration.etc, name), 'utf8'));
    for (const text of texts) expect(text).not.toMatch(/@[A-Z_]+@/);
    expect(texts.filter((text) => text.includes('only-here'))).toHaveLength(2);
    expect(statSync(join(configuration.etc, 'ari.conf')).mode & 0o007).toBe(0);
    for (const place of ['', 'spool', 'spool/recording', 'cache', 'log']) {
      expect(statSync(join(configuration.var, place)).mode & 0o007, place).toBe(0);
    }
    expect(readFileSync(join(configuration.etc, 'logger.conf'), 'utf8')).toMatch(/^messages => notice,warning,error$/m);
    expect(readFileSync(join(configuration.etc, 'pjsip.conf'), 'utf8')).toContain('match = 192.0.2.2,192.0.2.3');
  });

  test.each(['', 'a\nb', 'a;b'])('refuses %j as a password', (secret) => {
    expect(() => writeAsteriskConfiguration({ ...configuration, secret })).toThrow(/SECRET is empty/);
  });
});
