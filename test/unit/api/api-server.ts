// The API over real HTTP on a free port: directory, accounts, journal and customers are real, in memory; routing, calls,
// flows and audio are fakes that note what was asked of them.
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ApiDeps, createApi, type Flows } from '../../../server/api/index.ts';
import { AuditLog } from '../../../server/audit/index.ts';
import { Callbacks } from '../../../server/callbacks/index.ts';
import { Conversations } from '../../../server/conversations/index.ts';
import {
  InteractionProjector,
  InteractionRows,
  openCustomers,
  readInteractions,
} from '../../../server/customers/index.ts';
import { type AccountsOptions, agentSchema, queueSchema } from '../../../server/directory/index.ts';
import { Draining } from '../../../server/draining.ts';
import { VersionHistory } from '../../../server/flows/index.ts';
import { flowSet } from '../../../server/ivr/index.ts';
import { Knowledge } from '../../../server/knowledge/index.ts';
import { MomentFiles, Moments, openMomentStore } from '../../../server/moments/index.ts';
import type {
  AgentLive,
  AgentWork,
  AgentWorkEvents,
  CallControl,
  CallControlEvents,
  CallView,
  Queueing,
} from '../../../server/ports/index.ts';
import { Quality } from '../../../server/quality/index.ts';
import { ReportProjector } from '../../../server/reports/index.ts';
import { Retention } from '../../../server/retention/index.ts';
import { Routing } from '../../../server/routing/index.ts';
import { SocialStream } from '../../../server/social/index.ts';
import { egressView } from '../../../server/uplink/index.ts';
import { WorkItems } from '../../../server/work-items/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

export type Asked = [what: string, ...with_: unknown[]];

class FakeAgentWork extends EventEmitter<AgentWorkEvents> implements AgentWork {
  readonly live = new Map<string, AgentLive>();
  readonly #asked: Asked[];
  constructor(asked: Asked[]) {
    super();
    this.#asked = asked;
  }
  agents = () => [...this.live.values()];
  agent = (id: string) => this.live.get(id);
  queues = () => [
    {
      queue: 'service',
      waiting: 2,
      longestWaitMs: 3_000,
      agents: 2,
      free: 1,
      expectedWaitMs: undefined,
      today: {
        offered: 9,
        answered: 7,
        abandoned: 2,
        overflowed: 0,
        serviceLevel: 0.7,
        averageAnswerMs: 4_000,
        averageHandleMs: undefined,
      },
    },
  ];
  signIn = (...with_: unknown[]) => void this.#asked.push(['signIn', ...with_]);
  signOut = (...with_: unknown[]) => void this.#asked.push(['signOut', ...with_]);
  ready = (...with_: unknown[]) => void this.#asked.push(['ready', ...with_]);
  notReady = (...with_: unknown[]) => void this.#asked.push(['notReady', ...with_]);
  decline = (...with_: unknown[]) => void this.#asked.push(['decline', ...with_]);
  wrapUpDone = (...with_: unknown[]) => void this.#asked.push(['wrapUpDone', ...with_]);
  extendWrapUp = (...with_: unknown[]) => void this.#asked.push(['extendWrapUp', ...with_]);
  disposed = (agent: string, interaction: string) => {
    this.#asked.push(['disposed', agent, interaction]);
    const contact = this.live.get(agent)?.contacts.find((one) => one.interaction === interaction);
    if (contact) contact.disposed = true;
  };
  move = (...with_: unknown[]) => void this.#asked.push(['move', ...with_]);
  explain = () => [{ at: 1, code: 'offered', sentence: 'She was idle longest.', details: { idleMs: 5 } }];
}

class FakeCalls extends EventEmitter<CallControlEvents> implements CallControl {
  calls: CallView[] = [];
  readonly #asked: Asked[];
  constructor(asked: Asked[]) {
    super();
    this.#asked = asked;
  }
  list = () => this.calls;
  get = (id: string) => this.calls.find(({ interaction }) => interaction === id);
  #note(what: string) {
    return async (...with_: unknown[]) => void this.#asked.push([what, ...with_]);
  }
  answer = this.#note('answer');
  hold = this.#note('hold');
  resume = this.#note('resume');
  transfer = this.#note('transfer');
  hangup = this.#note('hangup');
  sendDtmf = this.#note('sendDtmf');
  end = this.#note('end');
  detour = async () => ({});
  swap = this.#note('swap');
  merge = this.#note('merge');
  complete = this.#note('complete');
  retract = this.#note('retract');
  drop = this.#note('drop');
  leave = this.#note('leave');
  monitor = this.#note('monitor');
  unmonitor = this.#note('unmonitor');
  takeOver = this.#note('takeOver');
  consult = async (...with_: unknown[]) => {
    this.#asked.push(['consult', ...with_]);
    return 'prt_1';
  };
  invite = async (...with_: unknown[]) => {
    this.#asked.push(['invite', ...with_]);
    return 'prt_2';
  };
  park = async (...with_: unknown[]) => {
    this.#asked.push(['park', ...with_]);
    return '701';
  };
  unpark = async (...with_: unknown[]) => {
    this.#asked.push(['unpark', ...with_]);
    return 'int_1';
  };
  dial = async (...with_: unknown[]) => {
    this.#asked.push(['dial', ...with_]);
    return 'int_out';
  };
  content = () => undefined;
  pauseRecording = (...with_: unknown[]) => void this.#asked.push(['pauseRecording', ...with_]);
  resumeRecording = (...with_: unknown[]) => void this.#asked.push(['resumeRecording', ...with_]);
  canAnswer = () => true;
}

export interface ApiServer {
  reports: ReportProjector;
  site: TestSite;
  deps: ApiDeps;
  work: FakeAgentWork;
  calls: FakeCalls;
  asked: Asked[];
  /** Of digital conversations alone. */
  routing: Routing;
  projector: InteractionProjector;
  url: string;
  /** Sends a request. @param as who: a token, or nobody */
  send(method: string, path: string, as?: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Tokens by role: agent 1001, supervisor and admin; and a supervisor of team blue. */
  tokens: { agent: string; supervisor: string; admin: string; blue: string };
  close(): Promise<void>;
}

export const audio = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251));
export const password = 'correct horse battery';

export async function startApi(
  more: Partial<ApiDeps> = {},
  accountsOptions: Partial<AccountsOptions> = {},
): Promise<ApiServer> {
  const site = openSite(undefined, accountsOptions);
  const { directory, accounts, journal, clock, opened } = site;
  const scope = { site: 'hq', team: 'red' };
  const queue = { ...scope, id: 'service', dispositions: ['solved', 'callback'], dispositionRequired: true };
  await directory.queues.put(queueSchema.parse(queue), 'setup');
  await directory.agents.put(agentSchema.parse({ ...scope, id: '1001', name: 'Ada', queues: ['service'] }), 'setup');
  await directory.agents.put(agentSchema.parse({ site: 'hq', team: 'blue', id: '1002', name: 'Bob' }), 'setup');
  await accounts.setPassword('1001', password, 'setup');
  const token = async (name: string, roles: ('agent' | 'supervisor' | 'admin')[], rest = {}) =>
    (await accounts.createToken({ name, roles, ...rest }, 'setup')).token;
  const tokens = {
    agent: await token('agent', ['agent'], { agent: '1001' }),
    supervisor: await token('supervisor', ['supervisor'], { team: 'red' }),
    admin: await token('admin', ['admin']),
    blue: await token('blue', ['supervisor'], { team: 'blue' }),
  };
  const asked: Asked[] = [];
  const work = new FakeAgentWork(asked);
  const calls = new FakeCalls(asked);
  const projector = new InteractionProjector(journal, new InteractionRows(opened.database), logger, clock);
  const interactions = readInteractions(opened.database, projector);
  await projector.start();
  const reports = new ReportProjector(journal, opened.database, logger);
  await reports.start();
  const customers = openCustomers({ database: opened.database, journal, interactions, clock, logger });
  const flows: Flows = {
    list: () => [{ flow: 'bank', state: 'current', version: 'abc', findings: [] }],
    text: async (flow) => (flow === 'bank' ? '{ "flow": "bank" }' : undefined),
    check: async (flow, text) => ({
      findings: text.includes('acount')
        ? [
            {
              severity: 'error',
              code: 'node-unknown',
              file: `${flow}.json`,
              line: 3,
              column: 7,
              sentence: 'There is no node "acount".',
              said: [{ say: 'node-unknown', values: { name: 'acount' } }],
            },
          ]
        : [],
    }),
    tests: async () => undefined,
    versions: () => [],
    version: () => undefined,
    simulate: () => Promise.reject(new Error('not here')),
    save: async (flow, text, by, replaces) => {
      replaces?.(flow === 'bank' ? '{ "flow": "bank" }' : undefined);
      asked.push(['save', flow, text, by]);
    },
    test: async (flow) => [{ flow, name: 'greets', ok: true, said: ['Welcome'], visited: ['bank/welcome'] }],
  };
  const folder = mkdtempSync(join(tmpdir(), 'switchroom-api-'));
  /** Digital conversations are offered for real. */
  const routing = new Routing({ directory, journal, clock, logger, popMs: 1 });
  routing.start();
  const recordings = {
    size: async (id: string) => (id === 'rec_gone' ? undefined : audio.length),
    read: async (_id: string, { start, end }: { start: number; end: number }) =>
      Readable.from([audio.subarray(start, end + 1)]),
  };
  const momentFolder = join(folder, 'moments');
  mkdirSync(momentFolder);
  const momentContext = () => ({ queues: ['service'] });
  const momentHistory = new VersionHistory(opened.database, journal, clock, 'moment');
  const momentStore = await openMomentStore({
    folder: momentFolder,
    context: momentContext,
    keep: (moment, version, text) => momentHistory.keep(moment, version, text),
    watch: false,
    log: logger,
  });
  const moments = new Moments({
    ...{ database: opened.database, journal, customers, store: momentStore, clock, logger },
    rules: { mostPerDay: 3, quiet: { from: 1_260, until: 480 }, timeZone: 'Asia/Shanghai', consentNeeded: [] },
    acts: {
      change: (...with_) => void asked.push(['change', ...with_]),
      message: async () => ({ message: 'msg_1' }),
      callback: async () => ({ callback: 'cbk_1' }),
      hint: () => false,
      kindOf: () => undefined,
      language: 'en',
    },
  });
  await moments.start();
  const audit = new AuditLog({ database: opened.database, journal, logger });
  await audit.start();
  const deps: ApiDeps = {
    audit,
    moments,
    momentFiles: new MomentFiles({
      ...{ folder: momentFolder, store: momentStore, history: momentHistory, context: momentContext },
      ...{ database: opened.database, journal, clock },
    }),
    directory,
    accounts,
    journal,
    agentWork: work,
    callControl: calls,
    customers,
    interactions,
    reads: opened.reader,
    reports,
    callbacks: new Callbacks({
      database: opened.database,
      journal,
      directory,
      queueing: { attach: () => ({ state: 'unknown' }) } as unknown as Queueing,
      calls: { dialBack: async () => 'unreachable', get: () => undefined },
      earlier: () => [],
      customerOf: (number) => {
        const { customer, owner } = customers.identify([{ kind: 'phone', value: number }], 'callback');
        return { id: owner, name: customer.name, tags: [] };
      },
      clock,
      logger,
    }),
    conversations: new Conversations({
      database: opened.database,
      journal,
      directory,
      queueing: routing,
      people: {
        identify: (identities, { by, ...about }) => {
          const { customer, owner } = customers.identify(identities, by, about);
          return { id: owner, name: customer.name, tags: [], language: customer.language };
        },
        get: (id) => {
          const customer = customers.get(id);
          return customer && { id, name: customer.name, tags: [] };
        },
        earlier: () => [],
        numberOf: () => '+8613800138000',
      },
      flows: { current: () => flowSet([]), version: () => undefined },
      callbacks: { schedule: async () => ({ id: 'cbk_1' }) },
      attachments: join(folder, 'attachments'),
      clock,
      logger,
    }),
    workItems: new WorkItems({
      database: opened.database,
      journal,
      directory,
      clock,
      logger,
      offer: () => Promise.resolve(),
    }),
    socialStream: new SocialStream({ database: opened.database, journal, site: 'hq', clock }),
    quality: new Quality({ database: opened.database, journal, clock, site: 'hq' }),
    retention: new Retention({
      database: opened.database,
      reader: opened.reader,
      journal,
      clock,
      logger,
      recordings: undefined,
      policy: undefined,
      idsOf: (customer) => [customer],
      conversations: { erase: () => {} },
    }),
    draining: new Draining({ database: opened.database, journal, clock }).over(() => ({ calls: 0, conversations: 0 })),
    egress: egressView({
      database: opened.database,
      key: Buffer.alloc(32, 7),
      last: () => journal.last,
      archive: join(folder, 'egress'),
    }),
    knowledge: new Knowledge({ database: opened.database, journal, clock, site: 'hq' }),
    flows,
    recordings,
    logger,
    clock,
    version: '0.0.0-test',
    notReady: () => [],
    checked: true,
    ...more,
  };
  // What routing says about its configuration comes in a later turn.
  const configured = () => journal.read(0, { filter: { types: ['routing.decided'] } }).length;
  while (configured() < 3) await nextTurn();
  const server: Server = createServer(createApi(deps)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    site,
    deps,
    work,
    calls,
    asked,
    routing,
    projector,
    reports,
    url,
    tokens,
    send(method, path, as, body, headers = {}) {
      const sent: Record<string, string> = { ...headers };
      if (as !== undefined) sent.authorization = `Bearer ${as}`;
      if (body !== undefined) sent['content-type'] ??= 'application/json';
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const init: RequestInit = { method, headers: sent };
      if (text !== undefined) init.body = text as string;
      return fetch(`${url}${path.startsWith('/api') ? '' : '/api/v1'}${path}`, init);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      deps.conversations.stop();
      audit.stop();
      await moments.close();
      await momentStore.close();
      await routing.close();
      await projector.stop();
      await reports.stop();
      await site.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A call of agent 1001 at this moment, and she on it. */
export function liveCall(api: ApiServer, more: Partial<CallView> = {}): CallView {
  const call: CallView = {
    interaction: 'int_live',
    callId: 'live@test',
    direction: 'in',
    phase: 'talking',
    since: 1,
    startedAt: 1,
    from: '+8613800138000',
    to: '95500',
    agent: '1001',
    queue: 'service',
    language: 'en',
    recording: 'on',
    variables: {},
    ...more,
  };
  api.calls.calls.push(call);
  api.work.live.set('1001', {
    agent: '1001',
    presence: 'ready',
    since: 1,
    contacts: [{ interaction: call.interaction, channel: 'voice', queue: 'service', state: 'wrap-up', since: 1 }],
    occupied: {},
  });
  return call;
}
