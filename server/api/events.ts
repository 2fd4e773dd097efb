import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const recordingListened = defineEvent(
  'recording.listened',
  1,
  { recording: z.string(), by: z.string() },
  { about: 'Somebody began to listen to a recording, or fetched it.' },
);

export const flowSaved = defineEvent(
  'flow.saved',
  1,
  { flow: z.string(), by: z.string(), sha256: z.string() },
  { about: 'A flow was saved by the API; the hash of its text.' },
);
