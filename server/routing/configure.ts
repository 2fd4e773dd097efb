// From the directory to the router's configuration, and only what differs.
import type { Channel, SkillDemand } from '../../values/index.ts';
import {
  type AgentConfig,
  agentConfig,
  type Command,
  type QueueConfig,
  queueConfig,
  type RouterState,
} from '../acd/index.ts';
import type { AgentRecord, Directory, QueueRecord, QueueRequest } from '../ports/index.ts';

/** A call may join written work; written work does not join a call. */
const interrupts: AgentConfig['capacity']['interrupts'] = {
  chat: ['social', 'mail', 'sms', 'work'],
  social: ['chat', 'mail', 'sms', 'work'],
  sms: ['chat', 'social', 'mail', 'work'],
  mail: ['chat', 'social', 'sms', 'work'],
  work: ['chat', 'social', 'sms', 'mail'],
};

export function queueOf(record: QueueRecord): QueueConfig {
  return queueConfig({
    id: record.id,
    strategy: record.strategy,
    offerMs: record.ringMs,
    wrapUpMs: record.wrapUpMs,
    maxWaitMs: record.maxWaitMs,
    unstaffed: record.whenEmpty === 'exit' ? 'overflow' : 'wait',
    rings: record.rings.map(({ afterMs, relaxSkillsBy, dropSkills, alsoQueues }) => ({
      afterMs,
      ...(relaxSkillsBy === undefined ? {} : { relaxBy: relaxSkillsBy }),
      ...(dropSkills ? { drop: 'all' as const } : {}),
      ...(alsoQueues === undefined ? {} : { also: alsoQueues }),
    })),
  });
}

export function agentOf(record: AgentRecord): AgentConfig {
  const channels = Object.entries(record.capacity).filter(([, most]) => most > 0) as [Channel, number][];
  return agentConfig({
    id: record.id,
    queues: record.queues,
    skills: record.skills,
    capacity: {
      total: channels.reduce((sum, [, most]) => sum + most, 0),
      channels: Object.fromEntries(channels),
      interrupts,
    },
  });
}

/** What a contact demands of a queue: the queue's own demands, each overridden by the request's of the same skill. */
export function demandsOf(queue: QueueRecord | undefined, request: QueueRequest): SkillDemand[] {
  const demands = new Map((queue?.skills ?? []).map((demand) => [demand.skill, demand]));
  for (const demand of request.skills ?? []) demands.set(demand.skill, demand);
  return [...demands.values()];
}

/** The commands that bring the router's configuration to what the directory says; none where it is the same. */
export function changesOf(directory: Directory, state: RouterState): Command[] {
  const commands: Command[] = [];
  const queues = new Set<string>();
  for (const record of directory.queues.list()) {
    queues.add(record.id);
    const queue = queueOf(record);
    if (differs(state.queues.get(record.id)?.config, queue)) commands.push({ type: 'set-queue', queue });
  }
  const agents = new Set<string>();
  for (const record of directory.agents.list()) {
    if (record.disabled) continue;
    agents.add(record.id);
    const agent = agentOf(record);
    const known = state.agents.get(record.id);
    if (known?.removing || differs(known?.config, agent)) commands.push({ type: 'set-agent', agent });
  }
  for (const [id, { removing }] of state.agents) {
    if (!agents.has(id) && !removing) commands.push({ type: 'remove-agent', agent: id });
  }
  for (const id of state.queues.keys()) if (!queues.has(id)) commands.push({ type: 'remove-queue', queue: id });
  return commands;
}

/** Compares as JSON, as which both were or will be kept. */
function differs(known: object | undefined, wanted: object): boolean {
  return known === undefined || JSON.stringify(sorted(known)) !== JSON.stringify(sorted(wanted));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
