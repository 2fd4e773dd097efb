// Bodies of requests turned into what the engine works with.
import type { WireAudio, WireDigitRule, WireDirection, WireRole } from '../../../link/index.ts';
import { dtmfEvent } from '../dtmf/receiver.ts';
import { type Body, bodyOf, idOf, invalid, numberOf, oneOf, textOf } from './fields.ts';

const directions: readonly WireDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
/** Longest silence or tone: an hour. */
const mostMs = 3_600_000;
const mostPieces = 1_000;

export function directionOf(body: Body): WireDirection {
  return oneOf(body, 'direction', directions);
}

export function audioOf(body: Body): WireAudio[] {
  const { audio } = body;
  if (!Array.isArray(audio) || audio.length === 0 || audio.length > mostPieces) {
    throw invalid('audio', `is no list of 1 to ${mostPieces} pieces`);
  }
  return audio.map((value) => {
    const piece = bodyOf(value);
    const kind = oneOf(piece, 'kind', ['file', 'silence', 'tone']);
    if (kind === 'file') return { kind, path: textOf(piece, 'path'), hash: hashOf(piece) };
    if (kind === 'silence') return { kind, ms: numberOf(piece, 'ms', 0, mostMs) };
    const { hz } = piece;
    if (
      !Array.isArray(hz) ||
      hz.length === 0 ||
      hz.length > 8 ||
      !hz.every((f) => typeof f === 'number' && f > 0 && f < 4000)
    ) {
      throw invalid('hz', 'is no list of 1 to 8 frequencies below 4000');
    }
    return { kind, hz, ms: numberOf(piece, 'ms', 1, 60_000) };
  });
}

/** Of a bridge that is opened with some; the ids of the endpoints, and what stands beside each. */
export function membersOf(body: Body): { endpoint: string; role: WireRole }[] {
  const { members } = body;
  if (members === undefined || members === null) return [];
  if (!Array.isArray(members) || members.length > mostPieces)
    throw invalid('members', `is no list of at most ${mostPieces}`);
  return members.map((value) => {
    const member = bodyOf(value);
    return { endpoint: idOf(member, 'endpoint'), role: roleOf(member) };
  });
}

export function hashOf(body: Body): string {
  const hash = textOf(body, 'hash');
  if (!/^[0-9a-f]{64}$/.test(hash)) throw invalid('hash', 'is no SHA-256 in hex');
  return hash;
}

export function ruleOf(body: Body): WireDigitRule {
  const rule = bodyOf(body.rule);
  const terminator =
    rule.terminator === undefined || rule.terminator === null ? undefined : digitsOf(rule, 'terminator');
  return {
    max: numberOf(rule, 'max', 1, 1_000),
    terminator,
    firstMs: numberOf(rule, 'firstMs', 0, mostMs),
    betweenMs: numberOf(rule, 'betweenMs', 0, mostMs),
    secret: rule.secret === true,
    typeAhead: rule.typeAhead === true,
  };
}

/** `0-9 * # A-D`, in upper case. */
export function digitsOf(body: Body, field: string): string {
  const digits = textOf(body, field).toUpperCase();
  if (digits.length === 0 || digits.length > 200 || [...digits].some((digit) => dtmfEvent(digit) < 0)) {
    throw invalid(field, 'is no string of DTMF digits');
  }
  return digits;
}

export function roleOf(body: Body): WireRole {
  const { role } = body;
  if (role === 'talk' || role === 'listen') return role;
  return { whisperTo: idOf(bodyOf(role), 'whisperTo') };
}
