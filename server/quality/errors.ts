import { defineErrors } from '../../values/index.ts';

export const failed = defineErrors({
  'form-unknown': { status: 404, text: 'There is no evaluation form {form} in version {version}.' },
  'answers-wrong': { status: 422, text: 'The answers do not fit the form: {reason}.' },
  'evaluation-unknown': { status: 404, text: 'There is no evaluation {evaluation}.' },
  'evaluation-final': { status: 409, text: 'The evaluation {evaluation} is submitted and cannot be changed.' },
  'evaluation-not-yours': {
    status: 403,
    text: 'Only the evaluator changes an evaluation, and only the agent answers it.',
  },
  'calibration-unknown': { status: 404, text: 'There is no calibration {calibration}.' },
  'calibration-over': { status: 409, text: 'The calibration {calibration} is closed.' },
  'quality-not-saved': { status: 500, text: 'The change could not be saved; nothing was changed.' },
  'calibration-not-yours': { status: 403, text: 'You are no evaluator of the calibration {calibration}.' },
});
