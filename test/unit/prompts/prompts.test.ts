import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLineWav, lineWav, openPrompts, type Prompts, vocabulary } from '../../../media/prompts/index.ts';
import { languageOf, openEspeak, type SpeechEngine } from '../../../media/speech/index.ts';
import { flowSet, readFlow } from '../../../server/ivr/index.ts';

const shipped = path.join(import.meta.dirname, '../../../ivr-flows/prompts');
const log = pino({ level: 'silent' });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'prompts-'));
});
afterEach(() => rm(folder, { recursive: true }));

const tone = (ms: number) => lineWav(Float32Array.from({ length: ms * 8 }, (_, i) => 0.3 * Math.sin(i / 3)));

/** An engine that writes down what it was asked, and speaks a tone. */
function engine(fail = false): SpeechEngine & { asked: string[] } {
  const asked: string[] = [];
  return {
    name: 'test 1',
    asked,
    speaks: () => true,
    speak: async (text, language) => {
      asked.push(`${language} ${text}`);
      if (fail) throw new Error('broken');
      return tone(200);
    },
    close: async () => undefined,
  };
}

async function put(name: string, bytes: Buffer): Promise<void> {
  const file = path.join(folder, 'recordings', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

const open = (speech?: SpeechEngine): Promise<Prompts> =>
  openPrompts({ folders: [path.join(folder, 'recordings')], cache: path.join(folder, 'cache'), speech, log });

/** Names of the files played, without folder. */
const played = (audio: Awaited<ReturnType<Prompts['audio']>>) =>
  audio.map((each) => (each.kind === 'file' ? path.basename(each.path, '.wav') : `${each.kind}`));

describe('the shipped recordings', () => {
  it('are there for every word of the product, ready for the line', async () => {
    const prompts = await openPrompts({ folders: [shipped], cache: folder, log });
    expect(prompts.problems).toEqual([]);
    for (const language of ['en', 'zh'] as const) {
      const missing = Object.keys(vocabulary[language]).filter((name) => !prompts.hasRecording(name, language));
      expect(missing).toEqual([]);
    }
    expect(existsSync(path.join(folder, 'converted'))).toBe(false);
    expect(prompts.hasMusic('hold-music')).toBe(true);
  });

  it('are neither silent, nor too long, nor too big together', async () => {
    let total = 0;
    for (const file of (await readdir(shipped, { recursive: true })).filter((each) => each.endsWith('.wav'))) {
      const bytes = await readFile(path.join(shipped, file));
      expect(isLineWav(bytes), file).toBe(true);
      const samples = new Int16Array(bytes.buffer, bytes.byteOffset + 44, (bytes.length - 44) / 2);
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      expect(peak, file).toBeGreaterThan(5000);
      expect(peak, file).toBeLessThan(24_000);
      expect(samples.length / 8000, file).toBeLessThan(33);
      total += bytes.length;
    }
    expect(total).toBeLessThan(6_000_000);
  });

  it('are there for every text of the shipped flows, so that a start needs no synthesis', async () => {
    const prompts = await openPrompts({ folders: [shipped], cache: folder, log });
    const flows = await Promise.all(
      ['bank', 'pin', 'rating'].map(async (name) => {
        const text = await readFile(path.join(shipped, '..', `${name}.json`), 'utf8');
        return readFlow(text, `${name}.json`).flow!;
      }),
    );
    expect(await prompts.prepare(flowSet(flows))).toEqual({ texts: 0, silent: 0 });
  });

  it('say position, wait, digits and the agent in both languages', async () => {
    const prompts = await openPrompts({ folders: [shipped], cache: folder, log });
    const names = async (...said: Parameters<Prompts['audio']>[0]) => played(await prompts.audio(said));
    expect(await names({ say: 'position', language: 'en', position: 21 })).toEqual([
      'position-before',
      '20',
      '1',
      'position-after',
    ]);
    expect(await names({ say: 'position', language: 'zh', position: 2 })).toEqual([
      'position-before',
      '2',
      'position-after',
    ]);
    expect(await names({ say: 'wait', language: 'zh', minutes: 2 })).toEqual(['wait-before', 'liang', 'minutes']);
    expect(await names({ say: 'wait', language: 'en', minutes: 0.2 })).toEqual(['wait-before', '1', 'minute']);
    expect(await names({ say: 'agent', language: 'zh', number: '1001' })).toEqual([
      'agent-before',
      '1',
      '0',
      '0',
      '1',
      'agent-after',
    ]);
    expect(await names({ say: 'digits', language: 'en', digits: '7#' }, { say: 'silence', ms: 5 })).toEqual([
      '7',
      'hash',
      'silence',
    ]);
  });
});

describe('resolving', () => {
  it('prefers the recording, and names audio by the hash of what is in it', async () => {
    await put('en/hello.wav', tone(100));
    const speech = engine();
    const prompts = await open(speech);
    const [audio] = await prompts.audio([{ say: 'text', language: 'en', text: 'Hello', file: 'hello' }]);
    expect(audio).toMatchObject({ kind: 'file', path: path.join(folder, 'recordings/en/hello.wav') });
    expect(audio?.kind === 'file' && audio.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(speech.asked).toEqual([]);
  });

  it('speaks a text without a recording once, and finds it again after a restart', async () => {
    const first = engine();
    const say = { say: 'text', language: 'en', text: 'Hello', file: 'nowhere' } as const;
    const one = await (await open(first)).audio([say, say]);
    expect(one).toHaveLength(2);
    expect(one[0]).toEqual(one[1]);
    expect(first.asked).toEqual(['en Hello']);
    const second = engine();
    expect(await (await open(second)).audio([say])).toEqual([one[0]]);
    expect(second.asked).toEqual([]);
  });

  it('does not keep what was said to one caller beyond the run', async () => {
    const say = { say: 'text', language: 'en', text: 'Hello Ms Li', filled: true } as const;
    const prompts = await open(engine());
    await prompts.audio([say]);
    expect(await readdir(path.join(folder, 'cache/spoken'))).toHaveLength(1);
    await open(engine());
    expect(existsSync(path.join(folder, 'cache/spoken'))).toBe(false);
  });

  it('keeps no more than 200 of those', async () => {
    const prompts = await open(engine());
    for (let i = 0; i < 230; i++)
      await prompts.audio([{ say: 'text', language: 'en', text: `Hello ${i}`, filled: true }]);
    await expect.poll(async () => (await readdir(path.join(folder, 'cache/spoken'))).length).toBe(200);
  });

  it('leaves out what cannot be said, and the rest is heard', async () => {
    await put('en/hello.wav', tone(100));
    const said = [
      { say: 'text', language: 'en', text: 'Nobody' },
      { say: 'file', language: 'en', file: 'gone' },
      { say: 'file', language: 'en', file: 'hello' },
    ] as const;
    expect(played(await (await open()).audio(said))).toEqual(['hello']);
    const broken = engine(true);
    const prompts = await open(broken);
    expect(played(await prompts.audio(said))).toEqual(['hello']);
    await prompts.audio(said);
    expect(broken.asked).toHaveLength(2);
  });

  it('reads Chinese characters with the Chinese voice, and English with the English one', async () => {
    const speech = engine();
    await (await open(speech)).audio([
      { say: 'text', language: 'en', text: '中文服务请按九。' },
      { say: 'text', language: 'zh', text: 'For English, press 9.' },
    ]);
    expect(speech.asked).toEqual(['zh 中文服务请按九。', 'en For English, press 9.']);
    expect(languageOf('95500', 'zh')).toBe('zh');
  });

  it('prepares a flow: every text that has no recording, in every language, but none that depends on the call', async () => {
    await put('en/hello.wav', tone(100));
    const text = JSON.stringify({
      flow: 'a',
      start: 'one',
      variables: { name: '' },
      nodes: {
        one: {
          type: 'say',
          prompt: [
            { file: 'hello', en: 'Hello', zh: '你好' },
            { en: 'Dear {name}', zh: '{name}' },
          ],
          next: 'two',
        },
        two: { type: 'hangup', prompt: { en: 'Bye', zh: '再见' } },
      },
    });
    const speech = engine();
    const prompts = await open(speech);
    const set = flowSet([readFlow(text, 'a.json').flow!]);
    expect(await prompts.prepare(set)).toEqual({ texts: 3, silent: 0 });
    expect(speech.asked.sort()).toEqual(['en Bye', 'zh 你好', 'zh 再见']);
    expect(await (await open()).prepare(set)).toEqual({ texts: 3, silent: 3 });
  });

  it('plays music of that name, else the default, else silence', async () => {
    expect((await open()).music()).toEqual([{ kind: 'silence', ms: 10_000 }]);
    await put('music/hold-music.wav', tone(100));
    await put('music/jazz.wav', tone(120));
    const prompts = await open();
    expect(played(prompts.music('jazz'))).toEqual(['jazz']);
    expect(played(prompts.music('rock'))).toEqual(['hold-music']);
  });
});

describe("an admin's recordings", () => {
  it('are converted once where they are not as the line needs them', async () => {
    const high = tone(100);
    high.writeUInt32LE(16_000, 24);
    await put('en/high.wav', high);
    const prompts = await open();
    const [audio] = await prompts.audio([{ say: 'file', language: 'en', file: 'high' }]);
    if (audio?.kind !== 'file') throw new Error('no file');
    expect(path.dirname(audio.path)).toBe(path.join(folder, 'cache/converted'));
    const bytes = await readFile(audio.path);
    expect(isLineWav(bytes)).toBe(true);
    expect(bytes.length).toBe(44 + 400 * 2);
  });

  it('are refused with a sentence, and stop nothing', async () => {
    await put('en/hello.wav', tone(100));
    await put('en/song.wav', Buffer.from('ID3 an MP3 in disguise'));
    const prompts = await open();
    expect(prompts.problems).toEqual([
      {
        file: 'en/song.wav',
        sentence: 'The recording "en/song.wav" cannot be used: it is no WAV file (RIFF WAVE), whatever its name says.',
      },
    ]);
    expect(prompts.hasRecording('song', 'en')).toBe(false);
    expect(prompts.hasRecording('hello', 'en')).toBe(true);
  });

  it('that the system does not give out stop nothing either, and are tried again', async () => {
    await put('en/hello.wav', tone(100));
    await put('en/folder.wav/inside.txt', Buffer.from('a folder with the name of a recording'));
    const late = path.join(folder, 'recordings/en/late.wav');
    await symlink(path.join(folder, 'elsewhere.wav'), late);
    const prompts = await open();
    expect(prompts.problems.map(({ file }) => file)).toEqual(['en/folder.wav', 'en/late.wav']);
    expect(prompts.problems[0]?.sentence).toMatch(/"en\/folder\.wav" cannot be used: it cannot be read .*EISDIR/);
    expect(prompts.hasRecording('hello', 'en')).toBe(true);
    await writeFile(path.join(folder, 'elsewhere.wav'), tone(100));
    await prompts.rescan();
    expect(prompts.hasRecording('late', 'en')).toBe(true);
  });

  it('are seen when they come, change and go', async () => {
    const prompts = await open();
    expect(prompts.hasRecording('hello', 'en')).toBe(false);
    await put('en/hello.wav', tone(100));
    await prompts.rescan();
    const before = await prompts.audio([{ say: 'file', language: 'en', file: 'hello' }]);
    await put('en/hello.wav', tone(150));
    await prompts.rescan();
    expect(await prompts.audio([{ say: 'file', language: 'en', file: 'hello' }])).not.toEqual(before);
    await rm(path.join(folder, 'recordings/en/hello.wav'));
    await prompts.rescan();
    expect(prompts.hasRecording('hello', 'en')).toBe(false);
  });
});

describe('espeak-ng', async () => {
  it('is no engine where it is not installed', async () => {
    expect(await openEspeak({ program: path.join(tmpdir(), 'no-such-program') })).toBeUndefined();
  });

  const espeak = await openEspeak();
  it.skipIf(!espeak)('speaks both languages into files for the line', async () => {
    const prompts = await open(espeak);
    for (const [language, text] of [
      ['en', 'Good morning'],
      ['zh', '早上好，银行'],
    ] as const) {
      const [audio] = await prompts.audio([{ say: 'text', language, text }]);
      if (audio?.kind !== 'file') throw new Error('no file');
      const bytes = await readFile(audio.path);
      expect(isLineWav(bytes)).toBe(true);
      expect((bytes.length - 44) / 16_000).toBeGreaterThan(0.5);
    }
  });

  it.skipIf(!espeak)('says so when it fails, or is closed', async () => {
    const slow = await openEspeak({ timeoutMs: 10_000 });
    await slow!.close();
    await expect(slow!.speak('Hello', 'en')).rejects.toThrow('made no speech: it is closed');
  });
});
