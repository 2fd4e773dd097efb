// A server's calls on the fake edge: what dies and comes again, and what a random sequence does to it.
import { pino } from 'pino';
import { vi } from 'vitest';
import { Calls, type CustomerLookup, type PromptAudio } from '../../../../server/calls/index.ts';
import { type CompiledFlow, flowSet, readFlow } from '../../../../server/ivr/index.ts';
import type { Journal, NewEvent } from '../../../../server/journal/index.ts';
import type {
  AgentRecord,
  CallbackNotes,
  DidRecord,
  Directory,
  Queueing,
  TrunkRecord,
} from '../../../../server/ports/index.ts';
import { type Admitted, type PhoneTarget, Signaling, type Sip } from '../../../../server/signaling/index.ts';
import { FakeDirectory, FakeJournal, testClock } from '../../routing/fakes.ts';
import { FakeEdge, FakeMedia, type ServerSide } from './fake-edge.ts';
import { FakeSip } from './fake-sip.ts';

const file = {
  flow: 'main',
  languages: ['en'],
  start: 'menu',
  error: 'bye',
  nodes: {
    menu: {
      type: 'menu',
      prompt: { en: 'Press.' },
      choices: {
        '1': { next: 'queue', label: 'Queue' },
        '2': { next: 'bye', label: 'Bye' },
        '3': { next: 'away', label: 'Outside' },
        '4': { next: 'rated', label: 'Rated' },
        '5': { next: 'person', label: 'Person' },
      },
      timeout: 'queue',
      invalid: 'bye',
    },
    queue: { type: 'queue', queue: 'service', overflow: 'sorry', error: 'bye' },
    rated: { type: 'queue', queue: 'service', overflow: 'sorry', error: 'bye', next: 'sorry' },
    sorry: { type: 'say', prompt: { en: 'Sorry.' }, next: 'bye' },
    away: { type: 'transfer', to: '02112345678', error: 'sorry' },
    person: { type: 'transfer', agent: '1002', error: 'sorry' },
    bye: { type: 'hangup' },
  },
};
const pinFile = {
  flow: 'pin',
  languages: ['en'],
  start: 'ask',
  error: 'done',
  nodes: {
    ask: {
      type: 'menu',
      prompt: { en: 'Sure?' },
      choices: { '1': { next: 'done', label: 'Yes' }, '2': { next: 'bye', label: 'No' } },
      timeout: 'done',
      invalid: 'done',
    },
    done: { type: 'return', result: 'ok' },
    bye: { type: 'hangup' },
  },
};

export function compiled(flow: { flow: string }): CompiledFlow {
  const read = readFlow(JSON.stringify(flow), `${flow.flow}.json`, {});
  if (!read.flow) throw new Error(JSON.stringify(read.findings));
  return read.flow;
}
export const flows = flowSet([compiled(file), compiled(pinFile)]);

const trunk = { name: 'pstn', site: 'test', sources: [], uri: 'sip:gw.example', country: 'CN' } as TrunkRecord;
const did = { number: '95500', site: 'test', flow: 'main', language: 'en' } as DidRecord;

/** What a site has; agents 1001 and 1002. */
export class Site extends FakeDirectory {
  readonly trunks = table([trunk], 'name');
  readonly dids = table([did], 'number');
  readonly sipUsers = table([] as { user: string }[], 'user');
  readonly dialRules = table([{ prefix: '0', trunk: 'pstn', strip: 0, prepend: '', allow: true }], 'prefix');
  readonly emergencyNumbers = ['110'];

  constructor() {
    super();
    this.queue({ id: 'service', record: true, announceEveryMs: 5_000 });
    this.agent({ id: '1001', autoAnswer: true, phone: { kind: 'uri', uri: 'sip:1001@192.0.2.50' } });
    this.agent({ id: '1002', announceNumber: true, phone: { kind: 'uri', uri: 'sip:1002@192.0.2.51' } });
    this.agent({ id: '1003', autoAnswer: true, phone: { kind: 'uri', uri: 'sip:1003@192.0.2.52' } });
    this.agent({ id: '9001', roles: ['supervisor'], queues: [], phone: { kind: 'uri', uri: 'sip:9001@192.0.2.53' } });
  }
}

function table<Row>(rows: Row[], key: keyof Row) {
  return { get: (wanted: string) => rows.find((row) => row[key] === wanted), list: () => rows };
}

/** The second agent has two phones. */
class TwoPhones extends Signaling {
  override phonesOf(agent: AgentRecord): PhoneTarget[] {
    return agent.id === '1002' ? [{ uri: 'sip:a' }, { uri: 'sip:b' }] : [{ uri: `sip:${agent.id}` }];
  }
}

/** A journal that a dead server does not reach any more. */
function journalOf(journal: FakeJournal, server: ServerSide): Journal {
  return new Proxy(journal, {
    get(target, name) {
      if (name === 'append') {
        return (events: NewEvent[]) => (server.dead ? new Promise(() => {}) : target.append(events));
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export interface Running {
  side: ServerSide;
  signaling: Signaling;
  media: FakeMedia;
  sip: FakeSip;
  calls: Calls;
}

export class World {
  readonly edge = new FakeEdge();
  readonly site = new Site();
  readonly journal = new FakeJournal();
  readonly logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
  /** Errors that a command of an agent may have: she is late. */
  readonly refused = new Map<string, number>();
  server!: Running;
  callbacks: CallbackNotes | undefined;
  flows = flows;
  prompts: PromptAudio = {
    audio: async (prompts) => prompts.map(() => ({ kind: 'silence', ms: 1 })),
    music: () => [{ kind: 'silence', ms: 1 }],
  };
  customers: CustomerLookup = { byNumber: () => undefined, earlier: () => [] };

  /** Starts a server and lets it adopt what the edge has. */
  async serve(queueing: (journal: Journal) => Queueing): Promise<void> {
    const side = { dead: false };
    const { logger } = this;
    const sip = new FakeSip(this.edge, side, logger);
    const media = new FakeMedia(this.edge, side);
    const directory = this.site as unknown as Directory;
    const signaling = new TwoPhones({ sip: sip as unknown as Sip, media, directory, clock: testClock, logger });
    const journal = journalOf(this.journal, side);
    const calls = new Calls({
      signaling,
      journal,
      queueing: queueing(journal),
      directory,
      flows: { current: () => this.flows, version: () => this.flows },
      prompts: this.prompts,
      customers: this.customers,
      callbacks: this.callbacks,
      clock: testClock,
      logger,
    });
    this.server = { side, signaling, media, sip, calls };
    this.edge.serverAway = false;
    await calls.adopt();
    calls.start();
  }

  cutLink(): void {
    if (this.edge.linkDown) return;
    this.edge.cutLink();
    this.server.media.emit('lost');
  }

  async mendLink(): Promise<void> {
    if (!this.edge.linkDown) return;
    // It takes a while: what failed with the link has failed before.
    await vi.advanceTimersByTimeAsync(50);
    this.edge.mendLink();
    this.server.media.emit('restored');
  }

  /** Another edge process comes: both connections break, and nothing lives on. */
  async edgeDies(): Promise<void> {
    this.cutLink();
    await vi.advanceTimersByTimeAsync(50);
    this.edge.die();
    await this.mendLink();
    this.server.sip.lost();
  }

  /** Without a word, as kill -9 does it. What was not answered is refused by the edge. */
  kill(): void {
    const { side, sip, calls, signaling } = this.server;
    side.dead = true;
    this.edge.serverAway = true;
    calls.close();
    signaling.close();
    for (const one of sip.incoming) one.cancelled = true;
    for (const [id, dialog] of this.edge.dialogs) {
      if (!dialog.acked) this.edge.end(id, 'lost');
    }
  }

  dialDid(language: DidRecord['language'] = 'en'): void {
    const call = this.server.sip.dial('95500', '13812345678');
    this.#emit(call, { from: 'trunk', trunk, did: { ...did, language }, dialled: '95500' });
  }

  /** An agent's phone dials. @param offer `bad`: no codec fits */
  dialFromPhone(agent: string, to: 'number' | 'colleague' | 'queue' | 'slot', offer?: 'bad', slot = ''): void {
    const dialled = to === 'slot' ? `*${slot}` : to === 'number' ? '02112345678' : to === 'queue' ? 'service' : '1002';
    const destination =
      to === 'number'
        ? { kind: 'number' as const, dialled, number: dialled, trunk, emergency: false }
        : to === 'queue'
          ? { kind: 'queue' as const, queue: 'service' }
          : to === 'slot'
            ? { kind: 'slot' as const, slot }
            : { kind: 'agent' as const, agent: '1002' };
    const call = this.server.sip.dial(dialled, agent, offer);
    const user = { user: agent, site: 'test', agent } as Extract<Admitted, { from: 'phone' }>['user'];
    this.#emit(call, { from: 'phone', user, destination, dialled });
  }

  #emit(call: ReturnType<FakeSip['dial']>, admitted: Admitted): void {
    this.server.signaling.emit('call', call, admitted);
  }

  /** A command of an agent; only errors of the registry are allowed. */
  try(broken: string[], work: () => Promise<unknown> | unknown): void {
    const note = (error: unknown) => {
      const { code } = error as { code?: string };
      if (code === undefined) broken.push(`command failed: ${(error as Error).stack}`);
      else this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
    };
    try {
      void Promise.resolve(work()).catch(note);
    } catch (error) {
      note(error);
    }
  }

  /** What is broken when everything is over. */
  remains(): string[] {
    const { edge, server, journal } = this;
    const left = [...edge.broken];
    const say = (what: string, list: Iterable<unknown>) => {
      const all = [...list];
      if (all.length > 0) left.push(`${what}: ${JSON.stringify(all)}`);
    };
    say('calls left', server.calls.list());
    say('endpoints left', edge.endpoints.keys());
    say('bridges left', edge.bridges.keys());
    say(
      'recordings not sealed',
      [...edge.recordings.values()].filter(({ state }) => state === 'recording'),
    );
    say(
      'dialogs of the edge left',
      [...edge.dialogs].filter(([, { ended }]) => ended === undefined).map(([id]) => id),
    );
    say('dialogs of the server left', server.sip.dialogs.keys());
    say(
      'calls without an answer',
      server.sip.incoming
        .filter(({ final, cancelled }) => final === undefined && !cancelled)
        .map(({ callId }) => callId),
    );
    say(
      'phones that ring on',
      server.sip.ringing.filter(({ final }) => final === undefined).map(({ callId }) => callId),
    );
    say('places on trunks are taken', server.signaling.trunks.counts());
    const started = journal.of('interaction.started').map(({ interaction }) => interaction);
    const ended = journal.of('interaction.ended');
    for (const interaction of started) {
      const ends = ended.filter((event) => event.interaction === interaction);
      if (ends.length !== 1) left.push(`${interaction} has ${ends.length} ends`);
      const { where, by, cause } = ends[0]?.data ?? {};
      if (where === undefined || by === undefined || cause === undefined)
        left.push(`${interaction} ended without reason`);
    }
    const legs = new Map<unknown, number>();
    for (const { data } of journal.of('call.leg-ended')) legs.set(data.leg, (legs.get(data.leg) ?? 0) + 1);
    say(
      'legs that ended twice',
      [...legs].filter(([, count]) => count > 1),
    );
    return left;
  }
}
