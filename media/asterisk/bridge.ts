// A bridge on Asterisk: those who talk are in it. Who listens or whispers stands beside it, with a snoop at one of them, and
// nobody else can hear her. Digits are absorbed always and passed on by us, so that what is collected stays ours.
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
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
import type { AsteriskRecording } from './recording.ts';

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

/** A snoop that was hung up is gone after that many looks, that many milliseconds apart, or never. */
const mostTries = 25;
const goingMs = 20;

/** Which recording of the bridge runs at which endpoint. */
interface BridgeRecording {
  at: EndpointId;
  recording: AsteriskRecording;
}

export class AsteriskBridge extends EventEmitter<BridgeEvents> implements Bridge {
  readonly id: BridgeId;
  dtmf: 'relay' | 'absorb';
  readonly player: Player;
  readonly #tools: BridgeTools;
  readonly #members = new Map<EndpointId, Member>();
  /** Who listens or whispers → the member at which she does so. */
  readonly #observed = new Map<EndpointId, EndpointId>();
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
    const first = this.#talkers()[0]?.endpoint;
    for (const { endpoint, role } of members) {
      if (role !== 'talk' && first) this.#observed.set(endpoint.id, role === 'listen' ? first.id : role.whisperTo);
    }
    this.#recordings = (first?.recordings ?? []).map((recording) => ({ at: first?.id ?? '', recording }));
    this.player.inherit(playing);
  }

  add(id: EndpointId, role: BridgeRole): Promise<void> {
    return this.#inTurn(async () => {
      const endpoint = this.#tools.endpoint(id);
      if (!endpoint) throw mediaErrors['media-unknown']({ reason: `there is no endpoint ${id}` });
      if (typeof role === 'object' && this.#members.get(role.whisperTo)?.role !== 'talk') {
        throw mediaErrors['media-unknown']({ reason: `${role.whisperTo} does not talk in the bridge` });
      }
      await this.#place(endpoint);
      const elsewhere = this.#tools.memberOf.get(id);
      if (elsewhere && elsewhere !== this) await elsewhere.remove(id);
      const before = this.#members.get(id);
      if (before && sameRole(before.role, role)) return;
      if (before) await this.#leave(before);
      const member = { endpoint, role };
      this.#members.set(id, member);
      this.#tools.memberOf.set(id, this);
      try {
        await this.#enter(member);
      } catch (error) {
        // Nobody whom Asterisk has not taken in: who asks again would be told that she is there.
        this.#forget(id);
        throw error;
      }
      if (before?.role === 'talk') await this.#observeOthersThan(id);
      if (role === 'talk') {
        for (const one of this.#recordings) if (one.at === id) one.recording.aside(false);
        await this.#attachAll();
      }
      this.#note();
    });
  }

  remove(id: EndpointId): Promise<void> {
    return this.#inTurn(async () => {
      const member = this.#members.get(id);
      if (!member) return;
      await this.#leave(member);
      // The recording is the bridge's: it waits until its member is back.
      for (const one of this.#recordings) if (one.at === id) one.recording.aside(true);
      this.#forget(id);
      await this.#observeOthersThan(id);
      member.endpoint.noteSoon();
    });
  }

  /** A member is gone, with its channel. */
  left(id: EndpointId): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.#forget(id);
    this.#inTurn(async () => {
      if (member.role !== 'talk') await this.#detach(id);
      await this.#observeOthersThan(id);
    }).catch((error: unknown) => this.#tools.logger.warn({ err: error, bridge: this.id }, 'bridge was not tidied'));
  }

  /** Whether that member stands beside it and overhears. */
  observes(id: EndpointId): boolean {
    return this.#observed.has(id);
  }

  /** Whether digits of that member go to others. */
  relays(from: EndpointId): boolean {
    return this.dtmf === 'relay' && this.#members.get(from)?.role === 'talk';
  }

  /** Who hears a digit of that member: all who talk with it. */
  async relay(from: EndpointId, digit: Digit, ms: number): Promise<void> {
    if (!this.relays(from)) return;
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
    const first = this.#talkers()[0];
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
        for (const { endpoint, role } of this.#members.values()) if (role !== 'talk') await this.#detach(endpoint.id);
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

  async #enter(member: Member): Promise<void> {
    const { endpoint, role } = member;
    if (role === 'talk') {
      const at = { bridgeId: this.id, channel: endpoint.channelId, absorbDTMF: true };
      await this.#placed().ari.ask((client) => client.bridges.addChannel(at));
    } else await this.#attachAll(endpoint.id);
  }

  async #leave({ endpoint, role }: Member): Promise<void> {
    if (role !== 'talk') {
      await this.#detach(endpoint.id);
      return;
    }
    const at = { bridgeId: this.id, channel: endpoint.channelId };
    await this.#placed().ari.ask((client) => client.bridges.removeChannel(at));
  }

  #talkers(): Member[] {
    return [...this.#members.values()].filter(({ role }) => role === 'talk');
  }

  /** Who listened to that one, listens to another from now on. */
  async #observeOthersThan(id: EndpointId): Promise<void> {
    for (const [observer, observed] of [...this.#observed]) if (observed === id) await this.#detach(observer);
    await this.#attachAll();
  }

  /**
   * Gives every listener and whisperer somebody to be with, as long as there is one. One with whom that fails hears nothing,
   * and costs those who talk nothing.
   * @throws what Asterisk says of `asking`
   */
  async #attachAll(asking?: EndpointId): Promise<void> {
    for (const { endpoint, role } of this.#members.values()) {
      if (role === 'talk' || this.#observed.has(endpoint.id)) continue;
      const talkers = this.#talkers();
      const wanted = role === 'listen' ? undefined : talkers.find((one) => one.endpoint.id === role.whisperTo);
      const target = wanted ?? talkers[0];
      // Whoever she whispered to is gone: she listens on, unheard.
      if (!target) continue;
      try {
        await this.#attach(endpoint, target.endpoint, wanted !== undefined);
      } catch (error) {
        await this.#detach(endpoint.id);
        if (endpoint.id === asking) throw error;
        this.#tools.logger.warn({ err: error, bridge: this.id, endpoint: endpoint.id }, 'nobody could be overheard');
      }
    }
  }

  /** A bridge beside this one: the observer, and a snoop at one member, who hears her where she whispers. */
  async #attach(observer: AsteriskEndpoint, observed: AsteriskEndpoint, whisper: boolean): Promise<void> {
    const host = this.#placed();
    const { snoop, side } = namesOf(observer.id);
    this.#observed.set(observer.id, observed.id);
    const comes = host.comes(snoop);
    comes.catch(() => undefined);
    const request = {
      channelId: observed.channelId,
      snoopId: snoop,
      spy: 'both',
      whisper: whisper ? 'out' : 'none',
      app: application,
      appArgs: helper,
    };
    for (let tries = 1; ; tries++) {
      try {
        await host.ari.ask(({ channels }) => channels.snoopChannelWithId(request));
        break;
      } catch (error) {
        // Asterisk hangs up in its own time: the snoop before this one may have its name still.
        if (tries === mostTries || !(await this.#isThere(host, snoop))) throw error;
        await delay(goingMs);
      }
    }
    await comes;
    await host.ari.ask(({ bridges }) => bridges.createWithId({ type: 'mixing', bridgeId: side, name: helper }));
    const channel = [observer.channelId, snoop];
    await host.ari.ask(({ bridges }) => bridges.addChannel({ bridgeId: side, channel, absorbDTMF: true }));
  }

  async #isThere(host: AsteriskHost, channelId: string): Promise<boolean> {
    return host.ari
      .ask(({ channels }) => channels.get({ channelId }))
      .then(
        () => true,
        () => false,
      );
  }

  async #detach(observer: EndpointId): Promise<void> {
    const host = this.#host;
    this.#observed.delete(observer);
    if (!host?.up) return;
    const { snoop, side } = namesOf(observer);
    const steps = [
      host.ari.ask(({ bridges }) => bridges.destroy({ bridgeId: side })),
      host.ari.ask(({ channels }) => channels.hangup({ channelId: snoop })),
    ];
    for (const result of await Promise.allSettled(steps)) {
      if (result.status === 'rejected' && (result.reason as { code?: string }).code !== 'media-unknown') {
        this.#tools.logger.warn({ err: result.reason, bridge: this.id }, 'listening could not be ended');
      }
    }
  }

  #forget(id: EndpointId): void {
    this.#members.delete(id);
    if (this.#tools.memberOf.get(id) === this) this.#tools.memberOf.delete(id);
    this.#note();
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

/** Ids of what overhearing needs, by who does it. */
export function namesOf(observer: EndpointId): { snoop: string; side: string } {
  return { snoop: `${observer}-snoop`, side: `${observer}-side` };
}

function sameRole(a: BridgeRole, b: BridgeRole): boolean {
  if (typeof a === 'object' && typeof b === 'object') return a.whisperTo === b.whisperTo;
  return a === b;
}
