// Work items: what is to be done for a customer that no conversation holds: a complaint to be looked into, a form to be
// typed. Each stands in the queue of its channel until an agent takes it, and comes back when it wakes.
import { EventEmitter } from 'node:events';
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { type AgentId, type Clock, type Millis, newId } from '../../values/index.ts';
import type { PersonRecords } from '../customers/index.ts';
import type { Hours } from '../ivr/index.ts';
import { type Journal, type NewEvent, newEvent } from '../journal/index.ts';
import type { ChannelRecord, Directory } from '../ports/index.ts';
import { failed } from './errors.ts';
import { workItemChanged, workItemCommented, workItemCreated, workItemMoved, workItemOverdue } from './events.ts';
import { type Filter, WorkItemRows } from './rows.ts';
import { stepBetween, type WorkItemState, workItemMachine } from './states.ts';
import { type Comment, type NewWorkItem, solvedWithinMs, type WorkItem, type WorkItemChange } from './work-item.ts';
import { afterWorkTime, workTimeBetween } from './work-time.ts';

export interface WorkItemsOptions {
  database: Database;
  journal: Journal;
  directory: Directory;
  clock: Clock;
  logger: Logger;
  /**
   * Puts it into the queue of its channel, as a conversation of channel `work`. The same key puts it there once.
   * @param text what the agent reads first
   */
  offer(item: WorkItem, key: string, text: string): Promise<void>;
  /** How often due times are looked at. Default 1 s. */
  tickMs?: number | undefined;
}

const mostAtOnce = 100;
const again = 10_000;
const comesBackMs = 60_000;

export class WorkItems extends EventEmitter<{ changed: [WorkItem] }> {
  readonly #options: WorkItemsOptions;
  readonly #rows: WorkItemRows;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  /** What is done to one item is done one after the other: each reads what the one before wrote. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(options: WorkItemsOptions) {
    super();
    this.#options = options;
    this.#rows = new WorkItemRows(options.database);
  }

  start(): void {
    this.#timer = setInterval(() => this.due(), this.#options.tickMs ?? 1_000);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  /** Of one person, for her export and her erasure. */
  readonly records: PersonRecords = {
    name: 'workItems',
    erase: ({ customers }) => this.#rows.erase(customers),
    export: ({ customers }) => this.#rows.ofCustomers(customers),
  };

  /** @throws work-item-unknown */
  get(id: string): WorkItem {
    const item = this.#rows.get(id);
    if (!item) throw failed['work-item-unknown']({ item: id });
    return item;
  }

  comments(id: string): Comment[] {
    return this.#rows.comments(this.get(id).id);
  }

  list(filter: Omit<Filter, 'site'>): WorkItem[] {
    return this.#rows.list({ ...filter, site: this.#options.directory.site.name });
  }

  /** @throws work-item-channel */
  create(given: NewWorkItem, by: string): Promise<WorkItem> {
    return given.key === undefined
      ? this.#create(given, by)
      : this.#alone(`${given.via} ${given.key}`, () => this.#create(given, by));
  }

  async #create(given: NewWorkItem, by: string): Promise<WorkItem> {
    const { clock } = this.#options;
    const channel = this.#channel(given.via);
    const before = given.key === undefined ? undefined : this.#rows.byKey(given.via, given.key);
    if (before) return before;
    const now = clock.now();
    const { text, solveWithinMs, ...rest } = given;
    const { hours, zone } = this.#hours(channel);
    const item: WorkItem = {
      ...rest,
      id: newId('wrk', now),
      site: channel.site,
      team: channel.team,
      state: 'new',
      due: afterWorkTime(now, solveWithinMs ?? solvedWithinMs[given.priority], hours, zone),
      overdue: false,
      at: now,
      by,
      changedAt: now,
      comments: 1,
      rounds: 0,
    };
    const { id, via, priority, due, subject } = item;
    const first: Comment = { number: 1, at: now, by, internal: false, text };
    const events = [
      newEvent(workItemCreated, now, { item: id, by, via, priority, due, subject }, scopeOf(item)),
      newEvent(workItemCommented, now, { item: id, by, number: 1, internal: false, text }, scopeOf(item)),
    ];
    await this.#append(events, () => {
      this.#rows.save(item, now);
      this.#rows.addComment(id, first);
    });
    this.emit('changed', item);
    this.due();
    return item;
  }

  /**
   * @param until of `pending`: when it wakes by itself
   * @throws work-item-unknown, work-item-state
   */
  move(id: string, to: WorkItemState, by: string, until?: Millis): Promise<WorkItem> {
    return this.#alone(id, () => this.#move(id, to, by, until));
  }

  async #move(id: string, to: WorkItemState, by: string, until?: Millis): Promise<WorkItem> {
    const before = this.get(id);
    const step = stepBetween(before.state, to);
    if (step === undefined || workItemMachine.next(before.state, step) === undefined) {
      throw failed['work-item-state']({ from: before.state, to });
    }
    const now = this.#options.clock.now();
    const { until: _, leftMs, ...rest } = before;
    const { hours, zone } = this.#hours(this.#options.directory.channels.get(before.via));
    const item: WorkItem = { ...rest, state: to, changedAt: now };
    if (to === 'pending') {
      // The agreed time stands still: it is not us who are waited for.
      item.leftMs = workTimeBetween(now, before.due, hours, zone);
      item.until = until;
    } else if (step === 'wake' || step === 'reopen') {
      item.due = afterWorkTime(now, leftMs ?? 0, hours, zone);
      item.overdue = false;
    }
    if (to === 'solved') {
      item.solvedAt = now;
      item.leftMs = leftMs ?? workTimeBetween(now, before.due, hours, zone);
    }
    const moved = { item: id, by, from: before.state, to, due: item.due, ...(until !== undefined && { until }) };
    // Who wakes or opens it anew wants somebody to work on it; its owner has it in her list.
    const offerAt = to === 'pending' ? (until ?? null) : step === 'wake' || step === 'reopen' ? now : null;
    await this.#append([newEvent(workItemMoved, now, moved, scopeOf(item))], () => this.#rows.save(item, offerAt));
    this.emit('changed', item);
    if (offerAt === now) this.due();
    return item;
  }

  /** @throws work-item-unknown, work-item-closed */
  change(id: string, change: WorkItemChange, by: string): Promise<WorkItem> {
    return this.#alone(id, () => this.#change(id, change, by));
  }

  async #change(id: string, change: WorkItemChange, by: string): Promise<WorkItem> {
    const before = this.#unclosed(id);
    const now = this.#options.clock.now();
    const { owner, ...rest } = change;
    const item: WorkItem = {
      ...before,
      ...rest,
      changedAt: now,
      ...(owner !== undefined && { owner: owner ?? undefined }),
    };
    if (change.due !== undefined) {
      item.overdue = false;
      if (before.leftMs !== undefined) {
        const { hours, zone } = this.#hours(this.#options.directory.channels.get(before.via));
        item.leftMs = workTimeBetween(now, change.due, hours, zone);
      }
    }
    const said = { item: id, by, owner, priority: change.priority, due: item.due, fields: Object.keys(change) };
    const offerAt = this.#rows.offerAt(id);
    await this.#append([newEvent(workItemChanged, now, said, scopeOf(item))], () => this.#rows.save(item, offerAt));
    this.emit('changed', item);
    return item;
  }

  /** @param internal only colleagues read it @throws work-item-unknown, work-item-closed */
  comment(id: string, text: string, internal: boolean, by: string): Promise<Comment> {
    return this.#alone(id, () => this.#comment(id, text, internal, by));
  }

  async #comment(id: string, text: string, internal: boolean, by: string): Promise<Comment> {
    const before = this.#unclosed(id);
    const at = this.#options.clock.now();
    const item: WorkItem = { ...before, changedAt: at, comments: before.comments + 1 };
    const comment: Comment = { number: item.comments, at, by, internal, text };
    const said = { item: id, by, number: comment.number, internal, text };
    const offerAt = this.#rows.offerAt(id);
    await this.#append([newEvent(workItemCommented, at, said, scopeOf(item))], () => {
      this.#rows.save(item, offerAt);
      this.#rows.addComment(id, comment);
    });
    this.emit('changed', item);
    return comment;
  }

  /** An agent took it from the queue: it is hers, where it was nobody's. */
  async taken(id: string, agent: AgentId): Promise<void> {
    const item = this.#rows.get(id);
    if (!item) return;
    if (item.owner === undefined) await this.change(id, { owner: agent }, `agent:${agent}`);
    if (item.state === 'new') await this.move(id, 'open', `agent:${agent}`);
  }

  /** It left its queue and no agent had it (closed, full, ended by a supervisor): it comes back when the house is open. */
  async untaken(id: string): Promise<void> {
    const item = this.#rows.get(id);
    if (!item || (item.state !== 'new' && item.state !== 'open')) return;
    const { hours, zone } = this.#hours(this.#options.directory.channels.get(item.via));
    await this.#saveLatest(id, afterWorkTime(this.#options.clock.now(), comesBackMs, hours, zone), 0);
  }

  /** Looks at due times now; one after the other. */
  due(): void {
    const { logger } = this.#options;
    this.#working = (this.#working ?? Promise.resolve())
      .then(() => this.#due())
      .catch((error: unknown) => logger.error({ err: error }, 'due times of work items could not be looked at'));
  }

  async #due(): Promise<void> {
    const { clock, logger } = this.#options;
    const now = clock.now();
    for (const { id } of this.#rows.justOverdue(now, mostAtOnce)) await this.#alone(id, () => this.#late(id, now));
    for (const item of this.#rows.toOffer(now, mostAtOnce)) {
      if (item.state === 'pending') {
        await this.move(item.id, 'open', 'time');
        continue;
      }
      try {
        const [first] = this.#rows.comments(item.id);
        await this.#options.offer(item, `${item.id}/${item.rounds}`, `${item.subject}\n\n${first?.text ?? ''}`.trim());
        await this.#saveLatest(item.id, null, 1);
      } catch (error) {
        logger.error({ item: item.id, err: error }, 'a work item could not enter its queue; tried again');
        await this.#saveLatest(item.id, now + again, 0);
      }
    }
  }

  async #late(id: string, now: Millis): Promise<void> {
    const item = this.get(id);
    if (item.due > now || (item.state !== 'new' && item.state !== 'open')) return;
    const late: WorkItem = { ...item, overdue: true };
    const offerAt = this.#rows.offerAt(id);
    const event = newEvent(workItemOverdue, now, { item: id, due: item.due }, scopeOf(late));
    await this.#append([event], () => this.#rows.save(late, offerAt));
    this.emit('changed', late);
  }

  /** What changed while it was offered stays. */
  #saveLatest(id: string, offerAt: Millis | null, rounds: number): Promise<void> {
    return this.#alone(id, async () => {
      const item = this.get(id);
      await this.#append([], () => this.#rows.save({ ...item, rounds: item.rounds + rounds }, offerAt));
    });
  }

  async #alone<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#busy.get(key);
    const mine = (async () => {
      // How that ended is its caller's.
      if (before) await Promise.allSettled([before]);
      return await work();
    })();
    this.#busy.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#busy.get(key) === mine) this.#busy.delete(key);
    }
  }

  #unclosed(id: string): WorkItem {
    const item = this.get(id);
    if (item.state === 'closed') throw failed['work-item-closed']({ item: id });
    return item;
  }

  #channel(id: string): ChannelRecord {
    const channel = this.#options.directory.channels.get(id);
    if (channel?.channel !== 'work' || channel.disabled) throw failed['work-item-channel']({ channel: id });
    return channel;
  }

  /** Of the queue that the channel leads to. */
  #hours(channel: ChannelRecord | undefined): { hours: Hours | undefined; zone: string } {
    const { directory } = this.#options;
    const queue = channel && 'queue' in channel.to ? directory.queues.get(channel.to.queue) : undefined;
    const hours = queue?.hours === undefined ? undefined : directory.hours.get(queue.hours);
    return { hours, zone: directory.site.timeZone };
  }

  async #append(events: NewEvent[], rows: () => void): Promise<void> {
    await this.#options.journal.append(events, rows);
  }
}

function scopeOf({ team, customer, owner }: WorkItem) {
  return { team, customer, agent: owner };
}
