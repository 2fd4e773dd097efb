// A media thread goes before others where the system lets it, and its pauses are short; the rest of the process stays as it is.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { WorkerHandle } from '../../../../edge/rtp/worker-handle.ts';
import { mediaPriority } from '../../../../edge/threads/index.ts';

/** Nice value of a thread of ours (proc(5), field 19 of stat). */
function niceOf(name: string): number | undefined {
  for (const task of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    if (stat.slice(stat.indexOf('(') + 1, end) === name) return Number(stat.slice(end + 2).split(' ')[16]);
  }
  return undefined;
}

test.runIf(process.platform === 'linux')('only the media thread is raised, or the log says why not', async () => {
  const recordings = mkdtempSync(join(tmpdir(), 'rtp-'));
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const before = getPriority();
  const worker = new WorkerHandle({ event: () => undefined, died: () => undefined }, logger);
  await worker.start({
    bind: ['127.0.0.1'],
    advertise: [],
    ports: { from: 41_000, to: 41_003 },
    restMs: 100,
    codecs: ['PCMU'],
    inbandDtmf: false,
    rtpTimeoutMs: 1_000,
    qualityMs: 1_000,
    recordings,
  });
  const nice = niceOf('media');
  await worker.stop();
  rmSync(recordings, { recursive: true });
  const refused = lines.some((line) => line.includes('media thread runs at normal priority'));
  expect(nice).toBe(refused ? before : mediaPriority);
  expect(getPriority()).toBe(before);
});
