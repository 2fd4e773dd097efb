// A call in its flow: it is answered, the interpreter drives it, and what the flow asks of queues and trunks is passed on.
import type { EffectOf, FlowSet, FlowState } from '../ivr/index.ts';
import { exitInFlow, type QueueExit, type QueueRequest } from '../ports/index.ts';
import { type Leg, resolveDialled } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { PathStep } from './call-facts.ts';
import type { CallTools } from './call-tools.ts';
import { type FlowOwner, FlowRun } from './flow-run.ts';

export class CallFlow implements FlowOwner {
  readonly path: PathStep[] = [];
  readonly #call: Call;
  readonly #tools: CallTools;
  #run: FlowRun | undefined;

  constructor(call: Call, tools: CallTools) {
    this.#call = call;
    this.#tools = tools;
  }

  /** Undefined where the call has no flow, or is not in it yet. */
  get state(): FlowState | undefined {
    return this.#run?.state;
  }

  /** Flow and node, innermost. */
  get place(): { flow: string; node: string } | undefined {
    return this.#run?.state?.frames.at(-1);
  }

  /** Of the flow, without what the call's own numbers are. */
  get variables(): Record<string, string> {
    const { from: _from, to: _to, ...rest } = this.#run?.state?.variables ?? {};
    return rest;
  }

  begin(leg: Leg, set: FlowSet, flow: string): void {
    const call = this.#call;
    const { customer, from, to, language } = call.facts;
    call.log.flowEntered(flow, set.flows.get(flow)?.version ?? set.version, 'start');
    this.#run = new FlowRun(this.#tools, leg.endpoint, set, this);
    this.#run.begin(flow, {
      language: customer?.language ?? language,
      tags: customer?.tags ?? [],
      from,
      to,
      timeZone: this.#tools.directory.site.timeZone,
    });
  }

  /** After a restart: knows where it was, and does nothing yet. */
  restore(leg: Leg, state: FlowState, path: PathStep[]): void {
    const set = this.#tools.flows.version(state.set) ?? this.#tools.flows.current();
    this.path.push(...path);
    this.#run = new FlowRun(this.#tools, leg.endpoint, set, this);
    this.#run.restore(state);
  }

  /** Does the waiting step once more. @returns false where there is none */
  resume(): boolean {
    const state = this.#run?.state;
    if (!this.#run || !state || state.waiting === 'ended') return false;
    this.#run.resume(state);
    return true;
  }

  /** The queue gave the caller back. @returns false where no flow waits for that */
  leftQueue(how: QueueExit): boolean {
    const waiting = this.#run?.state?.waiting;
    if (!this.#run || (waiting !== 'queue' && waiting !== 'transfer')) return false;
    if (waiting === 'transfer') this.#run.advance({ on: 'transfer', how: 'no-answer' });
    else this.#run.advance({ on: 'queue', how: exitInFlow[how] });
    return true;
  }

  /** The agent has hung up, and the flow wanted the caller back. */
  talked(): boolean {
    if (this.#run?.state?.waiting !== 'queue') return false;
    this.#run.advance({ on: 'queue', how: 'talked' });
    return true;
  }

  /** The caller chose to be called back. @param noted whether that worked; otherwise the flow goes on as after a failure */
  calledBack(noted: boolean): void {
    this.#run?.advance({ on: 'queue', how: noted ? 'callback' : 'failed' });
  }

  restored(): void {
    this.#run?.restored();
  }

  abandon(): void {
    this.#run?.abandon();
  }

  stop(): void {
    this.#run?.stop();
  }

  // ── what the flow wants ───────────────────────────────────────────────────────────────────────────────────────────

  flowNoted({ node, type, label, value }: EffectOf<'note'>): void {
    this.note({ at: this.#tools.clock.now(), node, type, label, value }, this.place?.flow ?? '');
  }

  note(step: PathStep, flow: string): void {
    this.path.push(step);
    this.#call.log.step(step, flow);
  }

  flowFaulted({ node, code, sentence }: EffectOf<'finding'>): void {
    this.fault(this.place?.flow ?? this.#call.facts.flow ?? '', node, code, sentence);
  }

  fault(flow: string, node: string, code: string, sentence: string): void {
    const { interaction } = this.#call;
    this.#tools.logger.warn({ interaction, flow, node, code, sentence }, 'flow faulted');
    this.#call.log.flowFaulted(flow, node, code, sentence);
  }

  flowFailed(error: unknown): void {
    this.#call.failed(error);
  }

  flowMoved(): void {
    this.#call.moved();
  }

  flowOver(_how: 'hangup' | 'return', why: string): void {
    this.#call.finish('flow', why);
  }

  flowQueues(effect: EffectOf<'queue'>): void {
    const queue = this.#tools.directory.queues.get(effect.queue);
    if (!queue) {
      this.#run?.advance({ on: 'queue', how: 'failed' });
      return;
    }
    const { announce, language } = effect;
    const request: QueueRequest = {
      queue: queue.id,
      // 0 is every queue's own.
      priority: effect.priority > 0 ? effect.priority : undefined,
      skills: effect.skills,
      language,
      maxWaitMs: effect.maxWaitSeconds * 1_000,
      ringMs: effect.ringSeconds === undefined ? undefined : effect.ringSeconds * 1_000,
    };
    const { callback } = effect;
    const hears = {
      ...(callback === undefined || !this.#tools.callbacks ? {} : { callback }),
      music: effect.music ?? queue.music,
      language,
      everyMs: announce ? announce.everySeconds * 1_000 : queue.announceEveryMs,
      position: announce?.position ?? true,
      wait: announce?.wait ?? true,
      prompts: announce?.prompts ?? [],
    };
    this.#call.place.enter(request, hears, effect.afterTalk);
  }

  flowTransfers({ to, ringSeconds }: EffectOf<'transfer'>): void {
    const call = this.#call;
    call.log.transferred(to);
    const failed = (how: 'busy' | 'no-answer' | 'failed') => this.#run?.advance({ on: 'transfer', how });
    if ('agent' in to) {
      const agent = this.#tools.directory.agents.get(to.agent);
      if (!agent || !call.place.enterFor(agent, { ringMs: ringSeconds * 1_000 })) failed('failed');
      return;
    }
    const destination = resolveDialled(this.#tools.directory, to.number);
    if (destination.kind === 'number') void call.transfer.dial(destination, ringSeconds * 1_000, failed);
    else failed('failed');
  }
}
