// The phone inside a panel, in the desk's protocol. Its audio is one RTCPeerConnection for the whole shift; signaling goes
// over the desk's socket, so that a panel needs nothing but the browser:
//   → phone-servers                       ← STUN and TURN servers for the peer connection
//   → phone-connect { offer }             ← { connection, answer }      one audio transceiver, sendrecv; nothing is trickled
//   ← phone { state: "connected", … }     calls ring (`lines`), are answered by `answer` (offers) or `phone-answer`, and are heard
// A panel that was reloaded, or whose state is `none` though it has the audio, connects anew: a running call is heard there
// at once. One panel has the audio (`owner` is its session); another takes it with `take`. A panel that is away for 15 s is
// gone: talks end as with a phone that lost its power, and no offers come until it is connected again.
import { z } from 'zod';
import type { ConnectionQuality } from '../../media/webrtc-gateway.ts';
import type { IceServer, PanelPhoneView } from '../ports/index.ts';

const id = z.string().min(1).max(80);
const sdp = z.string().min(10).max(24_000);
const nothing = z.strictObject({});
const line = z.strictObject({ line: id });

/** All of a panel's phone. */
export const phoneView = z.object({
  state: z.enum(['none', 'connecting', 'connected', 'disconnected']),
  owner: z.string().optional(),
  connection: z.string().optional(),
  why: z.enum(['left', 'taken', 'failed', 'lost']).optional(),
  muted: z.boolean(),
  lines: z.array(
    z.object({
      line: id,
      state: z.enum(['ringing', 'up']),
      interaction: id.optional(),
      from: z.string().optional(),
      name: z.string().optional(),
      since: z.number(),
      heard: z.boolean(),
    }),
  ),
}) satisfies z.ZodType<PanelPhoneView>;

const stream = z.object({
  packets: z.number(),
  lost: z.number(),
  jitterMs: z.number().optional(),
  mos: z.number(),
});

export const phoneQuality = z.object({
  codec: z.string(),
  up: stream,
  down: stream.optional(),
  rttMs: z.number().optional(),
}) satisfies z.ZodType<ConnectionQuality>;

const iceServer = z.object({
  urls: z.array(z.string()),
  username: z.string().optional(),
  credential: z.string().optional(),
}) satisfies z.ZodType<IceServer>;

export const phoneCommands = {
  'phone-servers': {
    about: 'STUN and TURN servers for her peer connection; accounts on them last a day.',
    with: nothing,
    answer: z.object({ iceServers: z.array(iceServer) }),
  },
  'phone-connect': {
    about:
      'A new peer connection of this panel, with its offer: takes the place of the one before. Where another panel that is there has the audio, only with `take`.',
    with: z.strictObject({ offer: sdp, take: z.boolean().default(false) }),
    answer: z.object({ connection: z.string(), answer: z.string(), iceServers: z.array(iceServer) }),
  },
  'phone-renegotiate': {
    about: 'A new offer of the same peer connection: an ICE restart after a network change.',
    with: z.strictObject({ offer: sdp }),
    answer: z.object({ answer: z.string() }),
  },
  'phone-release': { about: 'Gives the audio up.', with: nothing, answer: nothing },
  'phone-answer': {
    about: 'Takes a call that rings at the phone: a colleague’s, a consultation. Offers are taken by `answer` as well.',
    with: line,
    answer: nothing,
  },
  'phone-decline': {
    about: 'Refuses a call that rings at the phone; for an offer say `decline`.',
    with: line,
    answer: nothing,
  },
  'phone-hangup': {
    about: 'Puts the receiver down: her leg ends. `hangup` ends the whole call.',
    with: line,
    answer: nothing,
  },
  'phone-mute': {
    about: 'Nobody hears her, whatever the page sends. Kept until it is taken back.',
    with: z.strictObject({ on: z.boolean() }),
    answer: nothing,
  },
} as const;

export type PhoneCommandName = keyof typeof phoneCommands;
