// Plays the journaled commands to this router and says where it decides otherwise than it did then: after a change of
// the router, or when somebody doubts a decision.
import { type AcdEvent, type Command, decide, emptyState, fold, type RouterState, restore } from '../acd/index.ts';
import type { Journal } from '../journal/index.ts';
import { type Decided, routingDecided, routingSnapshot, type SnapshotTaken } from './events.ts';

export interface Disagreement {
  /** Number of the journal's event. */
  seq: number;
  at: number;
  /** Version of the router that decided then. */
  router: number;
  command: Command;
  then: AcdEvent[];
  now: AcdEvent[];
}

const page = 1_000;

/**
 * Decides every journaled command again, each on the state as it really was.
 * @param after only events of the journal after this number; there has to be a snapshot, or the beginning, right there
 * @returns how many commands were compared, and the disagreements in order
 * @throws Error where the record does not begin at a snapshot or the beginning
 */
export function replay(journal: Journal, after = 0): { commands: number; disagreements: Disagreement[] } {
  const filter = { types: [routingDecided.name, routingSnapshot.name] };
  const disagreements: Disagreement[] = [];
  let commands = 0;
  let base = emptyState;
  let state: RouterState = base();
  /** What really happened since `base`. */
  let happened: AcdEvent[] = [];
  for (let from = after; ; ) {
    const read = journal.read(from, { limit: page, filter });
    for (const { seq, at, type, data } of read) {
      from = seq;
      if (type === routingSnapshot.name) {
        const taken = data as unknown as SnapshotTaken;
        base = () => restore(taken.state);
        state = base();
        happened = [];
        continue;
      }
      const { command, events: then, router } = data as unknown as Decided;
      const now = decide(state, command, at);
      commands++;
      happened.push(...then);
      if (JSON.stringify(now) === JSON.stringify(then)) continue;
      disagreements.push({ seq, at, router, command, then, now });
      state = fold(base(), happened);
    }
    if (read.length < page) return { commands, disagreements };
  }
}
