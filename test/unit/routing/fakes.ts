// Everything around routing, in memory: a directory, a journal that checks every event, screens, contacts, a clock.
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { vi } from 'vitest';
import type { Commit, EventFilter, Journal, JournalEvent, NewEvent } from '../../../server/journal/index.ts';
import type {
  AgentRecord,
  Directory,
  DirectoryEvents,
  HoursRecord,
  QueueExit,
  QueueRecord,
  QueueRequest,
  Screens,
  Table,
} from '../../../server/ports/index.ts';
import { type RealContact, Routing, type RoutingOptions } from '../../../server/routing/index.ts';
import type { Channel, Clock, Offer, OfferOutcome, OfferTarget, PopContent } from '../../../values/index.ts';

class FakeTable<Row extends { id: string }> implements Table<Row> {
  readonly rows = new Map<string, Row>();
  get = (key: string) => this.rows.get(key);
  list = () => [...this.rows.values()];
  put = async (row: Row) => void this.rows.set(row.id, row);
  remove = async (key: string) => this.rows.delete(key);
}

export class FakeDirectory extends EventEmitter<DirectoryEvents> {
  readonly site = { name: 'test', country: 'CN', timeZone: 'Asia/Shanghai', realm: 'test' };
  readonly agents = new FakeTable<AgentRecord>();
  readonly queues = new FakeTable<QueueRecord>();
  readonly hours = new FakeTable<HoursRecord & { id: string }>();
  readonly skills = new FakeTable<{ id: string; name: string; site: string }>();

  queue(more: Partial<QueueRecord> & { id: string }): void {
    this.queues.rows.set(more.id, {
      site: 'test',
      name: {},
      strategy: 'longest-idle',
      priority: 0,
      skills: [],
      ringMs: 20_000,
      maxWaitMs: 600_000,
      wrapUpMs: 10_000,
      rings: [],
      serviceLevelMs: 20_000,
      dispositions: [],
      dispositionRequired: false,
      record: false,
      announceEveryMs: 0,
      whenEmpty: 'wait',
      ...more,
    });
    this.emit('changed', 'queues', [more.id]);
  }

  opens(name: string, hours: Pick<HoursRecord, 'open' | 'closedOn'>): void {
    this.hours.rows.set(name, { id: name, site: 'test', name, label: {}, ...hours });
    this.emit('changed', 'hours', [name]);
  }

  agent(more: Partial<AgentRecord> & { id: string }): void {
    this.agents.rows.set(more.id, {
      site: 'test',
      name: more.id,
      roles: ['agent'],
      language: 'en',
      phone: { kind: 'registered', user: more.id },
      autoAnswer: false,
      skills: {},
      queues: ['service'],
      capacity: { voice: 1 },
      announceNumber: false,
      disabled: false,
      ...more,
    });
    this.emit('changed', 'agents', [more.id]);
  }
}

/** Checks data against its schema, keeps it as JSON, commits in a later microtask; can refuse like a full disk. */
export class FakeJournal implements Journal {
  readonly events: JournalEvent[] = [];
  full = false;
  /** While set, nothing is committed. */
  held: (() => void)[] | undefined;
  readonly #cursors = new Map<string, number>();

  get last(): number {
    return this.events.length;
  }

  async append(events: NewEvent[]): Promise<Commit> {
    const texts = events.map(({ type, data }) => JSON.stringify(type.schema.parse(JSON.parse(JSON.stringify(data)))));
    const { held } = this;
    await (held ? new Promise<void>((resolve) => held.push(resolve)) : Promise.resolve());
    if (this.full) return { seq: undefined, durable: false };
    events.forEach(({ type, data: _, ...rest }, i) => {
      const data = JSON.parse(texts[i]!) as Record<string, unknown>;
      this.events.push({ seq: this.last + 1, type: type.name, version: type.version, site: 'test', ...rest, data });
    });
    return { seq: this.last, durable: true };
  }

  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const resolve of held) resolve();
  }

  read(after: number, { limit = 1_000, filter }: { limit?: number; filter?: EventFilter } = {}): JournalEvent[] {
    return this.events
      .filter(({ seq, type }) => seq > after && (filter?.types?.includes(type) ?? true))
      .slice(0, limit);
  }

  ofInteraction(interaction: string): JournalEvent[] {
    return this.events.filter((event) => event.interaction === interaction);
  }

  of(type: string): JournalEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  follow(): () => void {
    throw new Error('not used by routing');
  }

  cursor = (reader: string) => this.#cursors.get(reader) ?? 0;
  moveCursor = (reader: string, seq: number) => void this.#cursors.set(reader, seq);
  close = async () => {};
}

export class FakeScreens implements Screens {
  readonly log: string[];
  /** Acknowledges by itself after that many ms; undefined: never. */
  acknowledgeMs: number | undefined = 5;
  absent = false;

  constructor(log: string[]) {
    this.log = log;
  }

  async pop(offer: Offer, content: () => PopContent): Promise<'acknowledged' | 'absent'> {
    this.log.push(`pop ${offer.interaction} ${offer.agent}`);
    if (this.absent) return 'absent';
    content();
    const { acknowledgeMs } = this;
    await new Promise<void>((resolve) => acknowledgeMs !== undefined && setTimeout(resolve, acknowledgeMs));
    return 'acknowledged';
  }

  took(agent: string, _work: string, content: PopContent): void {
    this.log.push(`took ${content.interaction} ${agent}`);
  }

  offerEnded(_offer: string, agent: string, interaction: string, outcome: OfferOutcome): void {
    this.log.push(`${outcome} ${interaction} ${agent}`);
  }
}

/** A contact whose phones are driven by the test. */
export class FakeContact implements OfferTarget {
  readonly interaction: string;
  readonly channel: Channel;
  readonly log: string[];
  readonly exits: QueueExit[] = [];
  queueChanged: ((queue: string) => void) | undefined;
  /** Whether stopped ringing is confirmed at once. */
  obedient = true;
  readonly #phones = new Map<string, (outcome: OfferOutcome) => void>();
  #last = '';

  constructor(interaction: string, log: string[], channel: Channel = 'voice') {
    this.interaction = interaction;
    this.channel = channel;
    this.log = log;
  }

  pop(): PopContent {
    const { interaction, channel } = this;
    return { interaction, channel, direction: 'in', to: '95500', language: 'en', path: [], variables: {}, earlier: [] };
  }

  offer(offer: Offer, signal: AbortSignal): Promise<OfferOutcome> {
    this.log.push(`ring ${this.interaction} ${offer.agent}`);
    const { promise, resolve } = Promise.withResolvers<OfferOutcome>();
    this.#phones.set(offer.agent, resolve);
    this.#last = offer.agent;
    signal.addEventListener('abort', () => {
      this.log.push(`stop ${this.interaction} ${offer.agent} ${signal.reason}`);
      if (this.obedient) resolve(signal.reason as OfferOutcome);
    });
    return promise;
  }

  /** What a phone does: the one that rang last, or that of an agent. */
  phone(outcome: OfferOutcome, agent = this.#last): void {
    this.#phones.get(agent)!(outcome);
  }
}

export const testClock: Clock = { now: () => Date.now(), monotonic: () => Date.now() };

/** A switch room under fake timers: call `vi.useFakeTimers()` before. */
export class Room {
  readonly log: string[] = [];
  readonly directory = new FakeDirectory();
  readonly screens = new FakeScreens(this.log);
  readonly real = new Map<string, RealContact>();
  readonly ended: string[] = [];
  journal = new FakeJournal();
  routing: Routing;

  constructor(more: Partial<RoutingOptions> = {}) {
    this.directory.queue({ id: 'service' });
    this.directory.agent({ id: '1001' });
    this.directory.agent({ id: '1002' });
    this.routing = this.start(more);
  }

  start(more: Partial<RoutingOptions> = {}): Routing {
    this.routing = new Routing({
      // Routing reads agents, queues and the site only.
      directory: this.directory as unknown as Directory,
      journal: this.journal,
      clock: testClock,
      logger: pino({ level: 'silent' }),
      ...more,
    });
    this.routing.useScreens(this.screens);
    this.routing.start();
    return this.routing;
  }

  /** Compares the router with `real` from now on. */
  compare(): void {
    this.routing.useReality({ contacts: () => this.real.values(), end: (id) => void this.ended.push(id) });
  }

  async ready(...agents: string[]): Promise<void> {
    for (const agent of agents) {
      this.routing.signIn(agent);
      this.routing.ready(agent);
      await this.pass(1);
    }
  }

  call(interaction: string, request: Partial<QueueRequest> = {}, channel: Channel = 'voice'): FakeContact {
    const contact = new FakeContact(interaction, this.log, channel);
    this.routing.enqueue(contact, { queue: 'service', ...request }, (exit) => contact.exits.push(exit));
    return contact;
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  agent(agent: string) {
    const { presence, reason, contacts } = this.routing.agent(agent)!;
    return { presence, reason, contacts: contacts.map(({ interaction, state }) => `${interaction} ${state}`) };
  }
}
