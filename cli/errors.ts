import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'site-key-there': {
    status: 409,
    text: 'There is {file} already: a new key would lock this site out of its cloud.',
  },
  'cloud-not-configured': { status: 422, text: 'No cloud is configured here: set cloud.database (docs/cloud.md).' },
  'tenant-name': { status: 422, text: 'A tenant is named by small letters, digits and -, not {tenant}.' },
  'edge-not-running': { status: 503, text: 'No edge has run on {data} yet: start it with "switchroom edge".' },
  'restored-not-placed': {
    status: 409,
    text: 'There is no folder {folder}, and what the restored site had there is still in {restored}: move it, or name that folder in the settings.',
  },
  'edge-not-wanted': {
    status: 409,
    text: 'The settings name other engines for SIP and for media: there is nothing for an edge to do.',
  },
  'sidecar-not-running': {
    status: 503,
    text: 'No sidecar runs on {data}: it starts with npm start where a sidecar.json is, or by switchroom sidecar.',
  },
  'server-not-running': { status: 503, text: 'No server runs on {data}: start it with "npm start".' },
  'option-invalid': { status: 400, text: 'Option {option}: {reason}.' },
  'certificate-there': { status: 409, text: 'There is a certificate already, {file}: --force replaces it.' },
  'cli-refused': { status: 400, text: '{reason}' },
  'server-unreachable': { status: 503, text: 'The running server did not answer: {reason}.' },
});
