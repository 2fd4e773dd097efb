// What a media thread needs of the machine, so that packets do not wait: a turn before others, and short pauses.
import { setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** Nice value: before everything that is not as urgent, on a machine where processors are scarce. */
export const mediaPriority = -10;

/**
 * Raises the priority of the thread that calls (on Linux 0 means the thread, not the process).
 * @returns why the system refused: it wants root, CAP_SYS_NICE, or LimitNICE= of the service
 */
export function raisePriority(): string | undefined {
  try {
    setPriority(0, mediaPriority);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Node says ERR_SYSTEM_ERROR and puts the system's own code into `info`.
    if (code === 'ERR_SYSTEM_ERROR') return (error as { info?: { code?: string } }).info?.code ?? message;
    throw error;
  }
}

/**
 * Bounds the new space of the threads that are started from now on; the one that calls has its own already. A packet's
 * objects die at once: with 4 MB a scavenge is over in a millisecond, and 24 MB are saved. (A worker's resourceLimits would
 * say the same, but the program's --max-semi-space-size overrides them.)
 */
export function boundNewSpace(): void {
  setFlagsFromString('--max-semi-space-size=4');
}
