import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'hold-unknown': { status: 404, text: 'There is no legal hold {hold}.' },
  'hold-subject-unknown': {
    status: 404,
    text: 'There is no {kind} {subject}, and never was: a hold on it protects nothing.',
  },
  'under-hold': {
    status: 409,
    text: 'Legal hold {hold} ({kind} {subject}: {reason}) forbids it. Release the hold first.',
  },
  'retention-policy-invalid': { status: 422, text: 'The retention policy {file}, line {line}: {reason}.' },
});
