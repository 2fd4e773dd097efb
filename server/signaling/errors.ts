import { defineErrors } from '../../values/index.ts';

export const signalingErrors = defineErrors({
  'leg-over': { status: 409, text: 'The leg is over.' },
  'phone-not-panel': { status: 409, text: 'Her phone is not in the panel.' },
  'phone-no-gateway': { status: 503, text: 'This server has no WebRTC: panels have no phone here.' },
  'phone-elsewhere': { status: 409, text: 'Another panel has the audio; it can be taken over.' },
  'phone-not-connected': { status: 409, text: 'This panel has no audio connection.' },
  'phone-line-unknown': { status: 404, text: 'The phone has no call {line}.' },
  'media-no-answer': { status: 504, text: 'The media engine did not answer {what} in time.' },
});
