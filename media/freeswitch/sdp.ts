// Session descriptions between the far side and FreeSWITCH. Hold is made here: FreeSWITCH sees a new offer only where the
// transport or the codecs of the far side change, so that its own ideas of hold (music, silence) never show.
import type { MediaDirection, Sdp } from '../media-server.ts';

const directions = /^a=(sendrecv|sendonly|recvonly|inactive)\r?\n/gm;
const counterparts: Record<MediaDirection, MediaDirection> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** Why it cannot be used, or undefined. Only plain RTP audio gets through (RFC 8866, RFC 3551). */
export function unusable(sdp: Sdp): string | undefined {
  if (!/^v=0\r?\n/.test(sdp)) return 'it does not begin with v=0';
  if (!/^c=IN IP[46] \S+/m.test(sdp)) return 'it has no address';
  const audio = /^m=audio (\d+)(?:\/\d+)? (\S+) ([\d ]+)/m.exec(sdp);
  if (!audio) return 'it has no audio';
  if (audio[2] !== 'RTP/AVP') return `it wants ${audio[2]}, not plain RTP`;
  return undefined;
}

/** What they do with their stream, from their own point of view (RFC 3264 §5.1); 0.0.0.0 counts as sendonly. */
export function directionOf(sdp: Sdp): MediaDirection {
  const found = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1] as MediaDirection | undefined;
  if (/^c=IN IP4 0\.0\.0\.0/m.test(sdp)) return found === 'recvonly' || found === 'inactive' ? 'inactive' : 'sendonly';
  return found ?? 'sendrecv';
}

/** The direction that answers theirs, from our point of view. */
export function counterpart(direction: MediaDirection): MediaDirection {
  return counterparts[direction];
}

/** The same session in another direction, as the next version of ours (RFC 3264 §8). */
export function withDirection(sdp: Sdp, direction: MediaDirection, version: number): Sdp {
  const body = sdp.replace(directions, '').replace(/^(o=\S+ \S+) \S+/m, `$1 ${version}`);
  return `${body.endsWith('\n') ? body : `${body}\r\n`}a=${direction}\r\n`;
}

/** What FreeSWITCH is told of theirs: everything but hold. */
export function withoutHold(sdp: Sdp): Sdp {
  const body = sdp.replace(directions, '');
  return `${body.endsWith('\n') ? body : `${body}\r\n`}a=sendrecv\r\n`;
}

/** Whether they moved or speak otherwise than before; 0.0.0.0 (RFC 2543's hold) is no move. */
export function changed(before: Sdp | undefined, now: Sdp): boolean {
  if (before === undefined) return true;
  if (/^c=IN IP4 0\.0\.0\.0/m.test(now)) return false;
  const essence = (sdp: Sdp) =>
    sdp
      .split(/\r?\n/)
      .filter((line) => /^(c=|m=audio|a=rtpmap|a=fmtp|a=ptime)/.test(line))
      .join('\n');
  return essence(before) !== essence(now);
}
