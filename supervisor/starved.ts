import { readFileSync } from 'node:fs';

/**
 * How long the main thread of a process has waited for a processor so far, in milliseconds: the second number of its `schedstat`
 * (Linux, Documentation/scheduler/sched-stats). Undefined where the kernel does not tell, or the process is gone.
 */
export function waitedForProcessorMs(pid: number): number | undefined {
  try {
    const [, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return waited === undefined ? undefined : Number(waited) / 1e6;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return undefined;
    throw error;
  }
}
