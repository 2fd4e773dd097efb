// How a program becomes a process: Node's flags, its environment, where its output goes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openLog } from './log-file.ts';

/**
 * Calls make much garbage that dies young, in several threads: V8's new space would grow to 128 MB in each, and malloc's
 * arenas to some per thread, for no speed that could be measured. The old space grows by 80 % of what lives before it is
 * swept: with 40 % collecting took a twentieth more of all CPU and saved 35 MB, without a bound it would save as much
 * again and take 90 MB more. What the environment says wins.
 */
const memory = {
  flags: ['--max-semi-space-size=8', '--heap-growing-percent=80'],
  environment: { MALLOC_ARENA_MAX: '2' },
};

/** @param log where its output goes: a file, or undefined for our own */
export function spawnProgram(options: {
  main: string;
  run: string;
  socket: string;
  log?: string | undefined;
}): ChildProcess {
  const { main, run, socket, log } = options;
  const out = log === undefined ? undefined : openLog(log);
  const child = spawn(process.execPath, [...memory.flags, main, socket], {
    env: { NODE_COMPILE_CACHE: compiledFolder(run), ...memory.environment, ...process.env },
    // Out of the terminal's process group, so that its Ctrl-C reaches the supervisor alone.
    detached: true,
    stdio: ['ignore', out ?? 'inherit', out ?? 'inherit'],
  });
  if (out !== undefined) closeSync(out);
  child.unref();
  return child;
}

/**
 * Loads files of programs with a program's flags, and runs none of them: what is compiled of them is kept, and the first start
 * after an install need not wait for it.
 * @param run where it is kept when the packages' folder may not be written
 * @returns false where a file cannot be loaded; why stands on stderr
 */
export function compileAhead(files: readonly string[], run: string): boolean {
  const load = files.map((file) => `await import(${JSON.stringify(pathToFileURL(file).href)});`).join('\n');
  const { status } = spawnSync(process.execPath, [...memory.flags, '--input-type=module', '--eval', load], {
    env: { NODE_COMPILE_CACHE: compiledFolder(run), ...process.env },
    stdio: 'inherit',
  });
  return status === 0;
}

/**
 * Compiled code is kept: half a second of CPU less until a restarted server has its calls again, and 25 MB less for each
 * program, as the part of Node that strips types is not loaded. Beside the packages, so that other data folders share it;
 * where those may not be written, in the data folder.
 */
function compiledFolder(run: string): string {
  const shared = join(import.meta.dirname, '..', 'node_modules', '.cache', 'switchroom');
  try {
    mkdirSync(shared, { recursive: true });
    accessSync(shared, constants.W_OK);
    return shared;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOENT') return join(run, 'compiled');
    throw error;
  }
}
