// What goes through: G.711 everywhere, Opus where both ends have it. The worker forwards packets as they are, so payload
// types are fixed: an Opus with another number than ours is not taken.
import type { Section } from './sdp-lines.ts';
import { payloadTypes, rejected } from './sdp-lines.ts';

export interface Codec {
  /** As in SDP and in MediaServer's capabilities. */
  name: 'PCMA' | 'PCMU' | 'opus';
  payloadType: number;
  clockRate: number;
  channels: number;
  /** Format parameters that we send and say. */
  parameters: Record<string, number>;
}

export const codecs: readonly Codec[] = [
  { name: 'PCMA', payloadType: 8, clockRate: 8_000, channels: 1, parameters: {} },
  { name: 'PCMU', payloadType: 0, clockRate: 8_000, channels: 1, parameters: {} },
  { name: 'opus', payloadType: 111, clockRate: 48_000, channels: 2, parameters: { minptime: 10, useinbandfec: 1 } },
];

/** The first of `wanted` that the section offers. @throws media-sdp-rejected */
export function chooseCodec(section: Section, wanted: readonly string[]): Codec {
  const offered = payloadTypes(section);
  for (const name of wanted) {
    const codec = codecs.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (codec && offered.get(mapOf(codec).toLowerCase()) === codec.payloadType) return codec;
  }
  throw rejected(`its audio has none of ${wanted.join(', ')}`);
}

/** The lines of an SDP section about it. */
export function codecLines(codec: Codec): string[] {
  const { payloadType, parameters } = codec;
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [
    `a=rtpmap:${payloadType} ${mapOf(codec)}`,
    ...(given.length > 0 ? [`a=fmtp:${payloadType} ${given.join(';')}`] : []),
  ];
}

/** Name of RFC 4733's digits in SDP, at the clock rate of G.711. */
export const telephoneEvent = 'telephone-event/8000';

/** The lines of an SDP section about digits. */
export function digitLines(payloadType: number | undefined): string[] {
  return payloadType === undefined ? [] : [`a=rtpmap:${payloadType} ${telephoneEvent}`, `a=fmtp:${payloadType} 0-15`];
}

function mapOf({ name, clockRate, channels }: Codec): string {
  return `${name}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
}
