// Tells desks and the API what changed: agents at once, queues' figures at most four times a second.
import type { AgentId, QueueId } from '../../values/index.ts';
import type { AcdEvent } from '../acd/index.ts';
import type { AgentNow, QueueLive } from '../ports/index.ts';

const everyMs = 250;

export interface TellingOptions {
  /** Undefined where there is no such agent. */
  agent: (agent: AgentId) => AgentNow | undefined;
  queuesOf: (agent: AgentId) => readonly QueueId[];
  queue: (queue: QueueId) => QueueLive | undefined;
  tellAgent: (now: AgentNow) => void;
  tellQueue: (live: QueueLive) => void;
  /** A listener threw. */
  failed: (error: unknown) => void;
}

export class Telling {
  readonly #options: TellingOptions;
  readonly #queues = new Set<QueueId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  changed(events: AcdEvent[]): void {
    const { agent, queuesOf, tellAgent } = this.#options;
    const agents = new Set<AgentId>();
    for (const event of events) {
      if ('agent' in event && typeof event.agent === 'string') agents.add(event.agent);
      if ('queue' in event && typeof event.queue === 'string') this.#queues.add(event.queue);
    }
    for (const id of agents) {
      for (const queue of queuesOf(id)) this.#queues.add(queue);
      const now = agent(id);
      if (now) tellAgent(now);
    }
    if (this.#queues.size > 0) this.#timer ??= setTimeout(() => this.#tellQueues(), everyMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tellQueues(): void {
    this.#timer = undefined;
    const queues = [...this.#queues];
    this.#queues.clear();
    for (const id of queues) {
      try {
        const live = this.#options.queue(id);
        if (live) this.#options.tellQueue(live);
      } catch (error) {
        this.#options.failed(error);
      }
    }
  }
}
