// Ids are ours, opaque, and sort by time of birth, so that an index on them stays narrow at its growing end.
import { randomFillSync } from 'node:crypto';
import { systemClock } from './time.ts';

export type InteractionId = string;
export type LegId = string;
export type EndpointId = string;
export type BridgeId = string;
export type OfferId = string;
export type AgentId = string;
export type QueueId = string;
export type CustomerId = string;
export type RecordingId = string;

const alphabet = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz');

const timeChars = 9;
const chanceChars = 11;
const pool = new Uint8Array(chanceChars * 256);
let used = pool.length;

/** Built in here and read out at once: an id is the key of many maps, and one glued from pieces is slow at each look-up. */
const scratch = Buffer.alloc(64);

/**
 * A new id such as `int_01k9z7m2q8r4w6c3x5b7`: kind, 9 characters of milliseconds, 11 characters of chance (55 bits).
 * @param kind short word in front, ASCII: `int` interaction, `leg`, `off` offer, `rec` recording …
 */
export function newId(kind: string, at = systemClock.now()): string {
  let end = scratch.write(kind, 'latin1');
  scratch[end++] = 95; // _
  for (let rest = at, i = end + timeChars - 1; i >= end; i--, rest = Math.floor(rest / 32)) {
    scratch[i] = alphabet[rest % 32] as number;
  }
  end += timeChars;
  // Drawn from the system many at a time: a draw costs more than the rest.
  if (used + chanceChars > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  for (const last = end + chanceChars; end < last; end++)
    scratch[end] = alphabet[(pool[used++] as number) & 31] as number;
  return scratch.toString('latin1', 0, end);
}
