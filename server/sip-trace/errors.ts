import { defineErrors } from '../../values/index.ts';

export const traceErrors = defineErrors({
  'sip-trace-absent': {
    status: 409,
    text: 'SIP messages are not kept here: sipTraceMegabytes is 0, or another SIP server than the edge serves.',
  },
});
