// A caller whom the agent sends into a flow, to get her back with a result (PIN entry, rating). The flow has no way out
// into queues or transfers: the agent waits. What is keyed as secret stays in the interpreter.
import type { MediaEndpoint } from '../../media/media-server.ts';
import type { EffectOf, FlowSet, FlowState, Given } from '../ivr/index.ts';
import type { CallTools } from './call-tools.ts';
import { type FlowOwner, FlowRun } from './flow-run.ts';

export interface DetourOwner {
  /** The flow returned. */
  detourDone(result: Record<string, string>): void;
  /** A defect: the caller goes back to the agent. */
  detourFailed(error: unknown): void;
  /** It waits at another place now. */
  detourMoved(): void;
  /** The flow hung the caller up. */
  detourHungUp(): void;
  flowNoted(note: EffectOf<'note'>): void;
  flowFaulted(finding: EffectOf<'finding'>): void;
}

export class Detour implements FlowOwner {
  readonly flow: string;
  readonly since: number;
  readonly #run: FlowRun;
  readonly #owner: DetourOwner;

  constructor(
    tools: CallTools,
    endpoint: MediaEndpoint,
    set: FlowSet,
    flow: string,
    owner: DetourOwner,
    since?: number,
  ) {
    this.flow = flow;
    this.since = since ?? tools.clock.now();
    this.#owner = owner;
    this.#run = new FlowRun(tools, endpoint, set, this);
  }

  get node(): string | undefined {
    return this.#run.state?.frames.at(-1)?.node;
  }

  /** Its state, where nothing secret is in it: then a later server can go on. */
  get plainState(): FlowState | undefined {
    const { state } = this.#run;
    return state && Object.keys(state.secrets).length === 0 ? state : undefined;
  }

  /** After a restart: does the waiting step once more. */
  takeUp(state: FlowState): void {
    this.#run.restore(state);
    this.#run.resume(state);
  }

  /** @throws flow-unknown */
  begin(given: Given): void {
    this.#run.begin(this.flow, given);
  }

  restored(): void {
    this.#run.restored();
  }

  abandon(): void {
    this.#run.abandon();
  }

  stop(): void {
    this.#run.stop();
  }

  flowQueues(): void {
    queueMicrotask(() => this.#run.advance({ on: 'queue', how: 'failed' }));
  }

  flowTransfers(): void {
    queueMicrotask(() => this.#run.advance({ on: 'transfer', how: 'failed' }));
  }

  flowOver(how: 'hangup' | 'return', result: string): void {
    if (how === 'hangup') this.#owner.detourHungUp();
    else this.#owner.detourDone({ ...this.#run.state?.variables, result });
  }

  flowNoted(note: EffectOf<'note'>): void {
    this.#owner.flowNoted(note);
  }

  flowFaulted(finding: EffectOf<'finding'>): void {
    this.#owner.flowFaulted(finding);
  }

  flowFailed(error: unknown): void {
    this.#owner.detourFailed(error);
  }

  flowMoved(): void {
    this.#owner.detourMoved();
  }
}
