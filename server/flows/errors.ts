import { defineErrors } from '../../values/index.ts';

export const flowErrors = defineErrors({
  'flow-name-invalid': {
    status: 400,
    text: 'A flow is named with up to 64 letters, digits and hyphens, beginning with a letter or digit.',
  },
  'flow-tests-missing': { status: 404, text: 'There are no tests beside the flow {flow}.' },
  'flow-tests-invalid': { status: 422, text: 'The tests of the flow {flow} cannot be read: {reason}' },
});
