// A data folder with a journal that grows, recordings and attachments, as a server leaves them.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { z } from 'zod';
import { readSettings, type Settings } from '../../../config/index.ts';
import { defineEvent, newEvent, type OpenDatabase, openDatabase, openJournal } from '../../../server/journal/index.ts';

export const happened = defineEvent(
  'backup-test.happened',
  1,
  { nth: z.number(), who: z.string().optional() },
  { personal: ['who'], about: 'Only in tests.' },
);

const logger = pino({ level: 'silent' });

export class Site {
  readonly folder: string;
  readonly settings: Settings;
  readonly passphrase = 'correct horse battery staple';
  readonly data: OpenDatabase;
  readonly journal: ReturnType<typeof openJournal>;
  #events = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'switchroom-backup-test-'));
    const flows = join(this.folder, 'flows');
    mkdirSync(flows);
    writeFileSync(join(flows, 'bank.json'), '{"flow": "bank"}');
    writeFileSync(join(this.folder, 'egress.json'), '{"preset": "bank"}');
    const configuration = {
      data: 'data',
      flows: 'flows',
      uplink: { url: 'https://cloud.example/t/x', keyFile: 'data/uplink.key', policy: 'egress.json' },
    };
    writeFileSync(this.configuration, JSON.stringify(configuration));
    this.settings = readSettings({ SWITCHROOM_CONFIG: this.configuration }, this.folder);
    this.data = openDatabase({ directory: this.settings.data, logger });
    this.journal = openJournal({
      database: this.data.database,
      site: 'main',
      logger,
      clock: { now: () => 1_000, monotonic: () => 0 },
    });
    this.file('site.key', 'the key');
    mkdirSync(join(this.settings.data, 'run'));
    this.file('run/secret', 'the secret');
    this.file('run/edge.json', 'of this machine');
    mkdirSync(join(this.settings.data, 'prompts'));
    this.file('prompts/again.wav', 'made again');
  }

  get configuration(): string {
    return join(this.folder, 'switchroom.json');
  }

  path(below: string): string {
    return join(this.settings.data, below);
  }

  file(below: string, text: string): void {
    writeFileSync(this.path(below), text);
  }

  async write(count: number): Promise<void> {
    const events = Array.from({ length: count }, () =>
      newEvent(
        happened,
        1_000,
        { nth: ++this.#events, who: `person ${this.#events}` },
        { interaction: `int_${this.#events}` },
      ),
    );
    await this.journal.append(events);
  }

  /** A finished recording with its row. */
  record(id: string, text: string, endedAt = 2_000): void {
    mkdirSync(this.path('recordings'), { recursive: true });
    this.file(`recordings/${id}.wav`, text);
    this.data.database
      .prepare(
        `INSERT INTO recordings (id, interaction, site, started_at, ended_at, ms, bytes, sha256)
           VALUES (?, ?, 'main', 1, ?, 1, ?, ?)`,
      )
      .run(id, `int_of_${id}`, endedAt, text.length, createHash('sha256').update(text).digest('hex'));
  }

  attach(text: string): string {
    const sha256 = createHash('sha256').update(text).digest('hex');
    mkdirSync(this.path(`attachments/${sha256.slice(0, 2)}`), { recursive: true });
    this.file(`attachments/${sha256.slice(0, 2)}/${sha256}`, text);
    this.data.database
      .prepare(
        `INSERT INTO attachments (id, via, key, kind, mime, bytes, sha256, at, by)
           VALUES (?, 'web', ?, 'image', 'image/png', ?, ?, 1, 'test')`,
      )
      .run(`att_${sha256}`, sha256, text.length, sha256);
    return sha256;
  }

  async close(): Promise<void> {
    await this.journal.close();
    await this.data.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
