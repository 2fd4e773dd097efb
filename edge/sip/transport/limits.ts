/** Bounds against accident and attack; each is per edge process. */
export interface TransportLimits {
  /** Bytes of one message, head and body. Longer ones get 513. */
  messageBytes: number;
  /** Stream connections at once. */
  connections: number;
  /** Stream connections of one remote address at once, so that nobody takes all; an office behind one NAT fits. */
  perSource: number;
  /** Connections of one remote address that have not yet delivered a whole message. */
  halfOpenPerSource: number;
  /** A new connection must deliver a whole message within this time; TLS and WebSocket handshakes must be done in it. Milliseconds. */
  firstMessageMs: number;
  /** The same for a WebSocket: a page may open it long before it has something to say. Milliseconds. */
  webSocketFirstMessageMs: number;
  /** WebSockets are pinged so often, which keeps NATs and proxies open; two unanswered in a row end one. Milliseconds. */
  pingMs: number;
  /** A begun message must be whole within this time. Milliseconds. */
  messageMs: number;
  /** A connection without a byte from the peer is closed after this. Longer than the usual hour of a registration. Milliseconds. */
  idleMs: number;
  /** An outgoing connect may take this long. Milliseconds. */
  connectMs: number;
  /** Bytes that may wait in a connection whose peer does not read. */
  unsentBytes: number;
}

export const defaultLimits: TransportLimits = {
  messageBytes: 65_535,
  connections: 10_000,
  perSource: 2_500,
  halfOpenPerSource: 64,
  firstMessageMs: 10_000,
  webSocketFirstMessageMs: 60_000,
  pingMs: 25_000,
  messageMs: 10_000,
  idleMs: 3_900_000,
  connectMs: 4_000,
  unsentBytes: 1_048_576,
};
