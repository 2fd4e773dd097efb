// espeak-ng as a speech engine: a separate program (GPL-3.0), run as a process of its own and only where it is installed.
import { type ChildProcess, spawn } from 'node:child_process';
import { defineErrors, type Language } from '../../values/index.ts';
import { respelled } from './pronunciation.ts';
import type { SpeechEngine } from './speech-engine.ts';

const failed = defineErrors({
  'speech-failed': { status: 503, text: 'The speech engine {engine} made no speech: {why}.' },
});

/**
 * Not `cmn`: that voice of espeak-ng 1.51 turns characters into pinyin and then spells the pinyin in English. This one has
 * the same dictionary and reads pinyin as Mandarin.
 */
const voices: Record<Language, string> = { en: 'en-us', zh: 'cmn-latn-pinyin' };
const speeds: Record<Language, number> = { en: 160, zh: 210 };
/** More at once only take the processor from the calls. */
const atOnce = 2;
const mostBytes = 32 * 1024 * 1024;

export interface EspeakOptions {
  /** Program to run. Default `espeak-ng`, found by PATH. */
  program?: string;
  /** Words per minute. Default: 160 in English, 210 in Chinese. */
  speed?: Partial<Record<Language, number>>;
  /** Milliseconds for one text. Default 10 s. */
  timeoutMs?: number;
}

/** The engine, or undefined where the program is not installed. */
export async function openEspeak(options: EspeakOptions = {}): Promise<SpeechEngine | undefined> {
  const program = options.program ?? 'espeak-ng';
  const timeoutMs = options.timeoutMs ?? 10_000;
  let version: string;
  try {
    version = (await run(program, ['--version'], '', timeoutMs, new Set())).toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))
      return undefined;
    throw error;
  }
  return new Espeak(program, /(\d[\w.-]*)/.exec(version)?.[1] ?? 'unknown', { ...speeds, ...options.speed }, timeoutMs);
}

class Espeak implements SpeechEngine {
  readonly name: string;
  readonly #program: string;
  readonly #speed: Record<Language, number>;
  readonly #timeoutMs: number;
  readonly #running = new Set<ChildProcess>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #closed = false;

  constructor(program: string, version: string, speed: Record<Language, number>, timeoutMs: number) {
    this.name = `espeak-ng ${version} ${Object.entries(voices)
      .map(([language, voice]) => `${voice}/${speed[language as Language]}`)
      .join(' ')}`;
    this.#program = program;
    this.#speed = speed;
    this.#timeoutMs = timeoutMs;
  }

  speaks(language: Language): boolean {
    return language in voices;
  }

  async speak(text: string, language: Language): Promise<Buffer> {
    if (this.#busy >= atOnce) await new Promise<void>((go) => this.#waiting.push(go));
    this.#busy += 1;
    try {
      if (this.#closed) throw failed['speech-failed']({ engine: this.name, why: 'it is closed' });
      // The text goes in by the pipe: on a command line it would be seen in the process list.
      const args = ['-v', voices[language], '-s', String(this.#speed[language]), '--stdin', '--stdout'];
      const wav = await run(
        this.#program,
        args,
        language === 'zh' ? respelled(text) : text,
        this.#timeoutMs,
        this.#running,
      );
      if (wav.length <= 44) throw failed['speech-failed']({ engine: this.name, why: 'its answer is empty' });
      return wav;
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

function run(
  program: string,
  args: string[],
  input: string,
  timeoutMs: number,
  running: Set<ChildProcess>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    running.add(child);
    const out: Buffer[] = [];
    let size = 0;
    let complaint = '';
    child.stdout.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size <= mostBytes) out.push(bytes);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (bytes: Buffer) => {
      if (complaint.length < 500) complaint += bytes.toString('utf8');
    });
    // A program that ends early closes the pipe; how it ended is told by `close`.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(Buffer.concat(out));
      else {
        const why = signal
          ? `it was ended by ${signal}`
          : `it ended with ${code}: ${complaint.trim() || 'no reason given'}`;
        reject(failed['speech-failed']({ engine: program, why }));
      }
    });
    child.stdin.end(input);
  });
}
