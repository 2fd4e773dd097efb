// What the edge's trace of SIP messages answers, over the link. Offered as the capability `trace`.

/** A message as it passed, its secrets masked. */
export interface WireTraced {
  /** Milliseconds UTC, by the edge's clock. */
  at: number;
  way: 'in' | 'out';
  protocol: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  callId: string;
  /** One character a byte (latin1). */
  bytes: string;
}

export interface TraceRequests {
  /**
   * The messages of these calls that the edge still has, oldest first; `truncated`: there were too many for one answer.
   * `since`: when the oldest message of any call passed that it has. Failure: request-invalid.
   */
  'trace.read': {
    with: { callIds: string[] };
    ok: { messages: WireTraced[]; truncated: boolean; since?: number | undefined };
  };
}
