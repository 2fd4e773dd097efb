// What a later server must know of an endpoint: kept at its SIP dialog on the edge, where it dies with it.
import { z } from 'zod';
import type { BridgeRole, MediaDirection } from '../media-server.ts';
import type { PlayingNote } from './playing.ts';
import type { RecordingNote } from './recording.ts';
import type { AudioSide, Format } from './sdp.ts';

export interface EndpointNote {
  version: 1;
  endpoint: string;
  host: string;
  sdp: {
    text: string;
    session: number;
    version: number;
    formats: Format[];
    others: (string | null)[];
    far?: AudioSide | undefined;
    wanted: MediaDirection;
    agreed: MediaDirection;
    local: MediaDirection;
  };
  bridge?: { id: string; order: number; role: BridgeRole; dtmf: 'relay' | 'absorb'; playing?: PlayingNote | undefined };
  playing?: PlayingNote | undefined;
  recordings: RecordingNote[];
}

const direction = z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']);
const format = z.object({ type: z.number(), name: z.string(), fmtp: z.string().optional() });
const playing = z.object({ id: z.string(), rounds: z.array(z.string()) });

const schema = z.object({
  version: z.literal(1),
  endpoint: z.string(),
  host: z.string(),
  sdp: z.object({
    text: z.string(),
    session: z.number(),
    version: z.number(),
    formats: z.array(format),
    others: z.array(z.string().nullable()),
    far: z
      .object({
        address: z.string(),
        port: z.number(),
        formats: z.array(format),
        direction,
        black: z.boolean(),
      })
      .optional(),
    wanted: direction,
    agreed: direction,
    local: direction,
  }),
  bridge: z
    .object({
      id: z.string(),
      order: z.number(),
      role: z.union([z.literal('talk'), z.literal('listen'), z.object({ whisperTo: z.string() })]),
      dtmf: z.enum(['relay', 'absorb']),
      playing: playing.optional(),
    })
    .optional(),
  playing: playing.optional(),
  recordings: z.array(
    z.object({ id: z.string(), channels: z.union([z.literal(1), z.literal(2)]), monitor: z.string() }),
  ),
});

/** @returns undefined where it is none of ours */
export function readEndpointNote(text: string | undefined): EndpointNote | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // another writer's note
  }
  const read = schema.safeParse(value);
  return read.success ? (read.data as EndpointNote) : undefined;
}
