// All desks of one run, and what their parts share.
import { randomBytes } from 'node:crypto';
import type { AgentId } from '../../values/index.ts';
import { newEvent } from '../journal/index.ts';
import { teamOf } from '../ports/index.ts';
import { type DeskLimits, limits as defaultLimits } from './limits.ts';
import type { DeskOptions } from './options.ts';
import type { Panel } from './panel.ts';
import { Seat } from './seat.ts';

export interface DeskCounters {
  panels: number;
  messages: number;
  badMessages: number;
  tooFast: number;
  cutSlow: number;
  cutSilent: number;
  pops: number;
  popsAcknowledged: number;
  panelsLost: number;
}

export class Seats {
  /** Names this run. */
  readonly epoch = randomBytes(8).toString('hex');
  readonly options: DeskOptions;
  readonly limits: DeskLimits;
  readonly all = new Map<AgentId, Seat>();
  readonly counters: DeskCounters = {
    panels: 0,
    messages: 0,
    badMessages: 0,
    tooFast: 0,
    cutSlow: 0,
    cutSilent: 0,
    pops: 0,
    popsAcknowledged: 0,
    panelsLost: 0,
  };
  closing = false;

  constructor(options: DeskOptions) {
    this.options = options;
    this.limits = { ...defaultLimits, ...options.limits };
  }

  get(agent: AgentId): Seat | undefined {
    return this.all.get(agent);
  }

  /** Her desk, made where there is none. */
  of(agent: AgentId): Seat {
    let seat = this.all.get(agent);
    if (seat === undefined) {
      seat = new Seat(agent, this.limits);
      const live = this.options.agentWork.agent(agent);
      if (live !== undefined) seat.tally.follow(live, this.options.clock.now());
      this.all.set(agent, seat);
    }
    return seat;
  }

  /** Every open panel. */
  *panels(): Iterable<Panel> {
    for (const seat of this.all.values()) yield* seat.panels;
  }

  /** Journals a fact. The desk goes on whether or not the disk takes it (DESIGN §4: a full disk never ends a call). */
  note<Data extends object>(
    type: Parameters<typeof newEvent<Data>>[0],
    data: Data,
    scope: Parameters<typeof newEvent<Data>>[3],
  ): void {
    const { journal, clock, directory } = this.options;
    const team = teamOf(directory, scope ?? {});
    void journal.append([newEvent(type, clock.now(), data, { ...scope, team })]);
  }
}
