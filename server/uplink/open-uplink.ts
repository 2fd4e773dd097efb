// Puts the uplink together from the settings.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import type { UplinkSettings } from '../../config/index.ts';
import type { Clock } from '../../values/index.ts';
import { type Journal, openReader } from '../journal/index.ts';
import { openCloudLine } from './cloud-line.ts';
import { EgressArchive } from './egress-archive.ts';
import { readPlan } from './policy-file.ts';
import { Uplink } from './uplink.ts';

export interface OpenUplinkOptions {
  settings: UplinkSettings;
  site: string;
  journal: Journal;
  database: Database;
  /** The database's file. */
  file: string;
  /** Of the hashes, where the settings name no other. */
  siteKey: Buffer;
  clock: Clock;
  logger: Logger;
}

/** @throws egress-policy-invalid, or what a file that cannot be read throws. Started by its `start`. */
export function openUplink(options: OpenUplinkOptions): { uplink: Uplink; close(): Promise<void> } {
  const { settings, site, journal, database, file, siteKey, clock, logger } = options;
  const plan = readPlan(settings.policy);
  const reader = openReader(file, logger);
  const uplink = new Uplink({
    line: openCloudLine(settings, site, clock),
    plan,
    key: identityKey(settings, siteKey),
    journal,
    database,
    reader,
    clock,
    logger,
    folder: dirname(file),
    alarm: settings.alarm,
  });
  const folder = egressFolder(dirname(file));
  const archive = new EgressArchive({ database, journal, clock, logger, folder, log: settings.log });
  archive.start();
  return {
    uplink,
    async close() {
      await archive.stop();
      await uplink.stop();
      await reader.close();
    },
  };
}

/** Where the sealed files of the egress log lie. */
export function egressFolder(data: string): string {
  return join(data, 'egress');
}

/** 32 bytes, base64, as site.key. @throws Error where it is something else */
export function identityKey({ identityKeyFile }: UplinkSettings, siteKey: Buffer): Buffer {
  if (identityKeyFile === undefined) return siteKey;
  const key = Buffer.from(readFileSync(identityKeyFile, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new Error(`${identityKeyFile} must hold 32 bytes as base64`);
  return key;
}
