import { defineErrors } from '../../values/index.ts';

export const signalingErrors = defineErrors({
  'leg-over': { status: 409, text: 'The leg is over.' },
  'media-no-answer': { status: 504, text: 'The media engine did not answer {what} in time.' },
});
