// Ids are ours, opaque, and sort by time of birth, so that an index on them stays narrow at its growing end.
import { randomFillSync } from 'node:crypto';

export type InteractionId = string;
export type LegId = string;
export type EndpointId = string;
export type BridgeId = string;
export type OfferId = string;
export type AgentId = string;
export type QueueId = string;
export type CustomerId = string;
export type RecordingId = string;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const chanceChars = 11;
const pool = new Uint8Array(chanceChars * 256);
let used = pool.length;

/**
 * A new id such as `int_01k9z7m2q8r4w6c3x5b7`: kind, 9 characters of milliseconds, 11 characters of chance (55 bits).
 * @param kind short word in front: `int` interaction, `leg`, `off` offer, `rec` recording …
 */
export function newId(kind: string, at = Date.now()): string {
  let time = '';
  for (let rest = at, i = 0; i < 9; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time;
  // Drawn from the system many at a time: a draw costs more than the rest.
  if (used + chanceChars > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let chance = '';
  for (const end = used + chanceChars; used < end; used++) chance += alphabet[(pool[used] as number) & 31];
  return `${kind}_${time}${chance}`;
}
