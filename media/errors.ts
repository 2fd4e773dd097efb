// Errors of every media engine.
import { defineErrors } from '../values/index.ts';

export const mediaErrors = defineErrors({
  'media-sdp-rejected': { status: 422, text: 'The media description cannot be used: {reason}.' },
  'media-no-ports': { status: 503, text: 'No RTP ports are free: {reason}.' },
  'media-unavailable': { status: 503, text: 'The media engine cannot be reached: {reason}.' },
  'media-unknown': { status: 404, text: 'The media engine does not know it: {reason}.' },
  'media-recording-failed': { status: 500, text: 'The recording failed: {reason}.' },
  'media-failed': { status: 500, text: 'The media engine refused: {reason}.' },
});
