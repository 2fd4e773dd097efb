// A whole product with lines, agents and callers of a test: each test makes its own, so that they share one product.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Phone } from '../contract/media/phone.ts';
import { EventLog, type Fact } from './event-log.ts';
import { Product, type ProductOptions } from './product.ts';
import { type Algorithm, register } from './register.ts';
import { freePort, Sipp, type SippMessage, type SippOptions } from './sipp.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Interaction {
  id: string;
  outcome: string;
  endedAt?: number;
  endedWhere?: string;
  endedBy?: string;
  sipStatus?: number;
  queue?: string;
  agent?: string;
  startedAt: number;
  waitMs: number;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  disposition?: string;
  note?: string;
  flow?: string;
  flowVersion?: string;
  from?: string;
  trunk?: string;
  path: { node: string; type: string; label?: string; value?: string }[];
  agents: { agent: string; outcome?: string; answeredAt?: number; talkMs: number; holdMs: number; wrapUpMs: number }[];
  transfers: { kind: string; to?: string; by?: string }[];
  quality: { party: string; codec: string; received: number; lost: number; mos: number }[];
  recordings: { id: string; ms?: number; bytes?: number; sha256?: string }[];
}

export interface LiveCall {
  interaction: string;
  callId: string;
  phase: string;
  queue?: string;
  agent?: string;
  node?: string;
  startedAt: number;
  recording: string;
  variables: Record<string, string>;
}

export interface LiveAgent {
  agent: string;
  presence: string;
  reason?: string;
  contacts: { interaction: string; state: string; offer?: string }[];
  occupied: Record<string, number>;
}

/** SIPp for the signaling, and ears and a voice of the test for the media. */
export interface Party {
  sipp: Sipp;
  rtp: Phone;
}

export interface Caller extends Party {
  interaction: string;
}

export interface Line {
  number: string;
  queue: string;
}

let next = 0;

export class Floor {
  readonly product: Product;
  readonly events: EventLog;
  readonly #flows: string;
  readonly #phones: Phone[] = [];
  readonly #sipps: Sipp[] = [];
  readonly #paced: boolean;

  private constructor(product: Product, flows: string, paced: boolean) {
    this.product = product;
    this.#paced = paced;
    this.#flows = flows;
    this.events = new EventLog(product);
  }

  /** @param options `paced`: digits as real phones send them, for engines that want it so */
  static async open({ paced = false, ...options }: ProductOptions & { paced?: boolean } = {}): Promise<Floor> {
    // Tests save flows; the repository's own are not for that.
    const flows = mkdtempSync(join(tmpdir(), 'switchroom-flows-'));
    cpSync(join(root, 'ivr-flows'), flows, { recursive: true });
    const product = await Product.start({ ...options, env: { SWITCHROOM_FLOWS: flows, ...options.env } });
    return new Floor(product, flows, paced);
  }

  /** What a test has left running; after one that failed, calls too. */
  async tidy(): Promise<void> {
    for (const { interaction } of await this.calls()) await this.product.ask('POST', `/live/calls/${interaction}/end`);
    for (const phone of this.#phones.splice(0)) phone.close();
    await Promise.all(this.#sipps.splice(0).map((sipp) => sipp.kill()));
  }

  async close(): Promise<void> {
    this.events.close();
    await this.product.stop();
    rmSync(this.#flows, { recursive: true, force: true });
  }

  ask<Body = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Body> {
    return this.product.must<Body>(method, path, body);
  }

  /** A number of its own with a flow of its own that leads into a queue of its own. */
  async line(
    queue: Record<string, unknown> = {},
    nodes?: (queue: string) => { start: string; nodes: object },
  ): Promise<Line> {
    const id = `q${++next}`;
    const number = `9570${String(next).padStart(3, '0')}`;
    await this.ask('PUT', `/queues/${id}`, { wrapUpMs: 0, ...queue });
    const flow = nodes?.(id) ?? {
      start: 'wait',
      nodes: { wait: { type: 'queue', queue: id, maxWaitSeconds: 300, overflow: 'bye' }, bye: { type: 'hangup' } },
    };
    await this.saveFlow(`line-${id}`, flow);
    await this.ask('PUT', `/dids/${number}`, { flow: `line-${id}`, language: 'en' });
    return { number, queue: id };
  }

  /** Saved, and in use: new calls run it. */
  async saveFlow(flow: string, given: { start: string; nodes: object }): Promise<string> {
    const versions = async () =>
      (await this.ask<{ flows: { flow: string; version?: string }[] }>('GET', '/flows')).flows.find(
        (one) => one.flow === flow,
      )?.version;
    const before = await versions();
    await this.ask('PUT', `/flows/${flow}`, { flow, languages: ['en'], error: 'bye', ...given });
    await until(async () => ![undefined, before].includes(await versions()), `flow ${flow} is in use`);
    return (await versions()) as string;
  }

  /** An agent with a phone at a fixed address, signed in and ready. */
  async agent(
    queues: string[],
    phone: { port: number } | { uri: string } | { registered: true },
    more: Record<string, unknown> = {},
  ): Promise<string> {
    const id = `2${String(++next).padStart(3, '0')}`;
    const at = 'registered' in phone ? { kind: 'registered', user: id } : { kind: 'uri', uri: uriOf(phone, id) };
    if ('registered' in phone) await this.ask('PUT', `/sip-users/${id}`, { password: `secret-${id}` });
    await this.ask('PUT', `/agents/${id}`, { name: `Agent ${id}`, phone: at, queues, autoAnswer: true, ...more });
    if ('registered' in phone) {
      await this.ask('PUT', `/sip-users/${id}`, { agent: id });
      return id;
    }
    await this.product.ready(id);
    return id;
  }

  async sipp(options: SippOptions): Promise<Sipp> {
    const sipp = await Sipp.start(options);
    this.#sipps.push(sipp);
    return sipp;
  }

  async rtp(): Promise<Phone> {
    const phone = await Phone.make({ paced: this.#paced });
    this.#phones.push(phone);
    return phone;
  }

  /** Calls, and is answered. */
  async caller(number: string, options: Partial<SippOptions> & { from?: string } = {}): Promise<Caller> {
    const rtp = await this.rtp();
    const { from = '013800138000', keys = {}, target = this.product.sip, ...rest } = options;
    const sipp = await this.sipp({
      scenario: 'caller',
      target,
      keys: { from, rtp_port: rtp.port, ...keys },
      ...rest,
      args: ['-s', number, ...(rest.args ?? [])],
    });
    const answer = await sipp.message(200);
    rtp.connect(sdpOf(answer));
    return { sipp, rtp, interaction: await this.interactionOf(sipp.callId) };
  }

  async interactionOf(callId: string): Promise<string> {
    const { interaction } = await this.events.fact('interaction.started', (fact) => fact.data.callId === callId);
    return interaction as string;
  }

  /**
   * A phone that rings until it is told what to do.
   * @param how.contactPort where it says that it is, for one behind a relay
   */
  async phone(user = 'phone', how: { calls?: number; port?: number; contactPort?: number } = {}): Promise<Party> {
    const rtp = await this.rtp();
    const { calls = 1, port = await freePort(), contactPort = port } = how;
    const keys = { user, rtp_port: rtp.port, contact_port: contactPort };
    return { rtp, sipp: await this.sipp({ scenario: 'phone', keys, calls, port }) };
  }

  /** A phone that has registered with digest authentication. */
  async registered(user: string, secret: string, algorithm: Algorithm, calls = 1): Promise<Party> {
    const port = await freePort();
    await register(this.product.sip, user, secret, port, algorithm);
    return this.phone(user, { port, calls });
  }

  /** An agent with such a phone, ready. */
  async seat(queues: string[], more: Record<string, unknown> = {}, calls = 1): Promise<Party & { agent: string }> {
    const phone = await this.phone('seat', { calls });
    return { ...phone, agent: await this.agent(queues, { port: phone.sipp.port }, more) };
  }

  /** The phone is rung. */
  async rings(phone: Party, nth = 1): Promise<SippMessage> {
    return phone.sipp.message('INVITE', nth);
  }

  /** The phone, rung for the nth time, is picked up, and both sides are joined. */
  async answers(phone: Party, interaction: string, nth = 1): Promise<SippMessage> {
    const invite = await this.rings(phone, nth);
    const { seq } = this.events.facts.at(-1) ?? { seq: 0 };
    phone.rtp.connect(sdpOf(invite));
    await phone.sipp.tell('ANSWER', {}, invite.callId);
    await this.events.fact('interaction.answered', (fact) => fact.interaction === interaction && fact.seq > seq);
    return invite;
  }

  /** Each hears what the other says, and nothing but that. */
  async hearEachOther(one: Phone, two: Phone, hz: [number, number] = [500, 900]): Promise<void> {
    one.speak(hz[0]);
    two.speak(hz[1]);
    await Promise.all([two.hears([hz[0]], [hz[1]]), one.hears([hz[1]], [hz[0]])]);
  }

  async calls(): Promise<LiveCall[]> {
    return (await this.ask<{ calls: LiveCall[] }>('GET', '/live/calls')).calls;
  }

  async call(interaction: string): Promise<LiveCall | undefined> {
    return (await this.calls()).find((call) => call.interaction === interaction);
  }

  async phase(interaction: string, phase: string): Promise<LiveCall> {
    let found: LiveCall | undefined;
    await until(
      async () => {
        found = await this.call(interaction);
        return found?.phase === phase;
      },
      () => `the call is ${phase}; it is ${found?.phase ?? 'gone'}`,
    );
    return found as LiveCall;
  }

  live(agent: string): Promise<LiveAgent> {
    return this.ask<LiveAgent>('GET', `/agents/${agent}/live`);
  }

  async agentIs(agent: string, presence: string, reason?: string): Promise<void> {
    let live: LiveAgent | undefined;
    await until(
      async () => {
        live = await this.live(agent);
        return live.presence === presence && (reason === undefined || live.reason === reason);
      },
      () => `${agent} is ${presence} ${reason ?? ''}; she is ${JSON.stringify(live)}`,
    );
  }

  /** The agent has nothing on hand. */
  async free(agent: string): Promise<void> {
    let live: LiveAgent | undefined;
    await until(
      async () => {
        live = await this.live(agent);
        return live.contacts.length === 0 && Object.values(live.occupied).every((count) => count === 0);
      },
      () => `${agent} has nothing on hand: ${JSON.stringify(live)}`,
    );
  }

  /** The record, once it is complete. */
  async record(interaction: string): Promise<Interaction> {
    await this.events.fact('interaction.ended', { interaction });
    let record: Interaction | undefined;
    await until(
      async () => {
        const answer = await this.product.ask<Interaction>('GET', `/interactions/${interaction}`);
        record = answer.status === 200 ? answer.body : undefined;
        return record?.endedAt !== undefined;
      },
      () => `the record of ${interaction} is complete: ${JSON.stringify(record)}`,
    );
    return record as Interaction;
  }

  /** No call, no dialog, no waiting request: nothing is left of anybody. */
  async nothingLeft(): Promise<void> {
    await until(async () => (await this.calls()).length === 0, 'no call is left');
    const gauges = ['switchroom_sip_dialogs', 'switchroom_sip_pending_requests'];
    await until(
      async () => {
        const metrics = await this.product.metrics();
        return gauges.every((name) => new RegExp(`^${name} 0$`, 'm').test(metrics));
      },
      'no dialog and no request is left',
      40_000,
    );
  }

  factsOf(interaction: string): Promise<{ events: Fact[] }> {
    return this.ask('GET', `/interactions/${interaction}/events`);
  }
}

/** The session description in a message. */
export function sdpOf({ text }: { text: string }): string {
  return text.slice(text.indexOf('v=0'));
}

function uriOf(phone: { port: number } | { uri: string }, user: string): string {
  return 'uri' in phone ? phone.uri : `sip:${user}@127.0.0.1:${phone.port}`;
}
