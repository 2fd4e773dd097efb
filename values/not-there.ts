// What users and programs name that does not exist, or may not be reached: one code each, whichever part says so.
import { defineErrors } from './errors.ts';

export const notThere = defineErrors({
  'agent-unknown': { status: 404, text: 'There is no agent {agent}.' },
  'queue-unknown': { status: 404, text: 'There is no queue {queue}.' },
  'flow-unknown': { status: 404, text: 'There is no flow {flow}.' },
  'number-not-allowed': { status: 403, text: 'That number may not be dialled: {why}.' },
});
