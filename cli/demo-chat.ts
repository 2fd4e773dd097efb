// The web chat of the demo: what a first start writes, so that a newcomer finds a chat that works.
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../config/index.ts';

/** Name of the channel; the demo's directory has it too, into the queue `service`. */
const channel = 'web';

/**
 * Writes the file of channels where there is none: at a first start with the demo, for this machine alone. No secret stands in
 * it: what signs a visitor's way back is made from the site's own.
 * @returns whether it was written
 */
export function bringDemoChat({ demo, data, bind, sidecar: { file, server } }: Settings): boolean {
  const first = !existsSync(join(data, 'run', 'secret'));
  // Elsewhere somebody has put things in places of his own, and says himself what is to listen.
  const beside = dirname(data) === dirname(file);
  if (!demo || !first || !beside || server !== undefined || !bind.every(isLoopback) || existsSync(file)) return false;
  const settings = {
    title: { en: 'Demo bank', zh: '演示银行' },
    greeting: { en: 'Good day. How can we help you?', zh: '您好，请问有什么可以帮您？' },
    callNumber: '95500',
  };
  try {
    const text = JSON.stringify({ channels: { [channel]: { kind: 'webchat', settings } } }, undefined, 2);
    writeFileSync(file, `${text}\n`, { flag: 'wx' });
  } catch (error) {
    // A folder that is only read: the demo goes without a chat.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EROFS' || code === 'EEXIST') return false;
    throw error;
  }
  return true;
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
