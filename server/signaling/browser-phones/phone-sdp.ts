// What is read and changed in session descriptions between a phone in a browser and its leg.
import type { MediaDirection, Sdp } from '../../../media/media-server.ts';

/** Its audio goes by ICE, DTLS and SRTP (RFC 8829, RFC 5764). */
export function isWebRtc(sdp: Sdp): boolean {
  return /^m=audio \d+ UDP\/TLS\/RTP\/SAVPF /m.test(sdp);
}

/** What two sides allow that both look from the same end. */
export function bothAllow(one: MediaDirection, other: MediaDirection): MediaDirection {
  const sends = says(one) && says(other);
  const receives = hears(one) && hears(other);
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

/** The same description with another direction, so many versions (RFC 8866 §5.2) on. */
export function directed(sdp: Sdp, direction: MediaDirection, later: number): Sdp {
  return sdp
    .replace(
      /^(o=\S+ \S+ )(\d+)/m,
      (_, before: string, version: string) => `${before}${BigInt(version) + BigInt(later)}`,
    )
    .replace(/^a=(?:sendrecv|sendonly|recvonly|inactive)(\r?)$/m, `a=${direction}$1`);
}

function says(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

function hears(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}
