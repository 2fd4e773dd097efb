// One edge: SIP, the drachtio protocol on top of it, the link, and the media tier, composed.
import type { Logger } from 'pino';
import {
  type Certificate,
  type CertificateFiles,
  readCertificate,
  watchCertificate,
} from '../config/certificate-files.ts';
import { LinkServer } from '../link/index.ts';
import { newId } from '../values/index.ts';
import {
  type AdmissionLimits,
  dialogRequests,
  type GapOptions,
  Gateway,
  Ledger,
  type SourceLimits,
} from './drachtio/index.ts';
import { type RtpOptions, startRtp } from './rtp/index.ts';
import { type Listener, MessageTrace, openTransactions, type Timing, type TransactionOptions } from './sip/index.ts';
import { traceRequests } from './trace-requests.ts';
import { startWebRtc, type WebRtcOptions } from './webrtc/index.ts';

export interface EdgeOptions {
  /** Where SIP listens; port 0 takes a free one. Empty: an edge for media only. */
  sip: readonly Listener[];
  /** For its listeners of TLS and WSS; read again when the files change. */
  tls?: CertificateFiles | undefined;
  /** Pages that may open WebSockets besides those of the host itself: `https://desk.bank.example`. */
  origins?: readonly string[] | undefined;
  /** Authorities of TLS peers besides those that Node knows (NODE_EXTRA_CA_CERTS adds to these), PEM. */
  trust?: string | undefined;
  /** Loopback port of the drachtio protocol. */
  drachtio: { host?: string | undefined; port: number; secret: string };
  link: { listen?: { path: string } | { host?: string; port?: number } | undefined; secret: string };
  log: Logger;
  /** RFC 3261 timers; milliseconds. */
  timing?: Partial<Timing> | undefined;
  /** RFC 4028 §4, seconds. Default 90. */
  minSessionSeconds?: number | undefined;
  /** How in-dialog requests find phones behind a NAT; default true. */
  followSource?: boolean | undefined;
  limits?: TransactionOptions['limits'];
  admission?: Partial<AdmissionLimits> | undefined;
  /** How long an app may leave an INVITE without a word, ms. Default 180,000. */
  inviteSilenceMs?: number | undefined;
  /** How much a source may send that no app has accepted yet. */
  sources?: Partial<SourceLimits> | undefined;
  gap?: Partial<GapOptions> | undefined;
  /** File of the dialogs that live; without it nothing is noted. */
  ledger?: string | undefined;
  /** So many bytes of the SIP messages that passed last are kept in memory. Default 0: none. */
  traceBytes?: number | undefined;
  /** The media tier; without it the edge is signaling only. */
  media?: Omit<RtpOptions, 'link' | 'logger'> | undefined;
  /** WebRTC for panels; without it another gateway serves them, or none. */
  webrtc?: Omit<WebRtcOptions, 'link' | 'logger'> | undefined;
}

export interface Edge {
  readonly id: string;
  readonly sip: readonly Listener[];
  readonly drachtio: { host: string; port: number };
  readonly link: { path: string } | { host: string; port: number };
  /** Whether it has calls, a server or another app; without any of them it serves nobody. */
  readonly needed: boolean;
  /** For metrics and tests. */
  counts(): {
    dialogs: number;
    held: number;
    refused: number;
    floods: number;
    pending: number;
    server: number;
    client: number;
  };
  /** Ends all calls with BYE and closes everything. */
  stop(): Promise<void>;
  /** Drops everything at once, without a word to anybody, as a crash does. For tests. */
  crash(): Promise<void>;
}

export const edgeVersion = '0.1.0';
const defaultT1 = 500;

/**
 * Starts an edge.
 * @throws SwitchroomError `sip-port-in-use`, `certificate-unusable` … or the system's error where something cannot be bound; nothing stays open
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { log } = options;
  const id = newId('edg');
  const opened: (() => Promise<void>)[] = [];
  try {
    const trace = options.traceBytes ? new MessageTrace(options.traceBytes) : undefined;
    const transactions = await openTransactions({
      listen: options.sip,
      logger: log,
      timing: options.timing,
      limits: options.limits,
      certificate: options.tls && readCertificate(options.tls),
      trust: options.trust,
      origins: options.origins,
      trace,
    });
    opened.push(() => transactions.close());
    if (options.tls !== undefined) {
      const changed = (now: Certificate) => transactions.useCertificate(now);
      const stop = watchCertificate(options.tls, { logger: log, changed });
      opened.push(async () => stop());
    }
    const ledger = options.ledger === undefined ? undefined : await Ledger.open(options.ledger, transactions, log);
    if (ledger !== undefined) opened.push(() => ledger.close());
    const t1 = options.timing?.t1 ?? defaultT1;
    const gateway = await Gateway.open({
      host: options.drachtio.host ?? '127.0.0.1',
      port: options.drachtio.port,
      secret: options.drachtio.secret,
      transactions,
      log,
      times: {
        t1,
        t2: options.timing?.t2 ?? 8 * t1,
        patience: 64 * t1,
        ...(options.minSessionSeconds === undefined ? {} : { minSessionSeconds: options.minSessionSeconds }),
      },
      followSource: options.followSource,
      admission: options.admission,
      inviteSilenceMs: options.inviteSilenceMs,
      sources: options.sources,
      gap: options.gap,
      confirmed: ledger === undefined ? undefined : (dialog) => ledger.add(dialog),
      ended: ledger === undefined ? undefined : (dialog) => ledger.remove(dialog),
    });
    opened.push(() => gateway.close());
    const link = await LinkServer.listen({
      ...(options.link.listen === undefined ? {} : { listen: options.link.listen }),
      secret: options.link.secret,
      edge: id,
      version: edgeVersion,
      // Without SIP there are no dialogs here to adopt: they are at another SIP server.
      capabilities: [
        ...(options.sip.length === 0 ? [] : ['adoption']),
        ...(options.media === undefined ? [] : ['media']),
        ...(options.webrtc === undefined ? [] : ['webrtc']),
        ...(trace === undefined || options.sip.length === 0 ? [] : ['trace']),
      ],
      logger: log,
    });
    opened.push(() => link.close());
    link.serve('dialogs', dialogRequests(gateway));
    if (trace !== undefined) link.serve('trace', traceRequests(trace));
    link.on('up', ({ epoch }) => gateway.apps.claim(epoch));
    link.on('down', () => gateway.gap.serverLost());
    if (options.media !== undefined) {
      const media = await startRtp({ ...options.media, link, logger: log });
      opened.push(() => media.close());
    }
    if (options.webrtc !== undefined) {
      const webrtc = startWebRtc({ ...options.webrtc, link, logger: log });
      opened.push(() => webrtc.close());
    }

    const closeAll = async (): Promise<void> => {
      for (const close of opened.splice(0).reverse()) await close();
    };
    return {
      id,
      sip: transactions.listening,
      drachtio: gateway.apps.address,
      link: link.address,
      get needed() {
        return link.connected || gateway.apps.serving || gateway.agent.dialogs.size > 0;
      },
      counts: () => ({
        dialogs: gateway.agent.dialogs.size,
        held: gateway.gap.heldCount,
        refused: gateway.admission.refused,
        floods: gateway.floods,
        pending: gateway.admission.pending,
        server: transactions.counts().server,
        client: transactions.counts().client,
      }),
      stop: closeAll,
      crash: async () => {
        await ledger?.close();
        await transactions.close();
        await closeAll();
      },
    };
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}
