// What reading along costs: who has joined conversations of a channel has that many more contacts on hand, which routing is
// told, so that she is not offered more than she has room for. Being asked by a colleague is no offer: it is possible above it.
import type { AgentId, Channel } from '../../values/index.ts';
import type { Queueing } from '../ports/index.ts';
import type { Conversation } from './conversation.ts';

const none: readonly AgentId[] = [];

export class JoinedLoad {
  readonly #queueing: Pick<Queueing, 'occupied'>;
  /** Who was counted for it. The array is the conversation's own: never changed, only replaced. */
  readonly #counted = new Map<Conversation, readonly AgentId[]>();
  /** By agent, then channel. */
  readonly #counts = new Map<AgentId, Partial<Record<Channel, number>>>();

  constructor(queueing: Pick<Queueing, 'occupied'>) {
    this.#queueing = queueing;
  }

  /** Of how many conversations of that channel she reads along. */
  of(agent: AgentId, channel: Channel): number {
    return this.#counts.get(agent)?.[channel] ?? 0;
  }

  /** After anything in it changed: mostly that is something else. */
  changed(conversation: Conversation): void {
    const { joined } = conversation.data;
    const before = this.#counted.get(conversation) ?? none;
    if (before === joined || (before.length === 0 && joined.length === 0)) return;
    const now = conversation.record?.joining === 'free' ? none : joined;
    if (joined.length === 0) this.#counted.delete(conversation);
    else this.#counted.set(conversation, now);
    const { channel } = conversation;
    for (const agent of now) if (!before.includes(agent)) this.#count(agent, channel, 1);
    for (const agent of before) if (!now.includes(agent)) this.#count(agent, channel, -1);
  }

  #count(agent: AgentId, channel: Channel, more: number): void {
    const hers = this.#counts.get(agent) ?? {};
    const count = (hers[channel] ?? 0) + more;
    if (count > 0) hers[channel] = count;
    else delete hers[channel];
    if (Object.keys(hers).length > 0) this.#counts.set(agent, hers);
    else this.#counts.delete(agent);
    this.#queueing.occupied(agent, channel, count);
  }
}
