import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'uplink-unreachable': { status: 502, text: 'The cloud cannot be reached: {reason}.' },
  'uplink-refused': { status: 502, text: 'The cloud answered {status}: {reason}.' },
  'uplink-not-halted': { status: 409, text: 'The uplink is not halted ({state}): there is nothing to settle.' },
  'uplink-not-there': { status: 409, text: 'No cloud is configured: there is nothing to settle.' },
  'egress-policy-invalid': { status: 422, text: '{file}:{line}:{column} {reason}' },
  'egress-batch-unknown': { status: 404, text: 'There is no batch {batch} in the egress log.' },
});
