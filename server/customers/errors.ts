import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'customer-unknown': { status: 404, text: 'There is no customer {customer}.' },
  'identity-taken': { status: 409, text: 'This {kind} already belongs to another customer ({customer}).' },
  'customer-not-saved': {
    status: 500,
    text: 'The change of the customer {customer} could not be saved; nothing was changed.',
  },
  'customer-merged-already': { status: 409, text: 'These two are one customer already ({customer}).' },
  'customer-not-merged': {
    status: 409,
    text: 'The customer {customer} stands by herself: there is nothing to take apart.',
  },
  'customer-parts-many': {
    status: 409,
    text: 'The customer {customer} would be made of more than {most} customers.',
  },
});
