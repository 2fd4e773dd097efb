// A call through flows without a call: what the caller does goes in, what she would hear comes out. Tests of flows and the
// editor's simulator are made of it.
import type { Millis } from '../../values/index.ts';
import { advance, begin } from './interpreter.ts';
import { spokenText } from './spoken-text.ts';
import type { CallbackChoice, Effect, FlowSet, FlowState, Given, Input, Step } from './types.ts';

export class Rehearsal {
  /** What was said, in order. */
  readonly said: string[] = [];
  /** Nodes passed, as `flow/node`. */
  readonly visited: string[] = [];
  /** What was said since the caller last did something. */
  heard: string[] = [];
  readonly #set: FlowSet;
  readonly #now: Millis;
  #state!: FlowState;
  #last!: Effect;
  /** Keys pressed ahead of the question. */
  #ahead = '';
  /** Keys pressed before a question whose prompts must be heard out: they do not count. */
  #lost = '';
  /** In a queue: the key for a callback was pressed, and is asked for again. */
  #confirming = false;

  /** @param now UTC milliseconds, for hours @throws flow-unknown */
  constructor(set: FlowSet, flow: string, given: Given, now: Millis) {
    this.#set = set;
    this.#now = now;
    this.#take(begin(set, flow, given, now));
  }

  /** The effect that waits, or ended the flow. */
  get last(): Effect {
    return this.#last;
  }
  get state(): FlowState {
    return this.#state;
  }
  /** Keys that nobody has asked for yet, or that came before a prompt that must be heard out. */
  get unused(): string {
    return this.#lost + this.#ahead;
  }

  /** Presses keys, one after the other. @returns a sentence where nobody asks for them */
  press(keys: string): string | undefined {
    if (this.#last.do === 'queue' && this.#last.callback) return this.#pressInQueue(keys, this.#last.callback);
    if (this.#last.do !== 'ask') return `Nobody asks for "${keys}": ${this.where()}.`;
    this.heard = [];
    this.#ahead += keys;
    this.#key();
    return undefined;
  }

  /** Presses nothing until the time is over. */
  silence(): string | undefined {
    if (this.#last.do !== 'ask') return `The caller cannot be silent: ${this.where()}.`;
    return this.#next({ on: 'digits', digits: '', end: 'timeout' });
  }

  /** Ends the wait in the queue. */
  leaveQueue(how: Extract<Input, { on: 'queue' }>['how']): string | undefined {
    if (this.#last.do !== 'queue') return `The caller is in no queue: ${this.where()}.`;
    if (how === 'talked' && !this.#last.afterTalk) {
      return `The node "${this.#last.node}" has no "next": after the talk the call ends.`;
    }
    if (how === 'callback' && !this.#last.callback) return this.#noCallback(this.#last.node);
    return this.#next({ on: 'queue', how });
  }

  /** The transfer fails. */
  failTransfer(how: Extract<Input, { on: 'transfer' }>['how']): string | undefined {
    if (this.#last.do !== 'transfer') return `The caller is not being transferred: ${this.where()}.`;
    return this.#next({ on: 'transfer', how });
  }

  /** Where the call is, as the end of a sentence. */
  where(): string {
    const last = this.#last;
    const at = `at the node "${last.node}"`;
    switch (last.do) {
      case 'ask':
        return `the flow asks for keys ${at}`;
      case 'queue':
        return `the caller waits in the queue "${last.queue}" ${at}`;
      case 'transfer':
        return `the caller is transferred to "${'agent' in last.to ? last.to.agent : last.to.number}" ${at}`;
      case 'return':
        return `the flow ended with "${last.result}" ${at}`;
      case 'hangup':
        return last.why === 'fault' ? `the flow failed and hung up ${at}` : `the flow hung up ${at}`;
      default:
        return `the flow is ${at}`;
    }
  }

  #noCallback(node: string): string {
    return `The node "${node}" offers no callback to this caller: it has no "callback", or there is no number to call.`;
  }

  /** One key asks for the callback; where it is to be confirmed, it is asked for twice. */
  #pressInQueue(keys: string, { key, confirm }: CallbackChoice): string | undefined {
    for (const [i, pressed] of [...keys].entries()) {
      const asked = this.#confirming;
      this.#confirming = false;
      if (!asked && pressed !== key) return `In the queue only the key ${key} does something: ${this.where()}.`;
      if (pressed === key && (asked || confirm.length === 0)) {
        const rest = keys.slice(i + 1);
        this.#next({ on: 'queue', how: 'callback' });
        return rest === '' ? undefined : this.press(rest);
      }
      this.heard = [];
      // Any other key: she waits on.
      if (asked) continue;
      this.#confirming = true;
      this.#hear(spokenText(confirm));
    }
    return undefined;
  }

  #next(input: Input): undefined {
    this.#confirming = false;
    this.heard = [];
    this.#go(input);
  }

  #go(input: Input): void {
    this.#take(advance(this.#set, this.#state, input, this.#now));
  }

  /** Takes a step, listens to all that is said, and types ahead where keys are left. */
  #take(step: Step): void {
    this.#state = step.state;
    this.visited.push(...step.passed);
    for (const effect of step.effects) {
      this.#last = effect;
      if (effect.do === 'say' || effect.do === 'ask') this.#hear(spokenText(effect.prompts));
      if (effect.do === 'queue') {
        if (effect.announce) this.#hear(spokenText(effect.announce.prompts));
        if (effect.callback) this.#hear(spokenText(effect.callback.prompts));
      }
      if (effect.do === 'finding') this.#hear(`[${effect.code}: ${effect.sentence}]`);
    }
    if (this.#last.do === 'say') {
      const barged = this.#ahead !== '' && this.#last.bargeIn;
      this.#go({ on: 'said', how: barged ? 'barged' : 'finished' });
    } else if (this.#last.do === 'ask' && this.#ahead !== '') {
      if (this.#last.bargeIn) this.#key();
      else {
        this.#lost += this.#ahead;
        this.#ahead = '';
      }
    }
  }

  #hear(text: string): void {
    if (text === '') return;
    this.heard.push(text);
    this.said.push(text);
  }

  /** Gives the question its keys, as a media engine would collect them. */
  #key(): void {
    if (this.#last.do !== 'ask') return;
    const { rule } = this.#last;
    let digits = '';
    let end: 'max' | 'terminator' | 'timeout' = 'timeout';
    let used = 0;
    while (used < this.#ahead.length) {
      const key = this.#ahead[used++]!;
      if (key === rule.terminator) {
        end = 'terminator';
        break;
      }
      digits += key;
      if (digits.length === rule.max) {
        end = 'max';
        // The terminator after the last digit is habit, and belongs to this input.
        if (rule.terminator !== undefined && this.#ahead[used] === rule.terminator) used++;
        break;
      }
    }
    this.#ahead = this.#ahead.slice(used);
    this.#go({ on: 'digits', digits, end });
  }
}
