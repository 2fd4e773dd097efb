// One decision under way: emitting an event folds it at once, so that what follows in the same command sees it.
import type { Millis } from '../../values/index.ts';
import type { AcdEvent } from './events.ts';
import { evolve } from './evolve.ts';
import type { RouterState } from './state.ts';

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

export class Decision {
  readonly state: RouterState;
  readonly now: Millis;
  readonly events: AcdEvent[] = [];

  constructor(state: RouterState, now: Millis) {
    this.state = state;
    this.now = now;
    const { agents, contacts, queues } = state.touched;
    // Emptying what is empty is not free, and most often it is.
    if (agents.size > 0) agents.clear();
    if (contacts.size > 0) contacts.clear();
    if (queues.size > 0) queues.clear();
  }

  /** Time passed since, ms; 0 where a clock was set back in between. */
  elapsed(since: Millis): number {
    return Math.max(0, this.now - since);
  }

  emit(event: WithoutTime<AcdEvent>): void {
    const timed = { at: this.now, ...event } as AcdEvent;
    evolve(this.state, timed);
    this.events.push(timed);
  }
}
