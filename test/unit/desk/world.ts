// A small world around a real desk for its tests and the page test: routing and calls with just enough behaviour of
// their own (one phone per agent that rings after the pop), a directory in memory, a real journal in memory.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Database } from 'better-sqlite3';
import { pino } from 'pino';
import { createDesk, type Desk, type DeskOptions } from '../../../server/desk/index.ts';
import { type Journal, openDatabase, openJournal } from '../../../server/journal/index.ts';
import type {
  AgentLive,
  AgentRecord,
  AgentWork,
  AgentWorkEvents,
  CallControl,
  CallControlEvents,
  CallPhase,
  CallView,
  ChannelRecord,
  DialRequest,
  Directory,
  QueueLive,
  QueueRecord,
  Table,
  TransferTarget,
} from '../../../server/ports/index.ts';
import {
  type Clock,
  defineErrors,
  errorRegistry,
  newId,
  type Offer,
  type OfferOutcome,
  type PopContent,
  SwitchroomError,
  systemClock,
} from '../../../values/index.ts';
import { FakeConversations } from './fake-conversations.ts';

const missing = ['agent-not-signed-in', 'offer-unknown', 'call-not-yours', 'queue-unknown', 'agent-unknown'].filter(
  (code) => !errorRegistry.has(code),
);
defineErrors(Object.fromEntries(missing.map((code) => [code, { status: 409, text: `${code} (test).` }])));
const fail = (code: string) => new SwitchroomError(code);

/** A clock that tests move. */
export class TestClock implements Clock {
  at = Date.UTC(2026, 4, 5, 9, 0, 0);
  now = () => this.at;
  monotonic = () => this.at;
}

export class FakeAgentWork extends EventEmitter<AgentWorkEvents> implements AgentWork {
  readonly lives = new Map<string, AgentLive>();
  readonly figures = new Map<string, QueueLive>();
  readonly said: string[] = [];
  #clock: Clock;
  onDecline: (offer: string) => void = () => {};

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  agents = () => [...this.lives.values()].map((live) => structuredClone(live));
  agent = (agent: string) => structuredClone(this.lives.get(agent));
  queues = () => [...this.figures.values()];
  explain = () => [];

  change(agent: string, change: (live: AgentLive) => void): void {
    const live = this.lives.get(agent);
    if (live === undefined) throw fail('agent-unknown');
    change(live);
    this.emit('agent', structuredClone(live));
  }

  setPresence(agent: string, presence: AgentLive['presence'], reason?: string): void {
    this.said.push([agent, presence, ...(reason ? [reason] : [])].join(' '));
    this.change(agent, (live) => Object.assign(live, { presence, reason, since: this.#clock.now() }));
  }

  signIn(agent: string): void {
    this.setPresence(agent, 'not-ready', 'signed-in');
  }
  signOut(agent: string): void {
    this.setPresence(agent, 'offline');
  }
  ready(agent: string): void {
    if (this.lives.get(agent)?.presence === 'offline') throw fail('agent-not-signed-in');
    this.setPresence(agent, 'ready');
  }
  notReady(agent: string, reason: string): void {
    this.setPresence(agent, 'not-ready', reason);
  }
  decline(_agent: string, offer: string): void {
    this.onDecline(offer);
  }
  wrapUpDone(agent: string, interaction: string): void {
    this.change(agent, (live) => {
      live.contacts = live.contacts.filter((one) => one.interaction !== interaction);
    });
  }
  extendWrapUp(agent: string, interaction: string, byMs: number): void {
    this.change(agent, (live) => {
      for (const one of live.contacts) {
        if (one.interaction === interaction && one.until !== undefined) one.until += byMs;
      }
    });
  }
  disposed(agent: string, interaction: string): void {
    this.said.push(`${agent} disposed ${interaction}`);
    this.change(agent, (live) => {
      for (const one of live.contacts) if (one.interaction === interaction) one.disposed = true;
    });
  }
  move(): void {
    throw fail('agent-unknown');
  }
}

export class FakeCalls extends EventEmitter<CallControlEvents> implements CallControl {
  readonly calls = new Map<string, CallView>();
  readonly asked: string[] = [];
  readonly #world: () => World;
  /** Resolves the detours under way. */
  readonly detours = new Map<string, (result: Record<string, string>) => void>();

  constructor(world: () => World) {
    super();
    this.#world = world;
  }

  list = () => [...this.calls.values()];
  get = (interaction: string) => this.calls.get(interaction);
  canAnswer = (agent: string) => this.#world().directory.agents.get(agent)?.autoAnswer ?? false;

  set(interaction: string, change: Partial<CallView>): void {
    const call = this.calls.get(interaction);
    if (call === undefined) return;
    const next = { ...call, ...change };
    if (change.phase !== undefined) next.since = this.#world().clock.now();
    this.calls.set(interaction, next);
    if (next.phase === 'ended') this.calls.delete(interaction);
    this.emit(next.phase === 'ended' ? 'ended' : 'changed', next);
  }

  #hers(agent: string, interaction: string, asked: string): void {
    this.asked.push(asked);
    if (this.calls.get(interaction)?.agent !== agent) throw fail('call-not-yours');
  }

  async answer(_agent: string, offer: string): Promise<void> {
    this.asked.push('answer');
    this.#world().answered(offer);
  }
  async hold(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'hold');
    this.set(interaction, { phase: 'held' });
  }
  async resume(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'resume');
    this.set(interaction, { phase: 'talking' });
  }
  async transfer(agent: string, interaction: string, to: TransferTarget): Promise<void> {
    this.#hers(agent, interaction, `transfer ${JSON.stringify(to)}`);
    if ('queue' in to && !this.#world().directory.queues.get(to.queue)) throw fail('queue-unknown');
    this.#world().finished(agent, interaction);
    this.set(interaction, { phase: 'transferring', agent: undefined });
  }
  detour(agent: string, interaction: string, flow: string): Promise<Record<string, string>> {
    this.#hers(agent, interaction, `detour ${flow}`);
    const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
    this.detours.set(interaction, (result) => {
      this.set(interaction, { phase: 'talking' });
      resolve(result);
    });
    setImmediate(() => this.set(interaction, { phase: 'detour' satisfies CallPhase }));
    return promise;
  }
  async hangup(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'hangup');
    this.#world().finished(agent, interaction);
    this.set(interaction, { phase: 'ended' });
  }
  async swap(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'swap');
  }
  async merge(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'merge');
  }
  async complete(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'complete');
  }
  async retract(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'retract');
  }
  async leave(agent: string, interaction: string): Promise<void> {
    this.#hers(agent, interaction, 'leave');
  }
  async consult(agent: string, interaction: string, to: TransferTarget): Promise<string> {
    this.#hers(agent, interaction, `consult ${JSON.stringify(to)}`);
    return 'prt_1';
  }
  async invite(agent: string, interaction: string, to: TransferTarget): Promise<string> {
    this.#hers(agent, interaction, `invite ${JSON.stringify(to)}`);
    return 'prt_2';
  }
  async drop(agent: string, interaction: string, party: string): Promise<void> {
    this.#hers(agent, interaction, `drop ${party}`);
  }
  async park(agent: string, interaction: string): Promise<string> {
    this.#hers(agent, interaction, 'park');
    return '701';
  }
  async unpark(agent: string, slot: string): Promise<string> {
    this.asked.push(`${agent} unpark ${slot}`);
    return 'int_parked';
  }
  async dial(agent: string, request: DialRequest): Promise<string> {
    this.asked.push(`${agent} dial ${JSON.stringify(request)}`);
    return 'int_out';
  }
  async monitor(supervisor: string, interaction: string, mode: string): Promise<void> {
    this.asked.push(`${supervisor} ${mode} ${interaction}`);
  }
  async unmonitor(supervisor: string, interaction: string): Promise<void> {
    this.asked.push(`${supervisor} unmonitor ${interaction}`);
  }
  async takeOver(supervisor: string, interaction: string): Promise<void> {
    this.asked.push(`${supervisor} take-over ${interaction}`);
  }
  content = () => undefined;
  async sendDtmf(agent: string, interaction: string, digits: string): Promise<void> {
    this.#hers(agent, interaction, `dtmf ${digits}`);
  }
  pauseRecording(agent: string, interaction: string): void {
    this.#hers(agent, interaction, 'pause');
    this.set(interaction, { recording: 'paused' });
  }
  resumeRecording(agent: string, interaction: string): void {
    this.#hers(agent, interaction, 'record');
    this.set(interaction, { recording: 'on' });
  }
  async end(): Promise<void> {}
}

class MemoryTable<Row> implements Table<Row> {
  readonly rows = new Map<string, Row>();
  readonly #key: (row: Row) => string;
  readonly #changed: (key: string) => void;

  constructor(key: (row: Row) => string, changed: (key: string) => void) {
    this.#key = key;
    this.#changed = changed;
  }
  get = (key: string) => this.rows.get(key);
  list = () => [...this.rows.values()];
  async put(row: Row): Promise<void> {
    this.rows.set(this.#key(row), row);
    this.#changed(this.#key(row));
  }
  async remove(key: string): Promise<boolean> {
    const gone = this.rows.delete(key);
    this.#changed(key);
    return gone;
  }
}

export function agentRecord(id: string, name: string, more: Partial<AgentRecord> = {}): AgentRecord {
  return {
    id,
    name,
    roles: ['agent'],
    language: 'en',
    phone: { kind: 'registered', user: id },
    autoAnswer: false,
    skills: {},
    queues: ['service'],
    capacity: { voice: 1 },
    announceNumber: false,
    disabled: false,
    site: 'main',
    ...more,
  };
}

export function queueRecord(id: string, name: QueueRecord['name'], more: Partial<QueueRecord> = {}): QueueRecord {
  return {
    id,
    name,
    strategy: 'longest-idle',
    priority: 0,
    skills: [],
    ringMs: 20_000,
    maxWaitMs: 600_000,
    wrapUpMs: 60_000,
    rings: [],
    serviceLevelMs: 20_000,
    dispositions: ['solved', 'callback', 'complaint'],
    dispositionRequired: true,
    record: true,
    announceEveryMs: 30_000,
    whenEmpty: 'wait',
    site: 'main',
    ...more,
  };
}

export interface World {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly work: FakeAgentWork;
  readonly calls: FakeCalls;
  readonly conversations: FakeConversations;
  readonly journal: Journal;
  readonly http: Server;
  readonly origin: string;
  desk: Desk;
  /** What happened to phones, in order: `pop off_… acknowledged`, `ring off_…`. */
  readonly happened: string[];
  /** Offers a call to an agent as routing does: pop, then ring on acknowledgement or after 150 ms. */
  offer(agent: string, content?: Partial<PopContent>, ringMs?: number): Promise<Offer>;
  answered(offer: string): void;
  ended(offer: string, outcome: OfferOutcome): void;
  /** The agent's part is over: wrap-up. */
  finished(agent: string, interaction: string): void;
  database: Database;
  /** Another run of the server on the same journal. */
  restartDesk(): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions extends Partial<DeskOptions> {
  agents?: AgentRecord[];
  queues?: QueueRecord[];
  /** How long a ring waits for the pop's acknowledgement. Default: routing's 150. */
  ringAfterMs?: number;
  /** Serves what the desk's upgrade does not take. */
  onRequest?: Parameters<typeof createServer>[1];
}

/** Session cookies of the tests are `agent=1001`. */
export function loginOf(request: IncomingMessage): string | undefined {
  return /(?:^|;\s*)agent=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const logger = pino({ level: 'silent' });
  const clock = options.clock ?? systemClock;
  const database = openDatabase({ directory: ':memory:', logger });
  const journal = openJournal({ database: database.database, site: 'main', logger, clock, checked: true });
  const directory = Object.assign(new EventEmitter(), {
    site: { name: 'main', country: 'CN', timeZone: 'Asia/Shanghai', realm: 'test' },
    emergencyNumbers: [],
  }) as unknown as Directory;
  const table = <Row>(kind: string, key: (row: Row) => string) =>
    new MemoryTable<Row>(key, (id) => (directory as EventEmitter).emit('changed', kind, [id]));
  Object.assign(directory, {
    agents: table<AgentRecord>('agents', (row) => row.id),
    queues: table<QueueRecord>('queues', (row) => row.id),
    channels: table<ChannelRecord>('channels', (row) => row.id),
  });
  const agents = options.agents ?? [agentRecord('1001', 'Lin Mei'), agentRecord('1002', 'Tom Reed')];
  const queues = options.queues ?? [queueRecord('service', { en: 'Service', zh: '客户服务' })];

  const work = new FakeAgentWork(clock);
  for (const queue of queues) {
    await directory.queues.put(queue, 'test');
    work.figures.set(queue.id, {
      queue: queue.id,
      waiting: 0,
      longestWaitMs: 0,
      agents: 0,
      free: 0,
      expectedWaitMs: undefined,
      today: {
        offered: 0,
        answered: 0,
        abandoned: 0,
        overflowed: 0,
        serviceLevel: undefined,
        averageAnswerMs: undefined,
        averageHandleMs: undefined,
      },
    });
  }
  for (const agent of agents) {
    await directory.agents.put(agent, 'test');
    work.lives.set(agent.id, {
      agent: agent.id,
      presence: 'offline',
      since: clock.now(),
      contacts: [],
      occupied: {},
    });
  }
  const calls: FakeCalls = new FakeCalls(() => world);
  const conversations = new FakeConversations();
  const http = createServer(options.onRequest ?? ((_request, response) => response.writeHead(404).end()));
  http.on('upgrade', (request, socket, head) => {
    if (!world.desk.handleUpgrade(request, socket, head)) socket.destroy();
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const deskOptions: DeskOptions = {
    directory,
    agentWork: work,
    callControl: calls,
    conversations,
    journal,
    database: database.database,
    authenticate: (request) => {
      const agent = loginOf(request);
      const record = agent === undefined ? undefined : directory.agents.get(agent);
      return record === undefined ? undefined : { agent: record.id, roles: record.roles };
    },
    logger,
    clock,
    ...options,
  };
  const offers = new Map<string, Offer>();
  const happened: string[] = [];

  const world: World = {
    clock,
    directory,
    work,
    calls,
    conversations,
    journal,
    database: database.database,
    http,
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    desk: createDesk(deskOptions),
    happened,
    async offer(agent, more = {}, ringMs = 20_000) {
      const now = clock.now();
      const interaction = more.interaction ?? newId('int');
      const queue = more.queue ?? 'service';
      const content: PopContent = {
        interaction,
        channel: 'voice',
        direction: 'in',
        queue,
        from: '+8613800138000',
        to: '95500',
        language: 'zh',
        enteredQueueAt: now,
        path: [],
        variables: {},
        earlier: [],
        ...more,
      };
      const offer: Offer = { id: newId('off'), interaction, agent, queue, at: now, deadline: now + ringMs };
      offers.set(offer.id, offer);
      const call: CallView = {
        interaction,
        callId: `${interaction}@test`,
        direction: 'in',
        phase: 'ringing',
        since: now,
        startedAt: now,
        from: content.from,
        to: content.to,
        queue,
        agent,
        language: content.language,
        recording: 'on',
        variables: content.variables,
      };
      calls.calls.set(interaction, call);
      const popped = world.desk.screens.pop(offer, () => content);
      work.change(agent, (live) =>
        live.contacts.push({
          interaction,
          channel: content.channel,
          queue,
          state: 'offered',
          since: now,
          until: offer.deadline,
          offer: offer.id,
        }),
      );
      calls.set(interaction, {});
      const timeout = new Promise<'timeout'>((resolve) => setTimeout(resolve, options.ringAfterMs ?? 150, 'timeout'));
      happened.push(`pop ${offer.id} ${await Promise.race([popped, timeout])}`, `ring ${offer.id}`);
      return offer;
    },
    answered(id) {
      const offer = offers.get(id);
      if (offer === undefined) throw fail('offer-unknown');
      world.ended(id, 'accepted');
      calls.set(offer.interaction, { phase: 'talking' });
    },
    ended(id, outcome) {
      const offer = offers.get(id);
      if (offer === undefined) throw fail('offer-unknown');
      world.desk.screens.offerEnded(id, offer.agent, offer.interaction, outcome);
      work.change(offer.agent, (live) => {
        const contact = live.contacts.find((one) => one.offer === id);
        if (contact !== undefined && outcome === 'accepted') {
          Object.assign(contact, { state: 'connected', since: clock.now(), until: undefined });
        } else {
          live.contacts = live.contacts.filter((one) => one.offer !== id);
        }
      });
      if (outcome !== 'accepted') calls.set(offer.interaction, { phase: 'queued', agent: undefined });
    },
    finished(agent, interaction) {
      const wrapUpMs = 60_000;
      work.change(agent, (live) => {
        const contact = live.contacts.find((one) => one.interaction === interaction);
        const now = clock.now();
        if (contact) Object.assign(contact, { state: 'wrap-up', since: now, until: now + wrapUpMs });
      });
    },
    async restartDesk() {
      await world.desk.close();
      world.desk = createDesk(deskOptions);
    },
    async close() {
      await world.desk.close();
      http.closeAllConnections();
      http.close();
      await journal.close();
      await database.close();
    },
  };
  work.onDecline = (offer) => world.ended(offer, 'declined');
  return world;
}
