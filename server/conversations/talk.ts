// The part of agents in a conversation: who has it, who reads and writes along, and how it goes from one to the next.
import type { AgentId, QueueId } from '../../values/index.ts';
import { interactionAnswered, interactionTalkEnded, interactionTransferred } from '../customers/index.ts';
import type { Conversation } from './conversation.ts';
import { variablesOf } from './conversation-data.ts';
import { failed } from './errors.ts';
import { conversationLeft } from './events.ts';

export class Talk {
  readonly #of: Conversation;

  constructor(of: Conversation) {
    this.#of = of;
  }

  /** She has it. */
  connect(agent: AgentId, offer: string | undefined): void {
    const of = this.#of;
    const { data } = of;
    data.agent = agent;
    const waitMs = data.place && Math.max(0, of.now() - data.place.since);
    of.append(interactionAnswered, {
      ...(offer === undefined ? {} : { offer }),
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    of.tellState();
    of.changed();
  }

  /** She has it by what people did: wrote first, or took it over. @returns false where routing cannot hold it for her */
  take(agent: AgentId, queue: QueueId | undefined): boolean {
    const of = this.#of;
    if (!of.can('take')) return false;
    if (!of.tools.queueing.take(of, agent, { queue })) return false;
    of.place.endOffer('withdrawn');
    of.step('take');
    of.data.queue = queue ?? of.data.queue;
    of.data.joined = of.data.joined.filter((one) => one !== agent);
    this.connect(agent, undefined);
    return true;
  }

  /** Her part ends, and a colleague who read along has it. @returns false where she has no room */
  handOver(to: AgentId): boolean {
    const of = this.#of;
    const { data } = of;
    const before = this.#mustBeActive();
    if (!of.tools.queueing.take(of, to, { queue: data.queue })) return false;
    of.append(interactionTransferred, { kind: 'agent', to });
    const others = data.joined.filter((one) => one !== to);
    data.joined = [];
    this.ended('transferred');
    data.joined = others;
    of.step('take');
    of.append(conversationLeft, { why: 'handed-over' }, { agent: before });
    this.connect(to, undefined);
    return true;
  }

  /** Her part ends, and another queue or agent gets it. */
  transfer(to: { queue: QueueId } | { agent: AgentId }): void {
    const of = this.#of;
    const { data } = of;
    const agent = this.#mustBeActive();
    const colleague = 'agent' in to ? of.tools.directory.agents.get(to.agent) : undefined;
    const queue = 'queue' in to ? to.queue : (data.queue ?? colleague?.queues[0]);
    const [kind, name] = 'queue' in to ? (['queue', to.queue] as const) : (['agent', to.agent] as const);
    of.append(interactionTransferred, { kind, to: name });
    this.ended('transferred');
    of.tools.queueing.finished(of.interaction, agent, 'transferred');
    data.agent = undefined;
    data.variables = variablesOf(data);
    data.flow = undefined;
    of.step('transfer');
    const { place } = of;
    const entered =
      queue !== undefined &&
      ('agent' in to ? place.enterFor(to.agent, queue, agent) : place.enter(queue, { not: agent }));
    if (!entered) place.tryLater();
  }

  /** The agent is done with it. */
  close(): void {
    const of = this.#of;
    const { data, bot } = of;
    const agent = this.#mustBeActive();
    if (!data.place?.afterTalk || bot.state?.waiting !== 'queue') {
      of.finish('agent', 'closed');
      return;
    }
    this.ended('agent');
    of.tools.queueing.finished(of.interaction, agent, 'agent');
    of.remember(agent);
    data.agent = undefined;
    data.place = undefined;
    data.unanswered = undefined;
    of.step('back');
    of.tellState();
    bot.advance({ on: 'queue', how: 'talked' });
  }

  /** Who had it works here no more: its queue gets it, with its age. */
  abandoned(): void {
    const of = this.#of;
    const agent = this.#mustBeActive();
    this.ended('failed');
    of.tools.queueing.finished(of.interaction, agent, 'failed');
    of.data.agent = undefined;
    of.place.again();
  }

  /** The part of everybody who is in it. */
  ended(why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    const of = this.#of;
    of.append(interactionTalkEnded, { why });
    for (const colleague of of.data.joined) of.append(conversationLeft, { why: 'ended' }, { agent: colleague });
    of.data.joined = [];
  }

  #mustBeActive(): AgentId {
    const { phase, agent } = this.#of.data;
    if (phase !== 'active' || agent === undefined) throw failed['conversation-wrong-phase']({ phase });
    return agent;
  }
}
