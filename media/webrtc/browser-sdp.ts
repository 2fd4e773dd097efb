// The browser's side in SDP: its offer is read, and answered for an ICE-lite, DTLS-passive peer (RFC 8829, RFC 8842, RFC 8445
// §2.5). The answer names no header extension: a gateway's numbers for them are its own, and the browser's stand in its offer.
import { isIP } from 'node:net';
import type { MediaDirection, Sdp } from '../media-server.ts';
import { type Codec, chooseCodec, codecLines, digitLines, telephoneEvent } from './codecs.ts';
import {
  attribute,
  directionOf,
  payloadTypes,
  readSections,
  rejected,
  reverse,
  type Section,
  ssrcOf,
} from './sdp-lines.ts';

export interface BrowserOffer {
  codec: Codec;
  /** Payload type of its telephone-event (RFC 4733), where it has one. */
  digits: number | undefined;
  mid: string;
  /** From the browser's point of view: `sendonly` or `inactive` where its user holds the call. */
  direction: MediaDirection;
  /** What the browser sends; absent for one that only listens, or says nothing of it while it holds. */
  microphone: { ssrc: number; cname: string } | undefined;
  fingerprint: Fingerprint;
  /** Changes with an ICE restart. */
  usernameFragment: string;
  sections: Section[];
}

export interface Fingerprint {
  algorithm: (typeof algorithms)[number];
  /** Upper-case hex bytes with colons. */
  value: string;
}

export interface Candidate {
  foundation: string;
  priority: number;
  /** Or a name, where one is announced. */
  address: string;
  port: number;
  protocol: string;
  type: string;
  tcpType?: string | undefined;
}

export interface OurSide {
  ice: { usernameFragment: string; password: string };
  candidates: readonly Candidate[];
  dtls: { fingerprints: readonly { algorithm: string; value: string }[] };
  /** Of all that we send, where it is fixed for the connection's life. */
  ssrc?: number | undefined;
  sessionId: string;
  version: number;
  /** Payload type of telephone-event, where digits travel. */
  digits?: number | undefined;
}

const algorithms = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const;

/** An offer that begins a connection: nobody calls to hold at once. @throws media-sdp-rejected */
export function readFirstOffer(sdp: Sdp, wanted: readonly string[]): BrowserOffer {
  const offer = readBrowserOffer(sdp, wanted);
  const { direction } = offer;
  if (direction === 'sendrecv' || direction === 'recvonly') return offer;
  throw rejected('its audio is neither sendrecv nor recvonly');
}

/** Another offer of the peer connection that `before` was of. @throws media-sdp-rejected */
export function readNextOffer(sdp: Sdp, before: BrowserOffer): BrowserOffer {
  const offer = readBrowserOffer(sdp, [before.codec.name]);
  const { fingerprint, mid, direction, microphone } = offer;
  if (fingerprint.value !== before.fingerprint.value) throw rejected('it is another peer connection’s');
  if (mid !== before.mid || (direction === 'recvonly') !== (before.direction === 'recvonly'))
    throw rejected('its audio is another');
  if (microphone && before.microphone && microphone.ssrc !== before.microphone.ssrc)
    throw rejected('its SSRC is another');
  return offer;
}

/** @throws media-sdp-rejected */
export function readBrowserOffer(sdp: Sdp, wanted: readonly string[]): BrowserOffer {
  const sections = readSections(sdp);
  const [audio] = sections;
  if (audio?.kind !== 'audio' || !audio.protocol.endsWith('/TLS/RTP/SAVPF')) {
    throw rejected('its first section is no audio over DTLS-SRTP');
  }
  const need = (name: string): string => {
    const value = attribute(audio, name);
    if (value === undefined) throw rejected(`it has no a=${name}`);
    return value;
  };
  need('rtcp-mux');
  const direction = directionOf(audio);
  const [algorithm = '', value = ''] = need('fingerprint').split(/\s+/);
  const known = algorithms.find((one) => one === algorithm.toLowerCase());
  if (!known || !/^[0-9A-F]{2}(:[0-9A-F]{2})+$/i.test(value)) throw rejected('its a=fingerprint is not understood');
  if (need('setup') === 'passive') throw rejected('it wants us to be the DTLS client');
  const ssrc = ssrcOf(audio);
  const sends = direction === 'sendrecv' || direction === 'sendonly';
  if (sends && ssrc === undefined) throw rejected('it has no a=ssrc');
  const cname = /cname:(\S+)/.exec(attribute(audio, 'ssrc') ?? '')?.[1] ?? 'panel';
  return {
    codec: chooseCodec(audio, wanted),
    digits: payloadTypes(audio).get(telephoneEvent),
    mid: need('mid'),
    direction,
    microphone: direction !== 'recvonly' && ssrc !== undefined ? { ssrc, cname } : undefined,
    fingerprint: { algorithm: known, value: value.toUpperCase() },
    usernameFragment: need('ice-ufrag'),
    sections,
  };
}

export function writeAnswer(offer: BrowserOffer, ours: OurSide): Sdp {
  const { ice, candidates, dtls, sessionId, version, digits } = ours;
  const fingerprint = dtls.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
  const host = candidates[0]?.address ?? '127.0.0.1';
  const port = candidates[0]?.port ?? 9;
  const family = isIP(host) === 6 ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=switchroom ${sessionId} ${version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    `a=group:BUNDLE ${offer.mid}`,
    'a=msid-semantic: WMS *',
  ];
  for (const [at, section] of offer.sections.entries()) {
    if (at > 0) {
      lines.push(
        `m=${section.kind} 0 ${section.protocol} ${section.formats.join(' ')}`,
        'c=IN IP4 0.0.0.0',
        `a=mid:${attribute(section, 'mid') ?? at}`,
        'a=inactive',
      );
      continue;
    }
    lines.push(
      `m=audio ${port} ${section.protocol} ${offer.codec.payloadType}${digits === undefined ? '' : ` ${digits}`}`,
      // A name (announced so) cannot stand in c=; candidates count anyway.
      isIP(host) === 0 ? 'c=IN IP4 0.0.0.0' : `c=IN ${family} ${host}`,
      `a=mid:${offer.mid}`,
      `a=${reverse[offer.direction]}`,
      'a=rtcp-mux',
      ...codecLines(offer.codec),
      ...digitLines(digits),
      'a=ptime:20',
      'a=msid:switchroom line',
      ...(ours.ssrc === undefined ? [] : [`a=ssrc:${ours.ssrc} cname:switchroom`]),
      `a=ice-ufrag:${ice.usernameFragment}`,
      `a=ice-pwd:${ice.password}`,
      `a=fingerprint:${fingerprint?.algorithm ?? 'sha-256'} ${fingerprint?.value ?? ''}`,
      'a=setup:passive',
      ...candidates.map(candidateLine),
      'a=end-of-candidates',
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** RFC 8839 §5.1. */
function candidateLine({ foundation, priority, address, protocol, port, type, tcpType }: Candidate): string {
  const tcp = tcpType === undefined ? '' : ` tcptype ${tcpType}`;
  return `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${tcp}`;
}
