// What is backed up: everything in the data folder that cannot be made again, the flows, the moments, and the files that the settings
// and the file of channels name.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Settings } from '../../config/index.ts';
import { failed } from './errors.ts';
import type { BackedFile } from './manifest.ts';

export interface Source {
  root: BackedFile['root'];
  path: string;
  file: string;
  /** A database that others write: copied as one moment's picture. */
  database: boolean;
  was?: string;
}

/** Can be made again, belongs to this machine's processes or to this folder alone (its fence), or is not whole yet. */
const leftOut =
  /^(prompts|log)(\/|$)|^server\.(lock|pid)$|^moved\.json$|^attachments\/coming(\/|$)|(-wal|-shm|-journal|\.lock|\.pid|\.coming)$/;
/** Of the folder of sockets: what seals and proves. */
const keptOfRun = /^run(\/(secret|connector\.token))?$/;

/** @param configuration path of switchroom.json, where there is one @throws backup-channels-unreadable */
export function sourcesOf(settings: Settings, configuration: string | undefined): Source[] {
  const { data, flows, moments } = settings;
  const inFolders = [
    ...filesOf('data', data, (path) => !leftOut.test(path) && (!/^run(\/|$)/.test(path) || keptOfRun.test(path))),
    ...filesOf('flows', flows),
    ...filesOf('moments', moments.folder),
  ];
  const there = new Set(inFolders.map(({ file }) => file));
  const channels = settings.sidecar.file;
  const named = [...new Set([configuration, ...filesNamed(settings), ...filesOfChannels(channels)])].filter(
    (file) => file !== undefined && isThere(file) && !there.has(file),
  ) as string[];
  return [
    ...inFolders,
    ...named.map((file, nth) => ({
      root: 'settings' as const,
      path: named.some((other) => other !== file && basename(other) === basename(file))
        ? `${nth}-${basename(file)}`
        : basename(file),
      file,
      database: false,
      was: file,
    })),
  ];
}

/** Empty where there is no such folder: of flows and moments there need be none. */
function filesOf(root: Source['root'], folder: string, wanted: (path: string) => boolean = () => true): Source[] {
  if (!existsSync(folder)) return [];
  return filesBelow(folder, wanted).map((path) => ({
    root,
    path,
    file: join(folder, path),
    database: root === 'data' && path.endsWith('.sqlite'),
  }));
}

/** Absolute paths of files in the settings: keys, certificates, policies, the file of channels. */
function filesNamed(settings: Settings): string[] {
  const found: string[] = [];
  const visit = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      if (value.startsWith('/') && /(file|key|certificate|policy|ca|clientCa|retention)$/i.test(name))
        found.push(resolve(value));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, Array.isArray(value) ? name : key);
    }
  };
  visit(settings, '');
  return found;
}

/** Secrets and certificates that the channels name: `{ "file": … }`, relative to their file, and `…File`. */
function filesOfChannels(channels: string): string[] {
  if (!existsSync(channels)) return [];
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner !== 'string') visit(inner);
      else if (key === 'file') found.push(resolve(dirname(channels), inner));
      else if (key.endsWith('File')) found.push(resolve(inner));
    }
  };
  try {
    visit(JSON.parse(readFileSync(channels, 'utf8')));
  } catch (error) {
    throw failed['backup-channels-unreadable']({ file: channels, reason: (error as Error).message }, { cause: error });
  }
  return found;
}

const isThere = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

function filesBelow(folder: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      // At the root of a file system, and only root may read it.
      if (path === 'lost+found' || !wanted(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  visit('');
  return found.sort();
}
