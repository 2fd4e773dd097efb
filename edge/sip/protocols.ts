// What the protocols of SIP have in common and where they differ (RFC 3261 §18, RFC 7118 for WebSocket).
import type { Protocol } from './stack.ts';

/** Value of a URI's transport parameter; undefined where none is needed. A secure WebSocket is `ws` there too (RFC 7118 §5.2). */
export function transportParam(protocol: Protocol): 'tcp' | 'tls' | 'ws' | undefined {
  if (protocol === 'udp') return undefined;
  return protocol === 'wss' ? 'ws' : protocol;
}

/**
 * The protocol that a URI asks for.
 * @param secure its scheme is sips
 * @returns undefined for one that we do not speak, or that is not secure where that is asked
 */
export function protocolOf(transport: string | undefined, secure: boolean): Protocol | undefined {
  const asked = transport?.toLowerCase();
  if (secure) {
    if (asked === undefined || asked === 'tcp' || asked === 'tls') return 'tls';
    return asked === 'ws' || asked === 'wss' ? 'wss' : undefined;
  }
  if (asked === undefined) return 'udp';
  const known: Protocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
  return known.find((one) => one === asked);
}

/** RFC 3261 §19.1.2. */
export function defaultPort(protocol: Protocol): number {
  return protocol === 'tls' ? 5061 : 5060;
}

/** Browsers take no connections: they are reached over the one that they opened, or not at all. */
export function canDial(protocol: Protocol): boolean {
  return protocol === 'tcp' || protocol === 'tls';
}
