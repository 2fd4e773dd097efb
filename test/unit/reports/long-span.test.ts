// A report over a long time, in a thread with as little memory as the reading worker has beside a site of years.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { openDatabase } from '../../../server/journal/index.ts';
import { slotMs } from '../../../server/reports/intervals.ts';
import { logger } from '../directory/site.ts';

const slots = 3_000;
const queues = 100;

it('takes no more memory for more quarters of an hour', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sw-'));
  const opened = openDatabase({ directory, logger });
  try {
    opened.database.exec(
      `WITH RECURSIVE slot(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM slot WHERE n < ${slots - 1}),
         queue(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM queue WHERE n < ${queues - 1})
       INSERT INTO report_queues (start, team, queue, channel, offered)
       SELECT slot.n * ${slotMs}, '', 'q' || queue.n, 'voice', 1 FROM slot, queue`,
    );
    const args = { from: 0, until: slots * slotMs, interval: 'total', timeZone: 'UTC', variant: 'b', together: true };
    const worker = new Worker(
      `const { parentPort, workerData: { module, file, args } } = require('node:worker_threads');
       const Sqlite = require('better-sqlite3');
       import(module).then(({ queueReport }) =>
         parentPort.postMessage(queueReport.run(new Sqlite(file, { readonly: true }), args)));`,
      {
        eval: true,
        workerData: {
          module: new URL('../../../server/reports/reads.ts', import.meta.url).href,
          file: opened.database.name,
          args,
        },
        resourceLimits: { maxOldGenerationSizeMb: 64 },
      },
    );
    const rows = await new Promise((done, fail) => {
      worker.once('message', done);
      worker.once('error', fail);
    });
    await worker.terminate();
    expect(rows).toMatchObject([{ offered: slots * queues }]);
  } finally {
    await opened.close();
    rmSync(directory, { recursive: true });
  }
});
