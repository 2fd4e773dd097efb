// Signaling and calls on the real edge (SIP, drachtio protocol, link, RTP) with the real drachtio-srf between, a site in
// memory, and a queue that the test holds in its hands.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Edge, startEdge } from '../../edge/index.ts';
import { LinkClient } from '../../link/index.ts';
import { EdgeMediaServer } from '../../media/edge/index.ts';
import type { Audio } from '../../media/media-server.ts';
import { Calls, type PromptAudio } from '../../server/calls/index.ts';
import { type Customers, openCustomers, readInteractions } from '../../server/customers/index.ts';
import { flowSet, type Prompt, readFlow } from '../../server/ivr/index.ts';
import type { JournalEvent } from '../../server/journal/index.ts';
import { connectSip, ha1, Signaling, type Sip } from '../../server/signaling/index.ts';
import { systemClock } from '../../values/index.ts';
import { openSite, type TestSite } from '../unit/directory/site.ts';
import { SipPeer } from '../unit/edge/drachtio/sip-peer.ts';
import { FakeQueueing } from './fake-queueing.ts';
import { until } from './until.ts';

export { until };

export const logger = pino({ level: process.env.TEST_LOG ?? 'silent' });
const secret = 'a secret of the test';
export const realm = 'switchroom.test';

/** Every prompt is a short tone; what was to be said is kept. */
export class Tones implements PromptAudio {
  readonly said: Prompt[] = [];
  ms = 40;
  /** Until then no prompt is ready. */
  ready: Promise<void> = Promise.resolve();

  async audio(prompts: readonly Prompt[]): Promise<Audio[]> {
    this.said.push(...prompts);
    await this.ready;
    return prompts.map(() => ({ kind: 'tone', hz: [440], ms: this.ms }));
  }

  music(): Audio[] {
    return [{ kind: 'tone', hz: [300], ms: 1_000 }];
  }
}

/** The server's side: what dies and comes again in tests of adoption. */
export interface Server {
  link: LinkClient;
  media: EdgeMediaServer;
  sip: Sip;
  signaling: Signaling;
  calls: Calls;
  queueing: FakeQueueing;
  prompts: Tones;
  /** Without a word, as kill -9 does it. */
  kill(): Promise<void>;
}

type StageOptions = Pick<ConstructorParameters<typeof Calls>[0], 'silentPhoneMs' | 'parkMs'>;

export class Stage {
  readonly edge: Edge;
  readonly site: TestSite;
  readonly customers: Customers;
  readonly #closers: (() => void | Promise<void>)[] = [];
  server!: Server;
  #epoch = 0;

  private constructor(edge: Edge, site: TestSite, customers: Customers) {
    this.edge = edge;
    this.site = site;
    this.customers = customers;
  }

  static async open(flows: Record<string, object>, options: StageOptions = {}): Promise<Stage> {
    const recordings = await mkdtemp(join(tmpdir(), 'switchroom-test-'));
    const edge = await startEdge({
      sip: [
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
      ],
      drachtio: { port: 0, secret },
      link: { secret },
      log: logger,
      media: { bind: ['127.0.0.1'], ports: { from: 30_000, to: 39_999 }, recordings, workers: 1 },
    });
    const site = openSite();
    const customers = openCustomers({
      database: site.opened.database,
      journal: site.journal,
      interactions: readInteractions(site.opened.database),
      clock: site.clock,
      logger,
    });
    const stage = new Stage(edge, site, customers);
    stage.#flows = Object.entries(flows).map(([flow, file]) => compiled(flow, file));
    stage.#options = options;
    await stage.#furnish();
    stage.server = await stage.serve();
    stage.#closers.push(
      async () => rm(recordings, { recursive: true, force: true }),
      () => site.close(),
      () => edge.stop(),
      () => stage.server.kill(),
    );
    return stage;
  }
  #flows: ReturnType<typeof compiled>[] = [];
  #options: StageOptions = {};

  /**
   * Starts a server on the edge.
   * @param ways where it reaches the edge, where the test puts something between
   */
  async serve(before?: (server: Server) => void, ways: Pick<Edge, 'link' | 'drachtio'> = this.edge): Promise<Server> {
    const epoch = ++this.#epoch;
    const { site, customers } = this;
    const link = new LinkClient({ address: ways.link, secret, epoch, logger });
    const media = new EdgeMediaServer({ link, logger });
    link.start();
    await link.ready(5_000);
    const sip = await connectSip({ ...ways.drachtio, secret, epoch, link, logger });
    const { directory, journal } = site;
    const signaling = new Signaling({ sip, media, directory, clock: systemClock, logger });
    const queueing = new FakeQueueing();
    const prompts = new Tones();
    const set = flowSet(this.#flows);
    const flows = { current: () => set, version: () => set };
    const calls = new Calls({
      signaling,
      journal,
      queueing,
      directory,
      flows,
      prompts,
      customers: {
        byNumber: (number) => {
          const { id, tags } = customers.findOrCreate({ kind: 'phone', value: number }, 'test');
          return { id, tags: tags.map(({ tag }) => tag) };
        },
        earlier: (customer) => customers.pop(customer).earlier,
      },
      clock: systemClock,
      logger,
      ...this.#options,
    });
    const server: Server = {
      link,
      media,
      sip,
      signaling,
      calls,
      queueing,
      prompts,
      kill: async () => {
        calls.close();
        signaling.close();
        sip.close();
        await media.close();
        link.close();
      },
    };
    before?.(server);
    await calls.adopt();
    calls.start();
    signaling.start();
    // An answer of any kind to a later frame of the same connection says that the routes have been taken.
    await sip.request('OPTIONS', `sip:probe@127.0.0.1:${this.port()}`).catch(() => undefined);
    return server;
  }

  port(protocol: 'udp' | 'tcp' = 'udp'): number {
    return this.edge.sip.find((listener) => listener.protocol === protocol)?.port ?? 0;
  }

  async peer(protocol: 'udp' | 'tcp' = 'udp'): Promise<SipPeer> {
    const peer = protocol === 'udp' ? await SipPeer.udp(this.port('udp')) : await SipPeer.tcp(this.port('tcp'));
    this.#closers.push(() => peer.close());
    return peer;
  }

  /** Events of the journal so far, oldest first. */
  events(type?: string): JournalEvent[] {
    const filter = type === undefined ? {} : { filter: { types: [type] } };
    return this.site.journal.read(0, { limit: 10_000, ...filter });
  }

  /** The next event of that type, counting from the first. */
  async event(type: string, nth = 1): Promise<JournalEvent> {
    await until(() => this.events(type).length >= nth, `${nth} × ${type}`);
    return this.events(type)[nth - 1]!;
  }

  /** Nothing is left of any call, on the server and on the edge. */
  async nothingLeft(): Promise<void> {
    const { calls, sip } = this.server;
    await until(() => calls.list().length === 0, 'no call is left');
    await until(() => sip.counts().dialogs === 0 && sip.counts().waiting === 0, 'no dialog of ours is left');
    await until(() => sip.counts().pending === 0, `no frame is pending: ${sip.counts().pending}`);
    await until(() => this.edge.counts().dialogs === 0, 'no dialog of the edge is left');
    await until(async () => {
      const { endpoints, bridges } = await this.server.media.list();
      return endpoints.length + bridges.length === 0;
    }, 'no endpoint and no bridge is left');
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }

  async #furnish(): Promise<void> {
    const { directory } = this.site;
    const site = 'hq';
    await directory.trunks.put({ name: 'local', site, sources: ['127.0.0.0/8'], country: 'CN' }, 'test');
    await directory.dids.put({ number: '95500', site, flow: 'main', language: 'en' }, 'test');
    await directory.queues.put(
      {
        id: 'service',
        site,
        name: {},
        strategy: 'longest-idle',
        priority: 0,
        skills: [],
        ringMs: 20_000,
        maxWaitMs: 600_000,
        wrapUpMs: 0,
        rings: [],
        serviceLevelMs: 20_000,
        dispositions: [],
        dispositionRequired: false,
        record: false,
        announceEveryMs: 0,
        whenEmpty: 'wait',
      },
      'test',
    );
    for (const id of ['1001', '1002']) {
      const hashes = {
        realm,
        md5: ha1('MD5', id, realm, `secret-${id}`),
        sha256: ha1('SHA-256', id, realm, `secret-${id}`),
      };
      await directory.agents.put(
        {
          id,
          site,
          name: `Agent ${id}`,
          roles: ['agent'],
          language: 'en',
          phone: { kind: 'registered', user: id },
          autoAnswer: true,
          skills: {},
          queues: ['service'],
          capacity: { voice: 1 },
          announceNumber: false,
          disabled: false,
        },
        'test',
      );
      await directory.sipUsers.put({ user: id, site, ha1: hashes, agent: id }, 'test');
    }
  }

  /** Her phone is at that peer, without registering. */
  async phoneAt(agent: string, peer: SipPeer): Promise<void> {
    const record = this.site.directory.agents.get(agent);
    if (!record) throw new Error(`no agent ${agent}`);
    const uri = `sip:${agent}@127.0.0.1:${peer.port}`;
    await this.site.directory.agents.put({ ...record, phone: { kind: 'uri', uri } }, 'test');
  }
}

function compiled(flow: string, file: object) {
  const checked = readFlow(JSON.stringify({ flow, ...file }), `${flow}.json`, {});
  if (!checked.flow) throw new Error(`flow ${flow}: ${JSON.stringify(checked.findings)}`);
  return checked.flow;
}
