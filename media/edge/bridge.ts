// A bridge on the edge.
import { EventEmitter } from 'node:events';
import type { BridgeId, EndpointId } from '../../values/index.ts';
import type {
  Audio,
  Bridge,
  BridgeEvents,
  BridgeRole,
  Playback,
  PlayOptions,
  Recording,
  RecordingOptions,
} from '../media-server.ts';
import type { EndpointContext } from './endpoint.ts';
import { EdgeRecording } from './recording.ts';

export class EdgeBridge extends EventEmitter<BridgeEvents> implements Bridge {
  readonly id: BridgeId;
  readonly #members = new Map<EndpointId, BridgeRole>();
  readonly #context: EndpointContext;
  #closed = false;

  constructor(id: BridgeId, members: readonly { endpoint: EndpointId; role: BridgeRole }[], context: EndpointContext) {
    super();
    this.id = id;
    this.#context = context;
    for (const { endpoint, role } of members) this.#joined(endpoint, role);
  }

  get members(): ReadonlyMap<EndpointId, BridgeRole> {
    return this.#members;
  }

  async add(endpoint: EndpointId, role: BridgeRole): Promise<void> {
    await this.#context.ask('bridge.add', { id: this.id, endpoint, role });
    if (!this.#closed) this.#joined(endpoint, role);
  }

  async remove(endpoint: EndpointId): Promise<void> {
    await this.#context.ask('bridge.remove', { id: this.id, endpoint });
    this.left(endpoint);
  }

  play(audio: Audio[], options?: PlayOptions): Playback {
    return this.#context.playbacks.play('bridge', this.id, audio, options);
  }

  record(options: RecordingOptions): Recording {
    const { id: recording, channels = 2 } = options;
    const begun = this.#context.ask('bridge.record', { id: this.id, recording, channels });
    return new EdgeRecording(recording, this.#context, begun);
  }

  async close(): Promise<void> {
    if (!this.#closed) await this.#context.ask('bridge.close', { id: this.id });
  }

  /** An endpoint is gone, or was taken into another bridge. */
  left(endpoint: EndpointId): void {
    this.#members.delete(endpoint);
    if (this.#context.memberOf.get(endpoint) === this) this.#context.memberOf.delete(endpoint);
  }

  ended(why: 'asked' | 'lost' | 'failed'): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const endpoint of [...this.#members.keys()]) this.left(endpoint);
    this.emit('closed', { why });
  }

  #joined(endpoint: EndpointId, role: BridgeRole): void {
    // An endpoint is in one bridge only: the edge took it out of the one before.
    this.#context.memberOf.get(endpoint)?.left(endpoint);
    this.#members.set(endpoint, role);
    this.#context.memberOf.set(endpoint, this);
  }
}
