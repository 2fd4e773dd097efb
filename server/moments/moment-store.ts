// The moments in use: loaded from a folder, checked, and swapped in whole when a file is saved. A file with an error keeps
// its old version in use.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { watchFolder } from '../flows/index.ts';
import type { Finding } from '../ivr/index.ts';
import type { MomentContext } from './check.ts';
import type { UsedMoment } from './evaluate.ts';
import { readMoments } from './folder.ts';

export interface MomentStatus {
  moment: string;
  /** `current`: in use as it is on disk; `kept`: has errors, an older version is in use; `refused`: none is. */
  state: 'current' | 'kept' | 'refused' | 'disabled';
  findings: readonly Finding[];
}

export interface MomentStoreOptions {
  folder: string;
  context(): MomentContext;
  /** `false`: only `reload` looks again. */
  watch?: boolean;
  /** Milliseconds of rest before a changed folder is read. Default 150. */
  debounceMs?: number;
  log: Logger;
}

/** A folder that is not there is one without moments. */
export async function openMomentStore(options: MomentStoreOptions): Promise<MomentStore> {
  const store = new MomentStore(options);
  await store.reload();
  store.watch();
  return store;
}

export class MomentStore extends EventEmitter<{ loaded: [readonly UsedMoment[]] }> {
  readonly #options: MomentStoreOptions;
  #moments: readonly UsedMoment[] = [];
  #statuses: readonly MomentStatus[] = [];
  #loading: Promise<void> = Promise.resolve();
  #watcher: { close(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MomentStoreOptions) {
    super();
    this.#options = options;
  }

  get current(): readonly UsedMoment[] {
    return this.#moments;
  }

  get statuses(): readonly MomentStatus[] {
    return this.#statuses;
  }

  /** One at a time; never half a set. @throws the file system's error, and the old set stays */
  reload(): Promise<void> {
    const next = this.#loading.catch(() => undefined).then(() => this.#load());
    this.#loading = next;
    return next;
  }

  watch(): void {
    const { folder, watch = true, log, debounceMs = 150 } = this.#options;
    if (!watch || this.#watcher) return;
    const changed = (file: string | undefined) => {
      if (file !== undefined && !file.endsWith('.json')) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.reload().catch((error: unknown) => log.error({ err: error, folder }, 'moments could not be read'));
      }, debounceMs).unref();
    };
    const failed = (error: unknown) => log.warn({ err: error, folder }, 'moments are not watched');
    try {
      this.#watcher = watchFolder(folder, changed, failed);
    } catch (error) {
      failed(error);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    // A load that fails has been told to whoever asked for it.
    await this.#loading.catch(() => undefined);
  }

  async #load(): Promise<void> {
    const { folder, context, log } = this.#options;
    const before = new Map(this.#moments.map((used) => [used.moment.moment, used]));
    const files = await readMoments(folder, context()).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const moments: UsedMoment[] = [];
    this.#statuses = files.map(({ file, name, findings, used: read }): MomentStatus => {
      const used = read ?? before.get(name);
      if (used?.moment.disabled === true) return { moment: name, state: 'disabled', findings };
      if (used) moments.push(used);
      if (!read) log.warn({ file, findings: findings.length, first: findings[0] }, 'moment has errors');
      return { moment: name, state: read ? 'current' : used ? 'kept' : 'refused', findings };
    });
    this.#moments = moments;
    this.emit('loaded', moments);
  }
}
