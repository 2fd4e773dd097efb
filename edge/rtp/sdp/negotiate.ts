// Offer and answer (RFC 3264) for one audio stream of G.711 with telephone-event (RFC 4733).

import { isIP } from 'node:net';
import { type Codec, codecs, type Law } from '../codec/g711.ts';
import { parseSdp, type SdpDirection, SdpError, type SdpMedia } from './parse.ts';

/** What the far side's description means for us. */
export interface Far {
  codec: Codec;
  payloadType: number;
  /** Of telephone-event; undefined where the far side has none. */
  dtmfPayloadType: number | undefined;
  /** Where its media go; undefined where it wants none now (port 0 is refused before; 0.0.0.0 is the old hold). */
  address: string | undefined;
  port: number;
  rtcpAddress: string | undefined;
  rtcpPort: number;
  /** As it wrote it: from its point of view. */
  direction: SdpDirection;
  /** Samples in our packets: what it asked for with ptime. */
  packetSamples: number;
  /** All its media lines, and which of them is the stream: our descriptions must have as many (RFC 3264 §6). */
  lines: Line[];
  index: number;
}

export interface Line {
  kind: string;
  protocol: string;
  formats: string;
}

/** What we say about ourselves. */
export interface Near {
  sessionId: string;
  version: number;
  address: string;
  port: number;
  direction: SdpDirection;
  /** Of what we send; said (RFC 5576) only to a gateway that has to know it before the first packet. */
  ssrc?: number | undefined;
}

export const ourDtmfPayloadType = 101;

/** @throws SdpError where no stream of it fits */
export function readFar(sdp: string, allowed: readonly Law[], asked?: { lines: Line[]; index: number }): Far {
  const session = parseSdp(sdp);
  const { media } = session;
  if (media.length === 0) throw new SdpError('it has no media');
  if (asked && media.length !== asked.lines.length) {
    throw new SdpError(`it answers ${media.length} media lines where ${asked.lines.length} were offered`);
  }
  const lines = media.map(({ kind, protocol, formats }) => ({ kind, protocol, formats: formats.join(' ') }));
  let problem = 'it has no audio over RTP/AVP';
  for (const [index, section] of media.entries()) {
    if (asked && index !== asked.index) continue;
    if (section.kind !== 'audio' || section.protocol.toUpperCase() !== 'RTP/AVP') continue;
    if (section.port === 0) {
      problem = 'its audio is refused (port 0)';
      continue;
    }
    const chosen = choose(section, allowed);
    if (!chosen) {
      problem = `its audio has none of ${allowed.join(', ')}`;
      continue;
    }
    return {
      ...chosen,
      ...where(section),
      direction: section.direction,
      packetSamples: samples(section),
      lines,
      index,
    };
  }
  throw new SdpError(problem);
}

function choose(section: SdpMedia, allowed: readonly Law[]) {
  let codec: Codec | undefined;
  let payloadType = -1;
  let dtmfPayloadType: number | undefined;
  for (const format of section.formats) {
    const number = Number(format);
    if (!Number.isInteger(number) || number < 0 || number > 127) continue;
    const name = section.rtpmap.get(number) ?? (number === 0 ? 'PCMU/8000' : number === 8 ? 'PCMA/8000' : '');
    if (name === 'TELEPHONE-EVENT/8000') dtmfPayloadType ??= number;
    const law =
      name === 'PCMU/8000' || name === 'PCMU/8000/1' ? 'PCMU' : name.startsWith('PCMA/8000') ? 'PCMA' : undefined;
    if (law && !codec && allowed.includes(law)) {
      codec = codecs[law];
      payloadType = number;
    }
  }
  return codec ? { codec, payloadType, dtmfPayloadType } : undefined;
}

function where(section: SdpMedia) {
  const { address, port, rtcp } = section;
  if (address === undefined) throw new SdpError('it has no connection address');
  // A host name is legal but nobody sends one; looking names up for strangers is not for a media server.
  if (isIP(address) === 0) throw new SdpError('its connection address is no IP address');
  const none = address === '0.0.0.0' || address === '::';
  const rtcpAddress = rtcp?.address !== undefined && isIP(rtcp.address) !== 0 ? rtcp.address : address;
  return {
    address: none ? undefined : address,
    port,
    rtcpAddress: none ? undefined : rtcpAddress,
    rtcpPort: rtcp?.port ?? port + 1,
  };
}

/** 10, 20, 30, 40 or 60 ms as asked; else 20. */
function samples({ ptime, maxptime }: SdpMedia): number {
  const wanted = Math.min(ptime ?? 20, maxptime ?? Number.POSITIVE_INFINITY);
  return [10, 20, 30, 40, 60].includes(wanted) ? wanted * 8 : 160;
}

const reverse: Record<SdpDirection, SdpDirection> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

export function sends(direction: SdpDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receives(direction: SdpDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** What we answer: no more than the offer allows and than we want (RFC 3264 §6.1). */
export function answerDirection(far: Far, wanted: SdpDirection): SdpDirection {
  // The old hold (RFC 3264 §8.4): nothing can be sent to them.
  const offered = far.address === undefined && far.direction === 'sendrecv' ? 'sendonly' : far.direction;
  const allowed = reverse[offered];
  const send = sends(allowed) && sends(wanted);
  const receive = receives(allowed) && receives(wanted);
  return send ? (receive ? 'sendrecv' : 'sendonly') : receive ? 'recvonly' : 'inactive';
}

export function writeAnswer(far: Far, near: Near): string {
  const { codec, payloadType, dtmfPayloadType, packetSamples } = far;
  const formats = [payloadType, ...(dtmfPayloadType === undefined ? [] : [dtmfPayloadType])];
  const attributes = [`a=rtpmap:${payloadType} ${codec.name}/8000`, ...telephoneEvent(dtmfPayloadType)];
  return write(near, far.lines, far.index, formats.join(' '), attributes, packetSamples / 8);
}

/**
 * An offer of ours.
 * @param prefer codecs in our order; once a codec is agreed on, only that one is offered
 * @param before the far side's last description, whose lines must be kept (RFC 3264 §8)
 */
export function writeOffer(near: Near, prefer: readonly Law[], before: Far | undefined): string {
  const laws = before ? [before.codec] : prefer.map((law) => codecs[law]);
  const dtmf = before?.dtmfPayloadType ?? ourDtmfPayloadType;
  const numbers = before ? [before.payloadType] : laws.map(({ payloadType }) => payloadType);
  const attributes = laws.map(({ name }, i) => `a=rtpmap:${numbers[i]} ${name}/8000`);
  const lines = before?.lines ?? [offeredLine];
  return write(
    near,
    lines,
    before?.index ?? 0,
    [...numbers, dtmf].join(' '),
    [...attributes, ...telephoneEvent(dtmf)],
    20,
  );
}

export const offeredLine: Line = { kind: 'audio', protocol: 'RTP/AVP', formats: '' };

function telephoneEvent(payloadType: number | undefined): string[] {
  if (payloadType === undefined) return [];
  return [`a=rtpmap:${payloadType} telephone-event/8000`, `a=fmtp:${payloadType} 0-15`];
}

function write(near: Near, lines: Line[], index: number, formats: string, attributes: string[], ptime: number): string {
  const family = isIP(near.address) === 6 ? 'IP6' : 'IP4';
  const text = [
    'v=0',
    `o=switchroom ${near.sessionId} ${near.version} IN ${family} ${near.address}`,
    's=-',
    `c=IN ${family} ${near.address}`,
    't=0 0',
  ];
  for (const [i, line] of lines.entries()) {
    if (i !== index) text.push(`m=${line.kind} 0 ${line.protocol} ${line.formats}`);
    else {
      text.push(`m=audio ${near.port} RTP/AVP ${formats}`, ...attributes, `a=ptime:${ptime}`, `a=${near.direction}`);
      if (near.ssrc !== undefined) text.push(`a=ssrc:${near.ssrc} cname:switchroom`);
    }
  }
  return `${text.join('\r\n')}\r\n`;
}
