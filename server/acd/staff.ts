// Who is signed in for which queue, kept as agents and queues change.
import type { QueueId } from '../../values/index.ts';
import { enterLanes, leaveLanes } from './lanes.ts';
import type { Agent, Queue, RouterState } from './state.ts';

/** Makes a signed-in agent known to her queues; call after signing in and after any change of her configuration. */
export function joinQueues(state: RouterState, agent: Agent): void {
  for (const id of agent.config.queues) {
    const members = state.members.get(id);
    if (members) members.add(agent);
    else state.members.set(id, new Set([agent]));
    for (const served of state.staffedBy.get(id) ?? []) {
      if (agent.staffs.has(served)) continue;
      agent.staffs.add(served);
      const queue = state.queues.get(served);
      if (queue && queue.staff++ === 0) state.touched.queues.add(queue);
    }
  }
  enterLanes(state, agent);
}

/** Undoes `joinQueues`; call before her configuration changes. */
export function leaveQueues(state: RouterState, agent: Agent): void {
  leaveLanes(agent);
  for (const id of agent.config.queues) {
    const members = state.members.get(id);
    members?.delete(agent);
    if (members?.size === 0) state.members.delete(id);
  }
  for (const served of agent.staffs) {
    const queue = state.queues.get(served);
    if (queue && --queue.staff === 0) state.touched.queues.add(queue);
  }
  agent.staffs.clear();
}

/** Counts the staff of a queue anew; call when its configuration came or changed. */
export function recountStaff(state: RouterState, queue: Queue): void {
  const id = queue.config.id;
  forgetStaff(state, id);
  const sources = new Set<QueueId>([id, ...queue.config.rings.flatMap((ring) => ring.also ?? [])]);
  for (const source of sources) {
    const served = state.staffedBy.get(source);
    if (served) served.add(id);
    else state.staffedBy.set(source, new Set([id]));
    for (const agent of state.members.get(source) ?? []) {
      if (agent.staffs.has(id)) continue;
      agent.staffs.add(id);
      queue.staff++;
    }
  }
  state.touched.queues.add(queue);
}

/** Takes a queue out of everybody's account. */
export function forgetStaff(state: RouterState, id: QueueId): void {
  for (const [source, served] of state.staffedBy) {
    if (!served.delete(id)) continue;
    for (const agent of state.members.get(source) ?? []) agent.staffs.delete(id);
    if (served.size === 0) state.staffedBy.delete(source);
  }
  const queue = state.queues.get(id);
  if (queue) queue.staff = 0;
}
