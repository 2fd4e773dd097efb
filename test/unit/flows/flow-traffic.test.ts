import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FlowTraffic, readTraffic } from '../../../server/flows/index.ts';
import type { FlowState } from '../../../server/ivr/index.ts';
import { openDatabase, openJournal } from '../../../server/journal/index.ts';
import { systemClock } from '../../../values/index.ts';
import { logger } from '../directory/site.ts';

const at = (...frames: [flow: string, node: string][]) =>
  ({ frames: frames.map(([flow, node]) => ({ flow, node, version: '', tries: 0 })) }) as unknown as FlowState;

test('ways are counted within each flow, also around a sub-flow, and added up over time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-traffic-'));
  const data = openDatabase({ directory: folder, logger });
  const journal = openJournal({ database: data.database, site: 'hq', logger, clock: systemClock });
  const traffic = new FlowTraffic({ journal, clock: systemClock, logger, everyMs: 3_600_000 });
  traffic.passed(undefined, ['bank/hello', 'bank/main']);
  traffic.passed(at(['bank', 'main']), ['bank/check', 'pin/ask']);
  traffic.passed(at(['bank', 'check'], ['pin', 'ask']), ['pin/good', 'bank/service']);
  traffic.passed(at(['bank', 'service']), []);
  traffic.flush();
  traffic.passed(undefined, ['bank/hello', 'bank/main']);
  traffic.close();
  await journal.close();
  const of = (flow: string, since = 0) => readTraffic.run(data.database, { flow, since });
  expect(of('bank')).toEqual([
    { from: '', to: 'hello', calls: 2 },
    { from: 'hello', to: 'main', calls: 2 },
    { from: 'check', to: 'service', calls: 1 },
    { from: 'main', to: 'check', calls: 1 },
  ]);
  expect(of('pin').map(({ from, to }) => `${from}>${to}`)).toEqual(['>ask', 'ask>good']);
  expect(of('bank', Date.now() + 7_200_000)).toEqual([]);
  await data.close();
  rmSync(folder, { recursive: true });
});
