// The next process of a program, started while the one before it still works: it loads its code and waits for its turn, so
// that a planned restart costs neither Node's start nor the loading, and code that cannot be loaded costs nothing at all.
import type { FromSupervisor } from './lifeline.ts';
import type { ProgramOptions } from './program.ts';
import { spawnProgram } from './spawn-program.ts';

type Say = (message: FromSupervisor) => void;

const PREPARE_LIMIT_MS = 30_000;

export class Standby {
  readonly pid: number | undefined;
  /** Resolves when it waits for its turn. Rejects with why it does not: it died, or took too long. */
  readonly prepared: Promise<void>;
  readonly #settle: PromiseWithResolvers<void>;
  readonly #timer: NodeJS.Timeout;
  #say: Say | undefined;
  #gone: (why: string) => void;
  #over = false;

  constructor(options: ProgramOptions) {
    this.#settle = Promise.withResolvers();
    this.prepared = this.#settle.promise;
    this.#gone = (why) => this.#settle.reject(new Error(why));
    const child = spawnProgram(options);
    this.pid = child.pid;
    const gone = (why: string) => {
      this.#over = true;
      clearTimeout(this.#timer);
      this.#gone(why);
    };
    child.on('error', (error) => gone(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => gone(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    this.#timer = setTimeout(() => {
      this.#settle.reject(new Error(`was not prepared within ${PREPARE_LIMIT_MS / 1_000} s`));
      this.end();
    }, PREPARE_LIMIT_MS);
  }

  /** It says hello: it is told to load everything. */
  hello(say: Say, configuration: unknown): void {
    this.#say = say;
    say({ prepare: configuration });
  }

  /** Whether a message came by its line. */
  speaks(say: Say): boolean {
    return this.#say === say;
  }

  isPrepared(): void {
    clearTimeout(this.#timer);
    this.#settle.resolve();
  }

  /**
   * It becomes the program: from now on `gone` hears of its end.
   * @returns its line and pid; undefined where it is gone already
   */
  takeOver(gone: (why: string) => void): { pid: number; say: Say } | undefined {
    if (this.#over || this.#say === undefined || this.pid === undefined) return undefined;
    clearTimeout(this.#timer);
    this.#settle.reject(new Error('its turn came before it was prepared'));
    this.#gone = gone;
    return { pid: this.pid, say: this.#say };
  }

  /** It is not needed. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#over || this.pid === undefined) return;
    if (this.#say) this.#say({ stop: 'not needed' });
    else process.kill(this.pid, 'SIGTERM');
  }
}
