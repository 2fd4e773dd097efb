// A media engine that hears and plays nothing, but knows what is open.
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { joined } from '../../../media/joined.ts';
import type {
  Audio,
  Bridge,
  BridgeEvents,
  BridgeOptions,
  BridgeRole,
  Capabilities,
  Digits,
  EndpointEvents,
  MediaEndpoint,
  MediaServer,
  MediaServerEvents,
  OpenRequest,
  Playback,
  PlaybackEnd,
  PlayOptions,
  Quality,
  Recording,
  RecordingOptions,
} from '../../../media/media-server.ts';

const sdp = 'v=0\r\nfake\r\n';
const quality: Quality = { received: 1, lost: 0, jitterMs: 0, mos: 4.4, codec: 'PCMA' };

class FakePlayback implements Playback {
  readonly id: string;
  readonly ended: Promise<PlaybackEnd>;
  #end!: (end: PlaybackEnd) => void;

  constructor(options: PlayOptions | undefined) {
    this.id = options?.id ?? 'p';
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    if (options?.times !== Number.POSITIVE_INFINITY) setImmediate(() => this.#end('finished'));
  }

  stop(how: PlaybackEnd = 'stopped'): void {
    this.#end(how);
  }
}

class FakeRecording implements Recording {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
  pause(): void {}
  resume(): void {}
  async stop() {
    return { ms: 1, bytes: 44 };
  }
  async read() {
    return { stream: Readable.from([]), size: 0 };
  }
}

export class FakeEndpoint extends EventEmitter<EndpointEvents> implements MediaEndpoint {
  readonly id: string;
  readonly sdp = sdp;
  readonly #server: FakeMedia;
  #playback: FakePlayback | undefined;
  #collect: ((digits: Digits) => void) | undefined;

  constructor(id: string, server: FakeMedia) {
    super();
    this.id = id;
    this.#server = server;
  }
  async accept(): Promise<void> {}
  async renegotiate(): Promise<string> {
    return sdp;
  }
  async offer(): Promise<string> {
    return sdp;
  }
  async direction(): Promise<void> {}
  play(_audio: Audio[], options?: PlayOptions): Playback {
    this.#playback?.stop();
    this.#playback = new FakePlayback(options);
    return this.#playback;
  }
  collect(): Promise<Digits> {
    this.stopCollect();
    return new Promise((resolve) => {
      this.#collect = resolve;
    });
  }
  stopCollect(): void {
    this.#collect?.({ digits: '', end: 'stopped' });
  }
  digitFromSignaling(digit: string): void {
    this.#collect?.({ digits: digit, end: 'max' });
  }
  async sendDtmf(): Promise<void> {}
  record(options: RecordingOptions): Recording {
    return new FakeRecording(options.id);
  }
  async quality(): Promise<Quality> {
    return quality;
  }
  async close(): Promise<void> {
    if (!this.#server.endpoints.delete(this.id)) throw new Error(`${this.id} was closed twice`);
    this.#playback?.stop('closed');
    this.#collect?.({ digits: '', end: 'closed' });
    this.emit('closed', { why: 'asked', quality });
  }
  /** The engine drops it. */
  lose(): void {
    this.#server.endpoints.delete(this.id);
    this.emit('closed', { why: 'lost' });
  }
}

class FakeBridge extends EventEmitter<BridgeEvents> implements Bridge {
  readonly id: string;
  readonly members = new Map<string, BridgeRole>();
  readonly #server: FakeMedia;
  constructor(id: string, server: FakeMedia) {
    super();
    this.id = id;
    this.#server = server;
  }
  async add(endpoint: string, role: BridgeRole): Promise<void> {
    this.members.set(endpoint, role);
  }
  async remove(endpoint: string): Promise<void> {
    this.members.delete(endpoint);
  }
  play(_audio: Audio[], options?: PlayOptions): Playback {
    return new FakePlayback(options);
  }
  record(options: RecordingOptions): Recording {
    return new FakeRecording(options.id);
  }
  async close(): Promise<void> {
    if (!this.#server.bridges.delete(this.id)) throw new Error(`${this.id} was closed twice`);
  }
}

export class FakeMedia extends EventEmitter<MediaServerEvents> implements MediaServer {
  readonly capabilities: Capabilities = { engine: 'fake', adoption: false, codecs: ['PCMA'] };
  trouble: string | undefined;
  readonly endpoints = new Map<string, FakeEndpoint>();
  readonly bridges = new Map<string, FakeBridge>();
  opened = 0;
  /** Code to fail `open` with. */
  refuse: string | undefined;

  async open({ id }: OpenRequest): Promise<MediaEndpoint> {
    if (this.refuse) throw Object.assign(new Error(this.refuse), { code: this.refuse });
    this.opened++;
    const endpoint = new FakeEndpoint(id, this);
    this.endpoints.set(id, endpoint);
    return endpoint;
  }
  async bridge(id: string, options: BridgeOptions = {}): Promise<Bridge> {
    const bridge = new FakeBridge(id, this);
    this.bridges.set(id, bridge);
    return joined(bridge, options);
  }
  async list() {
    return {
      endpoints: [...this.endpoints.values()],
      bridges: [...this.bridges.values()],
      playbacks: [],
      recordings: [],
    };
  }
  async recording(): Promise<undefined> {
    return undefined;
  }
  async forget(): Promise<void> {}
  async close(): Promise<void> {}
}
