// Live figures: what changed is gathered and leaves at most every half second, each queue and agent written out once
// however many panels get it.

import type { AgentId, InteractionId, QueueId } from '../../values/index.ts';
import type { AgentLive, AgentRecord, CallView, QueueLive } from '../ports/index.ts';
import type { DeskOptions } from './options.ts';
import type { Panel } from './panel.ts';
import { floorAgent, mayWatch, mayWatchCall, type Screen } from './screen.ts';

export class Figures {
  readonly #options: DeskOptions;
  readonly #screen: Screen;
  readonly #everyMs: number;
  readonly #panels: () => Iterable<Panel>;
  readonly #queues = new Map<QueueId, QueueLive>();
  readonly #agents = new Set<AgentId>();
  readonly #calls = new Map<InteractionId, CallView>();
  #timer: NodeJS.Timeout | undefined;

  /** @param panels all panels that are open */
  constructor(options: DeskOptions, screen: Screen, everyMs: number, panels: () => Iterable<Panel>) {
    this.#options = options;
    this.#screen = screen;
    this.#everyMs = everyMs;
    this.#panels = panels;
  }

  queue(live: QueueLive): void {
    this.#queues.set(live.queue, live);
    this.#later();
  }

  /** A call that ended is told once more, with its phase. */
  call(call: CallView): void {
    if (!this.#screen.watched) return;
    this.#calls.set(call.interaction, call);
    this.#later();
  }

  agent(agent: AgentId): void {
    if (!this.#screen.watched) return;
    this.#agents.add(agent);
    this.#later();
  }

  /** All figures for one panel: it was away, or too slow for some. */
  all(panel: Panel): void {
    const { directory } = this.#options;
    const viewer = directory.agents.get(panel.agent);
    if (viewer === undefined) return;
    panel.behind = false;
    if (panel.watching) {
      const { agents, figures, calls } = this.#screen.floor(viewer);
      for (const { interaction } of calls) panel.calls.add(interaction);
      panel.sendLive(JSON.stringify({ live: 'calls', with: calls }));
      panel.sendLive(JSON.stringify({ live: 'queues', with: figures }));
      panel.sendLive(JSON.stringify({ live: 'floor', with: agents }));
    } else {
      panel.sendLive(JSON.stringify({ live: 'queues', with: this.#screen.figures(viewer) }));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, this.#everyMs).unref();
  }

  #send(): void {
    const { directory, agentWork } = this.#options;
    const queues = [...this.#queues.values()].flatMap((live) => {
      const record = directory.queues.get(live.queue);
      return record === undefined ? [] : [{ record, text: JSON.stringify(live) }];
    });
    const agents = [...this.#agents].flatMap((agent) => {
      const record = directory.agents.get(agent);
      const live = record?.roles.includes('agent') ? agentWork.agent(agent) : undefined;
      return record && live ? [{ record, live, text: '' }] : [];
    });
    const calls = [...this.#calls.values()];
    this.#queues.clear();
    this.#agents.clear();
    this.#calls.clear();
    let watched = false;
    for (const panel of this.#panels()) {
      const viewer = directory.agents.get(panel.agent);
      if (viewer === undefined) continue;
      const hers = queues.filter(
        ({ record }) => viewer.queues.includes(record.id) || (panel.watching && mayWatch(viewer, record)),
      );
      if (hers.length > 0) panel.sendLive(frame('queues', hers));
      if (!panel.watching) continue;
      watched = true;
      this.#sendFloor(panel, viewer, agents);
      const seen = calls.flatMap((call) => toldOf(panel, call, mayWatchCall(directory, viewer, call)));
      if (seen.length > 0) panel.sendLive(JSON.stringify({ live: 'calls', with: seen }));
    }
    this.#screen.watched = watched;
  }

  #sendFloor(
    panel: Panel,
    viewer: AgentRecord,
    agents: { record: AgentRecord; live: AgentLive; text: string }[],
  ): void {
    const seen = agents.filter(({ record }) => mayWatch(viewer, record));
    for (const one of seen) one.text ||= JSON.stringify(floorAgent(one.live, one.record));
    if (seen.length > 0) panel.sendLive(frame('floor', seen));
  }
}

/** What a panel is told of a call; one that went to a team that it does not see is over there. */
function toldOf(panel: Panel, call: CallView, hers: boolean): CallView[] {
  const { interaction, callId, direction, since, startedAt, to, language } = call;
  if (hers) {
    if (call.phase === 'ended') panel.calls.delete(interaction);
    else panel.calls.add(interaction);
    return [call];
  }
  if (!panel.calls.delete(interaction)) return [];
  const facts = { interaction, callId, direction, since, startedAt, to, language };
  return [{ ...facts, phase: 'ended', recording: 'off', variables: {} }];
}

function frame(live: 'queues' | 'floor', parts: { text: string }[]): string {
  return `{"live":"${live}","with":[${parts.map((part) => part.text).join(',')}]}`;
}
