// Recordings of engines with files of their own come home, are proven, and leave the engine; whatever is away meanwhile.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MediaServer, Recording } from '../../media/media-server.ts';
import { inspectData } from '../../server/backup/index.ts';
import { InteractionProjector, InteractionRows } from '../../server/customers/index.ts';
import { recordingEnded, recordingStarted } from '../../server/customers/interaction-events.ts';
import { newEvent, openDatabase, openJournal } from '../../server/journal/index.ts';
import { RecordingFiles } from '../../server/recording-files.ts';
import { RecordingsHome } from '../../server/recordings-home.ts';
import { retained } from '../../server/retention/index.ts';
import { logger } from './directory/site.ts';

const clock = { now: () => 1_000, monotonic: () => 0 };

/** An engine with two files, which can be away. */
class Engine implements Pick<MediaServer, 'recording' | 'forget'> {
  readonly files = new Map<string, string>();
  up = true;
  /** While it is read. */
  meanwhile: (() => Promise<void>) | undefined;

  async recording(id: string): Promise<Recording | undefined> {
    const content = this.up ? this.files.get(id) : undefined;
    if (content === undefined) return undefined;
    return {
      id,
      pause: () => {},
      resume: () => {},
      stop: () => Promise.reject(new Error('over')),
      read: async () => ({ stream: Readable.from(this.#pieces(content)), size: content.length }),
    };
  }

  async *#pieces(content: string): AsyncGenerator<Buffer> {
    yield Buffer.from(content.slice(0, 1));
    await this.meanwhile?.();
    yield Buffer.from(content.slice(1));
  }

  async forget(id: string): Promise<void> {
    if (!this.up) throw new Error('the host is away');
    this.files.delete(id);
  }
}

let data: string;
let opened: ReturnType<typeof openDatabase>;
let journal: ReturnType<typeof openJournal>;
let records: InteractionProjector;
let engine: Engine;
let home: RecordingsHome | undefined;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'switchroom-home-'));
  opened = openDatabase({ directory: data, logger });
  journal = openJournal({ database: opened.database, site: 'main', logger, clock });
  records = new InteractionProjector(journal, new InteractionRows(opened.database), logger, clock);
  await records.start();
  engine = new Engine();
});
afterEach(async () => {
  await home?.stop();
  home = undefined;
  await records.stop();
  await journal.close();
  await opened.close();
  rmSync(data, { recursive: true, force: true });
});

const folder = () => join(data, 'recordings');
function begin(): void {
  const { database } = opened;
  home = new RecordingsHome({ database, journal, media: engine, folder: folder(), clock, logger, retryMs: 10 });
  home.start();
}
async function record(id: string, content: string, sealedAs = content): Promise<void> {
  engine.files.set(id, content);
  const scope = { interaction: `int_${id}` };
  const sha256 = createHash('sha256').update(sealedAs).digest('hex');
  await journal.append([
    newEvent(recordingStarted, 1, { recording: id }, scope),
    newEvent(recordingEnded, 2, { recording: id, ms: 1, bytes: content.length, sha256 }, scope),
  ]);
}
const here = () => (existsSync(folder()) ? readdirSync(folder()).sort() : []);
/** As a rule of retention or an erasure does it: it is marked, then the file goes. */
async function remove(ids: string[]): Promise<void> {
  const said = { kind: 'recordings', rule: 'short', days: 1, count: ids.length, ids, by: 'test' } as const;
  await journal.append([newEvent(retained, 3, said)], (db) => {
    for (const id of ids)
      db.prepare(`INSERT INTO removals (kind, id, at, rule) VALUES ('recordings', ?, 3, 'short')`).run(id);
  });
  for (const id of ids) rmSync(join(folder(), `${id}.wav`), { force: true });
}
const rows = () => opened.database.prepare('SELECT id, home FROM recordings_away ORDER BY id').all();
const report = async () => (await inspectData(data)).recordings;

describe('recordings of another engine', () => {
  it('come home when they are sealed, and leave the engine; the audit looks at them, the API reads them', async () => {
    begin();
    await record('rec_1', 'a talk');
    await expect.poll(() => engine.files.size).toBe(0);
    await expect.poll(rows).toEqual([]);
    expect(readFileSync(join(folder(), 'rec_1.wav'), 'utf8')).toBe('a talk');
    await expect.poll(report).toMatchObject({ right: 1, away: 0, missing: [], extra: [] });
    const files = new RecordingFiles(engine, folder());
    expect(await files.size('rec_1')).toBe(6);
    expect(await text(await files.read('rec_1', { start: 2, end: 5 }))).toBe('talk');
    expect(journal.read(0, { filter: { types: ['recording.brought-home'] } })).toHaveLength(1);
  });

  it('that were sealed while nobody looked come at the next start', async () => {
    await record('rec_1', 'one');
    await record('rec_2', 'two');
    begin();
    await expect.poll(here).toEqual(['rec_1.wav', 'rec_2.wav']);
    await expect.poll(() => engine.files.size).toBe(0);
  });

  it('stay where they are while the engine is away, are not missed, and come when it is back', async () => {
    engine.up = false;
    begin();
    await record('rec_1', 'a talk');
    await expect.poll(rows).toEqual([{ id: 'rec_1', home: 0 }]);
    expect(home?.away).toBe(1);
    await expect.poll(report).toMatchObject({ right: 0, away: 1, missing: [] });
    engine.up = true;
    await expect.poll(here, { timeout: 5_000 }).toEqual(['rec_1.wav']);
    await expect.poll(async () => (await report()).right).toBe(1);
  });

  it('that are not what was sealed are never taken for it, and never taken away', async () => {
    begin();
    await record('rec_1', 'another talk', 'a talk');
    await record('rec_2', 'right');
    await expect.poll(here).toEqual(['rec_2.wav']);
    await expect.poll(rows).toEqual([{ id: 'rec_1', home: 0 }]);
    expect(engine.files.has('rec_1')).toBe(true);
  });

  it('are kept by the engine until they are durably here: a stop in between loses and doubles nothing', async () => {
    await record('rec_1', 'a talk');
    begin();
    await expect.poll(() => engine.files.size).toBe(0);
    await home?.stop();
    // As if the stop had come before the engine was told.
    engine.files.set('rec_1', 'a talk');
    opened.database.prepare(`INSERT INTO recordings_away (id, since, sha256, home) VALUES ('rec_1', 1, 'x', 1)`).run();
    begin();
    await expect.poll(() => engine.files.size).toBe(0);
    expect(readFileSync(join(folder(), 'rec_1.wav'), 'utf8')).toBe('a talk');
    expect(journal.read(0, { filter: { types: ['recording.brought-home'] } })).toHaveLength(1);
  });

  it('go by the rules of retention, from here and from an engine that was away', async () => {
    await record('rec_1', 'a talk');
    begin();
    await expect.poll(here).toEqual(['rec_1.wav']);
    engine.up = false;
    await record('rec_2', 'a talk on a host that went away');
    await expect.poll(rows).toContainEqual({ id: 'rec_2', home: 0 });
    await remove(['rec_1', 'rec_2']);
    engine.up = true;
    await expect.poll(() => engine.files.size, { timeout: 5_000 }).toBe(0);
    await expect.poll(rows).toEqual([]);
    expect(here()).toEqual([]);
    await expect.poll(report).toMatchObject({ removed: 2, missing: [], extra: [] });
  });

  it('that are removed while they come do not stay', async () => {
    engine.meanwhile = () => remove(['rec_1']);
    begin();
    await record('rec_1', 'a talk');
    await expect.poll(() => engine.files.size).toBe(0);
    await expect.poll(rows).toEqual([]);
    expect(here()).toEqual([]);
    expect(journal.read(0, { filter: { types: ['recording.brought-home'] } })).toEqual([]);
    await expect.poll(report).toMatchObject({ removed: 1, missing: [], extra: [] });
  });
});
