// Media control over the link: what media/edge asks and edge/rtp answers. Names of requests are `<prefix>.<verb>`.
// Failures carry the codes media-sdp-rejected, media-no-ports, media-unknown (no such endpoint, bridge or recording),
// media-audio-missing, media-recording-failed and request-invalid.

export type WireDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export type WireAudio =
  | { kind: 'file'; path: string; hash: string }
  | { kind: 'silence'; ms: number }
  | { kind: 'tone'; hz: number[]; ms: number };

export interface WireQuality {
  received: number;
  lost: number;
  jitterMs: number;
  rttMs?: number | undefined;
  remoteLoss?: number | undefined;
  mos: number;
  codec: string;
}

export type WireRole = 'talk' | 'listen' | { whisperTo: string };

export interface WireDigitRule {
  max: number;
  terminator?: string | undefined;
  firstMs: number;
  betweenMs: number;
  secret?: boolean | undefined;
  typeAhead?: boolean | undefined;
}

export interface WirePlay {
  /** Endpoint or bridge. */
  id: string;
  /** Id of the playback. */
  playback: string;
  audio: WireAudio[];
  /** How often the list is played; 0 = for ever. */
  times: number;
  bargeIn: boolean;
}

export interface WireRecord {
  /** Endpoint or bridge. */
  id: string;
  recording: string;
  channels: 1 | 2;
}

export interface WireRecordingInfo {
  id: string;
  on: string;
  channels: 1 | 2;
  state: 'recording' | 'paused' | 'finished' | 'failed';
  /** Absolute path on the edge's host, for a reader on the same host. */
  path: string;
  /** Length that can be read now, with the header. */
  bytes: number;
  ms: number;
}

export type WirePlaybackEnd = 'finished' | 'stopped' | 'barged' | 'closed' | 'failed';

type Nothing = Record<string, never>;

export interface MediaRequests {
  'endpoint.open': {
    with: {
      id: string;
      offer?: string | undefined;
      near?: string | undefined;
      peer?: string | undefined;
      /** The far side is our own WebRTC gateway: our own address, and the SSRC (RFC 5576), stand in the SDP. */
      gateway?: boolean | undefined;
      purpose: string;
    };
    ok: { sdp: string };
  };
  'endpoint.accept': { with: { id: string; answer: string; final: boolean }; ok: { sdp: string } };
  'endpoint.renegotiate': { with: { id: string; offer: string }; ok: { sdp: string } };
  'endpoint.offer': { with: { id: string; direction?: WireDirection | undefined }; ok: { sdp: string } };
  'endpoint.direction': { with: { id: string; direction: WireDirection }; ok: Nothing };
  /** `missing`: hashes of files that the edge cannot read; bring them with audio.put, the playback waits. */
  'endpoint.play': { with: WirePlay; ok: { missing: string[] } };
  /** Ends an earlier one with `stopped`. The result is the event endpoint.collected. */
  'endpoint.collect': { with: { id: string; collect: string; rule: WireDigitRule }; ok: Nothing };
  'endpoint.stopCollect': { with: { id: string }; ok: Nothing };
  'endpoint.digit': { with: { id: string; digit: string; ms: number }; ok: Nothing };
  /** Replied to when all digits are sent. */
  'endpoint.sendDtmf': { with: { id: string; digits: string }; ok: Nothing };
  'endpoint.record': { with: WireRecord; ok: Nothing };
  'endpoint.quality': { with: { id: string }; ok: WireQuality };
  'endpoint.close': { with: { id: string }; ok: Nothing };
  /** `absorb`: digits that members key are not passed on to the others. Default `relay`. `members`: as by bridge.add. */
  'bridge.open': {
    with: {
      id: string;
      near?: string | undefined;
      dtmf?: 'relay' | 'absorb' | undefined;
      members?: readonly { endpoint: string; role: WireRole }[] | undefined;
    };
    ok: Nothing;
  };
  'bridge.add': { with: { id: string; endpoint: string; role: WireRole }; ok: Nothing };
  'bridge.remove': { with: { id: string; endpoint: string }; ok: Nothing };
  'bridge.play': { with: WirePlay; ok: { missing: string[] } };
  'bridge.record': { with: WireRecord; ok: Nothing };
  'bridge.close': { with: { id: string }; ok: Nothing };
  'playback.stop': { with: { id: string }; ok: Nothing };
  'recording.pause': { with: { id: string }; ok: Nothing };
  'recording.resume': { with: { id: string }; ok: Nothing };
  /** Seals the file, or says again how long it is. */
  'recording.stop': { with: { id: string }; ok: { ms: number; bytes: number; sha256: string } };
  'recording.get': { with: { id: string }; ok: { recording: WireRecordingInfo | null } };
  /** Bytes from `start`, at most `most` (256 KiB at most), base64. `size` is the length now. */
  'recording.read': { with: { id: string; start: number; most: number }; ok: { data: string; size: number } };
  'recording.forget': { with: { id: string }; ok: Nothing };
  /** A piece (base64) of a WAV that the edge misses; `last` completes it and its hash is checked. */
  'audio.put': { with: { hash: string; start: number; data: string; last: boolean }; ok: Nothing };
  'media.list': {
    with: Nothing;
    ok: {
      endpoints: { id: string; sdp: string; purpose: string; collecting?: string | undefined }[];
      bridges: { id: string; members: { endpoint: string; role: WireRole }[] }[];
      playbacks: { id: string; on: string }[];
      recordings: WireRecordingInfo[];
    };
  };
}

export interface MediaEvents {
  'endpoint.dtmf': { id: string; digit: string; ms: number; via: 'rfc4733' | 'info' | 'inband' };
  'endpoint.collected': {
    id: string;
    collect: string;
    digits: string;
    end: 'max' | 'terminator' | 'timeout' | 'stopped' | 'closed';
  };
  'endpoint.rtp-timeout': { id: string; ms: number };
  'endpoint.quality': { id: string; quality: WireQuality };
  'endpoint.closed': { id: string; why: 'asked' | 'failed'; quality: WireQuality };
  'playback.ended': { id: string; on: string; end: WirePlaybackEnd; reason?: string | undefined };
  'recording.failed': { id: string; reason: string };
  'bridge.closed': { id: string; why: 'asked' | 'failed' };
}

/** Prefixes of the media requests, and of their events. */
export const mediaPrefixes = ['endpoint', 'bridge', 'playback', 'recording', 'audio', 'media'] as const;
