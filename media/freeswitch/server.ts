// FreeSWITCH as the media engine, by drachtio-fsmrf: each endpoint is a call of ours to it. Its calls end with the server:
// the event socket of a channel belongs to the process that answered it, and a channel without one hangs up.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { BridgeId, EndpointId, RecordingId } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';
import { joined } from '../joined.ts';
import type {
  Bridge,
  BridgeOptions,
  Capabilities,
  MediaEndpoint,
  MediaServer,
  MediaServerEvents,
  OpenRequest,
  Recording,
} from '../media-server.ts';
import { FreeswitchBridge } from './bridge.ts';
import { Carrier, type SipServerPlace } from './carrier.ts';
import { Control } from './control.ts';
import { FreeswitchEndpoint } from './endpoint.ts';
import { SharedFolder } from './folder.ts';
import { newMrf } from './raw-fsmrf.ts';
import { FinishedRecording, type FreeswitchRecording } from './recording.ts';
import { unusable } from './sdp.ts';

export interface FreeswitchOptions {
  /** Of the event socket. */
  host: string;
  port: number;
  secret: string;
  profile: string;
  /** Our address for its connections. */
  listen: string;
  listenPort: number;
  /** Shared with it; `folderThere` as it calls it. */
  folder: string;
  folderThere?: string | undefined;
  /** SIP servers to call it by, in order of preference. */
  sip: readonly SipServerPlace[];
  logger: Logger;
  /** Without RTP for that long, although some had come: `rtp-timeout`, and again after each such time; ms. Default 20,000. */
  rtpTimeoutMs?: number | undefined;
  /** How often RTP is looked at, ms. Default 5,000. */
  watchMs?: number | undefined;
  retryMs?: { first: number; most: number } | undefined;
}

/** @throws media-unavailable with a sentence: unreachable, wrong password, no such profile, no SIP server */
export async function openFreeswitch(options: FreeswitchOptions): Promise<FreeswitchMediaServer> {
  const carrier = new Carrier(options.sip, options.logger);
  const control = new Control(await newMrf(carrier), options);
  try {
    await carrier.start(10_000).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw mediaErrors['media-unavailable']({ reason }, { cause });
    });
    await control.start();
  } catch (error) {
    carrier.close();
    control.close();
    throw error;
  }
  return new FreeswitchMediaServer(options, carrier, control);
}

export class FreeswitchMediaServer extends EventEmitter<MediaServerEvents> implements MediaServer {
  readonly capabilities: Capabilities = { engine: 'freeswitch', adoption: false, codecs: ['PCMA', 'PCMU'] };
  readonly #options: FreeswitchOptions;
  readonly #carrier: Carrier;
  readonly #control: Control;
  readonly #folder: SharedFolder;
  readonly #endpoints = new Map<EndpointId, FreeswitchEndpoint>();
  readonly #bridges = new Map<BridgeId, FreeswitchBridge>();
  readonly #recordings = new Map<RecordingId, FreeswitchRecording>();
  readonly #watch: NodeJS.Timeout;
  #watching = false;

  /** For openFreeswitch. */
  constructor(options: FreeswitchOptions, carrier: Carrier, control: Control) {
    super();
    this.#options = options;
    this.#carrier = carrier;
    this.#control = control;
    this.#folder = new SharedFolder(options.folder, options.folderThere);
    control.on('lost', () => this.emit('lost'));
    control.on('restored', () => this.#restored());
    control.on('conference', (event) => {
      const name = event.getHeader('Conference-Name');
      for (const bridge of this.#bridges.values()) if (bridge.conference === name) bridge.maintenance(event);
    });
    this.#watch = setInterval(() => void this.#lookAtRtp(), options.watchMs ?? 5_000);
    this.#watch.unref();
  }

  get trouble(): string | undefined {
    return this.#control.connected ? undefined : 'there is no connection to FreeSWITCH';
  }

  async open({ id, offer, purpose }: OpenRequest): Promise<MediaEndpoint> {
    const reason = offer === undefined ? undefined : unusable(offer);
    if (reason !== undefined) throw mediaErrors['media-sdp-rejected']({ reason });
    if (!this.#carrier.connected) {
      throw mediaErrors['media-unavailable']({ reason: 'there is no SIP connection to reach FreeSWITCH by' });
    }
    const raw = await this.#control.createEndpoint(offer);
    const endpoint = new FreeswitchEndpoint(id, raw, offer, {
      control: this.#control,
      folder: this.#folder,
      logger: this.#options.logger,
      recorded: (recording) => this.#recordings.set(recording.id, recording),
      sealed: (recording) => this.#recordings.delete(recording.id),
      closed: (gone) => this.#endpoints.delete(gone.id),
    });
    this.#endpoints.set(id, endpoint);
    this.#options.logger.debug({ endpoint: id, channel: endpoint.uuid, purpose }, 'endpoint on FreeSWITCH');
    return endpoint;
  }

  async bridge(id: BridgeId, options: BridgeOptions = {}): Promise<Bridge> {
    const known = this.#bridges.get(id);
    if (known) return known;
    const bridge = new FreeswitchBridge(id, options.dtmf ?? 'relay', {
      control: this.#control,
      folder: this.#folder,
      logger: this.#options.logger,
      endpoint: (wanted) => {
        const endpoint = this.#endpoints.get(wanted);
        if (!endpoint) throw mediaErrors['media-unknown']({ reason: `no endpoint ${wanted}` });
        return endpoint;
      },
      closed: (gone) => this.#bridges.delete(gone.id),
      sealed: (recording) => this.#recordings.delete(recording.id),
    });
    this.#bridges.set(id, bridge);
    return joined(bridge, options);
  }

  /** Only what this process has made. */
  async list(): ReturnType<MediaServer['list']> {
    const endpoints = [...this.#endpoints.values()];
    const bridges = [...this.#bridges.values()];
    const playbacks = [...endpoints, ...bridges].flatMap((on) =>
      on.playing === undefined ? [] : [{ id: on.playing, on: on.id }],
    );
    const recordings = [...this.#recordings.values()].filter(({ over }) => !over);
    return { endpoints, bridges, playbacks, recordings };
  }

  async recording(id: RecordingId): Promise<Recording | undefined> {
    const known = this.#recordings.get(id);
    if (known) return known;
    const there = this.#folder.sealed(id) !== undefined || (await this.#folder.hasPieces(id));
    return there ? new FinishedRecording(this.#folder, id) : undefined;
  }

  async forget(id: RecordingId): Promise<void> {
    this.#recordings.delete(id);
    await this.#folder.forget(id);
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#control.close();
    this.#carrier.close();
  }

  /** A FreeSWITCH that was restarted knows none of the conferences; its channels have said so by themselves. */
  #restored(): void {
    for (const bridge of [...this.#bridges.values()]) {
      this.#control.api(`conference ${bridge.conference} list count`).then(
        (answer) => {
          if (/not found|No active conferences/i.test(answer) && bridge.members.size > 0) bridge.lost();
        },
        (error: unknown) => this.#options.logger.debug({ err: error }, 'conference could not be asked for'),
      );
    }
    for (const recording of this.#recordings.values()) recording.restored();
    this.emit('restored');
  }

  /** FreeSWITCH does not say that RTP stopped, except by hanging up: its counters are read in turn. */
  async #lookAtRtp(): Promise<void> {
    if (this.#watching || !this.#control.connected) return;
    this.#watching = true;
    const limit = this.#options.rtpTimeoutMs ?? 20_000;
    for (const endpoint of [...this.#endpoints.values()]) {
      if (endpoint.gone) continue;
      try {
        const quality = await endpoint.quality();
        endpoint.emit('quality', quality);
        const { watch } = endpoint;
        const now = performance.now();
        if (quality.received !== watch.received) {
          endpoint.watch = { received: quality.received, since: now, toldAt: now };
        } else if (quality.received > 0 && now - watch.toldAt >= limit) {
          watch.toldAt = now;
          endpoint.emit('rtp-timeout', { ms: Math.round(now - watch.since) });
        }
      } catch (error) {
        this.#options.logger.debug({ err: error, endpoint: endpoint.id }, 'RTP could not be looked at');
      }
    }
    this.#watching = false;
  }
}
