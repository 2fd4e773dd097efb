// A small hand on the router for readable scenarios.
import {
  type AcdEvent,
  type AcdEventOf,
  type AgentConfig,
  agentConfig,
  type Command,
  decide,
  emptyState,
  faults,
  nextWakeup,
  type QueueConfig,
  queueConfig,
  type RouterState,
} from '../../../server/acd/index.ts';

export class Floor {
  readonly state: RouterState = emptyState();
  readonly log: AcdEvent[] = [];
  now = 1_000_000_000_000;

  constructor(queues: (Partial<QueueConfig> & { id: string })[], agents: (Partial<AgentConfig> & { id: string })[]) {
    for (const queue of queues) this.do({ type: 'set-queue', queue: queueConfig(queue) });
    for (const agent of agents) {
      this.do({ type: 'set-agent', agent: agentConfig({ queues: queues.slice(0, 1).map(({ id }) => id), ...agent }) });
    }
  }

  /** Carries out a command and checks every rule of the router. */
  do(command: Command): AcdEvent[] {
    const events = decide(this.state, command, this.now);
    const broken = faults(this.state, this.now);
    if (broken.length > 0) throw new Error(`after ${command.type}: ${broken.join('; ')}`);
    this.log.push(...events);
    return events;
  }

  /** Lets time pass, waking the router whenever it asked for that. */
  pass(ms: number): AcdEvent[] {
    const end = this.now + ms;
    const events: AcdEvent[] = [];
    for (let at = nextWakeup(this.state); at !== undefined && at <= end; at = nextWakeup(this.state)) {
      this.now = Math.max(this.now, at);
      events.push(...this.do({ type: 'tick' }));
    }
    this.now = end;
    return events;
  }

  ready(...agents: string[]): void {
    for (const agent of agents) {
      if (this.state.agents.get(agent)?.presence === 'offline') this.do({ type: 'sign-in', agent });
      this.do({ type: 'ready', agent });
      this.now++;
    }
  }

  call(contact: string, more: Partial<Extract<Command, { type: 'enqueue' }>> = {}): AcdEvent[] {
    return this.do({ type: 'enqueue', contact, channel: 'voice', queue: 'service', ...more });
  }

  /** The offer under way for a contact. */
  offer(contact: string): AcdEventOf<'offer-made'> | undefined {
    const work = this.state.contacts.get(contact)?.work;
    return of(this.log, 'offer-made').find((event) => event.offer === work?.id);
  }

  /** Who has the contact now, ringing or talking. */
  holder(contact: string): string | undefined {
    return this.state.contacts.get(contact)?.work?.agent;
  }

  accept(contact: string): AcdEvent[] {
    return this.do({ type: 'outcome', offer: this.offer(contact)!.offer, outcome: 'accepted' });
  }

  hangUp(contact: string): AcdEvent[] {
    return this.do({ type: 'leave', contact, reason: 'hung-up' });
  }

  presence(agent: string): string {
    const { presence, reason } = this.state.agents.get(agent)!;
    return reason ? `${presence} (${reason})` : presence;
  }
}

export function of<Type extends AcdEvent['type']>(events: AcdEvent[], type: Type): AcdEventOf<Type>[] {
  return events.filter((event): event is AcdEventOf<Type> => event.type === type);
}
