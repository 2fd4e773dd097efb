import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import { newEvent } from '../../journal/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, staff } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { recordingListened } from '../events.ts';
import { visible } from '../scope.ts';

const recordingSchema = z
  .object({
    id: z.string(),
    interaction: z.string(),
    site: z.string(),
    team: z.string().optional(),
    agent: z.string().optional(),
    startedAt: z.number(),
    endedAt: z.number().optional(),
    ms: z.number().optional(),
    bytes: z.number().optional(),
    sha256: z.string().optional(),
  })
  .meta({ id: 'Recording' });

/** Requests of one person for one recording within that time are one listening. */
const listeningMs = 10 * 60_000;
/** Remembered at most; beyond that some listenings are written twice. */
const mostHeard = 10_000;

/**
 * One byte range of a Range header (RFC 9110 §14.2); more than one, or another unit, counts as none.
 * @returns undefined: the whole; 'unsatisfiable': answer 416
 */
export function byteRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const last = size - 1;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: last };
  }
  const start = Number(from);
  if (to !== '' && Number(to) < start) return undefined;
  if (start > last) return 'unsatisfiable';
  return { start, end: to === '' ? last : Math.min(Number(to), last) };
}

export function recordingEndpoints({ interactions, recordings, journal, clock }: ApiDeps): Endpoint[] {
  /** When somebody last asked for a recording, by both; in that order. */
  const heard = new Map<string, number>();
  /** A player asks for many ranges of one recording: that is one listening, whichever range comes first. */
  const begins = (by: string, id: string): boolean => {
    const key = `${by} ${id}`;
    const now = clock.now();
    const before = heard.get(key);
    if (before !== undefined && now - before < listeningMs) return false;
    heard.delete(key);
    heard.set(key, now);
    for (const [oldest, at] of heard) {
      if (now - at < listeningMs && heard.size <= mostHeard) break;
      heard.delete(oldest);
    }
    return true;
  };
  const must = (principal: Principal, id: string) => visible(principal, interactions.recording(id), 'recording', id);
  return [
    endpoint({
      method: 'get',
      path: '/recordings/:id',
      tag: 'Recordings',
      about: 'What is known of a recording.',
      roles: staff,
      answer: recordingSchema,
      errors: ['not-found'],
      handle({ principal, params }) {
        return must(principal, params.id!) as NonNullable<ReturnType<typeof interactions.recording>>;
      },
    }),
    endpoint({
      method: 'get',
      path: '/recordings/:id/audio',
      tag: 'Recordings',
      about: 'The WAV, whole or a byte range. That somebody listened is written to the journal.',
      roles: staff,
      raw: 'audio/wav',
      errors: ['not-found', 'recording-not-there', 'range-not-satisfiable'],
      async handle({ principal, params, request, response }) {
        const id = params.id!;
        const { interaction, team } = must(principal, id) as { interaction: string; team?: string };
        const size = await recordings.size(id);
        if (size === undefined) throw failed['recording-not-there']({ recording: id });
        const asked = byteRange(request.get('range'), size);
        response.set({ 'Accept-Ranges': 'bytes', 'Content-Type': 'audio/wav', 'Cache-Control': 'private, no-store' });
        if (asked === 'unsatisfiable') {
          response.set('Content-Range', `bytes */${size}`);
          throw failed['range-not-satisfiable']({ size });
        }
        const { start, end } = asked ?? { start: 0, end: size - 1 };
        if (begins(principal.by, id)) {
          const scope = { interaction, team };
          void journal.append([newEvent(recordingListened, clock.now(), { recording: id, by: principal.by }, scope)]);
        }
        const stream = await recordings.read(id, { start, end });
        response.status(asked ? 206 : 200).set('Content-Length', String(end - start + 1));
        if (asked) response.set('Content-Range', `bytes ${start}-${end}/${size}`);
        try {
          await pipeline(stream, response);
        } catch (error) {
          // The player went away in the middle: seeking does that all the time.
          if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
        }
        return undefined;
      },
    }),
  ];
}
