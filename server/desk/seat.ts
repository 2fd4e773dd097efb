// An agent's desk as long as a panel of hers is there, or may come back: her panels, her numbered events, and what her
// screen shows.
import { type AgentId, type InteractionId, type Millis, machine, type OfferId } from '../../values/index.ts';
import type { AgentLive } from '../ports/index.ts';
import { EventStream } from './event-stream.ts';
import type { DeskEventName, DeskEventWith } from './events.ts';
import type { DeskLimits } from './limits.ts';
import type { Panel } from './panel.ts';
import { Tally } from './tally.ts';
import type { PopView, WorkView } from './views.ts';

/**
 * Whether her panels are there.
 * ```
 *  empty ──connect──► present ──last one gone──► away ──15 s──► lost
 *                        ▲                        │              │
 *                        └────────connect─────────┴──────────────┘
 * ```
 */
export type SeatState = 'empty' | 'present' | 'away' | 'lost';

const seatMachine = machine<SeatState, 'connect' | 'gone' | 'timeout'>('desk-seat', {
  empty: { connect: 'present' },
  present: { connect: 'present', gone: 'away' },
  away: { connect: 'present', timeout: 'lost' },
  lost: { connect: 'present' },
});

interface Pop {
  view: PopView;
  writtenAt: Millis;
  /** Ends routing's waiting for the screen; undefined when it has ended. */
  shown?: ((how: 'acknowledged' | 'absent') => void) | undefined;
}

export class Seat {
  readonly agent: AgentId;
  readonly stream: EventStream;
  readonly panels = new Set<Panel>();
  /** Sessions that may be resumed, with the time (monotonic) they were last connected. */
  readonly sessions = new Map<string, Millis>();
  readonly pops = new Map<OfferId, Pop>();
  readonly work = new Map<InteractionId, WorkView>();
  /** Contacts whose pop and notes of an earlier run were looked up. */
  readonly recalled = new Set<InteractionId>();
  readonly tally: Tally;
  state: SeatState = 'empty';
  /** She asked to sign out, and may still have contacts on hand. */
  signingOut = false;
  /** Since when no panel is there, monotonic. */
  goneAt: Millis = 0;

  constructor(agent: AgentId, limits: DeskLimits, tally = new Tally()) {
    this.agent = agent;
    this.stream = new EventStream(limits.keptEvents);
    this.tally = tally;
  }

  /** Writes an event to all her panels, and keeps it for those that come back. */
  tell<Name extends DeskEventName>(event: Name, about: DeskEventWith<Name>): void {
    const text = this.stream.write(event, about);
    for (const panel of [...this.panels]) panel.send(text);
  }

  /** What she wrote down about a contact, for all her panels. */
  write(work: WorkView): void {
    this.work.set(work.interaction, work);
    this.tell('work', work);
  }

  connect(panel: Panel): void {
    this.panels.add(panel);
    this.#step('connect');
  }

  /** @param at when it was last there, monotonic */
  disconnect(panel: Panel, at: Millis): void {
    if (!this.panels.delete(panel)) return;
    this.sessions.set(panel.session, at);
    if (this.panels.size === 0) this.#leave(at);
  }

  /** Her panels were there before a restart and have to come back. */
  expect(now: Millis): void {
    this.#step('connect');
    this.#leave(now);
  }

  /** Forgets sessions that were not connected for that long. */
  forgetSessions(ms: number, now: Millis): void {
    const connected = new Set([...this.panels].map((panel) => panel.session));
    for (const [session, at] of this.sessions) {
      if (!connected.has(session) && now - at > ms) this.sessions.delete(session);
    }
  }

  /** Nothing would be lost with this desk. */
  get isIdle(): boolean {
    return this.panels.size === 0 && this.sessions.size === 0 && this.state !== 'away' && !this.tally.counted;
  }

  /** @returns true once, when she has been without a panel for that long */
  lostAfter(ms: number, now: Millis): boolean {
    if (this.state !== 'away' || now - this.goneAt < ms) return false;
    this.#step('timeout');
    return true;
  }

  /** Remembers the pop. @returns resolves when a panel showed it, or none will */
  pop(view: PopView, now: Millis): Promise<'acknowledged' | 'absent'> {
    const { promise, resolve } = Promise.withResolvers<'acknowledged' | 'absent'>();
    const pop: Pop = { view, writtenAt: now, shown: resolve };
    this.pops.set(view.offer.id, pop);
    if (this.panels.size === 0) settle(pop, 'absent');
    return promise;
  }

  /** @returns milliseconds since the pop was written, the first time; undefined later or for an unknown offer */
  popShown(offer: OfferId, now: Millis): number | undefined {
    const pop = this.pops.get(offer);
    if (pop?.shown === undefined) return undefined;
    settle(pop, 'acknowledged');
    return now - pop.writtenAt;
  }

  /** @returns what her screen shows of that contact, now or with the next snapshot; undefined where it is not hers */
  hint(interaction: InteractionId, hints: NonNullable<PopView['content']['hints']>): PopView['content'] | undefined {
    let shown: PopView['content'] | undefined;
    for (const pop of this.pops.values()) {
      if (pop.view.content.interaction !== interaction) continue;
      // The content is also routing's own.
      shown = { ...pop.view.content, hints };
      pop.view = { ...pop.view, content: shown };
    }
    return shown;
  }

  /** Whether a pop of that contact is on her screen. */
  shows(interaction: InteractionId): boolean {
    return [...this.pops.values()].some(({ view }) => view.content.interaction === interaction);
  }

  offerEnded(offer: OfferId, outcome: NonNullable<PopView['outcome']>): void {
    const pop = this.pops.get(offer);
    if (pop === undefined) return;
    settle(pop, 'absent');
    if (outcome === 'accepted') pop.view.outcome = outcome;
    else this.pops.delete(offer);
  }

  /** Forgets what belongs to contacts that have left her desk. */
  prune(live: AgentLive): void {
    const here = new Set(live.contacts.map((contact) => contact.interaction));
    for (const [offer, pop] of this.pops) {
      if (pop.view.outcome !== undefined && !here.has(pop.view.content.interaction)) this.pops.delete(offer);
    }
    for (const interaction of this.work.keys()) if (!here.has(interaction)) this.work.delete(interaction);
    for (const interaction of this.recalled) if (!here.has(interaction)) this.recalled.delete(interaction);
  }

  #leave(at: Millis): void {
    this.#step('gone');
    this.goneAt = at;
    for (const pop of this.pops.values()) settle(pop, 'absent');
  }

  #step(event: 'connect' | 'gone' | 'timeout'): void {
    this.state = seatMachine.next(this.state, event) ?? this.state;
  }
}

function settle(pop: Pop, how: 'acknowledged' | 'absent'): void {
  pop.shown?.(how);
  pop.shown = undefined;
}
