import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'edge-not-running': { status: 503, text: 'No edge has run on {data} yet: start it with "switchroom edge".' },
  'server-not-running': { status: 503, text: 'No server runs on {data}: start it with "npm start".' },
  'option-invalid': { status: 400, text: 'Option {option}: {reason}.' },
  'cli-refused': { status: 400, text: '{reason}' },
  'server-unreachable': { status: 503, text: 'The running server did not answer: {reason}.' },
});
