// Explicit state machines: a table of state × event. An impossible event is counted and reported, never ignored.

export type Table<State extends string, Event extends string> = Record<State, Partial<Record<Event, State>>>;

/** How often each machine met an event that its state does not know: `machine/state/event` → count. Shown in /metrics. */
export const impossibleEvents = new Map<string, number>();

export interface Machine<State extends string, Event extends string> {
  readonly name: string;
  readonly table: Table<State, Event>;
  /** The state after the event, or undefined (counted) where the table has no such step. */
  next(state: State, event: Event): State | undefined;
  /** Whether the table has that step; counts nothing. */
  can(state: State, event: Event): boolean;
}

export function machine<State extends string, Event extends string>(
  name: string,
  table: Table<State, Event>,
): Machine<State, Event> {
  return {
    name,
    table,
    next(state, event) {
      const after = table[state][event];
      if (after === undefined) {
        const key = `${name}/${state}/${event}`;
        impossibleEvents.set(key, (impossibleEvents.get(key) ?? 0) + 1);
      }
      return after;
    },
    can: (state, event) => table[state][event] !== undefined,
  };
}
