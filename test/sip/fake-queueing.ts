// A queue that a test holds in its hands: it keeps who waits, and offers when the test says so.
import type { QueueExit, Queueing, QueueRequest } from '../../server/ports/index.ts';
import { newId, type OfferOutcome, type OfferTarget } from '../../values/index.ts';

interface Waiting {
  target: OfferTarget;
  request: QueueRequest;
  exit: (exit: QueueExit) => void;
}

export class FakeQueueing implements Queueing {
  readonly waiting = new Map<string, Waiting>();
  readonly left: { interaction: string; why: string }[] = [];
  readonly finishedParts: { interaction: string; agent: string; why: string }[] = [];
  readonly occupation = new Map<string, number>();
  readonly reachable = new Map<string, boolean>();
  /** Who waits is offered to her at once. */
  assign: string | undefined;
  /** Outcomes of such offers, in order. */
  readonly outcomes: OfferOutcome[] = [];
  readonly #offers = new Map<string, AbortController>();
  /** What `attach` answers. */
  known = new Map<string, ReturnType<Queueing['attach']>>();

  enqueue(target: OfferTarget, request: QueueRequest, exit: (exit: QueueExit) => void): void {
    this.waiting.set(target.interaction, { target, request, exit });
    const { assign } = this;
    if (assign !== undefined) queueMicrotask(() => void this.offer(target.interaction, assign));
  }

  /** What `refuses` answers. */
  refusal: QueueExit | undefined;
  refuses(): QueueExit | undefined {
    return this.refusal;
  }

  attach(target: OfferTarget, exit: (exit: QueueExit) => void): ReturnType<Queueing['attach']> {
    const known = this.known.get(target.interaction) ?? { state: 'unknown' };
    if (known.state === 'waiting') {
      this.waiting.set(target.interaction, { target, request: { queue: known.queue }, exit });
    }
    return known;
  }

  async offer(interaction: string, agent: string): Promise<OfferOutcome> {
    const waiting = this.waiting.get(interaction);
    if (!waiting) throw new Error(`${interaction} does not wait`);
    const control = new AbortController();
    this.#offers.set(interaction, control);
    const at = Date.now();
    const offer = { id: newId('off'), interaction, agent, queue: waiting.request.queue, at, deadline: at + 20_000 };
    this.lastOffer = offer.id;
    const outcome = await waiting.target.offer(offer, control.signal);
    this.#offers.delete(interaction);
    if (outcome === 'accepted') this.waiting.delete(interaction);
    this.outcomes.push(outcome);
    return outcome;
  }
  lastOffer = '';

  /** The deadline of the running offer passes. */
  miss(interaction: string): void {
    this.#offers.get(interaction)?.abort('missed');
  }

  exit(interaction: string, how: QueueExit): void {
    const waiting = this.waiting.get(interaction);
    this.waiting.delete(interaction);
    waiting?.exit(how);
  }

  leave(interaction: string, why: 'abandoned' | 'flow' | 'failed'): void {
    this.waiting.delete(interaction);
    this.left.push({ interaction, why });
    this.#offers.get(interaction)?.abort('withdrawn');
  }

  raise(): void {}

  finished(interaction: string, agent: string, why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    this.finishedParts.push({ interaction, agent, why });
  }

  readonly taken: { interaction: string; agent: string; queue: string | undefined }[] = [];
  take(target: OfferTarget, agent: string, { queue, instead }: Parameters<Queueing['take']>[2]): boolean {
    this.waiting.delete(target.interaction);
    if (instead !== undefined) this.waiting.delete(instead);
    this.taken.push({ interaction: target.interaction, agent, queue });
    return true;
  }

  place(interaction: string): { position: number; expectedWaitMs: number | undefined } | undefined {
    const position = [...this.waiting.keys()].indexOf(interaction) + 1;
    return position === 0 ? undefined : { position, expectedWaitMs: 60_000 };
  }

  occupied(agent: string, _channel: string, count: number): void {
    this.occupation.set(agent, count);
  }

  phoneReachable(agent: string, reachable: boolean): void {
    this.reachable.set(agent, reachable);
  }
}
