import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'customer-unknown': { status: 404, text: 'There is no customer {customer}.' },
  'identity-taken': { status: 409, text: 'This {kind} already belongs to another customer ({customer}).' },
  'customer-not-saved': {
    status: 500,
    text: 'The change of the customer {customer} could not be saved; nothing was changed.',
  },
});
