// What connections and lines need of the gateway around them.
import type { GatewayEvents } from '../../link/index.ts';
import type { OwnCertificate } from './certificate.ts';
import type { Front } from './front.ts';

export interface GatewayTime {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds UTC. */
  wall(): number;
  /** Calls back once; returns how to cancel. */
  after(ms: number, fire: () => void): () => void;
}

export interface Host {
  readonly time: GatewayTime;
  readonly front: Front;
  readonly certificate: OwnCertificate;
  /** Name in RTCP: random, no personal data. */
  readonly cname: string;
  event<Name extends keyof GatewayEvents>(name: Name, body: GatewayEvents[Name]): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

/** Between two of our reports to one peer, ms. */
export const reportMs = 2_500;
