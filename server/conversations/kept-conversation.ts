// What every part of a conversation stands on: its data, its states (picture at conversation-states.ts), and the facts that it
// writes.
import type { AgentId, InteractionId } from '../../values/index.ts';
import { withoutSecrets } from '../ivr/index.ts';
import { type EventScope, type EventType, newEvent } from '../journal/index.ts';
import { type ChannelRecord, type ConversationView, teamOf } from '../ports/index.ts';
import type { Conversation } from './conversation.ts';
import { type ConversationData, type ThreadData, viewOf } from './conversation-data.ts';
import { type ConversationStep, conversationMachine } from './conversation-states.ts';
import type { ConversationTools } from './conversation-tools.ts';
import type { Messages } from './messages.ts';
import type { Threads } from './threads.ts';

/** Who keeps all conversations. */
export interface ConversationKeeper {
  readonly post: Messages;
  readonly threads: Threads;
  /** Its row is to be written, and who looks on is to be told. */
  changed(conversation: Conversation): void;
  /** Who talks on the phone with the customer of that thread, in a call that goes on from it. */
  talksAt(via: string, thread: string): AgentId | undefined;
  /** Once; after it the conversation is forgotten. */
  over(conversation: Conversation): void;
}

export abstract class KeptConversation {
  readonly data: ConversationData;
  readonly tools: ConversationTools;
  protected readonly keeper: ConversationKeeper;

  constructor(tools: ConversationTools, keeper: ConversationKeeper, data: ConversationData) {
    this.tools = tools;
    this.keeper = keeper;
    this.data = data;
  }

  get interaction(): InteractionId {
    return this.data.interaction;
  }
  get channel(): ConversationData['channel'] {
    return this.data.channel;
  }
  get over(): boolean {
    return this.data.phase === 'closed';
  }
  get thread(): ThreadData {
    return this.keeper.threads.get(this.data.via, this.data.thread);
  }
  /** Undefined once the channel was removed. */
  get record(): ChannelRecord | undefined {
    return this.tools.directory.channels.get(this.data.via);
  }
  /** In which she is written to just now. */
  get language(): ConversationData['language'] {
    return this.data.flow?.language ?? this.data.language;
  }

  has(agent: AgentId): boolean {
    return this.data.phase === 'active' && (this.data.agent === agent || this.data.joined.includes(agent));
  }

  view(): ConversationView {
    return viewOf(this.data, this.thread.window);
  }

  /** The conversation as it may be written. */
  text(): string {
    const { flow } = this.data;
    return JSON.stringify(flow ? { ...this.data, flow: withoutSecrets(flow) } : this.data);
  }

  can(step: ConversationStep): boolean {
    return conversationMachine.can(this.data.phase, step);
  }

  /** @returns false, counted and logged, where the phase knows no such step */
  step(step: ConversationStep): boolean {
    const { phase } = this.data;
    const next = conversationMachine.next(phase, step);
    if (next === undefined) {
      this.tools.logger.warn({ interaction: this.interaction, phase, step }, 'impossible step of a conversation');
      return false;
    }
    this.data.phase = next;
    this.data.since = this.now();
    this.changed();
    return true;
  }

  abstract changed(): void;

  scope(): EventScope {
    const { interaction, agent, queue, customer } = this.data;
    const scope: EventScope = { interaction };
    if (agent !== undefined) scope.agent = agent;
    if (queue !== undefined) scope.queue = queue;
    if (customer !== undefined) scope.customer = customer;
    const team = teamOf(this.tools.directory, { queue, agent }) ?? this.record?.team;
    if (team !== undefined) scope.team = team;
    return scope;
  }

  /** For the customer: who answers there now. */
  tellState(): void {
    const { phase, agent } = this.data;
    const state = phase === 'offered' ? 'queued' : phase;
    const name = phase === 'active' && agent !== undefined ? this.tools.directory.agents.get(agent)?.name : undefined;
    const position = state === 'queued' ? this.tools.queueing.place(this.interaction)?.position : undefined;
    this.keeper.post.state(this, {
      state,
      ...(name === undefined ? {} : { agentName: name }),
      ...(position === undefined || position < 1 ? {} : { position }),
    });
  }

  append<Data extends object>(type: EventType<Data>, data: Data, scope: EventScope = {}): void {
    void this.tools.journal.append([newEvent(type, this.now(), data, { ...this.scope(), ...scope })]);
  }

  now(): number {
    return this.tools.clock.now();
  }
}
