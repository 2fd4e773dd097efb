// A site moves to another machine, or into the cloud: out of its data folder into a vault, which both sides reach, and out of it
// into the new folder. Each step can be repeated after whatever interrupted it, and each is proven before the next:
//
//   here ──leave: last backup, restored and verified──▶ fenced ──arrive: restored, chain, counts, checksums──▶ there
//     ◀───────────────────back: nothing arrived─────────┘
//
// From the moment of the fence on nothing starts on the old data, so that never two sites write one history.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Settings } from '../../config/index.ts';
import {
  type DirectoryLock,
  databaseFile,
  dataDirectoryHolder,
  type Fence,
  fenceOf,
  halfRestored,
  lockDataDirectory,
  lockFile,
  mustBeWhole,
  putFence,
  takeFenceAway,
} from '../journal/index.ts';
import { failed } from './errors.ts';
import { freeBytesAt } from './free-bytes.ts';
import { findings, inspectData } from './inspect.ts';
import { dropMoveNote, type MoveNote, readMoveNote, writeMoveNote } from './move-note.ts';
import { finishFlows, openBackup, type Restored, restoreBackup } from './restore.ts';
import { sourcesOf } from './sources.ts';
import { isFile, readManifest, takeBackup } from './take.ts';
import { contentsOf } from './target-folder.ts';
import { verifyBackup } from './verify.ts';

export interface MoveOptions {
  settings: Settings;
  /** switchroom.json, where there is one. */
  configuration: string | undefined;
  /** The vault: a folder that both machines reach, or that is carried over. */
  vault: string;
  passphrase: string;
}

export interface LeavePlan {
  site: string;
  data: string;
  /** The server that runs there: to be drained and stopped first. */
  holder: { pid: number | undefined } | undefined;
  /** Moved already, by an earlier run. */
  fence: Fence | undefined;
  journalLast: number;
  files: number;
  bytes: number;
  /** Not in the vault yet; databases always count. */
  fresh: { files: number; bytes: number };
  freeBytes: number;
  /** There a copy of the database lies for a while, in clear. */
  scratch: { folder: string; bytes: number; freeBytes: number };
}

/** What `leave` would do; changes nothing. @throws backup-nothing, backup-passphrase-wrong */
export async function planLeave({ settings, configuration, vault, passphrase }: MoveOptions): Promise<LeavePlan> {
  const { data } = settings;
  if (!existsSync(join(data, databaseFile))) throw failed['backup-nothing']({ data });
  const known = await inVault(vault, passphrase);
  const sizes = { files: 0, bytes: 0, fresh: { files: 0, bytes: 0 } };
  for (const { root, path, file, database } of sourcesOf(settings, configuration)) {
    const { size, mtimeMs } = await stat(file);
    sizes.files++;
    sizes.bytes += size;
    const there = known.get(`${root}/${path}`);
    if (!database && there?.bytes === size && there.modifiedMs === mtimeMs) continue;
    sizes.fresh.files++;
    sizes.fresh.bytes += size;
  }
  return {
    site: settings.site.name,
    data,
    holder: dataDirectoryHolder(data),
    fence: fenceOf(data),
    journalLast: endOf(data).last,
    ...sizes,
    freeBytes: await freeBytesAt(vault),
    scratch: {
      folder: tmpdir(),
      bytes: (await stat(join(data, databaseFile))).size,
      freeBytes: await freeBytesAt(tmpdir()),
    },
  };
}

/**
 * Out of the old side. The server and the sidecar there must be stopped.
 * @throws data-directory-in-use, data-half-restored, move-sidecar-running, data-moved (to somewhere else), move-arrived, move-not-right, and those of a backup
 */
export async function leave(options: MoveOptions & { version: string; now: number }): Promise<MoveNote> {
  const { settings, configuration, passphrase, version, now } = options;
  const { data } = settings;
  const vault = resolve(options.vault);
  if (existsSync(vault) && isFile(vault)) throw failed['move-vault-file']({ vault });
  if (!existsSync(join(data, databaseFile))) throw failed['backup-nothing']({ data });
  const lock = lockDataDirectory(data);
  let sidecar: DirectoryLock | undefined;
  try {
    sidecar = lockSidecar(data);
    mustBeWhole(data);
    const fence = fenceOf(data);
    const left = readMoveNote(vault);
    if (fence && left?.move === fence.move) return left;
    if (fence && fence.to !== vault) throw failed['move-elsewhere']({ data, to: fence.to });
    // Of a site that left by this vault before: its place is taken only when it has arrived.
    if (left && left.arrived === undefined) throw failed['move-under-way']({ vault, site: left.site });
    const taken = await takeBackup({ settings, configuration, to: vault, passphrase, version, now });
    const { manifest, report, sameEnd, damaged } = await verifyBackup({
      from: vault,
      passphrase,
      which: taken.manifest,
      setAside: true,
    });
    const [wrong] = [
      ...damaged.map((line) => `${line}, in ${vault}: run it again, and it is written again`),
      ...findings(report),
      ...(sameEnd ? [] : ['the journal does not end as it does here']),
    ];
    if (wrong !== undefined) throw failed['move-not-right']({ data, reason: wrong });
    const move = fence?.move ?? randomUUID();
    const { journal } = manifest;
    putFence(data, { move, site: manifest.site, at: now, to: vault, journal });
    const note: MoveNote = {
      format: 1,
      move,
      site: manifest.site,
      version,
      at: now,
      from: placeOf(data),
      manifest: taken.manifest,
      journal,
      rows: rowsOf(data),
      files: taken.files,
      bytes: taken.bytes,
    };
    writeMoveNote(vault, note);
    return note;
  } finally {
    sidecar?.release();
    lock.release();
  }
}

export interface ArriveOptions {
  vault: string;
  passphrase: string;
  /** The new data folder: empty, not there, or what an earlier run of this restored. */
  data: string;
  flows?: string | undefined;
  /** Without the files that are damaged in the vault. */
  whatIsWhole?: boolean;
  now: number;
}

export interface ArrivePlan {
  note: MoveNote;
  freeBytes: number;
  /** The folder holds something: only right where an earlier run restored it. */
  used: boolean;
}

/** What `arrive` would do; changes nothing. @throws move-not-left, move-arrived */
export async function planArrive({ vault, data }: Pick<ArriveOptions, 'vault' | 'data'>): Promise<ArrivePlan> {
  const note = mustHaveLeft(resolve(vault), resolve(data));
  return { note, freeBytes: await freeBytesAt(data), used: contentsOf(resolve(data)).length > 0 };
}

export interface Arrived {
  note: MoveNote;
  data: string;
  /** Undefined where an earlier run has restored it. */
  restored: Restored | undefined;
  /** Where the flows are; undefined: somebody has moved them. */
  flows: string | undefined;
  recordings: number;
  /** Recordings and attachments that did not arrive, as they are damaged in the vault. */
  lost: string[];
}

/** Into the new side. @throws move-not-left, move-arrived, move-not-right, and those of a restore */
export async function arrive(options: ArriveOptions): Promise<Arrived> {
  const { passphrase, flows, whatIsWhole = false, now } = options;
  const [vault, data] = [resolve(options.vault), resolve(options.data)];
  const note = mustHaveLeft(vault, data);
  // What no restore is under way in, and ends as it must, was restored whole.
  const whole = halfRestored(data) === undefined && existsSync(join(data, databaseFile));
  const before = whole ? endOf(data) : undefined;
  const there = before?.last === note.journal.last && before.hash === note.journal.hash;
  const restored = there
    ? undefined
    : await restoreBackup({ from: vault, passphrase, data, flows, which: note.manifest, whatIsWhole, now });
  const placed = restored?.flows ?? finishFlows(data, flows, note.manifest, now);
  const report = await inspectData(data);
  const { recordings, attachments } = report;
  const lost = whatIsWhole ? [...recordings.missing, ...attachments.missing] : [];
  if (whatIsWhole) for (const files of [recordings, attachments]) files.missing = [];
  const wrong = findings(report);
  const { seq, hash } = report.end;
  if (seq !== note.journal.last || hash !== note.journal.hash) wrong.push('the journal does not end as it did there');
  for (const [table, count] of Object.entries(rowsOf(data)))
    if (note.rows[table] !== count) wrong.push(`${table} has ${count} rows, and had ${note.rows[table] ?? 0}`);
  if (wrong[0] !== undefined) throw failed['move-not-right']({ data, reason: wrong[0] });
  const arrived = { ...note, arrived: note.arrived ?? { at: now, to: placeOf(data) } };
  writeMoveNote(vault, arrived);
  return { note: arrived, data, restored, flows: placed, recordings: recordings.right, lost };
}

/** Undoes `leave`: the old side may start again. @throws move-not-fenced, move-arrived, move-not-left where its vault is away */
export function comeBack({ data }: Pick<Settings, 'data'>): Fence {
  const lock = lockDataDirectory(data);
  try {
    const fence = fenceOf(data);
    if (!fence) throw failed['move-not-fenced']({ data });
    // Only the vault knows whether it has arrived.
    if (!existsSync(fence.to)) throw failed['move-vault-away']({ vault: fence.to });
    const note = readMoveNote(fence.to);
    if (note?.move === fence.move) {
      if (note.arrived) throw failed['move-arrived']({ site: note.site, to: note.arrived.to });
      // First of all: from now on nothing can arrive.
      dropMoveNote(fence.to);
    }
    takeFenceAway(data);
    return fence;
  } finally {
    lock.release();
  }
}

/** Its own lock, so that what comes to it meanwhile is not lost with the old side. @throws move-sidecar-running */
function lockSidecar(data: string): DirectoryLock | undefined {
  const folder = join(data, 'sidecar');
  // A site without digital channels.
  if (!existsSync(folder)) return undefined;
  const lock = lockFile(join(folder, 'sidecar.lock'));
  if (!lock) throw failed['move-sidecar-running']({ data });
  return lock;
}

function mustHaveLeft(vault: string, data: string): MoveNote {
  const note = readMoveNote(vault);
  if (!note) throw failed['move-not-left']({ vault });
  if (note.arrived && note.arrived.to !== placeOf(data))
    throw failed['move-arrived']({ site: note.site, to: note.arrived.to });
  return note;
}

const placeOf = (data: string) => `${hostname()}:${resolve(data)}`;

async function inVault(vault: string, passphrase: string): Promise<Map<string, { bytes: number; modifiedMs: number }>> {
  if (!existsSync(join(vault, 'key.json'))) return new Map();
  const { vault: opened, key, names } = await openBackup(vault, passphrase);
  const name = names.at(-1);
  if (name === undefined) return new Map();
  const { files } = await readManifest(opened, key, name);
  return new Map(files.map((file) => [`${file.root}/${file.path}`, file]));
}

function endOf(data: string): { last: number; hash: string } {
  return reading(data, (database) => {
    const end = database
      .prepare<[], { seq: number; hash: Buffer }>('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1')
      .get();
    return { last: end?.seq ?? 0, hash: end?.hash.toString('hex') ?? '' };
  });
}

function rowsOf(data: string): Record<string, number> {
  return reading(data, (database) => {
    const tables = database
      .prepare<[], string>(
        // Of virtual tables the rows lie in tables of their own.
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
      )
      .pluck()
      .all();
    return Object.fromEntries(
      tables.map((table) => [
        table,
        database.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0,
      ]),
    );
  });
}

function reading<Result>(data: string, read: (database: Sqlite.Database) => Result): Result {
  const database = new Sqlite(join(data, databaseFile), { fileMustExist: true, readonly: true, timeout: 10_000 });
  try {
    return read(database);
  } finally {
    database.close();
  }
}
