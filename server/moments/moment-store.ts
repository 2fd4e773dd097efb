// The moments in use: loaded from a folder, checked, and swapped in whole when a file is saved. A file with an error keeps
// its old version in use.
import { hash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { watchFolder } from '../flows/index.ts';
import type { Finding } from '../ivr/index.ts';
import type { MomentContext } from './check.ts';
import type { UsedMoment } from './evaluate.ts';
import { readMoments } from './folder.ts';
import type { Moment } from './schema.ts';

export interface MomentStatus {
  moment: string;
  /** `current`: in use as it is on disk; `kept`: has errors, an older version is in use; `refused`: none is. */
  state: 'current' | 'kept' | 'refused' | 'disabled';
  /** SHA-256 of the text in use, hex; of one that is disabled, of that text. */
  version?: string | undefined;
  /** As it is in use, or would be. */
  rule?: Moment | undefined;
  findings: readonly Finding[];
}

export interface MomentStoreOptions {
  folder: string;
  context(): MomentContext;
  /** Called with each text that is taken. */
  keep?: ((moment: string, version: string, text: string) => Promise<unknown>) | undefined;
  /** `false`: only `reload` looks again. */
  watch?: boolean;
  /** Milliseconds of rest before a changed folder is read. Default 150. */
  debounceMs?: number;
  log: Logger;
}

/** A folder that is not there is one without moments; it is watched from the first of them on. */
export async function openMomentStore(options: MomentStoreOptions): Promise<MomentStore> {
  const store = new MomentStore(options);
  await store.reload();
  return store;
}

export class MomentStore extends EventEmitter<{ loaded: [readonly UsedMoment[]] }> {
  readonly #options: MomentStoreOptions;
  #moments: readonly UsedMoment[] = [];
  #statuses: readonly MomentStatus[] = [];
  /** Of what is in use, by name. */
  #versions = new Map<string, string>();
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

  #watch(): void {
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
    const { folder, context, keep, log } = this.#options;
    const before = new Map(this.#moments.map((used) => [used.moment.moment, used]));
    const files = await readMoments(folder, context()).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (files) this.#watch();
    const moments: UsedMoment[] = [];
    const versions = new Map<string, string>();
    this.#statuses = (files ?? []).map(({ file, name, text, findings, used: read }): MomentStatus => {
      const used = read ?? before.get(name);
      const version = read ? hash('sha256', text) : this.#versions.get(name);
      if (used && version !== undefined) versions.set(name, version);
      if (read && version !== undefined)
        keep?.(name, version, text).catch((error: unknown) => log.error({ err: error, file }, 'moment was not kept'));
      const known = { moment: name, version, rule: used?.moment, findings };
      if (used?.moment.disabled === true) return { ...known, state: 'disabled' };
      if (used) moments.push(used);
      if (!read) log.warn({ file, findings: findings.length, first: findings[0] }, 'moment has errors');
      return { ...known, state: read ? 'current' : used ? 'kept' : 'refused' };
    });
    this.#versions = versions;
    this.#moments = moments;
    this.emit('loaded', moments);
  }
}
