// The flows in use: loaded from a folder, checked, and swapped in whole when a file is saved. A call keeps the set that it
// began with; a file with an error keeps its old version in use.
import { EventEmitter } from 'node:events';
import path from 'node:path';
import type { Logger } from 'pino';
import {
  type CheckContext,
  type CompiledFlow,
  callsOf,
  type Finding,
  type FlowSet,
  flowSet,
  readFlow,
} from '../ivr/index.ts';
import { readFolder } from './folder.ts';
import { watchFolder } from './watch-folder.ts';

/** Calls `changed` when a file beneath the folder may have changed, with its path in the folder where it is known. */
export type Watch = (
  folder: string,
  changed: (file: string | undefined) => void,
  failed: (error: Error) => void,
) => { close(): void };

export interface FlowStoreOptions {
  folder: string;
  /** Queues, skills, recordings … as they are now; asked at each load. */
  context(): Omit<CheckContext, 'flows'>;
  /** Before the check: look for new recordings. */
  refresh?: (() => Promise<unknown>) | undefined;
  /** A version is taken into use; its failure is logged. */
  keep?: ((flow: CompiledFlow, text: string) => Promise<unknown>) | undefined;
  /** Text of the version that an earlier process had in use. @param now what its file says */
  last?: ((flow: string, now?: string) => string | undefined) | undefined;
  /** After the check and before the swap: synthesise texts. Its failure is logged, and the flows are taken all the same. */
  prepare?: ((set: FlowSet) => Promise<unknown>) | undefined;
  /** Default: the file system. `false`: only `reload` looks again. */
  watch?: Watch | false | undefined;
  /** Milliseconds of rest before a changed folder is read: editors write in several steps. Default 150. */
  debounceMs?: number | undefined;
  log: Logger;
}

/** A file at its last load. */
export interface FlowStatus {
  file: string;
  flow: string;
  /** `current`: in use as it is on disk. `kept`: has errors, an older version is in use. `refused`: has errors, none is. `removed`: gone, but still called by another flow. */
  state: 'current' | 'kept' | 'refused' | 'removed';
  /** Version in use, SHA-256 (hex). */
  version?: string | undefined;
  findings: readonly Finding[];
}

export interface FlowStoreEvents {
  /** After each load. */
  loaded: [{ set: FlowSet; changed: boolean; flows: readonly FlowStatus[] }];
}

/** Loads a folder and keeps watching it. @throws the file system's error where the folder cannot be read */
export async function openFlowStore(options: FlowStoreOptions): Promise<FlowStore> {
  const store = new FlowStore(options);
  await store.reload();
  store.watch();
  return store;
}

export class FlowStore extends EventEmitter<FlowStoreEvents> {
  readonly #options: FlowStoreOptions;
  #set: FlowSet = flowSet([]);
  #flows: readonly FlowStatus[] = [];
  #watcher: { close(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The load under way; the next waits for it. */
  #loading: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: FlowStoreOptions) {
    super();
    this.#options = options;
  }

  /** The flows for calls that begin now. */
  get current(): FlowSet {
    return this.#set;
  }

  /** All files with what the checker says of them. */
  get flows(): readonly FlowStatus[] {
    return this.#flows;
  }

  /** Reads the folder again. One at a time; never half a set. @throws the file system's error, and the old set stays */
  reload(): Promise<void> {
    const next = this.#loading.catch(() => undefined).then(() => this.#load());
    this.#loading = next;
    return next;
  }

  /** Looks at the folder from now on. */
  watch(): void {
    const { watch = watchFolder, folder, log, debounceMs = 150 } = this.#options;
    if (watch === false || this.#watcher || this.#closed) return;
    const changed = (file: string | undefined) => {
      if (file !== undefined && !/\.(json|wav)$/.test(file)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.reload().catch((error: unknown) => log.error({ err: error, folder }, 'flows could not be read'));
      }, debounceMs);
      this.#timer.unref();
    };
    // Without a watcher (no inotify left, a file system that has none) the flows still work; only a save needs a reload.
    const failed = (error: unknown) => log.error({ err: error, folder }, 'flows are not watched');
    try {
      this.#watcher = watch(folder, changed, failed);
    } catch (error) {
      failed(error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    // A load that fails has been told to whoever asked for it.
    await this.#loading.catch(() => undefined);
  }

  async #load(): Promise<void> {
    const { folder, context, refresh, keep, prepare, log } = this.#options;
    if (this.#closed) return;
    await refresh?.();
    const among = context();
    const files = await readFolder(folder, among);
    const before = this.#set.flows;
    const taken = new Map<string, CompiledFlow>();
    const statuses: FlowStatus[] = [];
    for (const { file, flow, findings, text } of files) {
      const name = flow?.name ?? path.basename(file, '.json');
      const use = flow ?? before.get(name) ?? this.#lastUsed(name, text);
      if (use) taken.set(name, use);
      if (flow) keep?.(flow, text).catch((error: unknown) => log.error({ err: error, file }, 'flow was not kept'));
      const state = flow ? 'current' : use ? 'kept' : 'refused';
      statuses.push({ file, flow: name, state, version: use?.version, findings });
      if (!flow) log.warn({ file, state, findings: findings.length, first: findings[0] }, 'flow has errors');
    }
    // An older version may call a flow whose file is gone: as long as it is in use, so is that flow.
    const open = [...taken.values()];
    for (let flow = open.pop(); flow; flow = open.pop()) {
      for (const name of callsOf(flow)) {
        const old = taken.has(name) ? undefined : (before.get(name) ?? this.#lastUsed(name));
        if (!old) continue;
        taken.set(name, old);
        open.push(old);
        if (!statuses.some((each) => each.flow === name)) {
          statuses.push({ file: `${name}.json`, flow: name, state: 'removed', version: old.version, findings: [] });
        }
      }
    }
    // Hours that are gone stay for the older versions that name them.
    const set = flowSet(taken.values(), new Map([...this.#set.hours, ...(among.hours ?? [])]));
    const changed = set.version !== this.#set.version;
    try {
      await prepare?.(set);
    } catch (error) {
      log.error({ err: error }, 'prompts of the flows could not be prepared');
    }
    if (changed) this.#set = set;
    this.#flows = statuses;
    log.info({ flows: set.flows.size, version: set.version.slice(0, 12), changed }, 'flows loaded');
    this.emit('loaded', { set: this.#set, changed, flows: statuses });
  }

  /**
   * A restart must not take a flow out of use that has errors since: a queue or agent that it names may have gone long ago.
   * So it is compiled without a look at what it stands among.
   */
  #lastUsed(flow: string, now?: string): CompiledFlow | undefined {
    const text = this.#options.last?.(flow, now);
    return text === undefined ? undefined : readFlow(text, `${flow}.json`).flow;
  }
}
