/** RFC 3261 table 4 and RFC 6026. Milliseconds. */
export interface Timing {
  /** Round-trip estimate. */
  t1: number;
  /** Longest interval between retransmissions of a non-INVITE request or a response to INVITE. */
  t2: number;
  /** How long a message may wander in the network. */
  t4: number;
  /** How long an INVITE may ring without a new provisional response before it is cancelled (timer C). */
  timerC: number;
}

export const defaultTiming: Timing = { t1: 500, t2: 4_000, t4: 5_000, timerC: 185_000 };
