// A bridge on Asterisk. Who listens is a muted member; who whispers as well, and besides what she says is put into the ears of
// one other member by a pair of snoops. Digits are absorbed always and passed on by us, so that what is collected stays ours.
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { BridgeId, EndpointId } from '../../values/index.ts';
import { mediaErrors } from '../errors.ts';
import type {
  Audio,
  Bridge,
  BridgeEvents,
  BridgeRole,
  Digit,
  Playback,
  PlayOptions,
  Recording,
  RecordingOptions,
} from '../media-server.ts';
import { application } from './ari.ts';
import type { AudioShelf } from './audio-shelf.ts';
import type { AsteriskEndpoint } from './endpoint.ts';
import type { EndpointNote } from './endpoint-note.ts';
import { type AsteriskHost, helper } from './host.ts';
import { Player, type PlayingNote } from './playing.ts';

export interface BridgeTools {
  shelf: AudioShelf;
  logger: Logger;
  endpoint(id: EndpointId): AsteriskEndpoint | undefined;
  /** The bridge that an endpoint is in. */
  memberOf: Map<EndpointId, AsteriskBridge>;
  gone(bridge: AsteriskBridge): void;
}

interface Member {
  endpoint: AsteriskEndpoint;
  role: BridgeRole;
}

/** Which recording of the bridge runs at which endpoint. */
interface BridgeRecording {
  at: EndpointId;
  recording: Recording;
}

export class AsteriskBridge extends EventEmitter<BridgeEvents> implements Bridge {
  readonly id: BridgeId;
  dtmf: 'relay' | 'absorb';
  readonly player: Player;
  readonly #tools: BridgeTools;
  readonly #members = new Map<EndpointId, Member>();
  #recordings: BridgeRecording[] = [];
  /** Where it is, once it has a member. */
  #host: AsteriskHost | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(id: BridgeId, dtmf: 'relay' | 'absorb', tools: BridgeTools) {
    super();
    this.id = id;
    this.dtmf = dtmf;
    this.#tools = tools;
    const target = { kind: 'bridges' as const, id: () => id, host: () => this.#placed() };
    this.player = new Player(target, tools.shelf, tools.logger, () => this.#note());
  }

  get members(): ReadonlyMap<EndpointId, BridgeRole> {
    return new Map([...this.#members].map(([id, { role }]) => [id, role]));
  }

  get host(): AsteriskHost | undefined {
    return this.#host;
  }

  /** What is kept at a member for a later server. */
  membership(endpoint: AsteriskEndpoint): EndpointNote['bridge'] {
    const ids = [...this.#members.keys()];
    const member = this.#members.get(endpoint.id);
    if (!member) return undefined;
    const order = ids.indexOf(endpoint.id);
    const playing = order === 0 ? this.player.note : undefined;
    return { id: this.id, order, role: member.role, dtmf: this.dtmf, ...(playing ? { playing } : {}) };
  }

  /** Takes up what an earlier server had put together. */
  revive(host: AsteriskHost, members: readonly Member[], playing: PlayingNote | undefined): void {
    this.#host = host;
    for (const member of members) {
      this.#members.set(member.endpoint.id, member);
      this.#tools.memberOf.set(member.endpoint.id, this);
    }
    const first = members[0]?.endpoint;
    this.#recordings = (first?.recordings ?? []).map((recording) => ({ at: first?.id ?? '', recording }));
    this.player.inherit(playing);
  }

  add(id: EndpointId, role: BridgeRole): Promise<void> {
    return this.#inTurn(async () => {
      const endpoint = this.#tools.endpoint(id);
      if (!endpoint) throw mediaErrors['media-unknown']({ reason: `there is no endpoint ${id}` });
      const host = await this.#place(endpoint);
      const target = typeof role === 'object' ? this.#members.get(role.whisperTo)?.endpoint : undefined;
      if (typeof role === 'object' && !target) {
        throw mediaErrors['media-unknown']({ reason: `${role.whisperTo} is not in the bridge` });
      }
      const elsewhere = this.#tools.memberOf.get(id);
      if (elsewhere && elsewhere !== this) await elsewhere.remove(id);
      const before = this.#members.get(id)?.role;
      if (before !== undefined && typeof before === 'object') await this.#hush(endpoint);
      const mute = role !== 'talk';
      if (before === undefined || mute !== (before !== 'talk')) {
        const at = { bridgeId: this.id, channel: endpoint.channelId };
        // What a member may do is settled when it comes in.
        if (before !== undefined) await host.ari.ask((client) => client.bridges.removeChannel(at));
        await host.ari.ask((client) => client.bridges.addChannel({ ...at, mute, absorbDTMF: true }));
      }
      this.#members.set(id, { endpoint, role });
      this.#tools.memberOf.set(id, this);
      if (target) await this.#whisper(endpoint, target);
      if (before === undefined) for (const one of this.#recordings) if (one.at === id) one.recording.resume();
      this.#note();
    });
  }

  remove(id: EndpointId): Promise<void> {
    return this.#inTurn(async () => {
      const member = this.#members.get(id);
      if (!member) return;
      if (typeof member.role === 'object') await this.#hush(member.endpoint);
      const at = { bridgeId: this.id, channel: member.endpoint.channelId };
      await this.#placed().ari.ask((client) => client.bridges.removeChannel(at));
      // The recording is the bridge's: it waits until its member is back.
      for (const one of this.#recordings) if (one.at === id) one.recording.pause();
      this.left(id);
      member.endpoint.noteSoon();
    });
  }

  /** A member is gone. */
  left(id: EndpointId): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.#members.delete(id);
    if (this.#tools.memberOf.get(id) === this) this.#tools.memberOf.delete(id);
    for (const { endpoint, role } of this.#members.values()) {
      if (typeof role === 'object' && role.whisperTo === id) void this.#hush(endpoint);
    }
    if (typeof member.role === 'object') void this.#hush(member.endpoint);
    this.#note();
  }

  /** Who hears a digit of that member: all who talk with it. */
  async relay(from: EndpointId, digit: Digit, ms: number): Promise<void> {
    if (this.dtmf !== 'relay' || this.#members.get(from)?.role !== 'talk') return;
    const host = this.#placed();
    for (const [id, { endpoint, role }] of this.#members) {
      if (id === from || role !== 'talk') continue;
      const duration = Math.max(80, Math.min(ms, 1_000));
      await host.ari.ask(({ channels }) =>
        channels.sendDTMF({ channelId: endpoint.channelId, dtmf: digit, duration, before: 0, between: 60, after: 0 }),
      );
    }
  }

  play(audio: Audio[], options?: PlayOptions): Playback {
    return this.player.play(audio, options);
  }

  record(options: RecordingOptions): Recording {
    const [first] = this.#members.values();
    if (!first) throw mediaErrors['media-recording-failed']({ reason: `bridge ${this.id} is empty` });
    // What the first member says is left, what it hears is right: that is what all others say.
    const recording = first.endpoint.record(options);
    this.#recordings.push({ at: first.endpoint.id, recording });
    return recording;
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      const host = this.#host;
      if (this.#closed) return;
      if (host?.up) {
        for (const { endpoint, role } of this.#members.values()) {
          if (typeof role === 'object') await this.#hush(endpoint);
        }
        await host.ari
          .ask((client) => client.bridges.destroy({ bridgeId: this.id }))
          .catch((error: { code?: string }) => {
            if (error.code !== 'media-unknown') throw error;
          });
      }
      this.ended('asked');
    });
  }

  /** It is gone. */
  ended(why: 'asked' | 'lost' | 'failed'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.player.closed();
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const { endpoint } of members) {
      if (this.#tools.memberOf.get(endpoint.id) === this) this.#tools.memberOf.delete(endpoint.id);
      endpoint.noteSoon();
    }
    this.#tools.gone(this);
    this.emit('closed', { why });
  }

  #placed(): AsteriskHost {
    if (!this.#host) throw mediaErrors['media-failed']({ reason: `bridge ${this.id} has no member yet` });
    return this.#host;
  }

  /** It comes to be on the host of its first member, and stays there. */
  async #place(endpoint: AsteriskEndpoint): Promise<AsteriskHost> {
    if (this.#host && this.#host !== endpoint.host) {
      const reason = `${endpoint.id} is on ${endpoint.host.name}, the bridge on ${this.#host.name}`;
      throw mediaErrors['media-failed']({ reason });
    }
    if (!this.#host) {
      const bridge = { type: 'mixing', bridgeId: this.id, name: this.dtmf };
      await endpoint.host.ari.ask((client) => client.bridges.createWithId(bridge));
      this.#host = endpoint.host;
    }
    return endpoint.host;
  }

  /** What `from` says goes into the ears of `to`, and nowhere else. */
  async #whisper(from: AsteriskEndpoint, to: AsteriskEndpoint): Promise<void> {
    const { ari } = this.#placed();
    const names = whisperNames(from);
    const snoop = async (channelId: string, snoopId: string, how: { spy: string; whisper: string }) => {
      const comes = this.#placed().comes(snoopId);
      await ari.ask(({ channels }) =>
        channels.snoopChannelWithId({ channelId, snoopId, app: application, appArgs: helper, ...how }),
      );
      await comes;
    };
    await snoop(from.channelId, names.mouth, { spy: 'in', whisper: 'none' });
    await snoop(to.channelId, names.ear, { spy: 'none', whisper: 'out' });
    await ari.ask(({ bridges }) => bridges.createWithId({ type: 'mixing', bridgeId: names.bridge, name: helper }));
    await ari.ask(({ bridges }) =>
      bridges.addChannel({ bridgeId: names.bridge, channel: [names.mouth, names.ear], absorbDTMF: true }),
    );
  }

  async #hush(from: AsteriskEndpoint): Promise<void> {
    const host = this.#host;
    if (!host?.up) return;
    const names = whisperNames(from);
    const steps = [
      host.ari.ask(({ channels }) => channels.hangup({ channelId: names.mouth })),
      host.ari.ask(({ channels }) => channels.hangup({ channelId: names.ear })),
      host.ari.ask(({ bridges }) => bridges.destroy({ bridgeId: names.bridge })),
    ];
    for (const result of await Promise.allSettled(steps)) {
      if (result.status === 'rejected' && (result.reason as { code?: string }).code !== 'media-unknown') {
        this.#tools.logger.warn({ err: result.reason, bridge: this.id }, 'whispering could not be ended');
      }
    }
  }

  #note(): void {
    for (const { endpoint } of this.#members.values()) endpoint.noteSoon();
  }

  #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Ids of what whispering needs, by who whispers. */
function whisperNames({ id }: AsteriskEndpoint): { mouth: string; ear: string; bridge: string } {
  return { mouth: `${id}-mouth`, ear: `${id}-ear`, bridge: `${id}-whisper` };
}
