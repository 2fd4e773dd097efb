// A caller in a flow: the interpreter says what to do, this does it with the caller's endpoint and says what came of it.
import type { DigitRule, MediaEndpoint, Playback } from '../../media/media-server.ts';
import {
  advance,
  begin,
  type Effect,
  type EffectOf,
  type FlowSet,
  type FlowState,
  type Given,
  type Input,
  resume,
  type Step,
} from '../ivr/index.ts';
import type { CallTools } from './call-tools.ts';

export interface FlowOwner {
  /** Come back with `advance({ on: 'queue' … })`, or never. */
  flowQueues(effect: EffectOf<'queue'>): void;
  flowTransfers(effect: EffectOf<'transfer'>): void;
  flowOver(how: 'hangup' | 'return', result: string): void;
  flowNoted(note: EffectOf<'note'>): void;
  flowFaulted(finding: EffectOf<'finding'>): void;
  /** A defect: it goes no further. */
  flowFailed(error: unknown): void;
  /** It waits at another place now. */
  flowMoved(state: FlowState): void;
}

type FlowTools = Pick<CallTools, 'prompts' | 'clock' | 'logger' | 'signaling' | 'traffic'>;

/** Longer than any prompt: the time to the first digit begins after it. */
const wholeHourMs = 3_600_000;

export class FlowRun {
  readonly set: FlowSet;
  readonly #tools: FlowTools;
  readonly #endpoint: MediaEndpoint;
  readonly #owner: FlowOwner;
  #state: FlowState | undefined;
  #playback: Playback | undefined;
  /** How many collections run: at times the next takes over from the one before. */
  #collecting = 0;
  #stopped = false;
  /** The step failed because the media engine is out of reach; it is done again when that is back. */
  #stalled = false;

  constructor(tools: FlowTools, endpoint: MediaEndpoint, set: FlowSet, owner: FlowOwner) {
    this.#tools = tools;
    this.#endpoint = endpoint;
    this.set = set;
    this.#owner = owner;
  }

  get state(): FlowState | undefined {
    return this.#state;
  }

  /** @throws flow-unknown */
  begin(flow: string, given: Given): void {
    this.#step(begin(this.set, flow, given, this.#tools.clock.now()));
  }

  /** After a restart. */
  resume(state: FlowState): void {
    this.#step(resume(this.set, state, this.#tools.clock.now()));
  }

  /** Takes a state up without doing anything: the call waits in its queue still. */
  restore(state: FlowState): void {
    this.#state = state;
  }

  /** The media engine is back: a step that it left undone is done again. */
  restored(): void {
    if (!this.#stalled || !this.#state || this.#stopped) return;
    this.#stalled = false;
    this.resume(this.#state);
  }

  /** What came of an effect. */
  advance(input: Input): void {
    if (this.#stopped || !this.#state) return;
    this.#step(advance(this.set, this.#state, input, this.#tools.clock.now()));
  }

  /** This server goes and the call stays: nothing is done any more, and nothing is stopped. */
  abandon(): void {
    this.#stopped = true;
  }

  /** The caller is gone, or is taken out of the flow: nothing is done any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#playback?.stop();
    if (this.#collecting > 0) this.#endpoint.stopCollect();
  }

  #step({ state, effects, passed }: Step): void {
    this.#tools.traffic?.passed(this.#state, passed);
    this.#state = state;
    for (const effect of effects) {
      if (effect.do === 'note') this.#owner.flowNoted(effect);
      else if (effect.do === 'finding') this.#owner.flowFaulted(effect);
    }
    if (this.#stopped) return;
    const last = effects.at(-1);
    if (!last) return;
    this.#owner.flowMoved(state);
    this.#act(last);
  }

  #act(effect: Effect): void {
    switch (effect.do) {
      case 'say':
        this.#in(this.#say(effect));
        return;
      case 'ask':
        this.#in(this.#ask(effect));
        return;
      case 'queue':
        this.#owner.flowQueues(effect);
        return;
      case 'transfer':
        this.#owner.flowTransfers(effect);
        return;
      case 'hangup':
        this.stop();
        this.#owner.flowOver('hangup', effect.why);
        return;
      case 'return':
        this.stop();
        this.#owner.flowOver('return', effect.result);
        return;
      case 'note':
      case 'finding':
        return; // told before; a step that ends with one waits for nothing
    }
  }

  /** The endpoint may vanish in the middle of anything; then the leg's end tells the call, and the flow says no more. */
  #in(work: Promise<Input | undefined>): void {
    work
      .catch((error: unknown): Input | undefined => {
        if (this.#stopped || this.#stall()) return undefined;
        this.#tools.logger.error({ err: error, endpoint: this.#endpoint.id }, 'media failed in a flow');
        const waiting = this.#state?.waiting;
        if (waiting === 'say') return { on: 'said', how: 'failed' };
        return waiting === 'ask' ? { on: 'digits', digits: '', end: 'failed' } : undefined;
      })
      .then((input) => {
        if (input) this.advance(input);
      })
      .catch((error: unknown) => {
        if (this.#stopped) return;
        this.stop();
        this.#owner.flowFailed(error);
      });
  }

  async #say(effect: EffectOf<'say'>): Promise<Input | undefined> {
    const end = await this.#play(effect);
    if (end === 'gone') return undefined;
    return { on: 'said', how: end };
  }

  async #ask(effect: EffectOf<'ask'>): Promise<Input | undefined> {
    if (effect.rule.secret) return this.#askSecret(effect);
    if ((await this.#play(effect)) === 'gone') return undefined;
    // A digit that barged in, or was keyed before, counts; where the prompts must be heard out, it does not.
    return this.#collect({ ...effect.rule, typeAhead: effect.bargeIn });
  }

  /** Secret digits are collected from the first moment, so that none of them is ever an event of the endpoint. */
  async #askSecret(effect: EffectOf<'ask'>): Promise<Input | undefined> {
    const { rule, bargeIn } = effect;
    const early = this.#collect({ ...rule, firstMs: wholeHourMs, typeAhead: bargeIn });
    const heard = await this.#play(effect, early);
    if (heard === 'gone') return undefined;
    if (heard === 'barged') return early;
    // The time runs from now on. The second takes over what the first has, without a gap.
    const late = this.#collect({ ...rule, typeAhead: bargeIn });
    const over = (one: Input | undefined): boolean => bargeIn && one?.on === 'digits' && one.end !== 'stopped';
    const [first, last] = await Promise.all([
      early.then((one) => {
        // It was complete just then: nothing more is asked.
        if (over(one)) this.#endpoint.stopCollect();
        return one;
      }),
      late,
    ]);
    return over(first) ? first : last;
  }

  async #collect(rule: DigitRule): Promise<Input | undefined> {
    const { max, terminator, firstMs, betweenMs, secret, typeAhead } = rule;
    this.#collecting++;
    try {
      const { digits, end } = await this.#endpoint.collect({ max, terminator, firstMs, betweenMs, secret, typeAhead });
      return this.#stopped || end === 'closed' ? undefined : { on: 'digits', digits, end };
    } finally {
      this.#collecting--;
    }
  }

  /** @param input collected meanwhile: when it is over, nothing more is said, where keys may stop the prompts */
  async #play(
    effect: EffectOf<'say' | 'ask'>,
    input?: Promise<Input | undefined>,
  ): Promise<'finished' | 'barged' | 'failed' | 'gone'> {
    let answered = false;
    const enough = (): void => {
      answered = effect.bargeIn;
      if (answered) this.#playback?.stop();
    };
    // Where there is none, the call is over and the playback with it.
    input?.then((one) => one && enough(), enough);
    if (effect.prompts.length === 0) return 'finished';
    const audio = await this.#tools.prompts.audio(effect.prompts);
    if (this.#stopped) return 'gone';
    if (audio.length === 0) return 'finished';
    if (answered) return 'barged';
    this.#playback = this.#endpoint.play(audio, { bargeIn: effect.bargeIn });
    const end = await this.#playback.ended;
    this.#playback = undefined;
    if (this.#stopped || end === 'closed') return 'gone';
    if (end === 'stopped') return answered ? 'barged' : 'gone';
    if (end === 'failed' && this.#stall()) return 'gone';
    return end;
  }

  /** @returns whether the engine is out of reach, so that this is no fault of the flow */
  #stall(): boolean {
    this.#stalled = this.#tools.signaling.mediaLost;
    return this.#stalled;
  }
}
