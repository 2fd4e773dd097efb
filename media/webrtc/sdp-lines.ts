// Reads SDP (RFC 8866) as far as both sides of the gateway need it: sections with their attributes. What a line means is
// up to the reader.
import { mediaErrors } from '../errors.ts';
import type { MediaDirection, Sdp } from '../media-server.ts';

export interface Section {
  kind: string;
  port: number;
  protocol: string;
  formats: string[];
  /** Of the section, else of the session. */
  address: string | undefined;
  /** `a=name:value` in order; a flag has the value ''. The session's stand behind the section's own. */
  attributes: { name: string; value: string }[];
}

const mostBytes = 64 * 1024;
const directions: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** What the other side answers who allows all (RFC 3264 §6.1). */
export const reverse: Record<MediaDirection, MediaDirection> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

export function rejected(reason: string): Error {
  return mediaErrors['media-sdp-rejected']({ reason });
}

/** @throws media-sdp-rejected */
export function readSections(sdp: Sdp): Section[] {
  if (sdp.length > mostBytes) throw rejected('it is longer than 64 KiB');
  const session: Section = { kind: '', port: 0, protocol: '', formats: [], address: undefined, attributes: [] };
  const sections: Section[] = [];
  let current = session;
  for (const [at, line] of sdp.split(/\r?\n/).entries()) {
    if (at === 0 && line !== 'v=0') throw rejected('it does not begin with v=0');
    const value = line.slice(2);
    if (line.startsWith('m=')) {
      const [kind = '', port = '', protocol = '', ...formats] = value.split(' ');
      if (!/^\d{1,5}(\/\d+)?$/.test(port) || formats.length === 0)
        throw rejected(`m=${value.slice(0, 40)} is no media line`);
      current = { kind, port: Number.parseInt(port, 10), protocol, formats, address: undefined, attributes: [] };
      sections.push(current);
    } else if (line.startsWith('c=')) {
      current.address = /^IN IP[46] ([^\s/]+)/.exec(value)?.[1];
    } else if (line.startsWith('a=')) {
      const colon = value.indexOf(':');
      const name = colon < 0 ? value : value.slice(0, colon);
      current.attributes.push({ name, value: colon < 0 ? '' : value.slice(colon + 1).trim() });
    }
  }
  for (const section of sections) {
    section.address ??= session.address;
    section.attributes.push(...session.attributes);
  }
  return sections;
}

export function attribute({ attributes }: Section, name: string): string | undefined {
  return attributes.find((one) => one.name === name)?.value;
}

export function directionOf({ attributes }: Section): MediaDirection {
  const found = attributes.find(({ name }) => directions.includes(name))?.name;
  return (found ?? 'sendrecv') as MediaDirection;
}

/** SSRC of what its author sends (RFC 5576), where it says so. */
export function ssrcOf(section: Section): number | undefined {
  const value = Number(/^\d+/.exec(attribute(section, 'ssrc') ?? '')?.[0]);
  return Number.isInteger(value) && value > 0 && value <= 0xffffffff ? value : undefined;
}

/** Payload types by codec name in lower case, with clock rate and channels: `pcmu/8000`, `opus/48000/2`. */
export function payloadTypes(section: Section): Map<string, number> {
  const found = new Map<string, number>();
  const mapped = new Map<number, string>([
    [0, 'pcmu/8000'],
    [8, 'pcma/8000'],
  ]);
  for (const { name, value } of section.attributes) {
    const match = name === 'rtpmap' ? /^(\d{1,3})\s+(\S+)/.exec(value) : undefined;
    if (match) mapped.set(Number(match[1]), (match[2] as string).toLowerCase().replace(/^(pcm[ua]\/8000)\/1$/, '$1'));
  }
  for (const format of section.formats) {
    const codec = mapped.get(Number(format));
    if (codec !== undefined && !found.has(codec)) found.set(codec, Number(format));
  }
  return found;
}
