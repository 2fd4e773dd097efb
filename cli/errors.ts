import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'edge-not-running': { status: 503, text: 'No edge has run on {data} yet: start it with "switchroom edge".' },
  'server-not-running': { status: 503, text: 'No server runs on {data}: start it with "npm start".' },
  'option-invalid': { status: 400, text: 'Option {option}: {reason}.' },
  'certificate-there': { status: 409, text: 'There is a certificate already, {file}: --force replaces it.' },
  'cli-refused': { status: 400, text: '{reason}' },
  'server-unreachable': { status: 503, text: 'The running server did not answer: {reason}.' },
});
