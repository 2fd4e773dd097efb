// The server's side of the connector protocol, over real HTTP: records what comes in, pushes what is to go out, and can be
// away, slow, or refuse. Inbound keys are known as the real server knows them: the same one is `known` the second time.
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Attachment,
  attachmentQuery,
  type Content,
  type InboundItem,
  inboundRequest,
  type OutboundItem,
  type OutboundMessage,
  outboundQuery,
} from '../../../connector/index.ts';

export class FakeServer {
  readonly token = 'swc_token-of-a-test';
  /** Every item that was taken, once, in order. */
  readonly items: InboundItem[] = [];
  /** Items that came again. */
  known = 0;
  readonly attachments = new Map<string, { about: Attachment; bytes: Buffer }>();
  /** Status that every request is answered with; undefined: as it should be. */
  failing: number | undefined;
  /** Reason for which an item is refused. */
  refuses: (item: InboundItem) => string | undefined = () => undefined;
  /** How long the thread of an item is to wait, which is not taken now. */
  slows: (item: Extract<InboundItem, { thread: string }>) => number | undefined = () => undefined;
  /** Bodies that are answered with 400, as a whole. */
  cannotRead: (text: string) => boolean = () => false;
  #http: Server | undefined;
  #port = 0;
  readonly #keys = new Set<string>();
  readonly #byKey = new Map<string, string>();
  readonly #outbound: Extract<OutboundItem, { item: 'message' | 'state' }>[] = [];
  readonly #streams = new Set<{ channel: string; response: ServerResponse }>();
  readonly #waiting = new Set<() => void>();
  #seq = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens on a free port; after `stop`, on the same one again. */
  async start(): Promise<void> {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    if (!http) return;
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await closed;
  }

  /** Something for the connector to do. */
  push(item: {
    thread: string;
    message?: string;
    content?: Content;
    author?: OutboundMessage['author'];
    expires?: number;
    replyTo?: string;
  }): OutboundMessage {
    const {
      thread,
      message = `msg_${randomUUID()}`,
      content = { type: 'text', text: 'hello' },
      author = 'agent',
      ...more
    } = item;
    const made: OutboundMessage = {
      item: 'message',
      seq: ++this.#seq,
      message,
      thread,
      at: Date.now(),
      content,
      author,
      ...more,
    };
    this.#send(made);
    return made;
  }

  pushState(
    thread: string,
    state: 'bot' | 'queued' | 'active' | 'closed',
    more: { agentName?: string; position?: number } = {},
  ): void {
    this.#send({ item: 'state', seq: ++this.#seq, thread, at: Date.now(), state, ...more });
  }

  pushTyping(thread: string): void {
    const item: OutboundItem = { item: 'typing', seq: this.#seq, thread, at: Date.now() };
    for (const { response } of this.#streams) response.write(`data: ${JSON.stringify(item)}\n\n`);
  }

  /** Resolves when `holds`, looked at whenever something came in. */
  async until(holds: () => boolean, what: string, ms = 15_000): Promise<void> {
    if (holds()) return;
    let look = (): void => {};
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never came true: ${what}`)), ms);
      look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(look);
    }).finally(() => this.#waiting.delete(look));
  }

  /** The items of one kind that came, in order. */
  of<Kind extends InboundItem['item']>(kind: Kind): Extract<InboundItem, { item: Kind }>[] {
    return this.items.filter((one): one is Extract<InboundItem, { item: Kind }> => one.item === kind);
  }

  /** Connectors that listen for what is to be sent. */
  get streams(): number {
    return this.#streams.size;
  }

  #send(item: Extract<OutboundItem, { item: 'message' | 'state' }>): void {
    this.#outbound.push(item);
    for (const { response } of this.#streams) response.write(frame(item));
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const give = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (this.failing !== undefined) return give(this.failing, { code: 'test', message: 'as the test wants it' });
    if (request.headers.authorization !== `Bearer ${this.token}`) return give(401, { message: 'who are you?' });
    const [, channel = '', what] = /^\/api\/v1\/channels\/([^/]+)\/(inbound|outbound)$/.exec(url.pathname) ?? [];
    if (what === 'inbound') {
      if (this.cannotRead(body.toString())) return give(400, { message: 'one of them cannot be read' });
      const read = inboundRequest.safeParse(JSON.parse(body.toString()));
      if (!read.success) return give(400, { message: read.error.message });
      const slow = new Map<string, number>();
      const items = read.data.items.flatMap((item) => {
        const ms = 'thread' in item ? this.slows(item) : undefined;
        if (ms === undefined || !('thread' in item)) return [this.#take(channel, item)];
        slow.set(item.thread, ms);
        return [];
      });
      give(200, { items, ...(slow.size > 0 && { slow: [...slow].map(([thread, ms]) => ({ thread, ms })) }) });
      return this.#tell();
    }
    if (what === 'outbound') {
      const { after } = outboundQuery.parse(Object.fromEntries(url.searchParams));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\n');
      for (const item of this.#outbound) if (item.seq > after) response.write(frame(item));
      const stream = { channel, response };
      this.#streams.add(stream);
      response.on('close', () => this.#streams.delete(stream));
      return this.#tell();
    }
    const id = /^\/api\/v1\/attachments\/([^/]+)$/.exec(url.pathname)?.[1];
    const kept = id === undefined ? undefined : this.attachments.get(id);
    if (kept) {
      response.writeHead(200, { 'content-type': kept.about.mime });
      return void response.end(kept.bytes);
    }
    if (url.pathname !== '/api/v1/attachments' || request.method !== 'PUT')
      return give(404, { message: 'no such place' });
    const query = attachmentQuery.parse(Object.fromEntries(url.searchParams));
    const known = this.#byKey.get(`${query.channel} ${query.key}`);
    if (known !== undefined) return give(200, this.attachments.get(known)?.about);
    const about: Attachment = {
      id: `att_${randomUUID()}`,
      kind: query.kind,
      ...(query.name === undefined ? {} : { name: query.name }),
      mime: request.headers['content-type'] ?? '',
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
    };
    this.attachments.set(about.id, { about, bytes: body });
    this.#byKey.set(`${query.channel} ${query.key}`, about.id);
    give(201, about);
  }

  #take(channel: string, item: InboundItem): { key: string; result: 'taken' | 'known' | 'refused'; reason?: string } {
    const { key } = item;
    const name = `${channel} ${key}`;
    if (this.#keys.has(name)) {
      this.known++;
      return { key, result: 'known' };
    }
    const reason = this.refuses(item);
    if (reason !== undefined) return { key, result: 'refused', reason };
    if (item.item !== 'typing' && item.item !== 'read') this.#keys.add(name);
    this.items.push(item);
    return { key, result: 'taken' };
  }
}

function frame(item: { seq: number }): string {
  return `id: ${item.seq}\ndata: ${JSON.stringify(item)}\n\n`;
}
