import { defineErrors } from '../../../values/index.ts';

export const sipErrors = defineErrors({
  'sip-server-unreachable': {
    status: 503,
    text: 'The SIP server at {address} could not be reached within {withinMs} ms: {why}',
  },
  'sip-server-lost': { status: 503, text: '{address}: {reason}.' },
  'sip-server-refused': {
    status: 503,
    text: 'The SIP server at {address} refused us: {reason}. Is the shared secret the same?',
  },
  'sip-server-down': { status: 503, text: 'There is no connection to the SIP server.' },
  'sip-server-timeout': { status: 504, text: 'The SIP server did not answer {what} within {withinMs} ms.' },
  'sip-not-sent': { status: 502, text: 'The SIP server did not send {what}: {reason}.' },
  'sip-cancelled': { status: 409, text: 'The caller cancelled the call before it was answered.' },
  'sip-already-answered': { status: 409, text: 'The call has its final answer already.' },
  'sip-dialog-over': { status: 409, text: 'The call is over.' },
  'sip-declined': { status: 502, text: 'The far side declined {what} with {status} {reason}.' },
});
