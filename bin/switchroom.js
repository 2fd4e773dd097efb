#!/usr/bin/env node
// The switchroom command: finds a Node that runs TypeScript and hands over to cli/main.ts.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import * as module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode } from './find-node.js';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'cli', 'main.ts');
const node = findNode();
const compiled = compiledFolder();
if (compiled !== undefined) process.env.NODE_COMPILE_CACHE ??= compiled;
if (node === process.execPath) {
  if (compiled !== undefined) module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(main).href);
} else {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends SIGINT to the whole group, so the child has it already; the other signals come to us alone.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

/**
 * Where compiled code is kept: beside the packages. Without it every command strips the types of all that it loads anew.
 * @returns undefined where that may not be written
 */
function compiledFolder() {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache', 'switchroom');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch (error) {
    if (['EACCES', 'EROFS', 'EPERM', 'ENOENT'].includes(error?.code)) return undefined;
    throw error;
  }
}
