import { z } from 'zod';
import { defineEvent } from '../journal/index.ts';

export const recordingListened = defineEvent(
  'recording.listened',
  1,
  { recording: z.string(), by: z.string() },
  { about: 'Somebody began to listen to a recording, or fetched it.' },
);

export const sipMessagesRead = defineEvent(
  'sip.messages-read',
  1,
  { by: z.string(), as: z.enum(['ladder', 'pcap']) },
  { about: 'Somebody began to look at the SIP messages of a contact, or fetched them.' },
);

export const flowSaved = defineEvent(
  'flow.saved',
  1,
  { flow: z.string(), by: z.string(), sha256: z.string() },
  { about: 'A flow was saved by the API; the hash of its text.' },
);
