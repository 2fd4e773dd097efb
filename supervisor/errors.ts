import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'already-running': { status: 409, text: 'Switchroom is already running on {data} (process {pid}).' },
  'program-failed': { status: 500, text: 'The {program} did not start: {reason}' },
  'data-not-writable': { status: 500, text: 'The data folder {data} cannot be used: {reason}.' },
});
