#!/usr/bin/env node
// with-node.js FILE [ARG ...]: runs a TypeScript file of this project with a Node that can.
import { spawn } from 'node:child_process';
import { findNode } from './find-node.js';

const child = spawn(findNode(), process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
