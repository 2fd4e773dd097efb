// What is due when: one entry per contact, work item and queue.
import type { Millis } from '../../values/index.ts';
import { OrderedList } from './ordered-list.ts';

export type DueKind = 'contact' | 'work' | 'queue';

export interface Due {
  readonly at: Millis;
  readonly kind: DueKind;
  readonly id: string;
}

export class Timers {
  readonly #order = new OrderedList<Due>(earlier);
  readonly #byId: Record<DueKind, Map<string, Due>> = { contact: new Map(), work: new Map(), queue: new Map() };

  /** Sets or, with undefined, clears when the thing is due. */
  set(kind: DueKind, id: string, at: Millis | undefined): void {
    const byId = this.#byId[kind];
    const known = byId.get(id);
    if (known?.at === at) return;
    if (known) {
      this.#order.remove(known);
      byId.delete(id);
    }
    if (at === undefined) return;
    const due = { at, kind, id };
    byId.set(id, due);
    this.#order.add(due);
  }

  at(kind: DueKind, id: string): Millis | undefined {
    return this.#byId[kind].get(id)?.at;
  }

  next(): Due | undefined {
    return this.#order.first();
  }
}

// Ties by name, not by order of insertion: a restored state must tick in the same order.
function earlier(a: Due, b: Due): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
