// What outlives a server: dialogs, endpoints, bridges and recordings, with far sides that a test drives, and media requests
// that a test may delay, fail or lose. Every rule that is broken (ended twice, answered twice …) is a sentence in `broken`.
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { DialogEnd, DialogSnapshot } from '../../../../link/index.ts';
import type {
  Audio,
  Bridge,
  BridgeEvents,
  BridgeOptions,
  BridgeRole,
  Capabilities,
  DigitRule,
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
} from '../../../../media/media-server.ts';

export const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n';
const quality: Quality = { received: 1, lost: 0, jitterMs: 0, mos: 4.4, codec: 'PCMA' };

export interface EdgeDialog {
  snapshot: DialogSnapshot;
  ended: 'us' | 'remote' | 'linked' | 'lost' | undefined;
  byes: number;
  acked: boolean;
}

interface Op {
  server: ServerSide;
  what: string;
  run: () => void;
  /** Done, and nobody hears of it. */
  lose: () => void;
  fail: (code: string) => void;
}

/** The server that the edge obeys; a dead one hears and says nothing. */
export interface ServerSide {
  dead: boolean;
}

interface EdgeEndpoint {
  id: string;
  /** Handle of the server that holds it now. */
  handle: FakeEndpoint | undefined;
}

export interface Heard {
  endpoint: string;
  at: number;
  audio: Audio[];
  forever: boolean;
  /** Undefined while it plays. */
  end: PlaybackEnd | undefined;
}

interface EdgeRecording {
  id: string;
  on: string;
  state: 'recording' | 'sealed';
}

export class FakeEdge {
  readonly dialogs = new Map<string, EdgeDialog>();
  readonly endpoints = new Map<string, EdgeEndpoint>();
  readonly bridges = new Map<string, Map<string, BridgeRole>>();
  readonly recordings = new Map<string, EdgeRecording>();
  readonly broken: string[] = [];
  /** What was played to single endpoints, in order. */
  readonly heard: Heard[] = [];
  /** Ends while no server was there. */
  ends: DialogEnd[] = [];
  serverAway = false;
  /** Media requests wait until `step`. */
  lagging = false;
  linkDown = false;
  readonly #ops: Op[] = [];
  #cuts = 0;

  get waiting(): number {
    return this.#ops.length;
  }

  /** A media request. */
  ask<T>(server: ServerSide, what: string, work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const op: Op = {
      server,
      what,
      run: () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      },
      lose: () => {
        try {
          work();
        } catch (error) {
          reject(error);
        }
      },
      fail: (code) => reject(Object.assign(new Error(`${what}: ${code}`), { code })),
    };
    if (server.dead) return promise;
    if (this.linkDown) op.fail('media-unavailable');
    else {
      this.#ops.push(op);
      if (!this.lagging) queueMicrotask(() => this.drain());
    }
    return promise;
  }

  drain(): void {
    while (this.#ops.length > 0) this.step();
  }

  step(): void {
    const op = this.#ops.shift();
    if (op && !op.server.dead) op.run();
  }

  /** The oldest request fails, unless it is a closing. */
  failOldest(): void {
    const at = this.#ops.findIndex(({ what }) => !/close|stop|seal/.test(what));
    if (at < 0) return;
    const [op] = this.#ops.splice(at, 1);
    if (op && !op.server.dead) op.fail('media-failed');
  }

  cutLink(): void {
    this.linkDown = true;
    for (const op of this.#ops.splice(0)) {
      // What is on its way arrives or not; the reply never does. (What was opened so is closed again by the driver.)
      if (this.#cuts++ % 2 === 0 && !op.server.dead && !/^(open|bridge)$/.test(op.what)) op.lose();
      op.fail('media-unavailable');
    }
  }

  mendLink(): void {
    this.linkDown = false;
  }

  /** Another edge process: nothing lives on. */
  die(): void {
    for (const op of this.#ops.splice(0)) op.fail('media-unavailable');
    const endpoints = [...this.endpoints.values()];
    this.endpoints.clear();
    this.bridges.clear();
    for (const recording of this.recordings.values()) recording.state = 'sealed';
    for (const dialog of this.dialogs.values()) dialog.ended ??= 'lost';
    for (const { handle } of endpoints) handle?.closed('lost');
  }

  /** The dialog is over on the wire. @returns false where it was already */
  end(id: string, by: NonNullable<EdgeDialog['ended']>): boolean {
    const dialog = this.dialogs.get(id);
    if (!dialog || dialog.ended) return false;
    dialog.ended = by;
    if (!this.serverAway) return true;
    const { dialogId, note, linked } = dialog.snapshot;
    this.ends.push({ dialogId, note, at: Date.now(), by: by === 'us' ? 'lost' : by });
    if (linked !== undefined) this.end(linked, 'linked');
    return true;
  }

  dropEndpoint(id: string, why: 'asked' | 'lost'): boolean {
    const endpoint = this.endpoints.get(id);
    if (!endpoint) return false;
    this.endpoints.delete(id);
    for (const members of this.bridges.values()) members.delete(id);
    this.#sealOn(id);
    endpoint.handle?.closed(why);
    return true;
  }

  dropBridge(id: string): boolean {
    if (!this.bridges.delete(id)) return false;
    this.#sealOn(id);
    return true;
  }

  #sealOn(on: string): void {
    for (const recording of this.recordings.values()) if (recording.on === on) recording.state = 'sealed';
  }
}

class FakePlayback implements Playback {
  readonly id: string;
  readonly ended: Promise<PlaybackEnd>;
  #end!: (end: PlaybackEnd) => void;

  constructor(begun: Promise<void>, options: PlayOptions | undefined) {
    this.id = options?.id ?? 'ply';
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    begun.then(
      () => {
        if (options?.times !== Number.POSITIVE_INFINITY) setTimeout(() => this.#end('finished'), 40);
      },
      () => this.#end('failed'),
    );
  }

  stop(how: PlaybackEnd = 'stopped'): void {
    this.#end(how);
  }
}

class FakeRecording implements Recording {
  readonly id: string;
  readonly #edge: FakeEdge;
  readonly #server: ServerSide;

  constructor(id: string, edge: FakeEdge, server: ServerSide, on?: string) {
    this.id = id;
    this.#edge = edge;
    this.#server = server;
    if (on === undefined) return;
    edge
      .ask(server, 'record', () => {
        if (edge.bridges.has(on)) edge.recordings.set(id, { id, on, state: 'recording' });
      })
      .catch(() => undefined);
  }
  pause(): void {}
  resume(): void {}
  stop(): Promise<{ ms: number; bytes: number }> {
    return this.#edge.ask(this.#server, 'seal', () => {
      const recording = this.#edge.recordings.get(this.id);
      if (!recording) throw Object.assign(new Error('no recording'), { code: 'media-unknown' });
      recording.state = 'sealed';
      return { ms: 1, bytes: 44 };
    });
  }
  async read() {
    return { stream: Readable.from([]), size: 0 };
  }
}

export class FakeEndpoint extends EventEmitter<EndpointEvents> implements MediaEndpoint {
  readonly id: string;
  readonly sdp = sdp;
  readonly #edge: FakeEdge;
  readonly #server: ServerSide;
  #playback: FakePlayback | undefined;
  #collect: ((digits: Digits) => void) | undefined;
  #closed = false;

  constructor(id: string, edge: FakeEdge, server: ServerSide) {
    super();
    this.id = id;
    this.#edge = edge;
    this.#server = server;
  }
  #ask<T>(what: string, work: () => T): Promise<T> {
    return this.#edge.ask(this.#server, what, () => {
      if (!this.#edge.endpoints.has(this.id)) throw Object.assign(new Error('gone'), { code: 'media-unknown' });
      return work();
    });
  }
  accept(): Promise<void> {
    return this.#ask('accept', () => undefined);
  }
  renegotiate(): Promise<string> {
    return this.#ask('renegotiate', () => sdp);
  }
  offer(): Promise<string> {
    return this.#ask('offer', () => sdp);
  }
  direction(): Promise<void> {
    return this.#ask('direction', () => undefined);
  }
  play(audio: Audio[], options?: PlayOptions): Playback {
    this.#playback?.stop();
    const playback = new FakePlayback(
      this.#ask('play', () => undefined),
      options,
    );
    this.#playback = playback;
    const forever = options?.times === Number.POSITIVE_INFINITY;
    const heard: Heard = { endpoint: this.id, at: Date.now(), audio, forever, end: undefined };
    this.#edge.heard.push(heard);
    void playback.ended.then((end) => {
      heard.end = end;
    });
    return playback;
  }
  collect(rule: DigitRule): Promise<Digits> {
    this.#collect?.({ digits: '', end: 'stopped' });
    const { promise, resolve, reject } = Promise.withResolvers<Digits>();
    this.#collect = resolve;
    this.#ask('collect', () => undefined).catch(reject);
    setTimeout(() => resolve({ digits: '', end: 'timeout' }), rule.firstMs);
    return promise;
  }
  stopCollect(): void {
    this.#collect?.({ digits: '', end: 'stopped' });
  }
  digitFromSignaling(digit: string): void {
    this.#playback?.stop('barged');
    this.#collect?.({ digits: digit, end: 'max' });
    this.#collect = undefined;
  }
  sendDtmf(): Promise<void> {
    return this.#ask('sendDtmf', () => undefined);
  }
  record(options: RecordingOptions): Recording {
    return new FakeRecording(options.id, this.#edge, this.#server, this.id);
  }
  quality(): Promise<Quality> {
    return this.#ask('quality', () => quality);
  }
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#edge.ask(this.#server, 'close endpoint', () => this.#edge.dropEndpoint(this.id, 'asked'));
  }
  closed(why: 'asked' | 'lost'): void {
    if (this.#closed || this.#server.dead) return;
    this.#closed = true;
    this.#playback?.stop('closed');
    this.#collect?.({ digits: '', end: 'closed' });
    this.emit('closed', { why, quality });
  }
}

class FakeBridge extends EventEmitter<BridgeEvents> implements Bridge {
  readonly id: string;
  readonly #edge: FakeEdge;
  readonly #server: ServerSide;
  #closes = 0;

  constructor(id: string, edge: FakeEdge, server: ServerSide) {
    super();
    this.id = id;
    this.#edge = edge;
    this.#server = server;
  }
  get members(): Map<string, BridgeRole> {
    return this.#edge.bridges.get(this.id) ?? new Map();
  }
  #ask(what: string, work: (members: Map<string, BridgeRole>) => void): Promise<void> {
    return this.#edge.ask(this.#server, what, () => {
      const members = this.#edge.bridges.get(this.id);
      if (!members) throw Object.assign(new Error('no bridge'), { code: 'media-unknown' });
      work(members);
    });
  }
  add(endpoint: string, role: BridgeRole): Promise<void> {
    return this.#ask('bridge.add', (members) => {
      if (!this.#edge.endpoints.has(endpoint)) throw Object.assign(new Error('gone'), { code: 'media-unknown' });
      members.set(endpoint, role);
    });
  }
  remove(endpoint: string): Promise<void> {
    return this.#ask('bridge.remove', (members) => void members.delete(endpoint));
  }
  play(_audio: unknown, options?: PlayOptions): Playback {
    return new FakePlayback(
      this.#ask('bridge.play', () => undefined),
      options,
    );
  }
  record(options: RecordingOptions): Recording {
    return new FakeRecording(options.id, this.#edge, this.#server, this.id);
  }
  async close(): Promise<void> {
    await this.#edge.ask(this.#server, 'close bridge', () => void this.#edge.dropBridge(this.id));
    if (++this.#closes > 1) this.#edge.broken.push(`bridge ${this.id} was closed twice`);
  }
}

export class FakeMedia extends EventEmitter<MediaServerEvents> implements MediaServer {
  readonly capabilities: Capabilities = { engine: 'fake', adoption: true, codecs: ['PCMA'] };
  trouble: string | undefined;
  readonly #edge: FakeEdge;
  readonly #server: ServerSide;

  constructor(edge: FakeEdge, server: ServerSide) {
    super();
    this.#edge = edge;
    this.#server = server;
  }
  open({ id, offer }: OpenRequest): Promise<MediaEndpoint> {
    return this.#edge.ask(this.#server, 'open', () => {
      if (offer === 'bad') throw Object.assign(new Error('no codec'), { code: 'media-sdp-rejected' });
      return this.#handle(id);
    });
  }
  bridge(id: string, { members = [] }: BridgeOptions = {}): Promise<Bridge> {
    return this.#edge.ask(this.#server, 'bridge', () => {
      for (const { endpoint } of members) {
        if (!this.#edge.endpoints.has(endpoint))
          throw Object.assign(new Error('no endpoint'), { code: 'media-unknown' });
      }
      this.#edge.bridges.set(id, new Map(members.map(({ endpoint, role }) => [endpoint, role])));
      return new FakeBridge(id, this.#edge, this.#server);
    });
  }
  async list() {
    return {
      endpoints: [...this.#edge.endpoints.keys()].map((id) => this.#handle(id)),
      bridges: [...this.#edge.bridges.keys()].map((id) => new FakeBridge(id, this.#edge, this.#server)),
      playbacks: [],
      recordings: [...this.#edge.recordings.values()]
        .filter(({ state }) => state === 'recording')
        .map(({ id }) => new FakeRecording(id, this.#edge, this.#server)),
    };
  }
  async recording(): Promise<undefined> {
    return undefined;
  }
  async forget(): Promise<void> {}
  async close(): Promise<void> {}

  #handle(id: string): FakeEndpoint {
    const handle = new FakeEndpoint(id, this.#edge, this.#server);
    this.#edge.endpoints.set(id, { id, handle });
    return handle;
  }
}
