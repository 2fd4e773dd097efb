// Moments as people edit them: the folder's files with their drafts and versions, checked, tested and tried before they act.
import { hash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Database, Statement } from 'better-sqlite3';
import { applyEdits, modify } from 'jsonc-parser';
import { type Clock, type Millis, oneByOne } from '../../values/index.ts';
import type { TextVersion, VersionHistory } from '../flows/index.ts';
import type { Finding } from '../ivr/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { type MomentContext, readMoment, readMomentTests } from './check.ts';
import type { UsedMoment } from './evaluate.ts';
import { momentRemoved, momentSaved } from './events.ts';
import type { MomentStatus, MomentStore } from './moment-store.ts';
import { type MomentTestResult, runMomentTests } from './moment-tests.ts';

/** A text that somebody works on and nobody uses yet. */
export interface MomentDraft {
  at: Millis;
  by: string;
  text: string;
}

/** A moment of the folder, a draft, or both. */
export interface MomentSummary extends Omit<MomentStatus, 'state'> {
  state: MomentStatus['state'] | 'draft';
  draft?: Omit<MomentDraft, 'text'> | undefined;
}

/** Looks at the text that is about to be replaced or removed; undefined: there is none. May throw. */
export type Replaces = (before: string | undefined) => void;

export interface MomentFilesOptions {
  folder: string;
  store: Pick<MomentStore, 'statuses' | 'reload'>;
  history: VersionHistory;
  database: Database;
  journal: Pick<Journal, 'append'>;
  clock: Clock;
  /** What the moments stand among, as the store's own. */
  context(): MomentContext;
}

export class MomentFiles {
  readonly #options: MomentFilesOptions;
  readonly #drafts: Statement<[], { moment: string; at: number; by: string }>;
  readonly #draft: Statement<[string], MomentDraft>;
  /** Each change looks at what the one before wrote. */
  readonly #inTurn = oneByOne();

  constructor(options: MomentFilesOptions) {
    this.#options = options;
    const { database } = options;
    this.#drafts = database.prepare('SELECT moment, at, by FROM moment_drafts ORDER BY moment');
    this.#draft = database.prepare('SELECT at, by, text FROM moment_drafts WHERE moment = ?');
  }

  /** By name. */
  list(): MomentSummary[] {
    const drafts = new Map(this.#drafts.all().map(({ moment, at, by }) => [moment, { at, by }]));
    const found: MomentSummary[] = this.#options.store.statuses.map((status) => {
      const draft = drafts.get(status.moment);
      drafts.delete(status.moment);
      return draft === undefined ? { ...status } : { ...status, draft };
    });
    for (const [moment, draft] of drafts) found.push({ moment, state: 'draft', findings: [], draft });
    return found.sort((a, b) => (a.moment < b.moment ? -1 : 1));
  }

  /** The file as it is written. */
  text(moment: string): Promise<string | undefined> {
    return this.#read(`${moment}.json`);
  }

  /** Of the tests beside it. */
  tests(moment: string): Promise<string | undefined> {
    return this.#read(`${moment}.test.json`);
  }

  /** As if that text were the moment's file. */
  check(moment: string, text: string): { findings: Finding[]; used?: UsedMoment } {
    return readMoment(text, `${moment}.json`, this.#options.context());
  }

  draft(moment: string): MomentDraft | undefined {
    return this.#draft.get(moment);
  }

  /** Keeps a text that is not used; it may have errors. */
  keepDraft(moment: string, text: string, by: string, replaces?: Replaces): Promise<void> {
    return this.#inTurn(async () => {
      replaces?.(this.draft(moment)?.text);
      const { journal, clock } = this.#options;
      const at = clock.now();
      await journal.append([], (database) => {
        database
          .prepare('INSERT OR REPLACE INTO moment_drafts (moment, at, by, text) VALUES (?, ?, ?, ?)')
          .run(moment, at, by, text);
      });
    });
  }

  dropDraft(moment: string): Promise<void> {
    return this.#inTurn(() => this.#dropDraft(moment));
  }

  async #dropDraft(moment: string): Promise<void> {
    await this.#options.journal.append([], (database) => {
      database.prepare('DELETE FROM moment_drafts WHERE moment = ?').run(moment);
    });
  }

  /**
   * Writes the file whole or not at all, and loads it. The text has no errors.
   * @param madeFrom whether that draft is done with by this; default: any is
   */
  save(
    moment: string,
    text: string,
    by: string,
    { replaces, madeFrom = () => true }: { replaces?: Replaces; madeFrom?: (draft: MomentDraft) => boolean } = {},
  ): Promise<void> {
    return this.#inTurn(async () => {
      replaces?.(await this.text(moment));
      await this.#save(moment, text, by);
      const draft = this.draft(moment);
      if (draft !== undefined && madeFrom(draft)) await this.#dropDraft(moment);
    });
  }

  /** Removes its file, its tests and its draft; its versions stay. @returns false where there is nothing of that name */
  remove(moment: string, by: string, replaces?: Replaces): Promise<boolean> {
    return this.#inTurn(async () => {
      const { folder, store, journal, clock } = this.#options;
      const text = await this.text(moment);
      if (text === undefined && this.draft(moment) === undefined) return false;
      replaces?.(text);
      await rm(path.join(folder, `${moment}.json`), { force: true });
      await rm(path.join(folder, `${moment}.test.json`), { force: true });
      await store.reload();
      await journal.append([newEvent(momentRemoved, clock.now(), { moment, by })]);
      await this.#dropDraft(moment);
      return true;
    });
  }

  async #save(moment: string, text: string, by: string): Promise<void> {
    const { folder, store, history, journal, clock } = this.#options;
    const version = hash('sha256', text);
    history.saves(version, by);
    // Beside it and then over it, so that nobody ever reads half a moment.
    const fresh = path.join(folder, `.${moment}.${randomUUID()}`);
    try {
      await writeFile(fresh, text, { flush: true });
      await rename(fresh, path.join(folder, `${moment}.json`));
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
    await store.reload();
    await journal.append([newEvent(momentSaved, clock.now(), { moment, by, sha256: version })]);
  }

  /**
   * Takes it into use, or out of it, and changes nothing else in its file.
   * @returns false where there is no such file
   */
  turn(moment: string, on: boolean, by: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const text = await this.text(moment);
      if (text === undefined) return false;
      const options = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' } };
      // Right after its name, where people look for it.
      const edits = modify(text, ['disabled'], on ? undefined : true, {
        ...options,
        getInsertionIndex: (keys) => keys.indexOf('moment') + 1,
      });
      await this.#save(moment, applyEdits(text, edits), by);
      return true;
    });
  }

  versions(moment: string): TextVersion[] {
    return this.#options.history.list(moment);
  }

  version(moment: string, version: string): string | undefined {
    return this.#options.history.text(moment, version);
  }

  /**
   * Runs the tests that stand beside it.
   * @param text tried instead of the file @returns undefined where there is no such moment
   */
  async test(
    moment: string,
    text?: string,
  ): Promise<{ results: MomentTestResult[]; findings: readonly Finding[] } | undefined> {
    const tried = text ?? (await this.text(moment));
    if (tried === undefined) return undefined;
    const { findings, used } = this.check(moment, tried);
    const beside = await this.tests(moment);
    if (!used) return { results: [], findings };
    if (beside === undefined) return { results: [], findings: [] };
    const tests = readMomentTests(beside, `${moment}.test.json`);
    return { results: tests.tests ? runMomentTests([used], tests.tests) : [], findings: tests.findings };
  }

  async #read(file: string): Promise<string | undefined> {
    try {
      return await readFile(path.join(this.#options.folder, file), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
