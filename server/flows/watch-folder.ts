// Watches a folder and the folders beneath it, one watcher each. Node's own recursive watch holds on to the files that it
// knew on Linux: one that was replaced by renaming, as editors save, is not seen to change ever after.
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import path from 'node:path';

/**
 * @param changed called with the file's path in the folder, where it is known
 * @param failed the file system does not tell any more, or not of everything (no watches left)
 * @throws the file system's error where the folder itself cannot be watched
 */
export function watchFolder(
  folder: string,
  changed: (file: string | undefined) => void,
  failed: (error: Error) => void,
): { close(): void } {
  const watchers = new Map<string, FSWatcher>();

  const drop = (within: string): void => {
    watchers.get(within)?.close();
    watchers.delete(within);
  };

  const add = (within: string): void => {
    const here = path.join(folder, within);
    const watcher = watch(here, (kind, name) => {
      const file = name === null ? undefined : path.join(within, name);
      if (kind === 'rename') look();
      changed(file);
    });
    watcher.on('error', (error) => {
      drop(within);
      failed(error);
    });
    watchers.set(within, watcher);
  };

  /** Folders that came get a watcher, those that went lose it. */
  const look = (): void => {
    try {
      const there = new Set(['', ...foldersIn(folder)]);
      for (const within of [...watchers.keys()]) if (!there.has(within)) drop(within);
      for (const within of there) {
        if (watchers.has(within)) continue;
        add(within);
        // What was put into it before is seen now.
        changed(undefined);
      }
    } catch (error) {
      failed(error as Error);
    }
  };

  add('');
  for (const within of foldersIn(folder)) add(within);
  return {
    close() {
      for (const within of [...watchers.keys()]) drop(within);
    },
  };
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
