// WebRTC over the link: what media/edge's gateway asks and edge/webrtc answers. SDP stays with the server: it reads the
// browser's and the engine's descriptions and writes ours, so the edge is told addresses, fingerprints and SSRCs. The texts
// that they came from are kept here for the next server (`offer`), which writes the same answers from them.
// Failures carry the codes media-no-ports, media-unknown, media-failed and request-invalid.

/** PCMU 0, PCMA 8. */
export type WirePayloadType = 0 | 8;

export interface WireFingerprint {
  /** `sha-256` … */
  algorithm: string;
  /** Upper-case hex bytes with colons. */
  value: string;
}

export interface WireCandidate {
  foundation: string;
  priority: number;
  /** Or a name, where one is announced. */
  address: string;
  port: number;
}

/** What our answer to a browser says; `version` grows by one with each. */
export interface WireConnectionSide {
  ufrag: string;
  password: string;
  candidates: WireCandidate[];
  fingerprint: WireFingerprint;
  /** Of all that the browser hears in this connection's life. */
  ssrc: number;
  sessionId: string;
  version: number;
}

export type WireConnectionState = 'connecting' | 'connected' | 'disconnected';

export interface WireConnection {
  id: string;
  state: WireConnectionState;
  offer: string;
  payloadType: WirePayloadType;
  /** Payload type of its telephone-event, where digits travel. */
  digits?: number | undefined;
  ours: WireConnectionSide;
  line?: string | undefined;
  overhears?: WireOverhearing | undefined;
}

export interface WireOverhearing {
  other: string;
  what: 'microphone' | 'line';
}

/** A line's far end, from its description. */
export interface WireFar {
  address: string;
  port: number;
  rtcpPort: number;
  /** It wants to hear, and it says something. */
  takes: boolean;
  sends: boolean;
  /** Payload type of the telephone-event that it takes. */
  digits?: number | undefined;
}

export interface WireLineSide {
  address: string;
  port: number;
  sessionId: string;
  version: number;
}

export interface WireLine {
  id: string;
  payloadType: WirePayloadType;
  /** Its descriptions name telephone-event. */
  digits?: boolean | undefined;
  /** The far end's last description; absent as long as our offer has no answer. */
  far?: string | undefined;
  ours: WireLineSide;
  /** Our offer is out. */
  offering: boolean;
  connection?: string | undefined;
  endpoint?: string | undefined;
}

export interface WireStreamQuality {
  packets: number;
  lost: number;
  jitterMs?: number | undefined;
}

export interface WireConnectionQuality {
  up: WireStreamQuality;
  down?: WireStreamQuality | undefined;
  rttMs?: number | undefined;
}

type Nothing = Record<string, never>;

export interface GatewayRequests {
  'connection.open': {
    with: {
      id: string;
      offer: string;
      payloadType: WirePayloadType;
      digits?: number | undefined;
      /** Absent: it only listens. */
      microphone?: number | undefined;
      fingerprint: WireFingerprint;
      /** Where the panel's socket comes from. */
      peer?: string | undefined;
    };
    ok: { ours: WireConnectionSide };
  };
  /** `restart`: the browser's ufrag is another, so ours changes too. */
  'connection.renegotiate': { with: { id: string; offer: string; restart: boolean }; ok: { ours: WireConnectionSide } };
  'connection.overhear': { with: { id: string } & WireOverhearing; ok: Nothing };
  'connection.unhear': { with: { id: string }; ok: Nothing };
  'connection.quality': { with: { id: string }; ok: WireConnectionQuality };
  'connection.close': { with: { id: string }; ok: Nothing };
  'line.open': {
    with: {
      id: string;
      payloadType: WirePayloadType;
      digits?: boolean | undefined;
      endpoint?: string | undefined;
      /** With `offer`, its reading; without both we offer. */
      offer?: string | undefined;
      far?: WireFar | undefined;
    };
    ok: { ours: WireLineSide };
  };
  /** Its answer to our offer, or a new offer of its own, and the reading. */
  'line.far': { with: { id: string; description: string; answer: boolean; far: WireFar }; ok: { ours: WireLineSide } };
  'line.attach': { with: { id: string; connection: string }; ok: Nothing };
  'line.detach': { with: { id: string }; ok: Nothing };
  'line.close': { with: { id: string }; ok: Nothing };
  'webrtc.list': { with: Nothing; ok: { connections: WireConnection[]; lines: WireLine[] } };
}

export interface GatewayEvents {
  'connection.state': { id: string; state: 'connected' | 'disconnected' };
  'connection.quality': { id: string; quality: WireConnectionQuality };
  /** What it overheard is over. */
  'connection.unheard': { id: string };
  'connection.closed': { id: string; why: 'asked' | 'left' | 'failed' | 'lost' };
  'line.detached': { id: string; from: string; why: 'moved' | 'closed' };
  'line.closed': { id: string; why: 'asked' | 'lost' };
}

/** Prefixes of the gateway's requests, and of its events. */
export const gatewayPrefixes = ['connection', 'line', 'webrtc'] as const;
