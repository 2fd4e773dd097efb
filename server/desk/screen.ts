// What stands on an agent's screen: the parts of a snapshot, from the directory, routing and calls.

import type { AgentId } from '../../values/index.ts';
import {
  type AgentLive,
  type AgentRecord,
  type CallView,
  type ChannelRecord,
  dispositionCodes,
  dispositionTree,
  type QueueLive,
  type QueueRecord,
  servesCall,
} from '../ports/index.ts';
import type { CallTelling } from './call-telling.ts';
import type { ConversationTelling } from './conversation-telling.ts';
import type { DeskOptions } from './options.ts';
import type { DeskPhones } from './phones.ts';
import { defaultReasons } from './reasons.ts';
import type { Seat } from './seat.ts';
import type { Colleague, FloorAgent, QueueCard, Setup, Snapshot } from './views.ts';

/** Agents that an answer to `targets` or a snapshot names at most; the panel searches for others. */
const mostColleagues = 100;

export class Screen {
  readonly #options: DeskOptions;
  /** Set before the first panel comes. */
  phones: DeskPhones | undefined;
  /** Knows whose calls are whose; set before the first panel comes. */
  telling: CallTelling | undefined;
  conversations: ConversationTelling | undefined;
  /** Somebody watches the floor; cleared where live figures find nobody who does. */
  watched = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  setup(record: AgentRecord): Setup {
    const { directory, callControl } = this.#options;
    return {
      site: { name: directory.site.name, timeZone: directory.site.timeZone },
      me: {
        id: record.id,
        name: record.name,
        roles: record.roles,
        language: record.language,
        phone: record.phone.kind,
        canAnswer: callControl.canAnswer(record.id),
      },
      queues: directory.queues.list().map((queue) => queueCard(queue, record)),
      reasons: [...(this.#options.reasons ?? defaultReasons)],
      flows: [...(this.#options.flows?.() ?? [])],
      ...written(directory.channels.list(), record),
      ...(this.#options.embedders?.length ? { embedders: [...this.#options.embedders] } : {}),
    };
  }

  snapshot(record: AgentRecord, seat: Seat, now: number): Snapshot {
    const { agentWork } = this.#options;
    const worker = record.roles.includes('agent');
    return {
      seq: seat.stream.seq,
      at: now,
      setup: this.setup(record),
      live: worker ? agentWork.agent(record.id) : undefined,
      today: worker ? seat.tally.today : undefined,
      pops: [...seat.pops.values()].map((pop) => pop.view),
      calls: this.telling?.callsOf(record.id) ?? [],
      conversations: this.conversations?.of(record.id) ?? [],
      parked: this.telling?.parked(record.id) ?? [],
      dialled: this.telling?.dialled(record.id) ?? [],
      work: [...seat.work.values()],
      figures: this.figures(record),
      colleagues: this.colleagues(record.id, ''),
      phone: this.phones?.view(record.id),
    };
  }

  /** Live figures of her queues. */
  figures(record: AgentRecord): QueueLive[] {
    return this.#options.agentWork.queues().filter((live) => record.queues.includes(live.queue));
  }

  /** Agents other than her whose id or name contains a text. */
  colleagues(me: AgentId, search: string): Colleague[] {
    const { directory, agentWork } = this.#options;
    const wanted = search.trim().toLowerCase();
    const found: Colleague[] = [];
    for (const { id, name, disabled, roles } of directory.agents.list()) {
      if (id === me || disabled || !roles.includes('agent')) continue;
      if (!id.toLowerCase().includes(wanted) && !name.toLowerCase().includes(wanted)) continue;
      const live = agentWork.agent(id);
      const presence = live?.presence ?? 'offline';
      found.push({ id, name, presence, free: presence === 'ready' && live !== undefined && isFree(live) });
    }
    const rank = (one: Colleague) => (one.free ? 0 : one.presence === 'ready' ? 1 : one.presence === 'offline' ? 3 : 2);
    return found.sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id)).slice(0, mostColleagues);
  }

  /** Every agent and queue that a supervisor may see: of her team where she has one, else of the site. */
  floor(viewer: AgentRecord): {
    agents: FloorAgent[];
    queues: QueueCard[];
    figures: QueueLive[];
    calls: CallView[];
  } {
    const { directory, agentWork } = this.#options;
    this.watched = true;
    const agents: FloorAgent[] = [];
    for (const live of agentWork.agents()) {
      const record = directory.agents.get(live.agent);
      if (record?.roles.includes('agent') && mayWatch(viewer, record)) agents.push(floorAgent(live, record));
    }
    const queues = directory.queues.list().filter((queue) => mayWatch(viewer, queue));
    const seen = new Set(queues.map((queue) => queue.id));
    return {
      agents,
      queues: queues.map((queue) => queueCard(queue, viewer)),
      figures: agentWork.queues().filter((live) => seen.has(live.queue)),
      calls: this.#options.callControl.list().filter((call) => mayWatchCall(directory, viewer, call)),
    };
  }
}

/** Supervisors of a team see its calls, its agents' and nobody's, those of none the whole site; administrators all. */
export function mayWatchCall(directory: DeskOptions['directory'], viewer: AgentRecord, call: CallView): boolean {
  if (viewer.roles.includes('admin')) return true;
  if (!viewer.roles.includes('supervisor') || viewer.site !== directory.site.name) return false;
  return servesCall(directory, viewer, call);
}

export function floorAgent(live: AgentLive, record: AgentRecord): FloorAgent {
  return { ...live, name: record.name, team: record.team };
}

/** Supervisors of a team see what belongs to it, those of none the whole site; administrators all. */
export function mayWatch(viewer: AgentRecord, record: AgentRecord | QueueRecord): boolean {
  if (viewer.roles.includes('admin')) return true;
  if (!viewer.roles.includes('supervisor') || viewer.site !== record.site) return false;
  return viewer.team === undefined || record.team === undefined || viewer.team === record.team;
}

function isFree(live: AgentLive): boolean {
  return live.contacts.length === 0 && !Object.values(live.occupied).some((count) => count > 0);
}

/** Supervisors of a team adjust what belongs to it, those of none and administrators all. */
function mayAdjust(viewer: AgentRecord, queue: QueueRecord): boolean {
  if (viewer.roles.includes('admin')) return true;
  return mayWatch(viewer, queue) && (viewer.team === undefined || viewer.team === queue.team);
}

function queueCard(queue: QueueRecord, viewer: AgentRecord): QueueCard {
  const { id, name, dispositions, dispositionRequired, wrapUpMs, serviceLevelMs, popUrl, popByItself, thresholds } =
    queue;
  return {
    id,
    name,
    mine: viewer.queues.includes(id),
    dispositions: dispositionCodes(dispositions),
    dispositionTree: dispositionTree(dispositions),
    dispositionRequired,
    wrapUpMs,
    serviceLevelMs,
    ...(thresholds === undefined ? {} : { thresholds }),
    adjustable: mayAdjust(viewer, queue),
    ...(popUrl === undefined ? {} : { popUrl, popByItself: popByItself ?? false }),
  };
}

/** Nothing where there is none: sites that only telephone see no pages for it. */
function written(channels: readonly ChannelRecord[], { roles, team }: AgentRecord): Pick<Setup, 'written'> {
  const confined = roles.includes('admin') ? undefined : team;
  const of = (kind: ChannelRecord['channel']) =>
    channels
      .filter(
        (one) =>
          one.channel === kind &&
          !one.disabled &&
          (confined === undefined || one.team === undefined || one.team === confined),
      )
      .map(({ id, name }) => ({ id, name }));
  const [work, social] = [of('work'), of('social')];
  return work.length + social.length === 0 ? {} : { written: { work, social } };
}
