// A site with digital channels: directory, journal, routing and conversations are real, over a database that can be opened
// again; agents, customers and the connector are the test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Content, InboundItem, OutboundItem } from '../../../connector/index.ts';
import { Conversations, type EscalationWish, type KnownPerson } from '../../../server/conversations/index.ts';
import { agentSchema, channelSchema, queueSchema } from '../../../server/directory/index.ts';
import { type FlowSet, flowSet, readFlow } from '../../../server/ivr/index.ts';
import { type OpenDatabase, openDatabase } from '../../../server/journal/index.ts';
import type { ChannelRecord } from '../../../server/ports/index.ts';
import { Routing } from '../../../server/routing/index.ts';
import type { Offer } from '../../../values/index.ts';
import { logger, openSite, type TestSite } from '../directory/site.ts';

export type ChannelGiven = Partial<ChannelRecord> & Pick<ChannelRecord, 'id' | 'to'>;

export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'switchroom-conversations-'));
  site: TestSite;
  routing!: Routing;
  conversations!: Conversations;
  /** Offers that were made, the newest last. */
  offers: Offer[] = [];
  readonly asked: EscalationWish[] = [];
  readonly people = new Map<string, KnownPerson>();
  flows: FlowSet = flowSet([]);
  number: string | undefined = '+8613800138000';
  #opened: OpenDatabase;
  #keys = 0;

  constructor() {
    this.#opened = openDatabase({ directory: this.folder, logger });
    this.site = openSite(this.#opened);
  }

  get database(): OpenDatabase['database'] {
    return this.#opened.database;
  }

  /** Queues, agents `1001`, `1002` of team red, each with room for three chats and a call. */
  async configure(...channels: ChannelGiven[]): Promise<void> {
    const { directory } = this.site;
    for (const id of ['service', 'loans']) {
      await directory.queues.put(queueSchema.parse({ site: 'hq', id, team: 'red', wrapUpMs: 0 }), 'admin');
    }
    for (const id of ['1001', '1002']) {
      const capacity = { voice: 1, chat: 3, social: 2, mail: 2 };
      const phone = { kind: 'uri', uri: `sip:${id}@192.0.2.1` };
      const agent = { site: 'hq', team: 'red', id, name: `Agent ${id}`, queues: ['service', 'loans'], capacity, phone };
      await directory.agents.put(agentSchema.parse(agent), 'admin');
    }
    for (const channel of channels) {
      await directory.channels.put(
        channelSchema.parse({ site: 'hq', kind: 'webchat', channel: 'chat', ...channel }),
        'admin',
      );
    }
  }

  start(): void {
    const { journal, directory, clock } = this.site;
    this.routing = new Routing({ directory, journal, clock, logger, popMs: 1 });
    this.routing.on('offered', (offer) => this.offers.push(offer));
    this.conversations = new Conversations({
      database: this.#opened.database,
      journal,
      directory,
      queueing: this.routing,
      people: {
        identify: ([first], { name, language }) => {
          const id = `cus_${first?.value}`;
          const known = this.people.get(id) ?? { id, name, tags: ['gold'], language };
          this.people.set(id, known);
          return known;
        },
        get: (id) => this.people.get(id),
        earlier: () => [],
        numberOf: () => this.number,
      },
      flows: {
        current: () => this.flows,
        version: (version) => (version === this.flows.version ? this.flows : undefined),
      },
      callbacks: {
        schedule: async (wish) => {
          this.asked.push(wish);
          return { id: `cbk_${this.asked.length}` };
        },
      },
      attachments: join(this.folder, 'attachments'),
      clock,
      logger,
      // Time passes by `pass`.
      tickMs: 3_600_000,
    });
    this.routing.useReality({
      contacts: () => this.conversations.contacts(),
      end: (interaction) => void this.conversations.giveUp(interaction),
    });
    this.routing.start();
    this.conversations.start();
    this.routing.attached();
  }

  /** The server goes and comes again, over the same data folder. */
  async restart(): Promise<void> {
    await this.stop();
    this.#opened = openDatabase({ directory: this.folder, logger });
    const { at } = this.site.clock;
    this.site = openSite(this.#opened);
    this.site.clock.at = at;
    this.offers = [];
    this.start();
    await this.settle();
  }

  async stop(): Promise<void> {
    this.conversations.stop();
    await this.routing.close();
    await this.site.close();
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  setFlows(files: Record<string, Record<string, object>>): void {
    this.flows = flowSet(
      Object.entries(files).map(([flow, nodes]) => {
        const text = JSON.stringify({ flow, start: Object.keys(nodes)[0], languages: ['en', 'zh'], nodes });
        const { flow: compiled, findings } = readFlow(text, `${flow}.json`);
        if (!compiled) throw new Error(JSON.stringify(findings));
        return compiled;
      }),
    );
  }

  /** Everything that was begun is committed and acted on. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) {
      await this.site.journal.append([]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  ready(agent: string): void {
    this.routing.signIn(agent);
    this.routing.ready(agent);
  }

  /** Time passes for conversations; the router's own timers are real. */
  async pass(ms: number): Promise<void> {
    this.site.clock.at += ms;
    this.conversations.due();
    await this.settle();
  }

  item(
    thread: string,
    content: Content | string,
    more: Partial<Extract<InboundItem, { item: 'message' }>> = {},
  ): InboundItem {
    this.#keys += 1;
    return {
      item: 'message',
      key: `m${this.#keys}`,
      at: this.site.clock.at,
      thread,
      from: { identities: [{ kind: 'webchat', value: thread }], name: 'Wang' },
      content: typeof content === 'string' ? { type: 'text', text: content } : content,
      ...more,
    };
  }

  /** The customer writes. @returns the conversation */
  async says(
    via: string,
    thread: string,
    content: Content | string,
    more: Parameters<World['item']>[2] = {},
  ): Promise<string> {
    const answer = await this.conversations.inbound(via, [this.item(thread, content, more)]);
    await this.settle();
    return answer.items[0]?.interaction ?? '';
  }

  /** She takes the offer of that conversation, as soon as there is one. */
  async accepts(agent: string, interaction: string): Promise<void> {
    for (let turn = 0; turn < 200; turn++) {
      const offer = this.offers.findLast((one) => one.interaction === interaction && one.agent === agent);
      if (offer) {
        await this.conversations.accept(agent, offer.id);
        await this.settle();
        return;
      }
      await this.settle();
    }
    throw new Error(`${interaction} was not offered to ${agent}`);
  }

  /** Resolves when it holds. */
  async until(holds: () => boolean, what = 'it'): Promise<void> {
    const end = performance.now() + 20_000;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`${what} did not happen`);
      await this.settle();
    }
  }

  outbound(via: string, after = 0): OutboundItem[] {
    return this.conversations.outbox.read(via, after, 1_000);
  }

  /** What was written to that customer, as text. */
  written(via: string, thread: string): string[] {
    return this.outbound(via).flatMap((item) =>
      item.item === 'message' && item.thread === thread
        ? [item.content.type === 'text' ? item.content.text : JSON.stringify(item.content)]
        : [],
    );
  }

  /** Names of the events of a conversation, in order. */
  events(interaction: string): string[] {
    return this.site.journal.ofInteraction(interaction).map(({ type }) => type);
  }

  phase(interaction: string): string {
    return this.conversations.get(interaction)?.phase ?? 'closed';
  }
}
