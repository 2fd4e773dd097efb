// From prompts to audio: recordings first, else speech that was synthesised and kept, else speech made now.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { type FlowSet, type Prompt, promptsOf } from '../../server/ivr/index.ts';
import { type Language, SwitchroomError } from '../../values/index.ts';
import type { Audio } from '../media-server.ts';
import { languageOf, type SpeechEngine } from '../speech/index.ts';
import { refused } from './errors.ts';
import { digitWords, numberWords } from './numbers.ts';
import { levelled, toLineRate, trimmed } from './sound.ts';
import { isLineWav, lineWav, readWav } from './wav.ts';

export interface PromptsOptions {
  /** Folders with `en/`, `zh/` and `music/`; of the same name, the earlier folder's recording wins. */
  folders: string[];
  /** Where converted and synthesised audio is kept: `data/prompts`. Can be thrown away at any time. */
  cache: string;
  speech?: SpeechEngine | undefined;
  log: Logger;
}

/** A recording that cannot be used, with a sentence for the admin. */
export interface RecordingProblem {
  file: string;
  sentence: string;
}

/** A file of the folders, as it was when it was read. */
interface Seen {
  mark: string;
  audio: Audio | undefined;
  problem?: RecordingProblem | undefined;
}

/** Texts of this call only, newest last; more would fill the disk with what nobody says again. */
const spokenKept = 200;

/** Opens the recordings. Files that cannot be used are in `problems` and in the log; they stop nothing. */
export async function openPrompts(options: PromptsOptions): Promise<Prompts> {
  const prompts = new Prompts(options);
  // What was said to callers of an earlier run is personal: it goes.
  await rm(path.join(options.cache, 'spoken'), { recursive: true, force: true });
  await prompts.rescan();
  return prompts;
}

export class Prompts {
  readonly #folders: readonly string[];
  readonly #cache: string;
  readonly #speech: SpeechEngine | undefined;
  readonly #log: Logger;
  /** `en/bank/welcome`, `music/hold-music` → audio. */
  #recordings = new Map<string, Audio>();
  #problems: RecordingProblem[] = [];
  /** By path, size and time of change: what need not be read again. */
  #seen = new Map<string, Seen>();
  readonly #speeches = new Map<string, Promise<Audio | undefined>>();
  readonly #spoken: string[] = [];

  constructor(options: PromptsOptions) {
    this.#folders = options.folders;
    this.#cache = options.cache;
    this.#speech = options.speech;
    this.#log = options.log;
  }

  get problems(): readonly RecordingProblem[] {
    return this.#problems;
  }

  hasRecording(file: string, language: Language): boolean {
    return this.#recordings.has(`${language}/${file}`);
  }

  hasMusic(name: string): boolean {
    return this.#recordings.has(`music/${name}`);
  }

  canSpeak(language: Language): boolean {
    return this.#speech?.speaks(language) ?? false;
  }

  /** Music on hold; where there is none of that name the default, and without that silence. Play it with `times: Infinity`. */
  music(name = 'hold-music'): Audio[] {
    const audio = this.#recordings.get(`music/${name}`) ?? this.#recordings.get('music/hold-music');
    return [audio ?? { kind: 'silence', ms: 10_000 }];
  }

  /**
   * Audio for what is to be said, in order. Never rejects: what cannot be said (no recording, no engine) is left out and
   * logged, so that the call goes on.
   */
  async audio(prompts: readonly Prompt[]): Promise<Audio[]> {
    const found: Audio[] = [];
    for (const prompt of prompts) {
      const ready = this.#ready(prompt);
      if (ready) found.push(...ready);
      else if (prompt.say === 'text') {
        const audio = await this.#speakNow(prompt.text, prompt.language, prompt.filled ?? false);
        if (audio) found.push(audio);
      }
    }
    return found;
  }

  /**
   * Synthesises all texts of the flows that have no recording, before the flows are taken.
   * @returns how many texts cannot be said
   */
  async prepare(set: Pick<FlowSet, 'flows'>): Promise<{ texts: number; silent: number }> {
    const texts = new Map<string, Extract<Prompt, { say: 'text' }>>();
    for (const flow of set.flows.values()) {
      for (const prompt of promptsOf(flow)) {
        if (prompt.say === 'text' && !this.#recorded(prompt)) texts.set(`${prompt.language} ${prompt.text}`, prompt);
      }
    }
    const made = await Promise.all(
      [...texts.values()].map(({ text, language }) => this.#speakNow(text, language, false)),
    );
    return { texts: texts.size, silent: made.filter((audio) => audio === undefined).length };
  }

  /** Looks at the folders again; unchanged files are not read. */
  async rescan(): Promise<void> {
    const recordings = new Map<string, Audio>();
    const problems: RecordingProblem[] = [];
    const seen = new Map<string, Seen>();
    for (const folder of this.#folders) {
      for (const file of await wavFiles(folder)) {
        const where = path.join(folder, file);
        const read = await this.#look(where, file);
        seen.set(where, read);
        if (read.problem) problems.push(read.problem);
        const name = file.slice(0, -'.wav'.length).split(path.sep).join('/');
        if (read.audio && !recordings.has(name)) recordings.set(name, read.audio);
      }
    }
    this.#seen = seen;
    this.#recordings = recordings;
    this.#problems = problems;
  }

  async #look(where: string, file: string): Promise<Seen> {
    try {
      const { size, mtimeMs } = await stat(where);
      const mark = `${size} ${mtimeMs}`;
      const known = this.#seen.get(where);
      return known?.mark === mark ? known : { mark, ...(await this.#take(where, file)) };
    } catch (error) {
      // A folder of such a name, no right to read it, a full disk: it must not cost the others, and is tried again.
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === undefined) throw error;
      this.#log.warn({ err: error, file }, 'recording cannot be read');
      const sentence = refused(file, `it cannot be read or converted (${code})`).message;
      return { mark: '', audio: undefined, problem: { file, sentence } };
    }
  }

  /** A recording as the line needs it: used where it stands, or converted into the cache. */
  async #take(where: string, file: string): Promise<{ audio: Audio | undefined; problem?: RecordingProblem }> {
    try {
      const bytes = await readFile(where);
      if (isLineWav(bytes)) return { audio: { kind: 'file', path: path.resolve(where), hash: sha256(bytes) } };
      return {
        audio: await this.#keep('converted', sha256(bytes), async () =>
          lineWav(await toLineRate(readWav(bytes, file))),
        ),
      };
    } catch (error) {
      if (!(error instanceof SwitchroomError)) throw error;
      this.#log.warn({ file, reason: error.message }, 'recording refused');
      return { audio: undefined, problem: { file, sentence: error.message } };
    }
  }

  /** What can be said without synthesis. */
  #ready(prompt: Prompt): Audio[] | undefined {
    switch (prompt.say) {
      case 'silence':
        return [{ kind: 'silence', ms: prompt.ms }];
      case 'digits':
        return this.#words(prompt.language, digitWords(prompt.digits));
      case 'number':
        return this.#words(prompt.language, numberWords(prompt.language, prompt.number));
      case 'position':
        return this.#words(prompt.language, [
          'phrase/position-before',
          ...numberWords(prompt.language, prompt.position),
          'phrase/position-after',
        ]);
      case 'wait': {
        const minutes = Math.max(1, Math.round(prompt.minutes));
        return this.#words(prompt.language, [
          'phrase/wait-before',
          ...numberWords(prompt.language, minutes, { beforeMeasure: true }),
          minutes === 1 ? 'phrase/minute' : 'phrase/minutes',
        ]);
      }
      case 'agent':
        return this.#words(prompt.language, [
          'phrase/agent-before',
          ...digitWords(prompt.number),
          ...(prompt.language === 'zh' ? ['phrase/agent-after'] : []),
        ]);
      case 'file':
        return this.#words(prompt.language, [prompt.file]);
      case 'text': {
        const audio = this.#recorded(prompt);
        return audio && [audio];
      }
    }
  }

  #recorded(prompt: Extract<Prompt, { say: 'text' }>): Audio | undefined {
    return prompt.file === undefined ? undefined : this.#recordings.get(`${prompt.language}/${prompt.file}`);
  }

  #words(language: Language, names: readonly string[]): Audio[] {
    return names.flatMap((name) => {
      const audio = this.#recordings.get(`${language}/${name}`);
      if (!audio) this.#log.warn({ recording: `${language}/${name}` }, 'recording missing');
      return audio ?? [];
    });
  }

  #speakNow(text: string, language: Language, filled: boolean): Promise<Audio | undefined> {
    if (text.trim() === '') return Promise.resolve(undefined);
    const voice = languageOf(text, language);
    const engine = this.#speech;
    if (!engine?.speaks(voice)) {
      this.#log.warn({ language: voice, filled }, 'text has no recording and no speech engine');
      return Promise.resolve(undefined);
    }
    const key = sha256(`${engine.name}\n${voice}\n${text}`);
    const known = this.#speeches.get(key);
    if (known) return known;
    const made = this.#keep(filled ? 'spoken' : 'speech', key, async () => {
      const sound = readWav(await engine.speak(text, voice), 'speech');
      return lineWav(levelled(trimmed(await toLineRate(sound), 60)));
    }).catch((error: unknown) => {
      // The next call tries again.
      this.#speeches.delete(key);
      this.#log.error({ err: error, language: voice }, 'speech engine failed');
      return undefined;
    });
    this.#speeches.set(key, made);
    if (filled) this.#forgetOldest(key);
    return made;
  }

  /** Keeps the folder of texts with callers' values small. */
  #forgetOldest(key: string): void {
    this.#spoken.push(key);
    if (this.#spoken.length <= spokenKept) return;
    const oldest = this.#spoken.shift()!;
    this.#speeches.delete(oldest);
    rm(this.#cacheFile('spoken', oldest), { force: true }).catch((error: unknown) => {
      this.#log.error({ err: error }, 'old speech could not be removed');
    });
  }

  /** The file of that key, made where it is not there yet. Written aside and renamed, so that nobody reads half of it. */
  async #keep(
    kind: 'converted' | 'speech' | 'spoken',
    key: string,
    make: () => Buffer | Promise<Buffer>,
  ): Promise<Audio> {
    const file = this.#cacheFile(kind, key);
    let bytes = await readIfThere(file);
    if (!bytes || !isLineWav(bytes)) {
      bytes = await make();
      await mkdir(path.dirname(file), { recursive: true });
      const aside = `${file}.${process.pid}.new`;
      await writeFile(aside, bytes, { mode: 0o600 });
      await rename(aside, file);
    }
    return { kind: 'file', path: path.resolve(file), hash: sha256(bytes) };
  }

  #cacheFile(kind: string, key: string): string {
    return path.join(this.#cache, kind, `${key}.wav`);
  }
}

async function wavFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.wav')).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
