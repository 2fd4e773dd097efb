// The one interface to a WebRTC gateway: it turns a browser's SDP into plain-RTP SDP and back. Drivers live in
// media/<engine>; test/contract runs one suite over every gateway present. Ids are ours, as everywhere in media.
//
// Two things, each with a life of its own:
//   connection   one browser's peer connection, up for the whole shift ("nailed up"): a call costs it no media set-up
//   line         one call's plain RTP towards an endpoint of the media engine (media-server.ts), one codec, no ICE
// A line is attached to a connection, and only then do the two hear each other. Both may change without the other's
// noticing: calls come and go on one connection, and a panel that was reloaded gets a new connection, to which the line
// of the running call is attached again. Neither costs the other an offer or an answer.
//
//   browser ══ICE, DTLS, SRTP══ connection ──attach── line ──RTP── MediaEndpoint ── bridge ── … the caller
//
// The gateway mixes nothing and transcodes nothing: a connection has one codec, and a line carries that codec.
// Digits of panels do not travel here: they are keyed over the control socket, and sent by MediaEndpoint.sendDtmf at the
// other end of the bridge. For phones that send them as RTP (RFC 4733) a connection can take them (`digits`).
import type { EventEmitter } from 'node:events';
import type { EndpointId } from '../values/index.ts';
import type { Sdp } from './media-server.ts';

export type ConnectionId = string;
export type LineId = string;

export interface GatewayCapabilities {
  /** Name of the engine, for people and logs; never branch on it, branch on the other members. */
  readonly engine: string;
  /** Connections and lines outlive the server, and `list` finds them. */
  readonly adoption: boolean;
  /** What browsers are spoken to in, by SDP name, e.g. `PCMA`, `PCMU`, `opus`. */
  readonly codecs: readonly string[];
  /** Connections can overhear others (`WebRtcConnection.overhear`). */
  readonly overhear: boolean;
  /** Digits of browsers can go through (`ConnectRequest.digits`). */
  readonly digits: boolean;
}

/** One direction as its receiver saw it. */
export interface StreamQuality {
  packets: number;
  lost: number;
  /** RFC 3550 interarrival jitter as it is now, milliseconds; absent where its receiver does not say. */
  jitterMs?: number | undefined;
  /** 1 to 4.5, E-model (ITU-T G.107). */
  mos: number;
}

export interface ConnectionQuality {
  codec: string;
  /** What the browser sends, as the gateway receives it. */
  up: StreamQuality;
  /** What the browser receives, as it reports it; absent as long as it has reported nothing. */
  down?: StreamQuality | undefined;
  rttMs?: number | undefined;
}

/**
 * ```
 *   connecting ──ICE and DTLS are up──▶ connected ◀──heard again, restart── disconnected
 *       │                                   └──────────silent──────────────────▲  │
 *       └───────────────────────────────────┴──────────close, lost, failed────────┴──▶ closed
 * ```
 */
export type ConnectionState = 'connecting' | 'connected' | 'disconnected' | 'closed';

/**
 * `asked`: by close(). `left`: the browser closed it (a reload; DTLS close_notify, where it comes through). `failed`: DTLS
 * gave up, it never came up, or was disconnected for 30 s. `lost`: the engine died; connect anew.
 */
export type ConnectionEnd = 'asked' | 'left' | 'failed' | 'lost';

export interface ConnectionEvents {
  /** Media can flow: the first time, and after each `disconnected`. */
  connected: [];
  /**
   * The browser has not been heard for some seconds (network change, sleep). An ICE restart or the same path brings it back;
   * what is not back within 30 s is closed (`failed`).
   */
  disconnected: [];
  /** Every 5 s while connected: the last 10 s of it. `down` is absent while nothing is sent to it. */
  quality: [ConnectionQuality];
  /** Gone for good, once. Its line, if any, was detached before. */
  closed: [{ why: ConnectionEnd }];
}

export interface ConnectRequest {
  id: ConnectionId;
  /**
   * The browser's offer, as `createOffer` made it: the first section is audio, `sendrecv`, or `recvonly` for one that only
   * overhears; further sections are refused (port 0). It may hold any candidates or none: the gateway is ICE-lite and
   * learns the browser's addresses from its checks, so nothing has to be trickled and nothing waited for.
   */
  offer: Sdp;
  /** Codecs that the media engine speaks, in order of preference; the first that browser and gateway have is taken. */
  codecs: readonly string[];
  /** Agree on telephone-event where the browser offers it, and pass its digits on to the line. Default no. */
  digits?: boolean | undefined;
  /** A line or connection that it will be attached to or overhear: on the same thread as that, where this can be. */
  near?: ConnectionId | LineId | undefined;
  /** Where the panel's socket comes from, to choose the address in our answer by route. */
  peer?: string | undefined;
}

export interface WebRtcConnection extends EventEmitter<ConnectionEvents> {
  readonly id: ConnectionId;
  readonly state: ConnectionState;
  /** Our current answer. Complete: all candidates are in it. */
  readonly sdp: Sdp;
  /** Agreed on, for its whole life. */
  readonly codec: string;
  /** The line that is attached. */
  readonly line: LineId | undefined;
  /**
   * Answers a new offer of the same peer connection, usually an ICE restart (network change). Media, line and overhearing
   * go on.
   * @throws media-sdp-rejected, and all stays as it was
   */
  renegotiate(offer: Sdp): Promise<Sdp>;
  /**
   * Hears what another connection's microphone says, or what its line brings, instead of a line of its own: a connection
   * hears one stream, so a panel that overhears opens one connection for each (a supervisor her agent's `microphone` and
   * `line`: monitor; an agent her supervisor's `microphone`: whisper). Who is overheard notices nothing. What phones of
   * every kind can do, and what is recorded, is MediaServer's Bridge with its roles `listen` and `whisperTo`.
   * @throws media-unknown (no such connection), media-failed (it has a line or overhears already, or another codec)
   */
  overhear(other: ConnectionId, what: 'microphone' | 'line'): Promise<Overhearing>;
  /** Over its whole life; jitter is as it is now. */
  quality(): Promise<ConnectionQuality>;
  close(): Promise<void>;
}

/** Follows what is overheard: with `line`, whichever line is attached to that connection at the moment. */
export interface Overhearing {
  /** Resolves when it is over: stopped, or one of the two connections is closed. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface LineRequest {
  id: LineId;
  /** The endpoint's offer; without it the line makes one of its own, and `accept` takes the answer. */
  offer?: Sdp | undefined;
  /** The connection it is for: the same codec, and the same thread where this can be. */
  for: ConnectionId;
  /** Its far end, for logs and `list`. */
  endpoint?: EndpointId | undefined;
}

export interface LineEvents {
  /** Its connection is not there any more: `moved`, another line took it; `closed`, it is gone. The line stays. */
  detached: [{ from: ConnectionId; why: 'moved' | 'closed' }];
  /** The engine under it died: nothing is sent or heard until `renegotiate`, which brings it back on another. */
  lost: [];
  /** Gone for good, once. */
  closed: [{ why: 'asked' | 'lost' }];
}

/** While no connection is attached, or the browser is away, the far end receives no packets. */
export interface Line extends EventEmitter<LineEvents> {
  readonly id: LineId;
  /** Our current local description: the answer where there was an offer, else the last offer made. Plain RTP/AVP. */
  readonly sdp: Sdp;
  readonly codec: string;
  /** The connection it is attached to. */
  readonly connection: ConnectionId | undefined;
  readonly endpoint: EndpointId | undefined;
  /** The endpoint's answer to our offer. @throws media-sdp-rejected */
  accept(answer: Sdp): Promise<void>;
  /** Answers a new offer of the endpoint: hold, resume, another address, and after `lost`. @throws media-sdp-rejected, and all stays as it was */
  renegotiate(offer: Sdp): Promise<Sdp>;
  /**
   * The two hear each other from now on. A line that was attached to that connection is detached (`moved`), and this one
   * from where it was. Attaching what is attached does nothing.
   * @throws media-unknown (no such connection), media-failed (it overhears, or another codec)
   */
  attach(connection: ConnectionId): Promise<void>;
  /** Does nothing where nothing is attached. Resolves when neither hears the other any more. */
  detach(): Promise<void>;
  close(): Promise<void>;
}

export interface WebRtcGatewayEvents {
  /** The engine is out of reach; connections and lines may still be alive. */
  lost: [];
  /** It is back; reconcile with `list`. */
  restored: [];
}

export interface WebRtcGateway extends EventEmitter<WebRtcGatewayEvents> {
  readonly capabilities: GatewayCapabilities;
  /**
   * Answers a browser. Resolves at once: ICE and DTLS come up when the browser has the answer (`connected`); a connection
   * that is not up within 30 s is closed (`failed`).
   * @throws media-sdp-rejected (nothing usable in the offer), media-no-ports, media-unavailable
   */
  connect(request: ConnectRequest): Promise<WebRtcConnection>;
  /** @throws media-sdp-rejected, media-unknown (no such connection), media-no-ports, media-unavailable */
  line(request: LineRequest): Promise<Line>;
  /** All that lives in the gateway, as handles that work: for adoption and reconciling. */
  list(): Promise<{ connections: WebRtcConnection[]; lines: Line[] }>;
  /** Ends all connections and lines, unless the gateway keeps them for the next server (`adoption`). */
  close(): Promise<void>;
}
