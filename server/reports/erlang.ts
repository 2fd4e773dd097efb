// How many agents are needed: Erlang C (waiting callers never give up; over-staffs) and Erlang A (M/M/N+M: they give up
// after an exponential patience). Times in any one unit, rates per that unit.

export interface Load {
  /** Contacts per unit of time. */
  arrivals: number;
  /** Average handle time. */
  handle: number;
  agents: number;
}

export interface Staffing {
  /** Offered load, erlang. */
  load: number;
  /** Share of those who wait at all. */
  waiting: number;
  /** Share of those who give up. */
  abandoned: number;
  /** Average wait of all. */
  wait: number;
  /** Average share of the agents at work. */
  occupancy: number;
}

/** Erlang B by its recurrence, from which C follows; exact for large N, where factorials are not. */
function blocked(load: number, agents: number): number {
  let blocking = 1;
  for (let n = 1; n <= agents; n++) blocking = (load * blocking) / (n + load * blocking);
  return blocking;
}

/** @returns Infinity as wait, and 1 as waiting, where the load is more than the agents can do */
export function erlangC({ arrivals, handle, agents }: Load): Staffing {
  const load = arrivals * handle;
  if (load >= agents) return { load, waiting: 1, abandoned: 0, wait: Infinity, occupancy: 1 };
  const b = blocked(load, agents);
  const waiting = b / (1 - (load / agents) * (1 - b));
  return { load, waiting, abandoned: 0, wait: (waiting * handle) / (agents - load), occupancy: load / agents };
}

/** Share answered within a time, by Erlang C. */
export function serviceLevelC(given: Load, within: number): number {
  const { load, waiting } = erlangC(given);
  if (load >= given.agents) return 0;
  return 1 - waiting * Math.exp((-(given.agents - load) * within) / given.handle);
}

/** @param patience average time after which a caller gives up; Infinity: Erlang C */
export function erlangA(given: Load, patience: number): Staffing {
  if (patience === Infinity) return erlangC(given);
  const { arrivals, handle, agents } = given;
  const load = arrivals * handle;
  // States of a birth-death process, in units of the weight of "all agents are at work and nobody waits".
  let below = 0;
  let weight = 1;
  for (let k = agents; k > 0; k--) {
    weight *= k / load;
    below += weight;
    if (weight < 1e-300) break;
  }
  let above = 1;
  let queue = 0;
  weight = 1;
  for (let waiting = 1; ; waiting++) {
    weight *= arrivals / (agents / handle + waiting / patience);
    above += weight;
    queue += waiting * weight;
    // Of a long queue of the patient the weights are beyond what numbers hold; only their relation counts.
    if (weight > 1e200) [weight, above, queue, below] = [1, above / weight, queue / weight, below / weight];
    if (weight < above * 1e-15 && waiting > agents) break;
  }
  const all = above + below;
  const length = queue / all;
  const abandoned = length / patience / arrivals;
  return {
    load,
    waiting: above / all,
    abandoned,
    wait: length / arrivals,
    occupancy: (load * (1 - abandoned)) / agents,
  };
}

/** The fewest agents with which as many are answered within a time, by Erlang C, or give up no more often, by Erlang A. */
export function agentsNeeded(
  load: Omit<Load, 'agents'>,
  goal: { serviceLevel: number; within: number } | { abandoned: number; patience: number },
): number {
  for (let agents = 1; ; agents++) {
    const given = { ...load, agents };
    if (
      'within' in goal
        ? serviceLevelC(given, goal.within) >= goal.serviceLevel
        : erlangA(given, goal.patience).abandoned <= goal.abandoned
    )
      return agents;
  }
}
