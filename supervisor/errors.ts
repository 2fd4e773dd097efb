import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'already-running': { status: 409, text: 'Switchroom is already running on {data} (process {pid}).' },
  'program-failed': { status: 500, text: 'The {program} did not start: {reason}' },
  'program-not-running': { status: 409, text: 'The {program} is not running here, or is being restarted already.' },
  'program-not-restartable': {
    status: 409,
    text: 'Only server and sidecar can be restarted while calls go on; the edge holds the calls: drain, then stop and start.',
  },
  'supervisor-not-running': {
    status: 503,
    text: 'No "switchroom start" runs on {data}. Where a service manager runs the server by itself, restart it there.',
  },
  'data-not-writable': { status: 500, text: 'The data folder {data} cannot be used: {reason}.' },
});
