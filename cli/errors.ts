import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'edge-not-running': { status: 503, text: 'No edge has run on {data} yet: start it with "switchroom edge".' },
  'cli-refused': { status: 400, text: '{reason}' },
  'server-unreachable': { status: 503, text: 'The running server did not answer: {reason}.' },
});
