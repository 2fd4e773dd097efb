// Moments at work: a reader of the journal that evaluates the pure core for each fact about a customer, writes state and
// decision in one commit with its cursor, and acts when that is on the disk. Decide, commit, act: a restart repeats nothing.
import type { Database } from 'better-sqlite3';
import type { Logger } from 'pino';
import { type Clock, type CustomerId, type Millis, newId } from '../../values/index.ts';
import { type Consent, type Customers, customersMerged } from '../customers/index.ts';
import { type Journal, type JournalEvent, journalErased, type NewEvent, newEvent } from '../journal/index.ts';
import { Acting } from './acting.ts';
import type { MomentActs, Said } from './acts.ts';
import type { Fact } from './conditions.ts';
import { Effects } from './effects.ts';
import { happened, type Outcome, type Present, passed, type UsedMoment } from './evaluate.ts';
import { momentFired, momentRestrained } from './events.ts';
import { Facts } from './facts.ts';
import type { MomentLine, MomentLog } from './moment-log.ts';
import { type MomentFigure, MomentRows, type OpenFiring } from './moment-rows.ts';
import type { MomentStore } from './moment-store.ts';
import { rehearse, type Tried, type TriedStep } from './rehearse.ts';
import type { RestraintRules } from './restraint.ts';
import { factsFor } from './saying.ts';
import { kindOf } from './schema.ts';
import { emptyState, type MomentState, mergedState } from './state.ts';

export interface MomentsOptions {
  database: Database;
  journal: Journal;
  customers: Customers;
  store: MomentStore;
  rules: RestraintRules;
  acts: MomentActs;
  clock: Clock;
  logger: Logger;
}

const reader = 'moments';
const chunk = 500;
/** States kept in memory: of those who are active now. */
const mostStates = 10_000;
const longestWaitMs = 60_000;
/** What means something to customers although no moment is in use. */
const alwaysHeard: ReadonlySet<string> = new Set([journalErased.name, customersMerged.name, 'conversation.happened']);

export class Moments {
  readonly #options: MomentsOptions;
  readonly #rows: MomentRows;
  readonly #facts: Facts;
  readonly #effects: Effects;
  readonly #acting: Acting;
  readonly #states = new Map<CustomerId, MomentState>();
  #names = new Set<string>();
  /** No moments are in use, and nothing can come of former ones: most events are passed over. */
  #idle = false;
  #buffer: JournalEvent[] = [];
  #seen: number;
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(options: MomentsOptions) {
    const { database, journal, store } = options;
    this.#options = options;
    this.#rows = new MomentRows(database);
    this.#facts = new Facts(journal);
    this.#effects = new Effects(this.#rows, options.rules.timeZone);
    this.#acting = new Acting(options, this.#rows, this.#facts, this.#effects);
    this.#seen = journal.cursor(reader);
    store.on('loaded', (moments) => this.#use(moments));
    this.#use(store.current);
  }

  /** Takes up what was not acted on, catches up with the journal, then follows it. */
  async start(): Promise<void> {
    const { journal, clock, logger } = this.#options;
    // The first start on a long journal: what is past is past.
    if (this.#seen === 0 && journal.last > 0 && this.#rows.next() === undefined) this.#seen = journal.last;
    this.#effects.load(clock.now());
    this.#stop = journal.follow((events) => {
      this.#buffer.push(...events);
      this.#schedule();
    });
    for (const firing of this.#effects.unfinished()) this.#acting.act(firing);
    while (this.#seen < journal.last) {
      const events = journal.read(this.#seen, { limit: chunk });
      if (events.length === 0) break;
      await this.#take(events);
    }
    logger.debug({ moments: this.#options.store.current.length }, 'moments are at work');
    this.#arm();
  }

  /** Resolves when all that is committed now was evaluated and acted on. */
  async settled(): Promise<void> {
    do {
      await this.#options.journal.append([]);
      this.#flush();
      await this.#work;
      await Promise.all(this.#effects.busy);
    } while (this.#seen < this.#options.journal.last || this.#effects.busy.size > 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
    clearTimeout(this.#timer);
    clearImmediate(this.#scheduled);
    await this.#work;
    await Promise.allSettled(this.#effects.busy);
  }

  /** What agents who get her see. */
  hints(customer: CustomerId): Said[] {
    return this.#acting.hints(customer);
  }

  /** @param from days of the site, both inclusive: 2026-01-05 */
  figures(from: string, until: string): MomentFigure[] {
    return this.#rows.figures(from, until);
  }

  /** What moments did lately, newest first. @param page.customer only of her */
  log({ customer, ...page }: { customer?: CustomerId | undefined } & Omit<LogPage, 'customers'>): MomentLine[] {
    const customers = customer === undefined ? undefined : this.#options.customers.idsOf(customer);
    return this.#rows.log.list({ ...page, customers });
  }

  /**
   * What a moment would do, under the site's restraint; nothing is done and nothing remembered.
   * @param given a customer as she is now, or how one may be; `from` default now @throws what `customers` do not know: as if new
   */
  rehearse(used: UsedMoment, given: RehearsedFor, steps: readonly TriedStep[]): Tried[] {
    const { customers, clock, rules } = this.#options;
    const customer = given.customer === undefined ? undefined : customers.get(given.customer);
    return rehearse(
      used,
      {
        state: customer === undefined ? emptyState() : structuredClone(this.#state(customer.id)),
        tags: given.tags ?? customer?.tags.map(({ tag }) => tag) ?? [],
        consents: given.consents ?? (customer === undefined ? [] : customers.consents(customer.id)),
        name: given.name ?? customer?.name,
        from: given.from ?? clock.now(),
        rules,
      },
      steps,
    );
  }

  /** Evaluates what is due by now. */
  async tick(): Promise<void> {
    const now = this.#options.clock.now();
    const work = this.#work.then(() => {
      const write = new Write();
      for (const customer of this.#rows.due(now)) {
        this.#decide(customer, { at: now }, write, (state, present) =>
          passed(this.#options.store.current, state, present),
        );
      }
      return this.#commit(write);
    });
    this.#work = work;
    await work;
    this.#arm();
  }

  #use(moments: readonly UsedMoment[]): void {
    const names = new Set<string>();
    for (const { moment } of moments) {
      const { when } = moment;
      for (const { event } of 'sequence' in when ? when.sequence : [when]) names.add(event);
      if ('without' in when) names.add(when.without.event);
    }
    this.#names = names;
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.#flush());
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const events = this.#buffer.splice(0);
    if (events.length > 0 && !this.#closed) this.#work = this.#work.then(() => this.#take(events));
  }

  async #take(events: JournalEvent[]): Promise<void> {
    const { store } = this.#options;
    const write = new Write();
    this.#rest();
    for (const event of events) {
      if (event.seq <= this.#seen) continue;
      this.#seen = event.seq;
      if (this.#idle && !alwaysHeard.has(event.type)) {
        this.#facts.passOver(event);
        continue;
      }
      // Its own words are no facts about a customer.
      if (event.type.startsWith('moment.')) continue;
      if (event.type === journalErased.name) this.#forget(event.data.subjects as string[], write);
      else if (event.type === customersMerged.name) this.#merge(event, write);
      const told = this.#facts.read(event);
      if (told === undefined) continue;
      const { fact } = told;
      const customer = this.#headOf(told.customer);
      for (const { note, rows } of this.#effects.hear(customer, fact, event)) {
        write.events.push(note);
        write.rows.push(rows);
      }
      if (fact.event === 'conversation.opt-out') this.#optOut(customer, String(fact.data.via ?? ''));
      if (event.type === 'interaction.queued' && event.interaction) this.#acting.grant(customer, event.interaction);
      if (!this.#names.has(fact.event)) continue;
      this.#decide(customer, fact, write, (state, present) => happened(store.current, state, fact, present));
    }
    await this.#commit(write, this.#seen);
    if (write.due) this.#arm();
  }

  #rest(): void {
    const idle = this.#names.size === 0 && this.#effects.none;
    if (idle && !this.#idle) this.#facts.rest();
    this.#idle = idle;
  }

  #decide(
    id: CustomerId,
    { at, data = {} }: Partial<Fact> & { at: Millis },
    write: Write,
    evaluate: (state: MomentState, present: Present) => Outcome,
  ): void {
    const { customers, clock, rules } = this.#options;
    const customer = customers.get(id);
    if (customer === undefined) return;
    const before = this.#state(customer.id);
    const now = clock.now();
    const tags = customer.tags.map(({ tag }) => tag);
    const outcome = evaluate(before, { now, tags, consents: customers.consents(customer.id), rules });
    this.#keep(customer.id, outcome.state);
    write.states.set(customer.id, outcome.state);
    write.due = true;
    const scope = { customer: customer.id, team: customer.team };
    for (const { moment, why } of outcome.restrained) {
      write.events.push(newEvent(momentRestrained, now, { moment, why }, scope));
      write.rows.push(() => {
        this.#effects.count(now, moment, 'restrained', why);
        this.#rows.log.write({ at: now, moment, ...scope, why });
      });
    }
    for (const { moment: name, actions, held, at: since } of outcome.fired) {
      const used = this.#options.store.current.find(({ moment }) => moment.moment === name);
      if (!used) continue;
      const { rank, class: how, purpose } = used.moment;
      const firing: OpenFiring = {
        id: newId('mom', now),
        moment: name,
        customer: customer.id,
        at: now,
        since: Math.min(since, at),
        class: how,
        purpose,
        actions,
        done: 0,
        ...factsFor(actions, data),
      };
      const facts = { firing: firing.id, moment: name, rank, since: firing.since, actions: actions.map(kindOf) };
      const kept = held.map(({ action, why }) => ({ action: kindOf(action), why }));
      write.events.push(newEvent(momentFired, now, kept.length > 0 ? { ...facts, held: kept } : facts, scope));
      write.rows.push(() => {
        this.#effects.sweep(now);
        this.#rows.putFiring(firing);
        this.#effects.count(now, name, 'fired', '');
        this.#rows.log.write({
          ...{ at: now, moment: name, ...scope, firing: firing.id, actions: actions.map(kindOf) },
          held: kept,
        });
        for (const { action, why } of kept) this.#effects.count(now, name, 'held', `${action} ${why}`);
      });
      this.#effects.add(firing);
      write.fired.push(firing);
    }
  }

  async #commit({ events, states, rows, fired }: Write, seen?: number): Promise<void> {
    const { journal, logger } = this.#options;
    if (seen !== undefined) journal.moveCursor(reader, seen);
    if (events.length === 0 && states.size === 0 && rows.length === 0) return;
    const { undone } = await journal.append(events, () => {
      for (const [customer, state] of states) this.#rows.put(customer, state);
      for (const write of rows) write();
    });
    if (undone) logger.error({ firings: fired.map(({ id }) => id) }, 'moments could not be written');
    else for (const firing of fired) this.#acting.act(firing);
  }

  /** She does not want to be written to there any more. */
  #optOut(customer: CustomerId, via: string): void {
    const { customers, acts, logger } = this.#options;
    const channel = acts.kindOf(via) ?? '*';
    const word = { channel, purpose: '*', given: false, proof: 'opt-out' };
    const work = customers
      .consent(customer, word, 'channel')
      .then(() => undefined)
      .catch((error: unknown) => logger.error({ err: error, customer }, 'an opt-out could not be kept'));
    this.#effects.busy.add(work);
    void work.finally(() => this.#effects.busy.delete(work));
  }

  #merge({ customer, data }: JournalEvent, write: Write): void {
    const head = customer === undefined ? undefined : this.#headOf(customer);
    const loser = String(data.loser);
    if (head === undefined || head === loser) return;
    const one = mergedState(this.#state(head), this.#state(loser));
    this.#keep(head, one);
    this.#states.delete(loser);
    write.states.set(head, one);
    write.states.set(loser, emptyState());
    this.#effects.move(loser, head);
  }

  #forget(subjects: readonly string[], write: Write): void {
    for (const subject of subjects) {
      this.#states.delete(subject);
      this.#effects.forget(subject);
      write.states.delete(subject);
      write.rows.push(() => this.#rows.remove(subject));
    }
  }

  #headOf(customer: CustomerId): CustomerId {
    return this.#options.customers.get(customer)?.id ?? customer;
  }

  #state(customer: CustomerId): MomentState {
    return this.#states.get(customer) ?? this.#rows.state(customer) ?? emptyState();
  }

  #keep(customer: CustomerId, state: MomentState): void {
    this.#states.delete(customer);
    this.#states.set(customer, state);
    if (this.#states.size <= mostStates) return;
    // What is this old was written long ago.
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      break;
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const next = this.#rows.next();
    if (next === undefined) return;
    const { clock, logger } = this.#options;
    const wait = Math.min(longestWaitMs, Math.max(0, next - clock.now()));
    this.#timer = setTimeout(() => {
      this.tick().catch((error: unknown) => logger.error({ err: error }, 'moments could not be evaluated'));
    }, wait).unref();
  }
}

/** One commit in the making. */
class Write {
  readonly events: NewEvent[] = [];
  readonly states = new Map<CustomerId, MomentState>();
  readonly rows: (() => void)[] = [];
  readonly fired: OpenFiring[] = [];
  /** Whether the next due time may have changed. */
  due = false;
}

type LogPage = Parameters<MomentLog['list']>[0];

/** For whom a moment is tried. */
export interface RehearsedFor {
  customer?: CustomerId | undefined;
  name?: string | undefined;
  tags?: readonly string[] | undefined;
  consents?: readonly Consent[] | undefined;
  /** When the first step comes, ms. */
  from?: Millis | undefined;
}
