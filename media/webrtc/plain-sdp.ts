// A line's side in SDP: plain RTP/AVP with one codec (RFC 3264, RFC 3551).
import { isIP } from 'node:net';
import type { MediaDirection, Sdp } from '../media-server.ts';
import { type Codec, chooseCodec, codecLines, digitLines, telephoneEvent } from './codecs.ts';
import { attribute, directionOf, payloadTypes, readSections, rejected, reverse, ssrcOf } from './sdp-lines.ts';

export interface Far {
  address: string;
  port: number;
  rtcpPort: number;
  /** From the far end's point of view. */
  direction: MediaDirection;
  /** Of its packets, where it says so. */
  ssrc: number | undefined;
  /** Payload type of its telephone-event (RFC 4733), where it has one. */
  digits: number | undefined;
}

export interface Near {
  address: string;
  port: number;
  rtcpPort: number;
  sessionId: string;
  version: number;
  direction: MediaDirection;
  /** Payload type of telephone-event, where digits travel. */
  digits?: number | undefined;
}

/** @throws media-sdp-rejected */
export function readFar(sdp: Sdp, codec: Codec): Far {
  const [audio, ...more] = readSections(sdp).filter(({ port }) => port !== 0);
  if (audio?.kind !== 'audio' || audio.protocol !== 'RTP/AVP') throw rejected('it has no audio over RTP/AVP');
  if (more.length > 0) throw rejected('it has more than one section');
  chooseCodec(audio, [codec.name]);
  const { address, port } = audio;
  if (address === undefined || isIP(address) === 0) throw rejected('its connection address is no IP address');
  const rtcp = Number.parseInt(attribute(audio, 'rtcp') ?? '', 10);
  const rtcpPort = Number.isInteger(rtcp) && rtcp > 0 && rtcp < 65_536 ? rtcp : port + 1;
  return {
    address,
    port,
    rtcpPort,
    direction: directionOf(audio),
    ssrc: ssrcOf(audio),
    digits: payloadTypes(audio).get(telephoneEvent),
  };
}

export function writeNear(near: Near, codec: Codec): Sdp {
  const { address, port, rtcpPort, sessionId, version, direction, digits } = near;
  const where = `IN ${isIP(address) === 6 ? 'IP6' : 'IP4'} ${address}`;
  return [
    'v=0',
    `o=switchroom ${sessionId} ${version} ${where}`,
    's=-',
    `c=${where}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${codec.payloadType}${digits === undefined ? '' : ` ${digits}`}`,
    ...codecLines(codec),
    ...digitLines(digits),
    ...(rtcpPort === port + 1 ? [] : [`a=rtcp:${rtcpPort}`]),
    'a=ptime:20',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** What we answer: all that the far end allows (RFC 3264 §6.1). */
export function answering(far: Far): MediaDirection {
  return reverse[far.direction];
}

export function takes(far: Far): boolean {
  return far.direction === 'sendrecv' || far.direction === 'recvonly';
}
