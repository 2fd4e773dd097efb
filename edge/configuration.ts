// The settings of the product → the options of an edge.
import { isIPv4 } from 'node:net';
import { availableParallelism, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { edgeParts } from '../config/edge-parts.ts';
import type { Settings } from '../config/index.ts';
import type { EdgeOptions } from './edge.ts';
import type { Listener } from './sip/index.ts';

/** What an edge process is told at its start. */
export interface EdgeConfiguration {
  settings: Settings;
  /** Time as the supervisor has it, ms UTC. */
  now?: number | undefined;
  /** Shared with the server. */
  secret: string;
  /** Unix socket of the link. */
  link: string;
  /** Loopback port of the drachtio protocol; 0: a free one. */
  drachtioPort: number;
  /** File of the dialogs, so that an edge that is started after a crash can end them. */
  ledger: string;
}

export function edgeOptions(configuration: EdgeConfiguration, log: Logger): EdgeOptions {
  const { settings, secret, link, drachtioPort, ledger } = configuration;
  const bind = addressesHere(settings.bind, log);
  const { advertise } = settings;
  const [from, to] = settings.rtpPorts;
  const graceMs = settings.graceSeconds * 1000;
  const parts = edgeParts(settings);
  const media = {
    bind,
    ...(advertise === undefined ? {} : { advertise: [advertise] }),
    ports: { from, to },
    recordings: join(settings.data, 'recordings'),
    workers: settings.mediaThreads ?? mediaThreads(availableParallelism()),
    graceMs,
  };
  const [firstWebRtc, lastWebRtc] = settings.webrtc.ports;
  const webrtc = {
    bind,
    announce: settings.webrtc.announce ?? advertise,
    ports: { from: firstWebRtc, to: lastWebRtc },
    graceMs,
  };
  return {
    sip: parts?.sip ? sipListeners(bind, settings) : [],
    tls: settings.tls,
    origins: settings.web.origins,
    drachtio: { port: drachtioPort, secret },
    link: { listen: { path: link }, secret },
    log,
    gap: { graceMs },
    ledger,
    traceBytes: settings.sipTraceMegabytes * 1024 * 1024,
    media: parts?.media ? media : undefined,
    webrtc: parts?.webrtc ? webrtc : undefined,
  };
}

/** Half of the processors, as SIP, decisions and the database want theirs; more than four threads would outrun the one that decides. */
export function mediaThreads(processors: number): number {
  return Math.min(4, Math.max(1, Math.floor(processors / 2)));
}

/** A loopback address that this machine lacks (no IPv6) is left out where others remain. */
function addressesHere(bind: readonly string[], log: Logger): string[] {
  const here = new Set<string>();
  for (const addresses of Object.values(networkInterfaces())) for (const one of addresses ?? []) here.add(one.address);
  return bind.filter((address) => {
    if (address !== '::1' || here.has(address) || bind.length === 1) return true;
    log.info({ address }, 'this machine has no such address, nothing listens on it');
    return false;
  });
}

/** UDP and TCP on every address, and TLS and WebSocket where they are wanted. */
function sipListeners(bind: readonly string[], settings: Settings): Listener[] {
  const { advertise, sipPort, sipTlsPort, sipWsPort, tls } = settings;
  const wanted: Pick<Listener, 'protocol' | 'port'>[] = [
    { protocol: 'udp', port: sipPort },
    { protocol: 'tcp', port: sipPort },
  ];
  if (sipTlsPort !== undefined) wanted.push({ protocol: 'tls', port: sipTlsPort });
  if (sipWsPort !== undefined) wanted.push({ protocol: tls ? 'wss' : 'ws', port: sipWsPort });
  return bind.flatMap((address) => {
    return wanted.map(({ protocol, port }) => {
      const told = advertise !== undefined && isIPv4(advertise) === isIPv4(address) && port !== 0;
      return { protocol, address, port, ...(told ? { advertise: { host: advertise, port } } : {}) };
    });
  });
}
