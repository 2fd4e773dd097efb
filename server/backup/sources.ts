// What is backed up: everything in the data folder that cannot be made again, the flows, and the files that the settings name.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { Settings } from '../../config/index.ts';
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

/** @param configuration path of switchroom.json, where there is one */
export function sourcesOf(settings: Settings, configuration: string | undefined): Source[] {
  const data = filesBelow(
    settings.data,
    (path) => !leftOut.test(path) && (!/^run(\/|$)/.test(path) || keptOfRun.test(path)),
  );
  const flows = existsSync(settings.flows) ? filesBelow(settings.flows, () => true) : [];
  const named = [...new Set([configuration, ...filesNamed(settings)])].filter(
    (file) => file !== undefined && existsSync(file) && !within(settings.data, file) && !within(settings.flows, file),
  ) as string[];
  return [
    ...data.map((path) => ({
      root: 'data' as const,
      path,
      file: join(settings.data, path),
      database: path.endsWith('.sqlite'),
    })),
    ...flows.map((path) => ({ root: 'flows' as const, path, file: join(settings.flows, path), database: false })),
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

function filesBelow(folder: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!wanted(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  visit('');
  return found.sort();
}

function within(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== '' && !path.startsWith('..');
}
