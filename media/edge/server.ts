// MediaServer over the link: the engine is the edge's own.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { LinkClient, MediaEvents } from '../../link/index.ts';
import type { BridgeId, EndpointId, RecordingId } from '../../values/index.ts';
import type {
  Bridge,
  BridgeOptions,
  Capabilities,
  MediaEndpoint,
  MediaServer,
  MediaServerEvents,
  OpenRequest,
  Quality,
  Recording,
} from '../media-server.ts';
import { EdgeBridge } from './bridge.ts';
import { EdgeEndpoint, type EndpointContext } from './endpoint.ts';
import { EngineLink } from './engine-link.ts';
import { Playbacks } from './playbacks.ts';
import { EdgeRecording } from './recording.ts';

export interface EdgeMediaOptions {
  /** Started by the caller, after this driver was made, so that no event is missed. Not closed by the driver. */
  link: LinkClient;
  logger: Logger;
  /** Edge and server share their files: recordings are read without the link. Default false. */
  sameHost?: boolean;
  /** How long after a failed comparison with the edge the next is tried; see CatchUp. */
  compareRetryMs?: { first: number; most: number } | undefined;
}

export class EdgeMediaServer extends EventEmitter<MediaServerEvents> implements MediaServer {
  readonly capabilities: Capabilities = { engine: 'edge', adoption: true, codecs: ['PCMA', 'PCMU'] };
  readonly #link: EngineLink;
  readonly #logger: Logger;
  readonly #context: EndpointContext;
  readonly #endpoints = new Map<EndpointId, EdgeEndpoint>();
  readonly #bridges = new Map<BridgeId, EdgeBridge>();

  constructor({ link, logger, sameHost = false, compareRetryMs }: EdgeMediaOptions) {
    super();
    this.#logger = logger;
    this.#link = new EngineLink(
      { link, logger, what: 'media', prefixes: ['endpoint', 'playback', 'recording', 'bridge'], compareRetryMs },
      {
        event: (name, body) => this.#event(name, body),
        compare: () => this.#compare(),
        emptied: () => this.#emptied(),
        lost: () => this.emit('lost'),
        restored: () => this.emit('restored'),
      },
    );
    const { ask } = this.#link;
    this.#context = { ask, logger, sameHost, playbacks: new Playbacks(ask, logger), memberOf: new Map() };
  }

  get trouble(): string | undefined {
    return this.#link.connected ? undefined : 'the connection to the edge is down';
  }

  async open(request: OpenRequest): Promise<MediaEndpoint> {
    const { id, offer, near, peer, gateway, purpose } = request;
    const endpoint = new EdgeEndpoint(id, '', this.#context);
    // Known before the reply: events may stand right behind it.
    const before = this.#endpoints.get(id);
    if (!before) this.#endpoints.set(id, endpoint);
    try {
      endpoint.opened((await this.#context.ask('endpoint.open', { id, offer, near, peer, gateway, purpose })).sdp);
    } catch (error) {
      if (!before) {
        this.#endpoints.delete(id);
        this.#link.maybeOpened(error, 'endpoint.close', id);
      }
      throw error;
    }
    return endpoint;
  }

  async bridge(id: BridgeId, { dtmf, members = [] }: BridgeOptions = {}): Promise<Bridge> {
    try {
      await this.#context.ask('bridge.open', { id, dtmf, ...(members.length === 0 ? {} : { members }) });
    } catch (error) {
      this.#link.maybeOpened(error, 'bridge.close', id);
      throw error;
    }
    return known(this.#bridges, id, () => new EdgeBridge(id, members, this.#context));
  }

  async list(): ReturnType<MediaServer['list']> {
    const { endpoints, bridges, playbacks, recordings } = await this.#context.ask('media.list', {});
    return {
      endpoints: endpoints.map(({ id, sdp }) =>
        known(this.#endpoints, id, () => new EdgeEndpoint(id, sdp, this.#context)),
      ),
      bridges: bridges.map(({ id, members }) =>
        known(this.#bridges, id, () => new EdgeBridge(id, members, this.#context)),
      ),
      playbacks,
      recordings: recordings.map(({ id }) => new EdgeRecording(id, this.#context)),
    };
  }

  async recording(id: RecordingId): Promise<Recording | undefined> {
    const { recording } = await this.#context.ask('recording.get', { id });
    return recording ? new EdgeRecording(id, this.#context) : undefined;
  }

  async forget(id: RecordingId): Promise<void> {
    await this.#context.ask('recording.forget', { id });
  }

  async close(): Promise<void> {
    this.#link.close();
  }

  #event(name: string, body: unknown): void {
    switch (name) {
      case 'endpoint.dtmf': {
        const { id, digit, ms, via } = body as MediaEvents['endpoint.dtmf'];
        this.#endpoints.get(id)?.emit('dtmf', { digit, ms, via });
        return;
      }
      case 'endpoint.collected': {
        const { id, collect, digits, end } = body as MediaEvents['endpoint.collected'];
        this.#endpoints.get(id)?.collected(collect, { digits, end });
        return;
      }
      case 'endpoint.rtp-timeout': {
        const { id, ms } = body as MediaEvents['endpoint.rtp-timeout'];
        this.#endpoints.get(id)?.emit('rtp-timeout', { ms });
        return;
      }
      case 'endpoint.quality': {
        const { id, quality } = body as MediaEvents['endpoint.quality'];
        this.#endpoints.get(id)?.emit('quality', quality);
        return;
      }
      case 'endpoint.closed': {
        const { id, why, quality } = body as MediaEvents['endpoint.closed'];
        this.#endpointClosed(id, why, quality);
        return;
      }
      case 'playback.ended':
        this.#context.playbacks.ended(body as MediaEvents['playback.ended']);
        return;
      case 'recording.failed': {
        const { id, reason } = body as MediaEvents['recording.failed'];
        this.#logger.error({ recording: id, reason }, 'recording failed on the edge');
        return;
      }
      case 'bridge.closed': {
        const { id, why } = body as MediaEvents['bridge.closed'];
        this.#bridgeClosed(id, why);
      }
    }
  }

  #endpointClosed(id: EndpointId, why: 'asked' | 'lost' | 'failed', quality?: Quality): void {
    this.#context.memberOf.get(id)?.left(id);
    const endpoint = this.#endpoints.get(id);
    this.#endpoints.delete(id);
    endpoint?.ended(why, quality);
  }

  #bridgeClosed(id: BridgeId, why: 'asked' | 'lost' | 'failed'): void {
    const bridge = this.#bridges.get(id);
    this.#bridges.delete(id);
    bridge?.ended(why);
  }

  /**
   * Events were lost: what the edge has no more has ended there. How, is not known: a playback counts as finished and a
   * collection as timed out, where the endpoint lives, so that flows go on. Only what the edge had begun is looked at:
   * the reply stands in one stream with the events, so that what begins meanwhile is safe.
   */
  async #compare(): Promise<void> {
    const { playbacks, ask } = this.#context;
    const endpoints = [...this.#endpoints.values()].filter(({ sdp }) => sdp !== '');
    const collections = endpoints.flatMap((endpoint) => {
      return endpoint.collecting().map((collect) => ({ endpoint, collect }));
    });
    const bridges = [...this.#bridges.keys()];
    const begun = playbacks.begun();
    const there = await ask('media.list', {});
    const livingEndpoints = new Map(there.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const livingBridges = new Set(there.bridges.map(({ id }) => id));
    const livingPlaybacks = new Set(there.playbacks.map(({ id }) => id));
    let ended = 0;
    for (const [id, { on, end }] of begun) {
      if (livingPlaybacks.has(id)) continue;
      ended++;
      end(livingEndpoints.has(on) || livingBridges.has(on) ? 'finished' : 'closed');
    }
    for (const { endpoint, collect } of collections) {
      const living = livingEndpoints.get(endpoint.id);
      if (living === undefined || living.collecting === collect) continue;
      ended++;
      endpoint.collected(collect, { digits: '', end: 'timeout' });
    }
    for (const id of bridges) if (!livingBridges.has(id)) this.#bridgeClosed(id, 'lost');
    for (const { id } of endpoints) if (!livingEndpoints.has(id)) this.#endpointClosed(id, 'lost');
    this.#logger.warn(
      { ended, endpoints: there.endpoints.length },
      'media was compared with the edge, events were lost',
    );
  }

  /** Another edge process: nothing of what we knew lives on. */
  #emptied(): void {
    this.#context.playbacks.allClosed();
    const endpoints = [...this.#endpoints.values()];
    const bridges = [...this.#bridges.values()];
    this.#endpoints.clear();
    this.#bridges.clear();
    for (const bridge of bridges) bridge.ended('lost');
    for (const endpoint of endpoints) endpoint.ended('lost');
  }
}

function known<T>(map: Map<string, T>, id: string, make: () => T): T {
  let found = map.get(id);
  if (!found) {
    found = make();
    map.set(id, found);
  }
  return found;
}
