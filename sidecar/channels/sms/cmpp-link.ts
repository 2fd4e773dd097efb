// One CMPP connection, without its socket: what is sent when, what is answered, what is repeated. Time comes in with `tick`.
//
//   new ─connect─▶ binding ─accepted─▶ open ─terminate─▶ ending ─▶ over
//                     └──refused──┐      └──silent, broken──┐        ▲
//                                 └─────────────────────────┴────────┘
//
// A request without an answer within T is sent again under the same Sequence_Id; after N times the connection is over
// (T = 60 s, N = 3, specification of China Mobile). At most `window` SUBMITs wait for their answer.
import { type Millis, machine } from '../../../values/index.ts';
import { command, type Frame, FrameReader, frameBytes } from './cmpp-frame.ts';
import {
  type CmppVersion,
  connectBody,
  type Deliver,
  deliverResponseBody,
  readConnectResponse,
  readDeliver,
  readSubmitResponse,
  type Submit,
  type SubmitResponse,
  submitBody,
} from './cmpp-packets.ts';

export type LinkState = 'new' | 'binding' | 'open' | 'ending' | 'over';
type LinkEvent = 'connect' | 'accepted' | 'terminate' | 'over';
export const linkMachine = machine<LinkState, LinkEvent>('cmpp-link', {
  new: { connect: 'binding', over: 'over' },
  binding: { accepted: 'open', terminate: 'ending', over: 'over' },
  open: { terminate: 'ending', over: 'over' },
  ending: { terminate: 'ending', over: 'over' },
  over: { over: 'over', terminate: 'over' },
});

export interface LinkOptions {
  account: string;
  secret: string;
  version: CmppVersion;
  window: number;
  /** T, N and C of the specification. */
  answerMs: Millis;
  tries: number;
  keepAliveMs: Millis;
  /** SUBMITs a second that the contract allows; absent: as many as the window lets. */
  perSecond?: number | undefined;
}

export interface LinkEnds {
  write(bytes: Buffer): void;
  /** Bound: SUBMITs go from now on. */
  opened(): void;
  /** Commits it; rejects where that is not possible: then the gateway is not answered, and sends it again. */
  deliver(deliver: Deliver): Promise<void>;
  /** It is of no more use. */
  over(why: string): void;
}

/** Why a SUBMIT has no answer. */
export class LinkLost extends Error {
  /** Whether it had left: then the gateway may have taken it. */
  readonly left: boolean;
  constructor(why: string, left: boolean) {
    super(why);
    this.left = left;
  }
}

interface Waiting {
  submit: Submit;
  resolve(response: SubmitResponse): void;
  reject(error: LinkLost): void;
}

interface Pending {
  frame: Frame;
  tries: number;
  due: Millis;
  waiting?: Waiting | undefined;
}

const connectTexts: Record<number, string> = {
  1: 'the structure of CONNECT is wrong',
  2: 'the account or the address is not allowed',
  3: 'the account or the secret is wrong',
  4: 'the version is too high',
};

export class CmppLink {
  readonly #options: LinkOptions;
  readonly #ends: LinkEnds;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  readonly #queue: Waiting[] = [];
  #state: LinkState = 'new';
  #sequence: number;
  #authenticator: Buffer = Buffer.alloc(16);
  #now: Millis;
  #heard: Millis;
  #mayAt: Millis = 0;
  #submitting = 0;
  /** Frames of a kind, or with a sequence, that nobody waits for. */
  strange = 0;

  /** @param sequence the first Sequence_Id */
  constructor(options: LinkOptions, ends: LinkEnds, now: Millis, sequence = 1) {
    this.#options = options;
    this.#ends = ends;
    this.#now = now;
    this.#heard = now;
    this.#sequence = sequence;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** SUBMITs that wait for their turn or their answer. */
  get load(): number {
    return this.#queue.length + this.#submitting;
  }

  connect(at: Millis): void {
    this.#step('connect');
    const { account, secret, version } = this.#options;
    const { body, authenticator } = connectBody({ account, secret, version, at });
    this.#authenticator = authenticator;
    this.#request(command.connect, body);
  }

  submit(submit: Submit): Promise<SubmitResponse> {
    return new Promise((resolve, reject) => {
      if (this.#state === 'over' || this.#state === 'ending') {
        reject(new LinkLost('there is no connection to the gateway', false));
        return;
      }
      this.#queue.push({ submit, resolve, reject });
      this.#pump();
    });
  }

  /** No SUBMIT begins any more; says TERMINATE. */
  terminate(): void {
    if (this.#state === 'over' || this.#state === 'ending') return;
    if (this.#state === 'new') {
      this.#end('ended by us');
      return;
    }
    this.#step('terminate');
    for (const one of this.#queue.splice(0)) one.reject(new LinkLost('the connection ends', false));
    this.#request(command.terminate, Buffer.alloc(0));
  }

  /** The socket is gone. */
  lost(why: string): void {
    this.#end(why);
  }

  receive(chunk: Buffer, now: Millis): void {
    this.#now = now;
    this.#heard = now;
    try {
      for (const frame of this.#reader.read(chunk)) {
        if (this.#state === 'over') return;
        this.#frame(frame);
      }
    } catch (error) {
      this.#end(error instanceof Error ? error.message : 'an unreadable frame');
    }
  }

  /** Repeats what is due, keeps alive, lets go what may. Call it at `due()` at the latest. */
  tick(now: Millis): void {
    this.#now = now;
    if (this.#state === 'over') return;
    for (const [sequence, pending] of this.#pending) {
      if (pending.due > now) continue;
      if (pending.tries >= this.#options.tries) {
        this.#end(`no answer after ${pending.tries} tries`);
        return;
      }
      pending.tries++;
      pending.due = now + this.#options.answerMs;
      this.#pending.set(sequence, pending);
      this.#ends.write(frameBytes(pending.frame));
    }
    const asked = [...this.#pending.values()].some((one) => one.frame.command === command.activeTest);
    if (this.#state === 'open' && !asked && now - this.#heard >= this.#options.keepAliveMs) {
      this.#request(command.activeTest, Buffer.alloc(0));
    }
    this.#pump();
  }

  /** When `tick` has something to do next; undefined: never. */
  due(): Millis | undefined {
    if (this.#state === 'over') return undefined;
    let next = Number.POSITIVE_INFINITY;
    let asked = false;
    for (const pending of this.#pending.values()) {
      next = Math.min(next, pending.due);
      asked ||= pending.frame.command === command.activeTest;
    }
    if (this.#state === 'open' && !asked) next = Math.min(next, this.#heard + this.#options.keepAliveMs);
    if (this.#queue.length > 0 && this.#state === 'open' && this.#submitting < this.#options.window)
      next = Math.min(next, this.#mayAt);
    return Number.isFinite(next) ? next : undefined;
  }

  #frame(frame: Frame): void {
    switch (frame.command) {
      case command.connectResponse:
        this.#bound(frame);
        return;
      case command.submitResponse: {
        const pending = this.#answered(frame);
        if (!pending?.waiting) return;
        this.#submitting--;
        pending.waiting.resolve(readSubmitResponse(frame.body));
        this.#pump();
        return;
      }
      case command.deliver: {
        const deliver = readDeliver(frame.body, this.#options.version);
        void this.#ends.deliver(deliver).then(
          () => this.#answer(frame, command.deliverResponse, deliverResponseBody(deliver.id, 0, this.#options.version)),
          // Not committed: unanswered, so that it comes again.
          () => undefined,
        );
        return;
      }
      case command.activeTest:
        this.#answer(frame, command.activeTestResponse, Buffer.from([0]));
        return;
      case command.activeTestResponse:
        this.#answered(frame);
        return;
      case command.terminate:
        this.#answer(frame, command.terminateResponse, Buffer.alloc(0));
        this.#end('the gateway ended the connection');
        return;
      case command.terminateResponse:
        this.#answered(frame);
        this.#end('ended by us');
        return;
      default:
        this.strange++;
    }
  }

  #bound(frame: Frame): void {
    if (!this.#answered(frame) || this.#state !== 'binding') return;
    const { version, secret } = this.#options;
    const response = readConnectResponse(frame.body, version, this.#authenticator, secret);
    if (response.status !== 0) {
      const said = connectTexts[response.status] ?? `status ${response.status}`;
      this.#end(`the gateway refused: ${said}`);
      return;
    }
    if (!response.genuine) {
      this.#end('the gateway does not know the shared secret');
      return;
    }
    this.#step('accepted');
    this.#ends.opened();
    this.#pump();
  }

  #pump(): void {
    const { window, perSecond, version } = this.#options;
    while (this.#state === 'open' && this.#queue.length > 0 && this.#submitting < window && this.#now >= this.#mayAt) {
      const waiting = this.#queue.shift();
      if (!waiting) return;
      this.#submitting++;
      if (perSecond !== undefined) this.#mayAt = Math.max(this.#mayAt, this.#now) + 1_000 / perSecond;
      this.#request(command.submit, submitBody(waiting.submit, version), waiting);
    }
  }

  #request(kind: number, body: Buffer, waiting?: Waiting): void {
    const frame = { command: kind, sequence: this.#sequence, body };
    this.#sequence = this.#sequence >= 0xffff_ffff ? 1 : this.#sequence + 1;
    this.#pending.set(frame.sequence, { frame, tries: 1, due: this.#now + this.#options.answerMs, waiting });
    this.#ends.write(frameBytes(frame));
  }

  #answer(request: Frame, kind: number, body: Buffer): void {
    if (this.#state === 'over') return;
    this.#ends.write(frameBytes({ command: kind, sequence: request.sequence, body }));
  }

  #answered(response: Frame): Pending | undefined {
    const pending = this.#pending.get(response.sequence);
    // A second answer, or one to nothing.
    if (!pending || (pending.frame.command | 0x8000_0000) >>> 0 !== response.command) {
      this.strange++;
      return undefined;
    }
    this.#pending.delete(response.sequence);
    return pending;
  }

  #end(why: string): void {
    if (this.#state === 'over') return;
    this.#step('over');
    for (const { waiting } of this.#pending.values()) waiting?.reject(new LinkLost(why, true));
    for (const waiting of this.#queue.splice(0)) waiting.reject(new LinkLost(why, false));
    this.#pending.clear();
    this.#submitting = 0;
    this.#ends.over(why);
  }

  #step(event: LinkEvent): void {
    this.#state = linkMachine.next(this.#state, event) ?? this.#state;
  }
}
