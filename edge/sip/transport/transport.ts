// What the transaction layer sees of sockets. Tests put a lossy fake in its place.
import type { SipMessage, SipSyntaxError } from '../message/index.ts';
import type { Arrival, Destination, Listener, Protocol } from '../stack.ts';

/** A destination after RFC 3263: where bytes really go, and from which of our listeners. */
export interface Target {
  protocol: Protocol;
  /** An IP address. */
  address: string;
  port: number;
  /** The host that was asked for, which a TLS peer must prove to be. */
  name?: string | undefined;
  /** UDP: the socket that sends. Streams: whose address Via names. */
  listener: Listener;
  /** An open connection to be preferred. */
  connection?: string | undefined;
}

/** Who gets what comes in. Calls are synchronous, one message at a time. */
export interface Receiver {
  /** A message whose mandatory headers are good. The top Via of a request has `received` and `rport` (RFC 3581). */
  message(message: SipMessage, arrival: Arrival): void;
  /** Something that could not be read. @returns whether it was answered (else it is counted as dropped) */
  malformed(error: SipSyntaxError, arrival: Arrival): boolean;
  connectionClosed(connection: string): void;
}

/** Counted since the start; for /metrics. */
export interface TransportCounters {
  receivedMessages: number;
  sentMessages: number;
  /** Could not be read; answered where possible. */
  malformed: number;
  /** Malformed and not even answerable, so thrown away. */
  dropped: number;
  keepalives: number;
  /** Connections refused or closed by a limit. */
  connectionsRefused: number;
  sendFailures: number;
}

export interface Transport {
  readonly listeners: readonly Listener[];
  readonly counters: TransportCounters;
  /** Open stream connections. */
  readonly connections: number;
  receiver: Receiver;
  /** How long datagrams have been waiting to be read without a pause, ms. */
  behindMs(now: number): number;
  /** Which listener would serve that destination; undefined: none of that protocol (and, for an IP address, family). */
  listenerFor(to: Destination): Listener | undefined;
  /**
   * Where to send, best first (RFC 3263); at once for an IP address or an open connection.
   * @throws SwitchroomError `sip-no-listener`, `sip-unreachable` (also as rejection)
   */
  targets(to: Destination): Target[] | Promise<Target[]>;
  /**
   * Sends, connecting first where necessary.
   * @param failed called at most once, never before `send` has returned, where the bytes cannot go out
   * @returns the id of the connection that carries them; undefined for UDP
   */
  send(bytes: Buffer, target: Target, failed: (error: Error) => void): string | undefined;
  /** Asks the kernel whether that UDP port is closed (ICMP); `refused` is called where it says so, else nothing. */
  probe(target: Target, refused: () => void): void;
  /** For the handshakes of TLS and WSS from now on; PEM. @throws the system's error where the pair is none */
  useCertificate(certificate: { cert: string; key: string }): void;
  close(): Promise<void>;
}
