import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'channels-invalid': { status: 500, text: '{file}, channel {channel}: {field}: {reason}.' },
  'channels-unreadable': { status: 500, text: '{file} cannot be read: {reason}.' },
  'attachment-refused': { status: 422, text: 'The attachment is refused: {reason}.' },
  'sidecar-port-in-use': { status: 500, text: 'Port {port} of {host} is in use: {reason}.' },
  'sidecar-data-unusable': { status: 500, text: 'The data of the sidecar in {folder} cannot be used: {reason}.' },
  'scan-failed': { status: 503, text: 'The virus scanner did not answer: {reason}.' },
  'server-away': { status: 503, text: 'The server did not take it: {reason}.' },
  'fetch-refused': { status: 502, text: '{host} was not asked, or its answer is not used: {reason}.' },
});
