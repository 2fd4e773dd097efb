// A bridge: a conference of FreeSWITCH, which begins with its first member and ends with its last.
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
import type { Control } from './control.ts';
import type { FreeswitchEndpoint, Membership } from './endpoint.ts';
import type { SharedFolder } from './folder.ts';
import { type PlayPlace, RunningPlayback } from './playback.ts';
import type { RawEvent } from './raw-fsmrf.ts';
import { FreeswitchRecording } from './recording.ts';

export interface BridgeTools {
  control: Control;
  folder: SharedFolder;
  logger: Logger;
  endpoint(id: EndpointId): FreeswitchEndpoint;
  closed(bridge: FreeswitchBridge): void;
  sealed(recording: FreeswitchRecording): void;
}

/** Profile in conference.conf.xml. */
const profile = 'switchroom';
const joinMs = 5_000;

interface Member {
  endpoint: FreeswitchEndpoint;
  /** FreeSWITCH's number for it in this conference. */
  number: string;
}

export class FreeswitchBridge extends EventEmitter<BridgeEvents> implements Bridge {
  readonly id: BridgeId;
  readonly conference: string;
  readonly #tools: BridgeTools;
  readonly #relaysDigits: boolean;
  readonly #roles = new Map<EndpointId, BridgeRole>();
  readonly #members = new Map<EndpointId, Member>();
  /** Channels that are on their way in, by uuid. */
  readonly #joining = new Map<string, (number: string) => void>();
  /** What waits for the end of a file, by member's number, '' for the whole conference. */
  readonly #playing = new Map<string, (played: boolean) => void>();
  #playback: RunningPlayback | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(id: BridgeId, dtmf: 'relay' | 'absorb', tools: BridgeTools) {
    super();
    this.id = id;
    this.conference = `sw-${id.replace(/[^A-Za-z0-9_-]/g, '')}`;
    this.#tools = tools;
    this.#relaysDigits = dtmf === 'relay';
  }

  get members(): ReadonlyMap<EndpointId, BridgeRole> {
    return this.#roles;
  }

  get playing(): string | undefined {
    return this.#playback?.over === false ? this.#playback.id : undefined;
  }

  add(id: EndpointId, role: BridgeRole): Promise<void> {
    return this.#inTurn(async () => {
      const endpoint = this.#tools.endpoint(id);
      if (!this.#members.has(id)) {
        this.#roles.set(id, role);
        try {
          await this.#join(endpoint, role);
        } catch (error) {
          this.#roles.delete(id);
          throw error;
        }
      }
      this.#roles.set(id, role);
      await this.#applyRoles(id);
    });
  }

  remove(id: EndpointId): Promise<void> {
    return this.#inTurn(() => this.#remove(id));
  }

  play(audio: Audio[], options: PlayOptions = {}): Playback {
    const before = this.#playback;
    before?.stop();
    const sounds = this.#tools.folder.sounds(audio);
    const after = before?.quiet ?? Promise.resolve();
    const playback = new RunningPlayback(this.#place(''), sounds, options, this.#tools.logger, after);
    if (this.#closed) playback.end('closed');
    this.#playback = playback;
    return playback;
  }

  record(options: RecordingOptions): Recording {
    const [first] = this.#members.values();
    if (!first) throw mediaErrors['media-failed']({ reason: `nobody is in bridge ${this.id}` });
    const recording = new FreeswitchRecording(this.#tools, () => first.endpoint.uuid, options);
    first.endpoint.keep(recording);
    return recording;
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      for (const id of [...this.#members.keys()]) await this.#remove(id);
      this.#end('asked');
    });
  }

  /** conference::maintenance of this conference. */
  maintenance(event: RawEvent): void {
    const number = event.getHeader('Member-ID') ?? '';
    switch (event.getHeader('Action')) {
      case 'add-member': {
        const uuid = event.getHeader('Unique-ID') ?? '';
        this.#joining.get(uuid)?.(number);
        this.#joining.delete(uuid);
        return;
      }
      case 'play-file-done':
        this.#played('', true);
        return;
      case 'play-file-member-done':
        this.#played(number, true);
        return;
      default:
    }
  }

  /** The engine is gone, and all conferences with it. */
  lost(): void {
    this.#end('lost');
  }

  #end(why: 'asked' | 'lost'): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#playback?.end('closed');
    for (const number of [...this.#playing.keys()]) this.#played(number, true);
    this.#tools.closed(this);
    this.emit('closed', { why });
  }

  async #join(endpoint: FreeswitchEndpoint, role: BridgeRole): Promise<void> {
    await endpoint.stopPlayback();
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#joining.set(endpoint.uuid, resolve);
    // Muted until it is settled who hears her: not even a syllable of a whisper may reach the customer.
    const flags = role === 'talk' ? '' : '+flags{mute}';
    const left = endpoint.raw.execute('conference', `${this.conference}@${profile}${flags}`);
    const timer = setTimeout(() => resolve(''), joinMs);
    // A conference that cannot be entered is over at once.
    void left.then(() => resolve('')).catch(() => resolve(''));
    const number = await promise;
    clearTimeout(timer);
    this.#joining.delete(endpoint.uuid);
    if (number === '' || endpoint.gone) {
      throw mediaErrors['media-failed']({ reason: `FreeSWITCH did not let ${endpoint.id} into the conference` });
    }
    this.#members.set(endpoint.id, { endpoint, number });
    const membership: Membership = {
      conference: this.conference,
      member: number,
      relaysDigits: this.#relaysDigits,
      place: () => this.#place(number),
      digit: (from, digit) => this.#relay(from, digit),
      left: (gone) => this.#forget(gone.id),
    };
    endpoint.joined(membership);
  }

  async #remove(id: EndpointId): Promise<void> {
    const member = this.#members.get(id);
    if (!member) return;
    await member.endpoint.stopPlayback();
    const answer = await this.#tools.control.api(`conference ${this.conference} kick ${member.number}`);
    // Who has left meanwhile, or the whole conference with its last member, needs no kick.
    if (/^-ERR/.test(answer) && !/not found|Non-Existant/i.test(answer)) {
      throw mediaErrors['media-failed']({ reason: `kick: ${answer.trim()}` });
    }
    member.endpoint.leftBridge();
    this.#forget(id);
  }

  #forget(id: EndpointId): void {
    const member = this.#members.get(id);
    this.#members.delete(id);
    this.#roles.delete(id);
    if (member) this.#played(member.number, true);
  }

  /** Who is muted, and who is not heard by whom, after a change of `id`. */
  async #applyRoles(id: EndpointId): Promise<void> {
    const { control } = this.#tools;
    const changed = this.#members.get(id);
    if (!changed) return;
    const role = this.#roles.get(id);
    const mute = (how: 'mute' | 'unmute') =>
      control.api(`conference ${this.conference} ${how} ${changed.number} quiet`);
    if (role === 'listen') await mute('mute');
    for (const [speaker, { number }] of this.#members) {
      const whispers = this.#roles.get(speaker);
      const target = typeof whispers === 'object' ? whispers.whisperTo : undefined;
      for (const [hearer, other] of this.#members) {
        if (hearer === speaker || (speaker !== id && hearer !== id)) continue;
        const relation = target === undefined || target === hearer ? 'clear' : 'nospeak';
        await control.api(`conference ${this.conference} relate ${number} ${other.number} ${relation}`);
      }
    }
    if (role !== 'listen') await mute('unmute');
  }

  #relay(from: FreeswitchEndpoint, digit: Digit): void {
    if (!this.#relaysDigits) return;
    for (const [id, { endpoint }] of this.#members) {
      if (endpoint === from || this.#roles.get(id) !== 'talk') continue;
      endpoint.sendDtmf(digit).catch((error: unknown) => {
        this.#tools.logger.warn({ err: error, bridge: this.id }, 'digit could not be passed on');
      });
    }
  }

  /** @param number of a member, or '' for all */
  #place(number: string): PlayPlace {
    const { control } = this.#tools;
    return {
      once: async (sound) => {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        this.#playing.set(number, resolve);
        const answer = await control.api(`conference ${this.conference} play ${sound} ${number}`.trimEnd());
        if (/^-ERR|not found/i.test(answer)) this.#played(number, false);
        return promise;
      },
      halt: async () => {
        await control.api(`conference ${this.conference} stop all ${number}`.trimEnd());
        this.#played(number, true);
      },
    };
  }

  #played(number: string, played: boolean): void {
    const done = this.#playing.get(number);
    this.#playing.delete(number);
    done?.(played);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
