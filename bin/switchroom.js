#!/usr/bin/env node
// The switchroom command: finds a Node that runs TypeScript and hands over to cli/main.ts.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode } from './find-node.js';

const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'cli', 'main.ts');
const node = findNode();
if (node === process.execPath) {
  await import(pathToFileURL(main).href);
} else {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends SIGINT to the whole group, so the child has it already; the other signals come to us alone.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
