// Holds the router's state: decides each command at once, in memory, and lets it be acted on when the journal has it.
// Commands of one turn of the event loop share one group commit, so the state runs ahead of the journal by that much;
// nothing outside sees it before. Keeps the one timer, the snapshots, and folds after a restart.
import type { Logger } from 'pino';
import type { AgentId, Clock, InteractionId, OfferId } from '../../values/index.ts';
import {
  type AcdEvent,
  type Command,
  decide,
  emptyState,
  nextWakeup,
  type Refusal,
  type RouterState,
  routerVersion,
  setBackMs,
  snapshot,
} from '../acd/index.ts';
import { type Journal, newEvent } from '../journal/index.ts';
import { routingDecided, routingRebuilt, routingSnapshot } from './events.ts';
import { factsOf, type TeamOf } from './facts.ts';
import type { QueueDay } from './queue-day.ts';
import { foldJournal, snapshotCursor } from './restart.ts';

export interface HolderOptions {
  journal: Journal;
  clock: Clock;
  logger: Logger;
  day: QueueDay;
  /** Whose a fact is. */
  teamOf: TeamOf;
  /** Events between two snapshots. */
  snapshotEvery: number;
  /** Called for the events of each command when they are committed, in order. */
  act: (events: AcdEvent[]) => void;
}

/** Before the router is woken again after a defect. */
const backOffMs = 1_000;
/** setTimeout takes no more. */
const longestTimerMs = 2_147_483_647;

export class RouterHolder {
  readonly counters = { commands: 0, defects: 0, refused: {} as Partial<Record<Refusal, number>> };
  /** Offers decided and not yet committed, so that nobody drives them yet. */
  readonly uncommitted = new Set<OfferId>();
  state: RouterState = emptyState();
  readonly #options: HolderOptions;
  #configuration = 0;
  #sinceSnapshot = 0;
  #wakeup: { timer: NodeJS.Timeout; at: number } | undefined;
  #closed = false;

  constructor(options: HolderOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes up what the journal holds; begins anew where that cannot be folded. Never decides. */
  fold(): void {
    const { journal, clock, logger, day } = this.#options;
    const began = clock.monotonic();
    try {
      const { state, configuration, events } = foldJournal(journal, day);
      this.state = state;
      this.#configuration = configuration;
      this.#sinceSnapshot = events;
      const tookMs = Math.round(clock.monotonic() - began);
      logger.info({ events, contacts: state.contacts.size, agents: state.agents.size, tookMs }, 'router taken up');
    } catch (error) {
      this.defect(error, 'fold');
      this.state = emptyState();
      const reason = error instanceof Error ? error.message : String(error);
      void journal.append([newEvent(routingRebuilt, clock.now(), { reason })]);
      void this.takeSnapshot();
    }
    this.#arm();
  }

  /** Decides a command; its events are acted on when the journal has them. @throws Error where the router has a defect */
  give(command: Command): AcdEvent[] {
    const { clock, logger } = this.#options;
    const now = clock.now();
    this.counters.commands++;
    const byMs = command.type === 'tick' ? 0 : setBackMs(this.state, now);
    if (byMs > 0) this.give({ type: 'tick' });
    const events = decide(this.state, command, now);
    if (events[0]?.type === 'clock-set-back')
      logger.warn({ byMs: events[0].byMs }, 'the clock was set back, waits go on as they were');
    this.#arm();
    const refused = refusalOf(events);
    if (refused) {
      this.counters.refused[refused] = (this.counters.refused[refused] ?? 0) + 1;
      logger.debug({ command: command.type, refused }, 'command refused');
      return events;
    }
    if (events.length > 0) this.#commit(now, command, events);
    return events;
  }

  /** Counts and logs what must not happen; what it concerned is left to the reconciler. */
  defect(error: unknown, what: string): void {
    this.counters.defects++;
    this.#options.logger.error({ err: error, what }, 'routing failed; what it concerned is left to the reconciler');
  }

  async takeSnapshot(): Promise<void> {
    const { journal, clock, day } = this.#options;
    this.#sinceSnapshot = 0;
    const now = clock.now();
    const data = { state: snapshot(this.state, now), day: day.record(), configuration: this.#configuration };
    const { seq, durable } = await journal.append([newEvent(routingSnapshot, now, data)]);
    if (durable && seq !== undefined) journal.moveCursor(snapshotCursor, seq - 1);
  }

  /** Writes a snapshot and decides no more by itself. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#wakeup?.timer);
    await this.takeSnapshot();
  }

  /** The journal never rejects, and a contact is served although the disk refuses. */
  #commit(now: number, command: Command, events: AcdEvent[]): void {
    if (command.type.startsWith('set-') || command.type.startsWith('remove-')) this.#configuration++;
    const record = { router: routerVersion, configuration: this.#configuration, command, events };
    const facts = [newEvent(routingDecided, now, record, scopeOf(command))];
    for (const event of events) for (const fact of factsOf(event, this.#options.teamOf)) facts.push(fact);
    // Counted with the decision, not with the commit, so that a snapshot holds both or neither.
    for (const event of events) {
      this.#options.day.count(event);
      if (event.type === 'offer-made') this.uncommitted.add(event.offer);
    }
    this.#options.journal
      .append(facts)
      .then(() => this.#committed(events))
      .catch((error: unknown) => this.defect(error, 'act'));
    this.#sinceSnapshot += events.length;
    if (this.#sinceSnapshot >= this.#options.snapshotEvery) void this.takeSnapshot();
  }

  #committed(events: AcdEvent[]): void {
    for (const event of events) if (event.type === 'offer-made') this.uncommitted.delete(event.offer);
    this.#options.act(events);
  }

  /** One timer for everything that is due. */
  #arm(afterMs = 0): void {
    const at = nextWakeup(this.state);
    if (at === undefined || this.#closed) {
      clearTimeout(this.#wakeup?.timer);
      this.#wakeup = undefined;
      return;
    }
    // A timer that comes too early is harmless, and cheaper than setting it anew at every command.
    if (this.#wakeup && this.#wakeup.at <= at) return;
    clearTimeout(this.#wakeup?.timer);
    const wait = Math.min(longestTimerMs, Math.max(afterMs, at - this.#options.clock.now()));
    this.#wakeup = { at, timer: setTimeout(() => this.#tick(), wait) };
  }

  #tick(): void {
    this.#wakeup = undefined;
    try {
      this.give({ type: 'tick' });
    } catch (error) {
      this.defect(error, 'tick');
      this.#arm(backOffMs);
    }
  }
}

/** Why a command was refused; undefined where it was carried out. */
export function refusalOf(events: AcdEvent[]): Refusal | undefined {
  const [first] = events;
  return first?.type === 'refused' ? first.reason : undefined;
}

function scopeOf(command: Command): { interaction?: InteractionId | undefined; agent?: AgentId | undefined } {
  return {
    interaction: 'contact' in command ? command.contact : undefined,
    agent: 'agent' in command && typeof command.agent === 'string' ? command.agent : undefined,
  };
}
