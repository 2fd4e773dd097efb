// The media engine of one worker: its endpoints and bridges, and the requests about them. Knows no thread and no link, so
// that tests can drive it as it is.
import { randomBytes } from 'node:crypto';
import { LinkFailure, type MediaEvents } from '../../link/index.ts';
import { systemClock } from '../../values/index.ts';
import type { Clip } from './audio/clip.ts';
import { Bridge } from './call/bridge.ts';
import { Endpoint } from './call/endpoint.ts';
import { type Body, bodyOf, flagOf, idOf, numberOf, oneOf, optionalText, textOf } from './call/fields.ts';
import type { Host, Ticker, Watched } from './call/host.ts';
import { Playing } from './call/playing.ts';
import { Recording } from './call/recording.ts';
import { audioOf, digitsOf, directionOf, membersOf, roleOf, ruleOf } from './call/requests.ts';
import type { Law } from './codec/g711.ts';
import { Pacer, type PacerTime, phases } from './pacer.ts';
import { Addresses } from './ports/addresses.ts';
import { NoPorts, PortPool } from './ports/pool.ts';
import { readFar } from './sdp/negotiate.ts';
import { SdpError } from './sdp/parse.ts';

export interface EngineOptions {
  bind: readonly string[];
  advertise: readonly string[];
  /** Ports of this worker, both included. */
  ports: { from: number; to: number };
  restMs: number;
  /** In order of preference, for offers of ours. */
  codecs: readonly Law[];
  inbandDtmf: boolean;
  rtpTimeoutMs: number;
  qualityMs: number;
  recordings: string;
}

export interface EngineOutside {
  event<Name extends keyof MediaEvents>(name: Name, body: MediaEvents[Name]): void;
  /** Something that an operator should know. */
  log(level: 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

const housekeepingMs = 500;
const sweepMs = 25;

export class Engine {
  readonly #options: EngineOptions;
  readonly #outside: EngineOutside;
  readonly #time: PacerTime;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #bridges = new Map<string, Bridge>();
  readonly #playing: Playing;
  readonly #recording: Recording;
  readonly #active: Set<Ticker>[] = Array.from({ length: phases }, () => new Set());
  readonly #watched = new Set<Watched>();
  readonly #pacer: Pacer;
  readonly #ports: PortPool;
  readonly #addresses: Addresses;
  readonly #host: Host;
  readonly #housekeeping: NodeJS.Timeout;
  #sweep: NodeJS.Timeout | undefined;
  #nextPhase = 0;
  #socketErrors = 0;

  constructor(options: EngineOptions, outside: EngineOutside, time: PacerTime) {
    this.#options = options;
    this.#outside = outside;
    this.#time = time;
    const now = () => time.now();
    this.#pacer = new Pacer(time, (phase, frame, due) => this.#tick(phase, frame, due));
    this.#ports = new PortPool({ ...options.ports, restMs: options.restMs, now, onerror: () => this.#socketErrors++ });
    this.#addresses = new Addresses(options, now);
    this.#host = {
      now,
      wall: () => systemClock.now(),
      cname: randomBytes(12).toString('base64url'),
      event: (name, body) => outside.event(name, body),
      activate: (ticker) => {
        (this.#active[ticker.phase] as Set<Ticker>).add(ticker);
        this.#pacer.wake();
      },
      watch: (watched) => {
        this.#watched.add(watched);
        this.#sweep ??= setInterval(() => this.#sweepAll(), sweepMs);
      },
    };
    this.#playing = new Playing(this.#host);
    this.#recording = new Recording(options.recordings, (id, reason) => {
      outside.log('error', 'recording failed', { recording: id, reason });
      outside.event('recording.failed', { id, reason });
    });
    this.#housekeeping = setInterval(() => this.#keepHouse(), housekeepingMs);
  }

  get load(): number {
    return this.#endpoints.size;
  }

  /** Does a request of the media protocol. @throws LinkFailure */
  handle(name: string, with_: unknown): unknown {
    const body = bodyOf(with_);
    switch (name) {
      case 'endpoint.open':
        return this.#open(body);
      case 'endpoint.accept':
        return this.#accept(body);
      case 'endpoint.renegotiate': {
        const endpoint = this.#endpoint(body);
        const sdp = described(() => endpoint.session.answer(textOf(body, 'offer')));
        endpoint.settled();
        return { sdp };
      }
      case 'endpoint.offer': {
        const direction = body.direction === undefined ? undefined : directionOf(body);
        return { sdp: this.#endpoint(body).session.offer(direction) };
      }
      case 'endpoint.direction':
        this.#endpoint(body).direction(directionOf(body));
        return {};
      case 'endpoint.play':
        return this.#play(this.#endpoint(body), body);
      case 'endpoint.collect':
        this.#endpoint(body).collect(idOf(body, 'collect'), ruleOf(body));
        return {};
      case 'endpoint.stopCollect':
        this.#endpoint(body).digits.stop('stopped');
        return {};
      case 'endpoint.digit': {
        const digit = digitsOf(body, 'digit');
        for (const one of digit) this.#endpoint(body).key(one, numberOf(body, 'ms', 0, 60_000));
        return {};
      }
      case 'endpoint.sendDtmf': {
        const endpoint = this.#endpoint(body);
        const digits = digitsOf(body, 'digits');
        return new Promise((resolve) => endpoint.sendDigits(digits, () => resolve({})));
      }
      case 'endpoint.record':
        return this.#record(this.#endpoint(body), body);
      case 'endpoint.quality':
        return this.#endpoint(body).quality();
      case 'endpoint.close':
        return this.#close(this.#endpoint(body));
      case 'bridge.open':
        return this.#openBridge(body);
      case 'bridge.add':
        this.#bridge(body).add(this.#endpoint(body, 'endpoint'), roleOf(body));
        return {};
      case 'bridge.remove': {
        const endpoint = this.#endpoints.get(idOf(body, 'endpoint'));
        if (endpoint) this.#bridge(body).remove(endpoint);
        return {};
      }
      case 'bridge.play':
        return this.#play(this.#bridge(body), body);
      case 'bridge.record':
        return this.#record(this.#bridge(body), body);
      case 'bridge.close':
        return this.#closeBridge(this.#bridge(body));
      case 'playback.stop':
        this.#playing.stop(idOf(body));
        return {};
      case 'recording.pause':
        this.#recording.find(idOf(body)).pause();
        return {};
      case 'recording.resume':
        this.#recording.find(idOf(body)).resume();
        return {};
      case 'recording.stop':
        return this.#recording.stop(idOf(body));
      case 'recording.get':
        return { recording: this.#recording.describe(idOf(body)) };
      case 'media.list':
        return this.#list();
      default:
        throw new LinkFailure('request-unknown', `${name} is no media request`);
    }
  }

  /** A file was loaded. */
  addClip(hash: string, clip: Clip): void {
    this.#playing.add(hash, clip);
  }

  dropClip(hash: string): void {
    this.#playing.drop(hash);
  }

  /** A file cannot be loaded. */
  failClip(hash: string, reason: string): void {
    this.#playing.fail(hash, reason);
  }

  /** Ends everything; recordings are sealed. */
  async close(): Promise<void> {
    clearInterval(this.#housekeeping);
    clearInterval(this.#sweep);
    await Promise.all([...this.#endpoints.values()].map((endpoint) => this.#close(endpoint)));
    await Promise.all([...this.#bridges.values()].map((bridge) => this.#closeBridge(bridge)));
    this.#pacer.close();
    this.#ports.close();
  }

  // ---- endpoints -----------------------------------------------------------------------------------------------------

  async #open(body: Body): Promise<{ sdp: string }> {
    const id = idOf(body);
    const offer = optionalText(body, 'offer');
    const peer = optionalText(body, 'peer');
    const near = this.#endpoints.get(optionalText(body, 'near') ?? '');
    if (this.#endpoints.has(id)) throw new LinkFailure('request-invalid', `endpoint ${id} exists`);
    // Before any port is taken: a bad offer costs nothing.
    const far = offer === undefined ? undefined : described(() => peekAddress(offer, this.#options.codecs));
    const local = await this.#addresses.towards(far ?? peer).catch((error: Error) => {
      throw new LinkFailure('media-sdp-rejected', error.message);
    });
    if (this.#endpoints.has(id)) throw new LinkFailure('request-invalid', `endpoint ${id} exists`);
    let endpoint: Endpoint | undefined;
    const user = {
      rtp: (...packet: Parameters<Endpoint['rtp']>) => endpoint?.rtp(...packet),
      rtcp: (...packet: Parameters<Endpoint['rtcp']>) => endpoint?.rtcp(...packet),
    };
    const pair = ported(() => this.#ports.take(local.bind, user));
    const { codecs, inbandDtmf } = this.#options;
    const phase = near?.phase ?? this.#nextPhase++ % phases;
    const purpose = optionalText(body, 'purpose') ?? '';
    const gateway = flagOf(body, 'gateway');
    const address = gateway ? local.own : local.sdp;
    endpoint = new Endpoint({ id, purpose, peer, pair, address, gateway, phase, codecs, inbandDtmf }, this.#host);
    // No detour on the packet path.
    pair.user = endpoint;
    this.#endpoints.set(id, endpoint);
    if (offer === undefined) {
      // What the other leg of the call speaks comes first, so that its packets can be relayed as they are.
      const law = near?.session.far?.codec.name;
      const prefer = law ? [law, ...codecs.filter((codec) => codec !== law)] : codecs;
      return { sdp: endpoint.session.offer('sendrecv', prefer) };
    }
    endpoint.session.answer(offer);
    endpoint.settled();
    return { sdp: endpoint.session.sdp };
  }

  #accept(body: Body): { sdp: string } {
    const endpoint = this.#endpoint(body);
    if (described(() => endpoint.session.accept(textOf(body, 'answer'), flagOf(body, 'final')))) endpoint.settled();
    return { sdp: endpoint.session.sdp };
  }

  async #close(endpoint: Endpoint): Promise<Record<string, never>> {
    this.#endpoints.delete(endpoint.id);
    (this.#active[endpoint.phase] as Set<Ticker>).delete(endpoint);
    this.#watched.delete(endpoint);
    endpoint.close();
    this.#ports.give(endpoint.pair);
    this.#outside.event('endpoint.closed', { id: endpoint.id, why: 'asked', quality: endpoint.quality() });
    await this.#recording.end(endpoint);
    return {};
  }

  // ---- bridges -------------------------------------------------------------------------------------------------------

  #openBridge(body: Body): Record<string, never> {
    const id = idOf(body);
    if (this.#bridges.has(id)) throw new LinkFailure('request-invalid', `bridge ${id} exists`);
    const dtmf = body.dtmf === undefined ? 'relay' : oneOf(body, 'dtmf', ['relay', 'absorb']);
    const members = membersOf(body).map((member) => ({ ...member, endpoint: this.#endpoint(member, 'endpoint') }));
    const near = members[0]?.endpoint ?? this.#endpoints.get(optionalText(body, 'near') ?? '');
    const bridge = new Bridge(id, near?.phase ?? this.#nextPhase++ % phases, dtmf, this.#host);
    this.#bridges.set(id, bridge);
    for (const { endpoint, role } of members) bridge.add(endpoint, role);
    return {};
  }

  async #closeBridge(bridge: Bridge): Promise<Record<string, never>> {
    this.#bridges.delete(bridge.id);
    (this.#active[bridge.phase] as Set<Ticker>).delete(bridge);
    bridge.close();
    this.#outside.event('bridge.closed', { id: bridge.id, why: 'asked' });
    await this.#recording.end(bridge);
    return {};
  }

  // ---- playing and recording -----------------------------------------------------------------------------------------

  #play(on: Endpoint | Bridge, body: Body): Record<string, never> {
    const times = numberOf(body, 'times', 0, 1_000_000);
    this.#playing.play(on, {
      playback: idOf(body, 'playback'),
      audio: audioOf(body),
      times,
      bargeIn: flagOf(body, 'bargeIn'),
    });
    return {};
  }

  #record(on: Endpoint | Bridge, body: Body): Record<string, never> {
    this.#recording.begin(on, idOf(body, 'recording'), body.channels === 1 ? 1 : 2);
    return {};
  }

  // ---- time ----------------------------------------------------------------------------------------------------------

  #tick(phase: number, frame: number, due: number): boolean {
    const active = this.#active[phase] as Set<Ticker>;
    for (const ticker of active) {
      if (!ticker.tick(frame, due)) active.delete(ticker);
    }
    return this.#active.some((tickers) => tickers.size > 0);
  }

  #sweepAll(): void {
    const now = this.#time.now();
    for (const watched of this.#watched) if (!watched.sweep(now)) this.#watched.delete(watched);
    if (this.#watched.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
  }

  #keepHouse(): void {
    const now = this.#time.now();
    const { rtpTimeoutMs, qualityMs } = this.#options;
    for (const endpoint of this.#endpoints.values()) {
      if (now >= endpoint.reportDue) {
        // RFC 3550 §6.2: 5 s, spread by half to one and a half.
        endpoint.reportDue = now + 2_500 + Math.random() * 5_000;
        endpoint.report(false);
      }
      if (endpoint.heardAt === 0) continue;
      const silentMs = now - endpoint.heardAt;
      // Again after each such time: who was alive when it was asked about may be gone by now.
      const due = silentMs >= rtpTimeoutMs && now - endpoint.silenceToldAt >= rtpTimeoutMs;
      if (endpoint.session.receiving && due) {
        endpoint.silenceToldAt = now;
        this.#outside.event('endpoint.rtp-timeout', { id: endpoint.id, ms: Math.round(silentMs) });
      }
      if (now >= endpoint.qualityDue) {
        endpoint.qualityDue = now + qualityMs;
        if (silentMs < qualityMs)
          this.#outside.event('endpoint.quality', { id: endpoint.id, quality: endpoint.quality() });
      }
    }
    if (this.#pacer.skipped > 0) {
      this.#outside.log('warn', 'media ticks were skipped', { ticks: this.#pacer.skipped });
      this.#pacer.skipped = 0;
    }
    if (this.#socketErrors > 0) {
      this.#outside.log('warn', 'packets could not be sent', { errors: this.#socketErrors });
      this.#socketErrors = 0;
    }
  }

  // ---- look-ups ------------------------------------------------------------------------------------------------------

  #endpoint(body: Body, field = 'id'): Endpoint {
    const id = idOf(body, field);
    const endpoint = this.#endpoints.get(id);
    if (!endpoint) throw new LinkFailure('media-unknown', `there is no endpoint ${id}`);
    return endpoint;
  }

  #bridge(body: Body): Bridge {
    const id = idOf(body);
    const bridge = this.#bridges.get(id);
    if (!bridge) throw new LinkFailure('media-unknown', `there is no bridge ${id}`);
    return bridge;
  }

  #list() {
    return {
      endpoints: [...this.#endpoints.values()].map(({ id, session, purpose, digits }) => {
        return { id, sdp: session.sdp, purpose, collecting: digits.collecting };
      }),
      bridges: [...this.#bridges.values()].map(({ id, members }) => {
        return { id, members: [...members].map(([{ id: endpoint }, role]) => ({ endpoint, role })) };
      }),
      playbacks: this.#playing.list(),
      recordings: this.#recording.list(),
    };
  }
}

/** The address in an offer. @throws SdpError where nothing in it fits */
function peekAddress(offer: string, codecs: readonly Law[]): string | undefined {
  return readFar(offer, codecs).address;
}

function described<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SdpError) throw new LinkFailure('media-sdp-rejected', error.message, { cause: error });
    throw error;
  }
}

function ported<T>(take: () => T): T {
  try {
    return take();
  } catch (error) {
    if (error instanceof NoPorts) throw new LinkFailure('media-no-ports', error.message, { cause: error });
    throw error;
  }
}
