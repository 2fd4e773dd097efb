// The media tier of the edge: shares endpoints out to workers, brings them audio, and speaks the media protocol over the
// link.
import type { Logger } from 'pino';
import { LinkFailure, type LinkServer, type MediaRequests, mediaPrefixes } from '../../link/index.ts';
import { AudioMissing, AudioStore } from './audio/store.ts';
import { type Body, bodyOf, idOf, invalid, numberOf, textOf } from './call/fields.ts';
import { audioOf, hashOf, membersOf } from './call/requests.ts';
import type { Law } from './codec/g711.ts';
import { RecordingRequests } from './recording-requests.ts';
import { Recordings } from './recordings.ts';
import { WorkerHandle } from './worker-handle.ts';

export interface RtpOptions {
  link: LinkServer;
  logger: Logger;
  /** Addresses to bind, `0.0.0.0` and `::` allowed; SDP never says those. */
  bind: readonly string[];
  /** Addresses that the SDP says instead (NAT), at most one per family. */
  advertise?: readonly string[];
  /** Both included; even/odd pairs. */
  ports: { from: number; to: number };
  /** Directory of the recordings; made where it is missing. */
  recordings: string;
  /** Threads; calls of one customer stay in one. Default 1. */
  workers?: number;
  /** For offers, the first is preferred. Default PCMA, PCMU. */
  codecs?: readonly Law[];
  /** How long a port rests after use. Default 2,000 ms. */
  restMs?: number;
  /** Look for DTMF tones in the audio of far sides without telephone-event. Default true. */
  inbandDtmf?: boolean;
  /** Event rtp-timeout after each so long a time without RTP, where some had come. Default 20,000 ms. */
  rtpTimeoutMs?: number;
  /** How often a quality event is sent per endpoint. Default 10,000 ms. */
  qualityMs?: number;
  /** How long endpoints live on without a server. Default 30,000 ms. */
  graceMs?: number;
  /** Memory for prompts and music. Default 512 MiB. */
  audioBytes?: number;
}

export interface RtpTier {
  /** Endpoints per worker. */
  load(): number[];
  /** Ends all media, seals the recordings and stops the workers. */
  close(): Promise<void>;
}

type Where = 'endpoint' | 'bridge' | 'playback';

export class Tier implements RtpTier {
  readonly #options: RtpOptions;
  readonly #logger: Logger;
  readonly #workers: WorkerHandle[] = [];
  readonly #where: Record<Where, Map<string, WorkerHandle>> = {
    endpoint: new Map(),
    bridge: new Map(),
    playback: new Map(),
  };
  /** Bridges that have no member yet, and so no worker: how they were asked for. */
  readonly #unplaced = new Map<string, Body>();
  readonly #audio: AudioStore;
  readonly #recordings: RecordingRequests;
  #grace: NodeJS.Timeout | undefined;
  #closing = false;

  private constructor(options: RtpOptions, recordings: Recordings) {
    this.#options = options;
    this.#logger = options.logger;
    this.#recordings = new RecordingRequests(recordings, options.logger);
    this.#audio = new AudioStore(
      {
        loaded: (hash, shared) => this.#tellAll({ clip: hash, shared }),
        dropped: (hash) => this.#tellAll({ drop: hash }),
      },
      options.audioBytes ?? 512 * 1024 * 1024,
    );
  }

  static async start(options: RtpOptions): Promise<Tier> {
    const starting = Tier.#start(options);
    let tier: Tier | undefined;
    // Served from the first moment: a server may be connected already, and waits a little then.
    for (const prefix of mediaPrefixes) {
      options.link.serve(prefix, (name, body) => {
        if (tier) return tier.#request(name, bodyOf(body));
        return starting.then((ready) => ready.#request(name, bodyOf(body)));
      });
    }
    tier = await starting;
    return tier;
  }

  static async #start(options: RtpOptions): Promise<Tier> {
    const tier = new Tier(options, await Recordings.open(options.recordings, options.logger));
    const count = options.workers ?? 1;
    await Promise.all(Array.from({ length: count }, (_, index) => tier.#startWorker(index, count)));
    options.link.on('down', () => tier.#waitForServer());
    options.link.on('up', () => clearTimeout(tier.#grace));
    return tier;
  }

  load(): number[] {
    return this.#workers.map((worker) => worker.endpoints);
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#grace);
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async #startWorker(index: number, count: number): Promise<void> {
    const { bind, advertise, ports, codecs, restMs, inbandDtmf, rtpTimeoutMs, qualityMs, recordings } = this.#options;
    // Each worker has ports of its own, in pairs: nobody needs to ask.
    const pairs = Math.floor((ports.to - ports.from + 1) / 2 / count);
    const from = ports.from + (ports.from & 1) + index * pairs * 2;
    const outside = {
      event: (event: string, body: unknown) => this.#event(event, body),
      died: (reason: string) => this.#died(index, count, worker, reason),
    };
    const worker: WorkerHandle = new WorkerHandle(outside, this.#logger);
    await worker.start({
      bind,
      advertise: advertise ?? [],
      ports: { from, to: Math.min(from + pairs * 2 - 1, ports.to) },
      codecs: codecs ?? ['PCMA', 'PCMU'],
      restMs: restMs ?? 2_000,
      inbandDtmf: inbandDtmf ?? true,
      rtpTimeoutMs: rtpTimeoutMs ?? 20_000,
      qualityMs: qualityMs ?? 10_000,
      recordings,
    });
    this.#workers[index] = worker;
  }

  // ---- requests ------------------------------------------------------------------------------------------------------

  #request(name: string, body: Body): unknown {
    switch (name) {
      case 'endpoint.open':
        return this.#open(body);
      case 'bridge.open':
        return this.#openBridge(name, body);
      case 'bridge.add':
        return this.#addToBridge(name, body);
      case 'bridge.close':
        return this.#closeBridge(name, body);
      case 'endpoint.play':
        return this.#play(name, body, this.#find('endpoint', idOf(body)));
      case 'bridge.play':
        return this.#play(name, body, this.#bridgeWorker(idOf(body)));
      case 'endpoint.record':
        return this.#recordings.begin(name, body, this.#find('endpoint', idOf(body)));
      case 'bridge.record':
        return this.#recordings.begin(name, body, this.#bridgeWorker(idOf(body)));
      case 'playback.stop':
        // It may have ended by itself meanwhile.
        return this.#where.playback.get(idOf(body))?.ask(name, body) ?? {};
      case 'audio.put':
        return this.#putAudio(body);
      case 'media.list':
        return this.#list();
    }
    if (name.startsWith('recording.')) return this.#recordings.request(name, body);
    if (name.startsWith('endpoint.')) return this.#find('endpoint', idOf(body)).ask(name, body);
    if (name.startsWith('bridge.')) return this.#bridgeWorker(idOf(body)).ask(name, body);
    throw new LinkFailure('request-unknown', `${name} is no media request`);
  }

  async #open(body: Body): Promise<unknown> {
    const id = idOf(body);
    if (this.#where.endpoint.has(id)) throw invalid('id', 'exists');
    const near = typeof body.near === 'string' ? this.#where.endpoint.get(body.near) : undefined;
    const worker = near ?? this.#leastLoaded();
    this.#where.endpoint.set(id, worker);
    worker.endpoints++;
    try {
      return await worker.ask('endpoint.open', body);
    } catch (error) {
      this.#where.endpoint.delete(id);
      worker.endpoints--;
      throw error;
    }
  }

  #leastLoaded(): WorkerHandle {
    let best: WorkerHandle | undefined;
    for (const worker of this.#workers) {
      if (worker.alive && (!best || worker.endpoints < best.endpoints)) best = worker;
    }
    if (!best) throw new LinkFailure('media-unavailable', 'no media worker is alive');
    return best;
  }

  async #openBridge(name: string, body: Body): Promise<unknown> {
    const id = idOf(body);
    if (this.#unplaced.has(id) || this.#where.bridge.has(id)) throw invalid('id', 'exists');
    const [worker, ...others] = membersOf(body).map(({ endpoint }) => this.#find('endpoint', endpoint));
    if (!worker) {
      this.#unplaced.set(id, body);
      return {};
    }
    if (others.some((other) => other !== worker))
      throw invalid('members', 'are in several media threads; open them near the first');
    this.#where.bridge.set(id, worker);
    try {
      return await worker.ask(name, body);
    } catch (error) {
      this.#where.bridge.delete(id);
      throw error;
    }
  }

  #addToBridge(name: string, body: Body): Promise<unknown> {
    const id = idOf(body);
    const worker = this.#find('endpoint', idOf(body, 'endpoint'));
    const bridge = this.#bridgeWorker(id, worker, idOf(body, 'endpoint'));
    if (bridge !== worker) throw invalid('endpoint', 'is in another media thread; open it near the first member');
    return worker.ask(name, body);
  }

  /** Where a bridge is; one without members comes to `wanted`, or anywhere. */
  #bridgeWorker(id: string, wanted?: WorkerHandle, near?: string): WorkerHandle {
    const unplaced = this.#unplaced.get(id);
    if (!unplaced) return this.#find('bridge', id);
    const worker = wanted ?? this.#leastLoaded();
    this.#unplaced.delete(id);
    this.#where.bridge.set(id, worker);
    // Messages keep their order: what follows finds the bridge.
    worker.ask('bridge.open', { ...unplaced, near }).catch((error: Error) => {
      this.#logger.error({ err: error, bridge: id }, 'bridge could not be opened');
    });
    return worker;
  }

  #closeBridge(name: string, body: Body): unknown {
    const id = idOf(body);
    if (!this.#unplaced.delete(id)) return this.#find('bridge', id).ask(name, body);
    this.#options.link.publish('bridge.closed', { id, why: 'asked' });
    return {};
  }

  async #play(name: string, body: Body, worker: WorkerHandle): Promise<MediaRequests['endpoint.play']['ok']> {
    const files = audioOf(body).filter((audio) => audio.kind === 'file');
    const loads: Promise<string | undefined>[] = [];
    for (const { hash, path } of files) {
      if (this.#audio.get(hash)) continue;
      loads.push(
        this.#audio.load(hash, path).then(
          () => undefined,
          (error: Error) => {
            if (error instanceof AudioMissing) return hash;
            this.#logger.error({ err: error, path, hash }, 'audio file is unusable');
            worker.tell({ fail: hash, reason: error.message });
            return undefined;
          },
        ),
      );
    }
    const playback = idOf(body, 'playback');
    this.#where.playback.set(playback, worker);
    try {
      await worker.ask(name, body);
    } catch (error) {
      this.#where.playback.delete(playback);
      throw error;
    }
    const missing = (await Promise.all(loads)).filter((hash) => hash !== undefined);
    return { missing };
  }

  #putAudio(body: Body): Record<string, never> {
    const hash = hashOf(body);
    const data = Buffer.from(textOf(body, 'data'), 'base64');
    try {
      this.#audio.put(hash, numberOf(body, 'start', 0, 2 ** 31), data, body.last === true);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tellAll({ fail: hash, reason });
      throw invalid('data', reason);
    }
    return {};
  }

  async #list(): Promise<MediaRequests['media.list']['ok']> {
    const lists = (await Promise.all(
      this.#workers.filter(({ alive }) => alive).map((worker) => worker.ask('media.list', {})),
    )) as MediaRequests['media.list']['ok'][];
    return {
      endpoints: lists.flatMap(({ endpoints }) => endpoints),
      bridges: [
        ...lists.flatMap(({ bridges }) => bridges),
        ...[...this.#unplaced.keys()].map((id) => ({ id, members: [] })),
      ],
      playbacks: lists.flatMap(({ playbacks }) => playbacks),
      recordings: lists.flatMap(({ recordings }) => recordings),
    };
  }

  #find(kind: Where, id: string): WorkerHandle {
    const worker = this.#where[kind].get(id);
    if (!worker) throw new LinkFailure('media-unknown', `there is no ${kind} ${id}`);
    return worker;
  }

  #tellAll(message: Parameters<WorkerHandle['tell']>[0]): void {
    for (const worker of this.#workers) worker.tell(message);
  }

  // ---- events --------------------------------------------------------------------------------------------------------

  #event(event: string, with_: unknown): void {
    const { id } = with_ as { id: string };
    if (event === 'endpoint.closed') {
      const worker = this.#where.endpoint.get(id);
      if (worker) worker.endpoints--;
      this.#where.endpoint.delete(id);
    } else if (event === 'bridge.closed') this.#where.bridge.delete(id);
    else if (event === 'playback.ended') this.#where.playback.delete(id);
    this.#options.link.publish(event, with_);
  }

  /** A worker died: what it held is gone, and another takes its ports. */
  #died(index: number, count: number, worker: WorkerHandle, reason: string): void {
    if (this.#closing) return;
    this.#logger.error({ worker: index, endpoints: worker.endpoints, reason }, 'media worker died');
    const quality = { received: 0, lost: 0, jitterMs: 0, mos: 1, codec: '' };
    const lost = (kind: Where) => [...this.#where[kind]].filter(([, at]) => at === worker).map(([id]) => id);
    for (const id of lost('playback'))
      this.#event('playback.ended', { id, on: '', end: 'failed', reason: 'media worker died' });
    this.#recordings.lost(worker);
    for (const id of lost('bridge')) this.#event('bridge.closed', { id, why: 'failed' });
    for (const id of lost('endpoint')) this.#event('endpoint.closed', { id, why: 'failed', quality });
    this.#startWorker(index, count).catch((error: Error) => {
      this.#logger.fatal({ err: error, worker: index }, 'media worker cannot be started again');
    });
  }

  /** The server is gone: calls talk on for the grace time, then all media end. */
  #waitForServer(): void {
    clearTimeout(this.#grace);
    if (this.#closing) return;
    this.#grace = setTimeout(() => void this.#closeAll(), this.#options.graceMs ?? 30_000);
  }

  async #closeAll(): Promise<void> {
    const endpoints = [...this.#where.endpoint];
    const bridges = [...this.#where.bridge];
    this.#logger.warn({ endpoints: endpoints.length, bridges: bridges.length }, 'no server came back: media end');
    const ended = await Promise.allSettled([
      ...endpoints.map(([id, worker]) => worker.ask('endpoint.close', { id })),
      ...bridges.map(([id, worker]) => worker.ask('bridge.close', { id })),
    ]);
    for (const one of ended) if (one.status === 'rejected') this.#logger.warn({ err: one.reason }, 'media did not end');
  }
}
