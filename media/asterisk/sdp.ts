// Session descriptions between the far side and Asterisk. Asterisk hears only of addresses, ports and codecs; directions
// (hold) and versions are ours, so that a hold needs no word with Asterisk. RFC 8866, RFC 3264.
import { mediaErrors } from '../errors.ts';
import type { MediaDirection, Sdp } from '../media-server.ts';

export interface Format {
  type: number;
  /** `PCMU/8000`, as in rtpmap. */
  name: string;
  fmtp?: string | undefined;
}

export interface AudioSide {
  address: string;
  port: number;
  /** G.711 and telephone-event, in their order. */
  formats: Format[];
  direction: MediaDirection;
  /** c=0.0.0.0: the hold of old phones. */
  black: boolean;
}

/** An offer or answer, as far as it concerns us. */
export interface Described {
  audio: AudioSide;
  /** The m-lines in order; undefined in place of the audio that we take. */
  others: (string | undefined)[];
}

const statics: Record<number, string> = { 0: 'PCMU/8000', 8: 'PCMA/8000' };
/** What we offer of ourselves. */
export const ownFormats: readonly Format[] = [
  { type: 8, name: 'PCMA/8000' },
  { type: 0, name: 'PCMU/8000' },
  { type: 101, name: 'telephone-event/8000', fmtp: '0-16' },
];

/** @throws media-sdp-rejected where there is no plain-RTP audio in G.711 */
export function readDescription(sdp: Sdp): Described {
  const lines = sdp.split(/\r?\n/);
  if (lines[0] !== 'v=0') throw rejected('it is no session description');
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line);
  }
  const [session = [], ...medias] = sections;
  let audio: AudioSide | undefined;
  const others = medias.map((media) => {
    const found = audio === undefined ? readAudio(media, session) : undefined;
    if (found === undefined) return media[0] ?? '';
    audio = found;
    return undefined;
  });
  if (audio === undefined) throw rejected('it has no audio in PCMA or PCMU over plain RTP');
  return { audio, others };
}

function readAudio(lines: string[], session: string[]): AudioSide | undefined {
  const match = /^m=audio (\d+)(?:\/\d+)? RTP\/AVP ([\d ]+)$/.exec(lines[0]?.trimEnd() ?? '');
  if (!match) return undefined;
  const port = Number(match[1]);
  const address = /^c=IN IP[46] (\S+)/.exec([...lines, ...session].find((line) => line.startsWith('c=')) ?? '')?.[1];
  if (port === 0 || port > 65_535 || address === undefined) return undefined;
  const formats: Format[] = [];
  for (const type of (match[2] ?? '').trim().split(/ +/).map(Number)) {
    const rtpmap = lines.find((line) => line.startsWith(`a=rtpmap:${type} `))?.slice(`a=rtpmap:${type} `.length);
    const name = canonical(rtpmap?.trim() ?? statics[type] ?? '');
    if (name === undefined) continue;
    const fmtp = lines
      .find((line) => line.startsWith(`a=fmtp:${type} `))
      ?.slice(`a=fmtp:${type} `.length)
      .trim();
    formats.push({ type, name, fmtp });
  }
  if (!formats.some(({ name }) => name.startsWith('PCM'))) return undefined;
  const word = [...lines, ...session].find((line) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.test(line));
  const direction = (word?.slice(2).trim() ?? 'sendrecv') as MediaDirection;
  return { address, port, formats, direction, black: address === '0.0.0.0' || address === '::' };
}

function canonical(name: string): string | undefined {
  const known = ['PCMU/8000', 'PCMA/8000', 'telephone-event/8000'];
  const plain = name.replace(/\/1$/, '');
  return known.find((one) => one.toLowerCase() === plain.toLowerCase());
}

/** Whether RTP goes on as it is: same place, same codecs. */
export function sameRtp(a: AudioSide, b: AudioSide): boolean {
  if (a.address !== b.address || a.port !== b.port || a.formats.length !== b.formats.length) return false;
  return a.formats.every(({ type, name }, i) => type === b.formats[i]?.type && name === b.formats[i]?.name);
}

export interface Description {
  session: number;
  version: number;
  address: string;
  port: number;
  formats: readonly Format[];
  direction: MediaDirection;
  others?: readonly (string | undefined)[] | undefined;
}

export function writeDescription(description: Description): Sdp {
  const { session, version, address, port, formats, direction, others = [undefined] } = description;
  const family = address.includes(':') ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- ${session} ${version} IN ${family} ${address}`,
    's=-',
    `c=IN ${family} ${address}`,
    't=0 0',
  ];
  for (const other of others) {
    if (other !== undefined) {
      lines.push(other.trimEnd().replace(/^(m=\S+) \S+/, '$1 0'));
      continue;
    }
    lines.push(`m=audio ${port} RTP/AVP ${formats.map(({ type }) => type).join(' ')}`);
    for (const { type, name, fmtp } of formats) {
      lines.push(`a=rtpmap:${type} ${name}`);
      if (fmtp !== undefined) lines.push(`a=fmtp:${type} ${fmtp}`);
    }
    lines.push('a=ptime:20', `a=${direction}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

export interface Ways {
  send: boolean;
  hear: boolean;
}

export function waysOf(direction: MediaDirection): Ways {
  return { send: direction.startsWith('send'), hear: direction === 'sendrecv' || direction === 'recvonly' };
}

export function directionOf({ send, hear }: Ways): MediaDirection {
  if (send) return hear ? 'sendrecv' : 'sendonly';
  return hear ? 'recvonly' : 'inactive';
}

/** What is left for us where we want this and they say that of themselves. */
export function agreed(wanted: MediaDirection, theirs: MediaDirection): MediaDirection {
  const we = waysOf(wanted);
  const they = waysOf(theirs);
  return directionOf({ send: we.send && they.hear, hear: we.hear && they.send });
}

function rejected(reason: string): Error {
  return mediaErrors['media-sdp-rejected']({ reason });
}
