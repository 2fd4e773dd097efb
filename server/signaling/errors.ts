import { defineErrors } from '../../values/index.ts';

export const signalingErrors = defineErrors({
  'number-not-allowed': { status: 403, text: 'The number may not be dialled: {why}.' },
  'leg-over': { status: 409, text: 'The leg is over.' },
  'media-no-answer': { status: 504, text: 'The media engine did not answer {what} in time.' },
});
