// A flow as the bot of a conversation: the interpreter says what to do, this writes it, and hands back what the customer
// writes. Everything is said at once; only `ask`, `queue` and `transfer` wait.
import type { Content } from '../../connector/index.ts';
import type { Millis } from '../../values/index.ts';
import {
  advance,
  askedOf,
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
import { written } from './bot-text.ts';
import { inputOf } from './content-text.ts';
import type { ConversationData } from './conversation-data.ts';
import type { ConversationTools } from './conversation-tools.ts';

export interface BotOwner {
  readonly data: ConversationData;
  botSays(content: Content): void;
  botQueues(effect: EffectOf<'queue'>): void;
  botTransfers(effect: EffectOf<'transfer'>): void;
  botOver(why: string): void;
  botNoted(note: EffectOf<'note'>, flow: string): void;
  botFaulted(flow: string, node: string, code: string, sentence: string): void;
  /** Its place in the flow is another. */
  botMoved(): void;
}

/** Who types needs longer than who presses a key: a chat waits 20 times as long as a call, at least a minute. */
const chatFactor = 20;
const leastChatMs = 60_000;
/** Elsewhere people answer when they find the time. */
const elsewhereMs = 24 * 3_600_000;
const mask = '••••';

export class Bot {
  readonly #owner: BotOwner;
  readonly #tools: Pick<ConversationTools, 'flows' | 'traffic' | 'clock'>;
  #set: FlowSet | undefined;
  #stopped = false;

  constructor(owner: BotOwner, tools: Pick<ConversationTools, 'flows' | 'traffic' | 'clock'>) {
    this.#owner = owner;
    this.#tools = tools;
  }

  get state(): FlowState | undefined {
    return this.#owner.data.flow;
  }

  /** It waits for the customer to write. */
  get asks(): boolean {
    return this.state?.waiting === 'ask';
  }

  /** @throws flow-unknown */
  begin(flow: string, given: Given): string {
    const set = this.#tools.flows.current();
    this.#set = set;
    const step = begin(set, flow, given, this.#tools.clock.now());
    this.#run(step);
    return set.flows.get(flow)?.version ?? set.version;
  }

  /** After a restart: knows where it was, and says nothing again, unless its flow was changed so that the place is gone. */
  restore(): void {
    const { state } = this;
    if (!state) return;
    const set = this.#tools.flows.version(state.set) ?? this.#tools.flows.current();
    this.#set = set;
    const whole = state.frames.every((frame) => set.flows.get(frame.flow)?.nodes.has(frame.node));
    if (!whole && this.#owner.data.phase === 'bot') this.#run(resume(set, state, this.#tools.clock.now()));
  }

  /** What of a message may be seen: secret input is masked. */
  seen(content: Content): Content {
    const { state } = this;
    const secret = state && this.#set && askedOf(this.#set, state)?.secret;
    return secret ? { type: 'text', text: mask } : content;
  }

  /** The customer wrote. @returns whether the bot took it */
  hears(content: Content): boolean {
    if (!this.asks) return false;
    this.advance({ on: 'text', text: inputOf(content) ?? '' });
    return true;
  }

  advance(input: Input): void {
    const { state } = this;
    if (!state || !this.#set || this.#stopped) return;
    this.#run(advance(this.#set, state, input, this.#tools.clock.now()));
  }

  /** @param now the customer wrote nothing for too long, perhaps */
  due(now: Millis): void {
    const { askedUntil } = this.#owner.data;
    if (askedUntil === undefined || askedUntil > now || !this.asks) return;
    this.advance({ on: 'digits', digits: '', end: 'timeout' });
  }

  stop(): void {
    this.#stopped = true;
  }

  #run(first: Step): void {
    const { data } = this.#owner;
    let step: Step | undefined = first;
    while (step && !this.#stopped) {
      this.#tools.traffic?.passed(data.flow, step.passed);
      const place: string = step.state.frames.at(-1)?.flow ?? data.flow?.frames.at(-1)?.flow ?? '';
      data.flow = step.state;
      data.askedUntil = undefined;
      this.#owner.botMoved();
      for (const effect of step.effects) {
        if (effect.do === 'note') this.#owner.botNoted(effect, place);
        else if (effect.do === 'finding') this.#owner.botFaulted(place, effect.node, effect.code, effect.sentence);
      }
      const last: Effect | undefined = step.effects.at(-1);
      step = last && this.#act(last, place);
    }
  }

  /** @returns the next step, where it is due at once */
  #act(effect: Effect, flow: string): Step | undefined {
    const { data } = this.#owner;
    switch (effect.do) {
      case 'say':
        this.#write(effect, flow);
        return this.#next({ on: 'said', how: 'finished' });
      case 'ask': {
        this.#write(effect, flow);
        const { firstMs } = effect.rule;
        const patience = data.channel === 'chat' ? Math.max(firstMs * chatFactor, leastChatMs) : elsewhereMs;
        data.askedUntil = this.#tools.clock.now() + patience;
        this.#owner.botMoved();
        return undefined;
      }
      case 'queue':
        this.#owner.botQueues(effect);
        return undefined;
      case 'transfer':
        this.#owner.botTransfers(effect);
        return undefined;
      case 'hangup':
        this.#owner.botOver(effect.why === 'fault' ? 'flow-fault' : 'hangup');
        return undefined;
      case 'return':
        this.#owner.botOver(effect.result);
        return undefined;
      default:
        return undefined;
    }
  }

  #next(input: Input): Step | undefined {
    const { state } = this;
    return state && this.#set && advance(this.#set, state, input, this.#tools.clock.now());
  }

  #write(effect: EffectOf<'say' | 'ask'>, flow: string): void {
    const { state } = this;
    if (!state || !this.#set) return;
    const { text, missing } = written(effect.prompts, state.language);
    for (const file of missing) {
      const sentence = `The recording ${file} has no text, so that it cannot be written.`;
      this.#owner.botFaulted(flow, effect.node, 'recording-without-text', sentence);
    }
    const choices = effect.do === 'ask' ? askedOf(this.#set, state)?.choices : undefined;
    if (choices) this.#owner.botSays({ type: 'menu', text: text.slice(0, 4_000), choices });
    else if (text !== '') this.#owner.botSays({ type: 'text', text });
  }
}
