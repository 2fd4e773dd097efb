// The 48-bit index of a packet from its 16-bit sequence number (RFC 3711 §3.3.1, appendix A).

/** The index with that sequence number that is nearest to the newest one; below zero: it cannot be. @param newest −1: none yet */
export function indexNear(newest: number, sequence: number): number {
  if (newest < 0) return sequence;
  return newest + (((sequence - (newest % 65_536)) << 16) >> 16);
}
