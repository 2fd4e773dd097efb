// What doctor says of the digital channels: their file, and the sidecar where one runs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/index.ts';
import { SwitchroomError } from '../values/index.ts';
import type { Finding } from './finding.ts';

export async function channelFindings(settings: Settings): Promise<Finding[]> {
  const { file } = settings.sidecar;
  if (!existsSync(file)) return [{ what: 'channels', state: 'ok', says: `none: there is no ${file}` }];
  // Only here: it loads all connectors.
  const { checkChannels } = await import('../sidecar/main.ts');
  try {
    const names = checkChannels(settings).map(({ name, kind }) => `${name} (${kind})`);
    const says = names.length === 0 ? `${file} names none` : names.join(', ');
    return [{ what: 'channels', state: 'ok', says }, sidecarRuns(settings)];
  } catch (error) {
    if (!(error instanceof SwitchroomError)) throw error;
    return [{ what: 'channels', state: 'bad', says: error.message, mend: `correct it in ${file}` }];
  }
}

function sidecarRuns({ data }: Settings): Finding {
  const pid = join(data, 'run', 'sidecar.pid');
  const running = existsSync(pid) && existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`);
  return running
    ? { what: 'sidecar', state: 'ok', says: 'is running' }
    : {
        what: 'sidecar',
        state: 'warn',
        says: 'is not running under a supervisor',
        mend: 'npm start, or switchroom sidecar',
      };
}
