// MediaServer on Asterisk: one or several hosts, each with its own calls.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Sip } from '../../server/signaling/sip/index.ts';
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
import { adoptHost, compareHost, endStrangers, type LeftTools, releaseDialogs, sweepHost } from './adoption.ts';
import { AudioShelf } from './audio-shelf.ts';
import { AsteriskBridge, type BridgeTools } from './bridge.ts';
import { AsteriskEndpoint, type EndpointTools } from './endpoint.ts';
import { asteriskErrors } from './errors.ts';
import { FirstLook } from './first-look.ts';
import { AsteriskHost, type AsteriskHostOptions, type HostEvents } from './host.ts';
import { AsteriskRecording, fileOf } from './recording.ts';
import { type TlsPassage, throughTls } from './tls-passage.ts';

export interface AsteriskMediaOptions {
  hosts: readonly AsteriskHostOptions[];
  sip: Sip;
  /** Where the hosts fetch audio; see AudioShelf. */
  audio: { bind: string; port: number; url?: string | undefined };
  logger: Logger;
  /** No RTP for that long is told; default 20,000 ms, as the edge's. */
  rtpTimeoutMs?: number | undefined;
  /** How often quality is told; default 10,000 ms. */
  qualityMs?: number | undefined;
  /** How long the calls of a host that is away are believed to live; default 10,000 ms. */
  giveUpMs?: number | undefined;
  /** How long the first host may take to answer before it is done without; default 10,000 ms. */
  withinMs?: number | undefined;
  /** How long the others may take once one is there; default 2,000 ms. */
  othersWithinMs?: number | undefined;
}

/** For people: one host as it is. */
export interface HostView {
  name: string;
  state: 'up' | 'away';
  draining: boolean;
  weight: number;
  endpoints: number;
}

export class AsteriskMediaServer extends EventEmitter<MediaServerEvents> implements MediaServer {
  readonly capabilities: Capabilities;
  readonly #options: AsteriskMediaOptions;
  readonly #log: Logger;
  readonly #hosts: AsteriskHost[];
  readonly #endpoints = new Map<EndpointId, AsteriskEndpoint>();
  readonly #bridges = new Map<BridgeId, AsteriskBridge>();
  /** Channel → endpoint. */
  readonly #byChannel = new Map<string, AsteriskEndpoint>();
  readonly #memberOf = new Map<EndpointId, AsteriskBridge>();
  readonly #endpointTools: EndpointTools;
  readonly #bridgeTools: BridgeTools;
  readonly #shelf: AudioShelf;
  readonly #passages: readonly TlsPassage[];
  /** Hosts that are away and not yet given up. */
  readonly #givingUp = new Map<AsteriskHost, NodeJS.Timeout>();
  /** What an earlier server left there is known. */
  readonly #adopted = new Set<AsteriskHost>();
  readonly #round: NodeJS.Timeout;
  #roundRuns = false;
  #qualityDue = 0;
  #lost = false;
  /** They were away when the calls of an earlier server were taken over. */
  readonly #missed = new Set<AsteriskHost>();
  readonly #firstLook: FirstLook<AsteriskHost>;

  private constructor(options: AsteriskMediaOptions, shelf: AudioShelf, passages: readonly TlsPassage[]) {
    super();
    const { sip, logger } = options;
    this.#options = options;
    this.#log = logger;
    this.#shelf = shelf;
    this.#passages = passages;
    // What Asterisk has outlives us; that we find it again needs the dialogs, and those only the edge keeps.
    this.capabilities = { engine: 'asterisk', adoption: sip.canAdopt, codecs: ['PCMA', 'PCMU'] };
    this.#endpointTools = {
      sip,
      shelf,
      logger,
      relay: (endpoint, digit, ms) => this.#relay(endpoint, digit, ms),
      relays: ({ id }) => this.#memberOf.get(id)?.relays(id) === true,
      membership: (endpoint) => this.#memberOf.get(endpoint.id)?.membership(endpoint),
      gone: (endpoint) => this.#gone(endpoint),
    };
    this.#bridgeTools = {
      shelf,
      logger,
      endpoint: (id) => this.#endpoints.get(id),
      memberOf: this.#memberOf,
      gone: (bridge) => this.#bridges.delete(bridge.id),
    };
    const events: HostEvents = {
      entered: (host, id, channel) => {
        const endpoint = this.#endpoints.get(id);
        // One of an earlier server comes by `list`.
        if (!endpoint?.opening || endpoint.host !== host) return;
        this.#byChannel.set(channel.id, endpoint);
        endpoint.entered(channel);
      },
      left: (channel) => {
        const endpoint = this.#byChannel.get(channel);
        this.#byChannel.delete(channel);
        endpoint?.end('failed');
      },
      digit: (channel, digit, ms) => this.#byChannel.get(channel)?.digit(digit, ms),
      playbackEnded: (target, playback, failed) => this.#playbackEnded(target, playback, failed),
      bridgeGone: (id) => this.#bridges.get(id)?.ended('failed'),
      up: (host, same) => this.#up(host, same),
      down: (host) => this.#down(host),
      refused: (host) => this.#firstLook.tried(host),
    };
    this.#hosts = options.hosts.map((host) => new AsteriskHost(host, events, logger));
    this.#firstLook = new FirstLook(this.#hosts);
    const timeout = options.rtpTimeoutMs ?? 20_000;
    this.#round = setInterval(() => void this.#observe(), Math.min(5_000, timeout / 4)).unref();
  }

  /**
   * Resolves when it is known which hosts are there, as the calls of an earlier server are looked for on these. Where none is,
   * it goes on without (`trouble`): calls are refused, and the first host that comes is taken into use.
   */
  static async open(options: AsteriskMediaOptions): Promise<AsteriskMediaServer> {
    const { audio, logger, hosts, withinMs = 10_000, othersWithinMs = 2_000 } = options;
    // The addresses stay the same after a restart, and so does what the hosts have fetched.
    const shelf = await AudioShelf.open({ ...audio, key: hosts.map(({ secret }) => secret).join(' '), logger });
    const { reached, passages } = await throughTls(hosts, logger);
    const media = new AsteriskMediaServer({ ...options, hosts: reached }, shelf, passages);
    const looked = media.#firstLook.done({ withinMs, othersWithinMs });
    for (const host of media.#hosts) host.start();
    await looked;
    if (!media.#hosts.some(({ up }) => up)) {
      media.#lost = true;
      logger.error({ reason: media.trouble }, 'no Asterisk is there: calls are refused until one answers');
    }
    return media;
  }

  get trouble(): string | undefined {
    if (this.#hosts.some(({ up }) => up)) return undefined;
    const names = this.#hosts.map(({ name }) => name).join(', ');
    const troubles = [...new Set(this.#passages.flatMap(({ trouble }) => trouble ?? []))].map((one) => `; ${one}`);
    return `no Asterisk answers: ${names}${troubles.join('')}`;
  }

  async open(request: OpenRequest): Promise<MediaEndpoint> {
    const { id, offer, near, purpose } = request;
    if (this.#endpoints.has(id)) throw mediaErrors['media-failed']({ reason: `there is an endpoint ${id} already` });
    const host = this.#choose(near);
    const endpoint = new AsteriskEndpoint(id, host, this.#endpointTools);
    this.#endpoints.set(id, endpoint);
    host.endpoints++;
    try {
      await endpoint.open(offer);
    } catch (error) {
      endpoint.end('failed');
      this.#log.info({ err: error, endpoint: id, asterisk: host.name, purpose }, 'endpoint could not be opened');
      throw error;
    }
    return endpoint;
  }

  async bridge(id: BridgeId, options: BridgeOptions = {}): Promise<Bridge> {
    const known = this.#bridges.get(id);
    if (known) return known;
    const bridge = new AsteriskBridge(id, options.dtmf ?? 'relay', this.#bridgeTools);
    this.#bridges.set(id, bridge);
    return joined(bridge, options);
  }

  async list(): ReturnType<MediaServer['list']> {
    const up = this.#hosts.filter((host) => host.up);
    for (const host of this.#hosts) if (!host.up) this.#missed.add(host);
    await Promise.all(up.map((host) => this.#adopt(host)));
    await releaseDialogs(this.#left);
    const endpoints = [...this.#endpoints.values()].filter(({ opening }) => !opening);
    const bridges = [...this.#bridges.values()];
    const playing = [...endpoints, ...bridges].flatMap((on) =>
      on.player.note ? [{ id: on.player.note.id, on: on.id }] : [],
    );
    return { endpoints, bridges, playbacks: playing, recordings: endpoints.flatMap(({ recordings }) => recordings) };
  }

  async recording(id: RecordingId): Promise<Recording | undefined> {
    for (const { recordings } of this.#endpoints.values()) {
      const live = recordings.find((one) => one.id === id);
      if (live) return live;
    }
    for (const host of this.#hosts) {
      if (!host.up) continue;
      for (const channels of [2, 1] as const) {
        if (await this.#stored(host, fileOf(id, channels))) {
          return new AsteriskRecording({ id, channels, host }, undefined, this.#log);
        }
      }
    }
    return undefined;
  }

  async forget(id: RecordingId): Promise<void> {
    const recording = await this.recording(id);
    if (!(recording instanceof AsteriskRecording)) return;
    const recordingName = fileOf(id, recording.channels);
    await recording.host.ari.ask((client) => client.recordings.deleteStored({ recordingName }));
  }

  /** How the hosts are. */
  hosts(): HostView[] {
    return this.#hosts.map((host) => {
      const { name, draining, endpoints, options } = host;
      return { name, state: host.up ? 'up' : 'away', draining, weight: options.weight, endpoints };
    });
  }

  /** Name of the host that an endpoint is on. */
  placeOf(id: EndpointId): string | undefined {
    return this.#endpoints.get(id)?.host.name;
  }

  /** Sends no new calls to a host, or again; those that are there stay. @throws asterisk-host-unknown */
  drain(name: string, draining: boolean): HostView {
    const host = this.#hosts.find((one) => one.name === name);
    if (!host) {
      throw asteriskErrors['asterisk-host-unknown']({
        host: name,
        hosts: this.#hosts.map((one) => one.name).join(', '),
      });
    }
    host.draining = draining;
    this.#log.info({ asterisk: name, draining, endpoints: host.endpoints }, 'Asterisk host takes new calls or not');
    return this.hosts().find((one) => one.name === name) as HostView;
  }

  async close(): Promise<void> {
    clearInterval(this.#round);
    for (const timer of this.#givingUp.values()) clearTimeout(timer);
    for (const host of this.#hosts) host.close();
    for (const passage of this.#passages) await passage.close();
    await this.#shelf.close();
  }

  /** The host of `near`, else the one with the least to do for its weight. @throws media-unavailable */
  #choose(near: EndpointId | undefined): AsteriskHost {
    const beside = near === undefined ? undefined : this.#endpoints.get(near)?.host;
    if (beside?.up) return beside;
    let best: AsteriskHost | undefined;
    for (const host of this.#hosts) if (host.load < (best?.load ?? Number.POSITIVE_INFINITY)) best = host;
    if (best) return best;
    const reason = this.#hosts.some(({ up }) => up) ? 'every Asterisk is being drained' : 'no Asterisk is connected';
    throw mediaErrors['media-unavailable']({ reason });
  }

  async #stored(host: AsteriskHost, recordingName: string): Promise<boolean> {
    try {
      await host.ari.ask((client) => client.recordings.getStored({ recordingName }));
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'media-unknown') return false;
      throw error;
    }
  }

  get #left(): LeftTools {
    return { sip: this.#options.sip, logger: this.#log, endpoints: this.#endpoints };
  }

  async #adopt(host: AsteriskHost): Promise<void> {
    await adoptHost(host, {
      ...this.#left,
      bridges: this.#bridges,
      make: (id) => {
        const endpoint = new AsteriskEndpoint(id, host, this.#endpointTools);
        host.endpoints++;
        return endpoint;
      },
      makeBridge: (id, dtmf) => new AsteriskBridge(id, dtmf, this.#bridgeTools),
      adopted: (endpoint) => this.#byChannel.set(endpoint.channelId, endpoint),
    });
    this.#adopted.add(host);
    await this.#sweep(host);
  }

  /** What an earlier server left on a host that was away when the calls were taken over is nobody's any more. */
  async #release(host: AsteriskHost): Promise<void> {
    if (!this.#missed.has(host)) return;
    await releaseDialogs(this.#left, host.name);
    await endStrangers(host, this.#left);
    this.#missed.delete(host);
    this.#adopted.add(host);
  }

  /** Not before it is known what an earlier server left here. */
  async #sweep(host: AsteriskHost): Promise<void> {
    if (!this.#adopted.has(host)) return;
    await sweepHost(host, {
      bridge: (id) => this.#bridges.has(id),
      overhears: (id) => this.#memberOf.get(id)?.observes(id) === true,
    }).catch((error: unknown) => this.#log.warn({ err: error, asterisk: host.name }, 'Asterisk was not tidied'));
  }

  #gone(endpoint: AsteriskEndpoint): void {
    if (this.#endpoints.get(endpoint.id) !== endpoint) return;
    this.#endpoints.delete(endpoint.id);
    this.#byChannel.delete(endpoint.channelId);
    endpoint.host.endpoints--;
    this.#memberOf.get(endpoint.id)?.left(endpoint.id);
  }

  #relay(endpoint: AsteriskEndpoint, digit: string, ms: number): void {
    this.#memberOf
      .get(endpoint.id)
      ?.relay(endpoint.id, digit, ms)
      .catch((error: unknown) => this.#log.warn({ err: error, endpoint: endpoint.id }, 'a digit was not passed on'));
  }

  #playbackEnded(target: string, playback: string, failed: boolean): void {
    const [kind, id = ''] = target.split(':', 2);
    const on = kind === 'channel' ? this.#byChannel.get(id) : this.#bridges.get(id);
    on?.player.roundEnded(playback, failed);
  }

  #up(host: AsteriskHost, same: boolean): void {
    clearTimeout(this.#givingUp.get(host));
    this.#givingUp.delete(host);
    if (!same) this.#emptied(host);
    this.#firstLook.tried(host);
    const restored = this.#lost;
    this.#lost = false;
    this.#compare(host)
      .then(() => this.#release(host))
      .then(() => this.#sweep(host))
      .catch((error: unknown) => this.#log.error({ err: error, asterisk: host.name }, 'Asterisk could not be compared'))
      .finally(() => {
        if (restored) this.emit('restored');
        this.emit('host-restored');
      });
  }

  #down(host: AsteriskHost): void {
    this.#givingUp.set(
      host,
      setTimeout(() => {
        this.#givingUp.delete(host);
        this.#log.error(
          { asterisk: host.name, endpoints: host.endpoints },
          'Asterisk did not come back, its calls are over',
        );
        this.#emptied(host);
      }, this.#options.giveUpMs ?? 10_000),
    );
    if (this.#lost || this.#hosts.some(({ up }) => up)) return;
    this.#lost = true;
    this.emit('lost');
  }

  /** Nothing of what ran there lives on. */
  #emptied(host: AsteriskHost): void {
    for (const bridge of [...this.#bridges.values()]) if (bridge.host === host) bridge.ended('lost');
    for (const endpoint of [...this.#endpoints.values()]) if (endpoint.host === host) endpoint.end('lost');
  }

  async #compare(host: AsteriskHost): Promise<void> {
    const endpoints = [...this.#endpoints.values()].filter((endpoint) => endpoint.host === host && !endpoint.opening);
    const bridges = [...this.#bridges.values()].filter((bridge) => bridge.host === host);
    await compareHost(host, endpoints, bridges);
  }

  /** One look at every endpoint: RTP that stays away, and quality. */
  async #observe(): Promise<void> {
    if (this.#roundRuns) return;
    this.#roundRuns = true;
    try {
      const now = performance.now();
      const tell = now >= this.#qualityDue;
      if (tell) this.#qualityDue = now + (this.#options.qualityMs ?? 10_000);
      for (const endpoint of [...this.#endpoints.values()]) {
        if (endpoint.opening || !endpoint.host.up) continue;
        try {
          await endpoint.observe(this.#options.rtpTimeoutMs ?? 20_000);
          if (tell) endpoint.tellQuality();
        } catch (error) {
          // One that ended meanwhile, or a host that is just lost: no reason not to look at the others.
          this.#log.debug({ err: error, endpoint: endpoint.id }, 'an endpoint could not be looked at');
        }
      }
    } finally {
      this.#roundRuns = false;
    }
  }
}
