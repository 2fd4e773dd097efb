// A queue that the test drives and that writes down every word of calls that does not fit what was said before.
import type { QueueExit, Queueing, QueueRequest } from '../../../../server/ports/index.ts';
import { newId, type Offer, type OfferOutcome, type OfferTarget } from '../../../../values/index.ts';

interface Contact {
  target: OfferTarget;
  request: QueueRequest;
  exit: (exit: QueueExit) => void;
  state: 'waiting' | 'offered' | 'connected';
  agent: string | undefined;
  abort: AbortController | undefined;
  /** Of a server before, whose last note may be older than this: its call may come anew, and is moved then. */
  stale?: boolean;
}

export class StrictQueueing implements Queueing {
  readonly contacts = new Map<string, Contact>();
  readonly broken: string[] = [];
  readonly occupation = new Map<string, number>();
  /** Offers that the target has not answered. */
  readonly open = new Set<string>();
  lastOffer: Offer | undefined;
  dead = false;

  enqueue(target: OfferTarget, request: QueueRequest, exit: (exit: QueueExit) => void): void {
    if (this.dead) return;
    const { interaction } = target;
    if (this.contacts.get(interaction)?.stale === false) this.broken.push(`${interaction} was enqueued twice`);
    const contact = { target, request, exit, agent: undefined, abort: undefined, stale: false };
    this.contacts.set(interaction, { ...contact, state: 'waiting' });
  }

  /** What `refuses` answers. */
  refusal: QueueExit | undefined;
  refuses(): QueueExit | undefined {
    return this.refusal;
  }

  attach(target: OfferTarget, exit: (exit: QueueExit) => void): ReturnType<Queueing['attach']> {
    const contact = this.contacts.get(target.interaction);
    if (!contact) return { state: 'unknown' };
    contact.target = target;
    contact.exit = exit;
    contact.stale = false;
    if (contact.state === 'connected') return { state: 'connected', agent: contact.agent ?? '' };
    contact.state = 'waiting';
    return { state: 'waiting', queue: contact.request.queue };
  }

  leave(interaction: string, _why: string): void {
    if (this.dead) return;
    const contact = this.contacts.get(interaction);
    if (contact?.state === 'connected') this.broken.push(`${interaction} left, and ${contact.agent} talks with it`);
    this.contacts.delete(interaction);
    contact?.abort?.abort('withdrawn');
  }

  finished(interaction: string, agent: string, _why: string): void {
    if (this.dead) return;
    const contact = this.contacts.get(interaction);
    if (contact?.state !== 'connected' || contact.agent !== agent) {
      this.broken.push(`${agent} finished ${interaction}, which is ${contact?.state} ${contact?.agent}`);
    }
    this.contacts.delete(interaction);
  }

  take(target: OfferTarget, agent: string, { queue, instead }: Parameters<Queueing['take']>[2]): boolean {
    const { interaction } = target;
    const contact = this.contacts.get(interaction);
    if (contact?.stale === false) {
      if (contact.state !== 'connected') this.broken.push(`${interaction} is taken, and ${contact.state}`);
      if (contact.agent === agent) this.broken.push(`${agent} takes ${interaction}, which she has`);
    }
    const request = contact?.request ?? { queue: queue ?? '' };
    if (!contact && queue === undefined) return false;
    const exit = () => this.broken.push(`${interaction} is given back, and ${agent} has it`);
    this.contacts.set(interaction, {
      target,
      request,
      exit,
      state: 'connected',
      agent,
      abort: undefined,
      stale: false,
    });
    if (instead !== undefined) this.finished(instead, agent, 'transferred');
    return true;
  }

  /** What `place` answers. */
  standing: ReturnType<Queueing['place']>;
  place(): ReturnType<Queueing['place']> {
    return this.standing;
  }
  raise(): void {}

  occupied(agent: string, _channel: string, count: number): void {
    if (!this.dead) this.occupation.set(agent, count);
  }
  phoneReachable(): void {}

  // ── what the test does ──

  offer(pick: number, agent: string, id = newId('off')): void {
    const waiting = [...this.contacts.values()].filter(({ state }) => state === 'waiting');
    const contact = waiting[pick % Math.max(1, waiting.length)];
    if (!contact) return;
    const { target, request } = contact;
    const { interaction } = target;
    const at = Date.now();
    const offer = { id, interaction, agent, queue: request.queue, at, deadline: at + 20_000 };
    const abort = new AbortController();
    Object.assign(contact, { state: 'offered', agent, abort });
    this.lastOffer = offer;
    this.open.add(offer.id);
    target.offer(offer, abort.signal).then(
      (outcome) => this.#outcome(contact, offer, outcome),
      (error: unknown) => this.broken.push(`offer rejected: ${error}`),
    );
  }

  abort(pick: number, why: 'missed' | 'withdrawn'): void {
    const offered = [...this.contacts.values()].filter(({ abort }) => abort);
    offered[pick % Math.max(1, offered.length)]?.abort?.abort(why);
  }

  exit(pick: number, how: QueueExit): void {
    const waiting = [...this.contacts.values()].filter(({ state }) => state !== 'connected');
    const contact = waiting[pick % Math.max(1, waiting.length)];
    if (!contact) return;
    this.contacts.delete(contact.target.interaction);
    contact.abort?.abort('withdrawn');
    contact.exit(how);
  }

  #outcome(contact: Contact, offer: Offer, outcome: OfferOutcome): void {
    this.open.delete(offer.id);
    if (this.dead || this.contacts.get(offer.interaction) !== contact) {
      if (!this.dead && outcome === 'accepted') this.broken.push(`${offer.interaction} was accepted after it had left`);
      return;
    }
    contact.abort = undefined;
    contact.state = outcome === 'accepted' ? 'connected' : 'waiting';
    if (outcome !== 'accepted') contact.agent = undefined;
  }
}
