import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'edge-unreachable': { status: 503, text: 'The edge does not answer on {what}; is it running?' },
  'http-port-in-use': {
    status: 503,
    text: 'Port {port} of {host} is in use by another program: stop it, or set SWITCHROOM_HTTP_PORT.',
  },
  'http-not-bound': { status: 503, text: 'The web cannot listen on {host} port {port}: {reason}.' },
});
