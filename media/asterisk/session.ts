// The session between the far side and Asterisk: what was said to both, and which way sound may go.
import type { MediaDirection, Sdp } from '../media-server.ts';
import type { EndpointNote } from './endpoint-note.ts';
import {
  type AudioSide,
  agreed,
  type Described,
  directionOf,
  type Format,
  ownFormats,
  sameRtp,
  type Ways,
  waysOf,
  writeDescription,
} from './sdp.ts';

/** Before the far side has spoken: nothing is sent there. */
const nowhere: AudioSide = {
  address: '0.0.0.0',
  port: 9,
  formats: [...ownFormats],
  direction: 'inactive',
  black: true,
};

export class Session {
  #number = Math.floor(Math.random() * 2 ** 31);
  #version = 0;
  #text: Sdp = '';
  /** Where Asterisk listens. */
  #own: Pick<AudioSide, 'address' | 'port'> = { address: '', port: 0 };
  #formats: readonly Format[] = ownFormats;
  #others: (string | undefined)[] = [undefined];
  #far: AudioSide | undefined;
  /** What Asterisk knows of them. */
  #told: AudioSide | undefined;
  /** What we want, what both agreed, and what we do of it without a word to them. */
  #wanted: MediaDirection = 'sendrecv';
  #agreed: MediaDirection = 'sendrecv';
  #local: MediaDirection = 'sendrecv';

  get sdp(): Sdp {
    return this.#text;
  }

  get codec(): string {
    return this.#formats.find(({ name }) => name.startsWith('PCM'))?.name.replace('/8000', '') ?? '';
  }

  get digitsByEvent(): boolean {
    return this.#formats.some(({ name }) => name.startsWith('telephone-event'));
  }

  /** Which way sound goes now. */
  get ways(): Ways {
    return this.#waysWith(this.#agreed, this.#far);
  }

  /** What Asterisk shall send to, with what they have just said of themselves; `undefined` where it knows. */
  change(audio?: AudioSide): AudioSide | undefined {
    const far = audio ? this.#placed(audio) : this.#far;
    if (far === undefined) return undefined;
    const { send } = this.#waysWith(audio ? agreed(this.#wanted, audio.direction) : this.#agreed, far);
    // Where we send nothing, Asterisk has nowhere to send: muting leaves out what it plays by itself.
    const wanted = { ...far, black: !send };
    return this.#told && sameRtp(this.#told, wanted) && this.#told.black === wanted.black ? undefined : wanted;
  }

  /** For Asterisk: where to send from now on. */
  forAsterisk(far: AudioSide = nowhere): Sdp {
    const { address, port, formats, black } = far;
    return writeDescription({
      session: this.#number,
      version: ++this.#version,
      address: black ? (address.includes(':') ? '::' : '0.0.0.0') : address,
      port,
      formats,
      direction: black ? 'inactive' : 'sendrecv',
    });
  }

  /** Asterisk answered. @param told what it knows of them now @param keepFormats we offer more than it chose */
  fromAsterisk({ audio }: Described, told: AudioSide | undefined, keepFormats = false): void {
    this.#told = told;
    this.#own = { address: audio.address, port: audio.port };
    if (!keepFormats) this.#formats = audio.formats;
  }

  /** Answers theirs. */
  answer({ audio, others }: Described): Sdp {
    this.#others = others;
    this.#agreed = agreed(this.#wanted, audio.direction);
    this.#take(audio);
    return this.#write(this.#agreed);
  }

  /** Offers ours. @param direction from now on; default as before */
  offer(direction?: MediaDirection): Sdp {
    this.#wanted = direction ?? this.#wanted;
    return this.#write(this.#wanted);
  }

  /** They answered. */
  accepted({ audio }: Described): void {
    this.#agreed = agreed(this.#wanted, audio.direction);
    this.#take(audio);
  }

  set local(direction: MediaDirection) {
    this.#local = direction;
  }

  note(): EndpointNote['sdp'] {
    return {
      text: this.#text,
      session: this.#number,
      version: this.#version,
      formats: [...this.#formats],
      others: this.#others.map((other) => other ?? null),
      far: this.#far,
      wanted: this.#wanted,
      agreed: this.#agreed,
      local: this.#local,
    };
  }

  static revive(note: EndpointNote['sdp'], asterisk: Described): Session {
    const session = new Session();
    session.#number = note.session;
    session.#version = note.version;
    session.#text = note.text;
    session.#formats = note.formats;
    session.#others = note.others.map((other) => other ?? undefined);
    session.#far = note.far;
    session.#wanted = note.wanted;
    session.#agreed = note.agreed;
    session.#local = note.local;
    const { far } = note;
    session.fromAsterisk(asterisk, far && { ...far, black: !session.ways.send }, true);
    return session;
  }

  #waysWith(direction: MediaDirection, far: AudioSide | undefined): Ways {
    const { send, hear } = waysOf(agreed(direction, mirrored(this.#local)));
    return { send: send && far !== undefined && !far.black, hear };
  }

  #take(audio: AudioSide): void {
    this.#far = this.#placed(audio);
  }

  /** A black address is a hold: where they are does not change by it. */
  #placed(audio: AudioSide): AudioSide {
    return audio.black && this.#far ? { ...this.#far, black: true } : audio;
  }

  #write(direction: MediaDirection): Sdp {
    this.#text = writeDescription({
      session: this.#number,
      version: ++this.#version,
      ...this.#own,
      formats: this.#formats,
      direction,
      others: this.#others,
    });
    return this.#text;
  }
}

/** `agreed` mirrors what the other side says of itself; ours is to be taken as it is. */
function mirrored(direction: MediaDirection): MediaDirection {
  const { send, hear } = waysOf(direction);
  return directionOf({ send: hear, hear: send });
}
