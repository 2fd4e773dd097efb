// What the layers of the SIP stack promise each other (RFC 3261 §5): transport → transactions → the transaction user
// (dialogs, and above them the drachtio connection). Everything runs on one thread; calls are synchronous.
import type { EventEmitter } from 'node:events';
import type { SipMessage } from './message/index.ts';

/** `ws` and `wss`: SIP over WebSocket (RFC 7118). */
export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** Where bytes go. `connection` prefers an open stream connection (registered phones that cannot be dialled). */
export interface Destination {
  protocol: Protocol;
  /** An IP address or a host name (RFC 3263 is done below this interface). */
  host: string;
  port: number;
  connection?: string | undefined;
}

/** How a message came in. */
export interface Arrival {
  protocol: Protocol;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Id of the stream connection, for answers and reuse; absent for UDP. */
  connection?: string | undefined;
  bytes: number;
  /** Milliseconds UTC. */
  at: number;
}

export interface ServerTransaction {
  /** Method + branch + sent-by key of RFC 3261 §17.2.3. */
  readonly key: string;
  /** Only its name, Call-ID and CSeq are left of it after the turn in which the final response left. */
  readonly request: SipMessage;
  readonly arrival: Arrival;
  readonly finalStatus: number | undefined;
  /**
   * Sends a response; provisional ones may repeat. The layer retransmits final ones where the RFC says so (not 2xx to
   * INVITE: that is the dialog's), repeats the last response on a retransmitted request, and absorbs ACK to ≥ 300.
   * @returns false where a final response was sent before
   */
  respond(response: SipMessage): boolean;
  /** Called once when it is over: `timeout` = no ACK for ≥ 300 (timer H); `transport` = the response cannot be sent. */
  onend: ((why: 'done' | 'timeout' | 'transport') => void) | undefined;
}

export interface ClientTransactionUser {
  /** Every provisional above 100, and the final response once. Also 2xx retransmissions and forks (RFC 6026): `again` true. */
  response(response: SipMessage, arrival: Arrival, again: boolean): void;
  /** Timer B/F (→ made-up 408) or the transport failed (→ made-up 503). No response after it. */
  failed(why: 'timeout' | 'transport'): void;
}

export interface ClientTransaction {
  /** Forgets its headers, but for what recognises answers, after the turn in which the final response came. */
  readonly request: SipMessage;
  readonly finalStatus: number | undefined;
  /** INVITE only: CANCEL now, or once a provisional came (RFC 3261 §9.1), with these extra headers. @returns the CANCEL as (to be) sent */
  cancel(headers?: [name: string, value: string][]): SipMessage;
  /** After a 2xx: what comes from now on (its repetitions, forks) is for `user`; of the request only its name is left. */
  handOver(user: ClientTransactionUser): void;
}

/** Who sits on top of the transaction layer. */
export interface TransactionUser {
  /**
   * Asked before anything is spent on a request that begins something: the Retry-After, in seconds, of a 503 that is sent
   * without a transaction, or undefined for one that may come in. Retransmissions and ACK are never asked about.
   */
  refusal(request: SipMessage, arrival: Arrival): number | undefined;
  /** A new request, not ACK, not CANCEL. The layer says 100 Trying to an INVITE that gets no other word for 100 ms. */
  request(transaction: ServerTransaction): void;
  /** An ACK that belongs to no transaction: it confirms a 2xx. */
  ack(ack: SipMessage, arrival: Arrival): void;
  /** A CANCEL; `invite` is what it cancels, if that is still without a final response. The layer has answered the CANCEL (200 or 481). */
  cancel(cancel: SipMessage, arrival: Arrival, invite: ServerTransaction | undefined): void;
  /** A 2xx to an INVITE whose transaction is gone. */
  strayAnswer(response: SipMessage, arrival: Arrival): void;
}

export interface Listener {
  protocol: Protocol;
  /** Bound address and port. */
  address: string;
  port: number;
  /** What Via and Contact say where it differs (NAT). */
  advertise?: { host: string; port: number } | undefined;
}

export interface TransportEvents {
  /** A stream connection closed; registered contacts on it are gone. */
  'connection-closed': [connection: string];
}

export interface Transactions extends EventEmitter<TransportEvents> {
  /** Not `listeners`: that is a method of every emitter. */
  readonly listening: readonly Listener[];
  user: TransactionUser;
  /**
   * Starts a client transaction. The layer puts the Via on top (branch, rport for UDP, sent-by of the chosen listener)
   * into `request` before it sends, so that `request` is afterwards exactly what went out. Name look-ups and connects
   * happen later; their failure is `user.failed('transport')`, never a throw.
   */
  request(request: SipMessage, to: Destination, user: ClientTransactionUser): ClientTransaction;
  /** Sends without a transaction: ACK to a 2xx (Via with a new branch is added unless there is one), 2xx retransmissions. */
  send(message: SipMessage, to: Destination): void;
  /** The listener that would be used towards a destination, for Contact and `localhost` substitution; undefined: no such transport. */
  listenerFor(to: Destination): Listener | undefined;
  /** How long datagrams have been waiting to be read without a pause, ms; 0: they are read as they come. For overload control. */
  behindMs(now: number): number;
  /** Live counts for metrics. */
  counts(): { server: number; client: number; connections: number };
  /** For the handshakes of TLS and WSS from now on; PEM. @throws the system's error where the pair is none */
  useCertificate(certificate: { cert: string; key: string }): void;
  close(): Promise<void>;
}
