import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'uplink-unreachable': { status: 502, text: 'The cloud cannot be reached: {reason}.' },
  'uplink-refused': { status: 502, text: 'The cloud answered {status}: {reason}.' },
  'egress-policy-invalid': { status: 422, text: '{file}:{line}:{column} {reason}' },
  'egress-batch-unknown': { status: 404, text: 'There is no batch {batch} in the egress log.' },
});
