// Where the tests' Asterisk stands unpacked, and how it gets there: about 12 s, once, without root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = join(import.meta.dirname, 'asterisk');
/** SWITCHROOM_ASTERISK_ROOT names another. */
export const asteriskRoot = process.env.SWITCHROOM_ASTERISK_ROOT ?? join(tmpdir(), 'switchroom-asterisk');

/** Whether it stands unpacked. */
export function hasAsterisk(): boolean {
  return existsSync(join(asteriskRoot, 'usr/sbin/asterisk'));
}

/** Unpacks it. @returns false where that cannot be done here; what failed went to the terminal */
export function installAsterisk(): boolean {
  if (hasAsterisk()) return true;
  if (!existsSync('/usr/bin/apt-get')) return false;
  return spawnSync(join(here, 'install.sh'), [asteriskRoot], { stdio: 'inherit', timeout: 180_000 }).status === 0;
}
