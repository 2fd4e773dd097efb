// Whether an offer puts us on hold (RFC 3264 §8.4, and the address 0.0.0.0 of RFC 2543).

/** The audio stream of the offer asks us not to be heard. */
export function offeredHold(offer: string): boolean {
  const direction = directionOf(offer);
  return direction === 'sendonly' || direction === 'inactive' || /^c=IN IP4 0\.0\.0\.0\s*$/m.test(offer);
}

/** The last word counts: of the first media section, else of the session. */
export function directionOf(sdp: string): 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive' {
  let session: string | undefined;
  let media: string | undefined;
  let sections = 0;
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('m=') && ++sections > 1) break;
    const found = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.exec(line)?.[1];
    if (found === undefined) continue;
    if (sections === 0) session = found;
    else media = found;
  }
  return (media ?? session ?? 'sendrecv') as 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
}
