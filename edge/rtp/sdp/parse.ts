// Reads an SDP body (RFC 8866): what an audio endpoint needs of it. Lines that it does not know are passed over.

export class SdpError extends Error {}

export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface SdpMedia {
  kind: string;
  port: number;
  protocol: string;
  formats: string[];
  /** Connection address of the section, or of the session. */
  address: string | undefined;
  direction: SdpDirection;
  /** payload type → `NAME/rate[/channels]` in upper case. */
  rtpmap: Map<number, string>;
  fmtp: Map<number, string>;
  ptime: number | undefined;
  maxptime: number | undefined;
  /** Port and address of a=rtcp (RFC 3605). */
  rtcp: { port: number; address: string | undefined } | undefined;
}

export interface SdpSession {
  /** The origin line's user, session id, version …, as text. */
  origin: string;
  media: SdpMedia[];
}

const mostBytes = 64 * 1024;
const directions: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** @throws SdpError that names the line and what is wrong with it */
export function parseSdp(text: string): SdpSession {
  if (text.length > mostBytes) throw new SdpError('the SDP is longer than 64 KiB');
  const session: SdpSession = { origin: '', media: [] };
  let sessionAddress: string | undefined;
  let sessionDirection: SdpDirection = 'sendrecv';
  let current: SdpMedia | undefined;
  let first = true;
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '') continue;
    if (line[1] !== '=') throw new SdpError(`"${line.slice(0, 20)}" is no SDP line`);
    const value = line.slice(2);
    if (first && line !== 'v=0') throw new SdpError('the SDP does not begin with v=0');
    first = false;
    switch (line[0]) {
      case 'o':
        session.origin = value;
        break;
      case 'c': {
        const address = connection(value);
        if (current) current.address = address;
        else sessionAddress = address;
        break;
      }
      case 'm':
        current = mediaLine(value, sessionAddress, sessionDirection);
        session.media.push(current);
        break;
      case 'a':
        if (current) attribute(current, value);
        else if (directions.includes(value)) sessionDirection = value as SdpDirection;
        break;
    }
  }
  if (first) throw new SdpError('the SDP is empty');
  return session;
}

function connection(value: string): string {
  const [network, kind, address] = value.split(' ');
  if (network !== 'IN' || (kind !== 'IP4' && kind !== 'IP6') || !address) {
    throw new SdpError(`c=${value.slice(0, 40)} is no connection line`);
  }
  const slash = address.indexOf('/');
  return slash < 0 ? address : address.slice(0, slash);
}

function mediaLine(value: string, address: string | undefined, direction: SdpDirection): SdpMedia {
  const [kind, portText, protocol, ...formats] = value.split(' ').filter((part) => part !== '');
  const port = wholeNumber(portText?.split('/')[0], 65535);
  if (!kind || port === undefined || !protocol || formats.length === 0) {
    throw new SdpError(`m=${value.slice(0, 40)} is no media line`);
  }
  const maps = { rtpmap: new Map<number, string>(), fmtp: new Map<number, string>() };
  return {
    kind,
    port,
    protocol,
    formats,
    address,
    direction,
    ptime: undefined,
    maxptime: undefined,
    rtcp: undefined,
    ...maps,
  };
}

function attribute(media: SdpMedia, value: string): void {
  const colon = value.indexOf(':');
  const name = colon < 0 ? value : value.slice(0, colon);
  const rest = colon < 0 ? '' : value.slice(colon + 1).trim();
  if (directions.includes(name)) media.direction = name as SdpDirection;
  else if (name === 'rtpmap' || name === 'fmtp') {
    const space = rest.indexOf(' ');
    const payloadType = wholeNumber(rest.slice(0, space < 0 ? undefined : space), 127);
    // A map without a name maps nothing.
    if (payloadType === undefined || space < 0) return;
    const text = rest.slice(space + 1).trim();
    if (name === 'rtpmap') media.rtpmap.set(payloadType, text.toUpperCase());
    else media.fmtp.set(payloadType, text);
  } else if (name === 'ptime') media.ptime = wholeNumber(rest, 1000);
  else if (name === 'maxptime') media.maxptime = wholeNumber(rest, 1000);
  else if (name === 'rtcp') {
    const [portText, , , address] = rest.split(' ');
    const port = wholeNumber(portText, 65535);
    if (port !== undefined) media.rtcp = { port, address };
  }
}

function wholeNumber(text: string | undefined, most: number): number | undefined {
  if (text === undefined || text.length === 0 || text.length > 6) return undefined;
  const number = Number(text);
  return Number.isInteger(number) && number >= 0 && number <= most ? number : undefined;
}
