// From the directory to the router's configuration, and only what differs.
import type { Channel, Language, Millis, SkillDemand } from '../../values/index.ts';
import {
  type AgentConfig,
  agentConfig,
  type Command,
  type OpeningTime,
  type QueueConfig,
  queueConfig,
  type Ring,
  type RouterState,
} from '../acd/index.ts';
import { type Hours, openings } from '../ivr/index.ts';
import type { AgentRecord, Directory, QueueRecord, QueueRequest } from '../ports/index.ts';

/** A call may join written work; written work does not join a call. */
const interrupts: AgentConfig['capacity']['interrupts'] = {
  chat: ['social', 'mail', 'sms', 'work'],
  social: ['chat', 'mail', 'sms', 'work'],
  sms: ['chat', 'social', 'mail', 'work'],
  mail: ['chat', 'social', 'sms', 'work'],
  work: ['chat', 'social', 'sms', 'mail'],
};

/** Calendars are told this far ahead, and anew every day. */
const calendarDays = 14;
const dayMs = 86_400_000;
/** A disposition that is required needs a wrap-up in which it is given. */
const leastWrapUpMs = 1_000;
const defaultLanguageMs = 60_000;
const languages: Language[] = ['en', 'zh'];

/** @param now the calendar of its hours begins the day before */
export function queueOf(
  record: QueueRecord,
  { site, hours }: { site: Pick<Directory['site'], 'timeZone'>; hours: Pick<Directory['hours'], 'get'> },
  now: Millis,
): QueueConfig {
  const open = record.hours === undefined ? undefined : hours.get(record.hours);
  const required = record.dispositionRequired ? (record.dispositionMissing ?? 'extend') : undefined;
  return queueConfig({
    id: record.id,
    strategy: record.strategy,
    offerMs: record.ringMs,
    wrapUpMs: required ? Math.max(record.wrapUpMs, leastWrapUpMs) : record.wrapUpMs,
    wrapUpMaxMs: record.wrapUpLimitMs,
    exclusionMs: record.exclusionMs,
    maxLength: record.maxLength,
    hours: open && calendar(open, site.timeZone, now),
    atClose: record.atClose === 'exit' ? 'overflow' : 'serve',
    disposition: required === 'ignore' ? 'record' : required,
    maxWaitMs: record.maxWaitMs,
    unstaffed: record.whenEmpty === 'exit' ? 'overflow' : 'wait',
    rings: ringsOf(record),
  });
}

/** The hours from the beginning of the day before (a night may reach into today), so that they change once a day only. */
function calendar(hours: Hours, zone: string, now: Millis): OpeningTime[] {
  const from = Math.floor(now / dayMs - 1) * dayMs;
  return openings(hours, from, from + (calendarDays + 2) * dayMs, zone);
}

/** Every ring is stated against what was asked for, so those after the language's fallback drop the language too. */
function ringsOf({ rings, languageSkill, languageSkillMs = defaultLanguageMs }: QueueRecord): Ring[] {
  const steps = rings.map(({ afterMs, relaxSkillsBy, dropSkills, alsoQueues }): Ring => {
    const drop = dropSkills ? ('all' as const) : undefined;
    return { afterMs, relaxBy: relaxSkillsBy, ...(drop && { drop }), also: alsoQueues };
  });
  if (!languageSkill) return steps;
  if (!steps.some(({ afterMs }) => afterMs === languageSkillMs)) {
    const before = steps.findLast(({ afterMs }) => afterMs < languageSkillMs);
    steps.push({ ...before, afterMs: languageSkillMs });
  }
  return steps.map((step) =>
    step.afterMs < languageSkillMs || step.drop === 'all' ? step : { ...step, drop: [...languages] },
  );
}

export function agentOf(record: AgentRecord): AgentConfig {
  // Without a phone there are no calls, whatever room for them the record has.
  const talks = record.phone.kind !== 'none';
  const channels = (Object.entries(record.capacity) as [Channel, number][]).filter(
    ([channel, most]) => most > 0 && (talks || channel !== 'voice'),
  );
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
export function demandsOf(
  queue: QueueRecord | undefined,
  request: QueueRequest,
  skills: Pick<Directory['skills'], 'get'>,
): SkillDemand[] {
  const demands = new Map((queue?.skills ?? []).map((demand) => [demand.skill, demand]));
  const { language } = request;
  // A language that is no skill of anybody would only make the contact wait.
  if (queue?.languageSkill && language !== undefined && skills.get(language)) {
    demands.set(language, { skill: language, least: 1 });
  }
  for (const demand of request.skills ?? []) demands.set(demand.skill, demand);
  return [...demands.values()];
}

/** The commands that bring the router's configuration to what the directory says; none where it is the same. */
export function changesOf(directory: Directory, state: RouterState, now: Millis): Command[] {
  const commands: Command[] = [];
  const queues = new Set<string>();
  for (const record of directory.queues.list()) {
    queues.add(record.id);
    const queue = queueOf(record, directory, now);
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
