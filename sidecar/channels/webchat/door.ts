// What a visitor's browser asks by HTTP: the widget's settings, sending a file (with a ticket that its socket was given, for one
// file), and the bytes of files in its conversation (by addresses that only we can make).
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attachment } from '../../../connector/index.ts';
import { limits } from '../../../connector/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import type { WidgetConfig } from './protocol.ts';
import type { WebchatSettings } from './settings.ts';
import { Signer } from './signed.ts';

export interface Ticket {
  who: { conversation: string; account?: string; name?: string; mail?: string; phone?: string; language?: 'en' | 'zh' };
  id: string;
  name: string;
  endsAt: number;
}

const ticketMs = 120_000;
const mostTickets = 5_000;
/** Files that come at the same time: each is whole in memory before it is scanned. */
const mostUploads = 16;
const uploadAgainSeconds = 5;
/** An address of a file is good for so long; a browser that comes back gets a new one. */
const fileMs = 86_400_000;
/** Images that a browser may show in place; everything else is only to be saved: it must not run on our origin. */
const shownInPlace = /^image\/(png|jpeg|gif|webp|bmp)$/;

export class ChatDoor {
  readonly #settings: WebchatSettings;
  readonly #tools: ConnectorTools;
  readonly #attached: (ticket: Ticket, attachment: Attachment) => Promise<number>;
  readonly #files: Signer;
  readonly #tickets = new Map<string, Ticket>();
  #uploads = 0;

  constructor(
    settings: WebchatSettings,
    tools: ConnectorTools,
    attached: (ticket: Ticket, attachment: Attachment) => Promise<number>,
  ) {
    this.#settings = settings;
    this.#tools = tools;
    this.#attached = attached;
    this.#files = new Signer(tools.secret('files'));
  }

  /** Whether the page that the browser is on may have the chat. */
  allows({ headers: { origin, host } }: IncomingMessage): boolean {
    if (origin === undefined) return false;
    if (this.#settings.origins.includes(origin)) return true;
    return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
  }

  /** @returns where to post one file, within two minutes; undefined where none is wanted */
  ticket(who: Ticket['who'], { id, name, bytes }: { id: string; name: string; bytes: number }): string | undefined {
    if (!this.#settings.attachments || bytes > limits.attachmentBytes) return undefined;
    const now = this.#tools.clock.now();
    for (const [key, { endsAt }] of this.#tickets) {
      if (endsAt > now && this.#tickets.size < mostTickets) break;
      this.#tickets.delete(key);
    }
    const key = randomBytes(18).toString('base64url');
    this.#tickets.set(key, { who, id, name, endsAt: now + ticketMs });
    return `upload/${key}`;
  }

  /** Relative to /chat/<channel>/. */
  fileUrl(conversation: string, { id, mime, name }: Attachment): string {
    const endsAt = this.#tools.clock.now() + fileMs;
    const text = Buffer.from(JSON.stringify([conversation, id, mime, name ?? '', endsAt])).toString('base64url');
    return `file/${this.#files.sign(text)}`;
  }

  async request(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { method = 'GET' } = request;
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    response.setHeader('vary', 'origin');
    if (method === 'GET' && path.startsWith('/file/')) return this.#file(path.slice('/file/'.length), response);
    const { origin } = request.headers;
    if (origin !== undefined) {
      if (!this.allows(request)) return end(response, 403);
      response.setHeader('access-control-allow-origin', origin);
    }
    if (method === 'OPTIONS') {
      response.setHeader('access-control-allow-methods', 'GET, POST');
      response.setHeader('access-control-allow-headers', 'content-type');
      response.setHeader('access-control-max-age', '600');
      return end(response, 204);
    }
    if (method === 'GET' && path === '/config') return json(response, 200, this.#config());
    if (method === 'POST' && path.startsWith('/upload/'))
      return this.#upload(request, response, path.slice('/upload/'.length));
    return end(response, 404);
  }

  #config(): WidgetConfig {
    const { title, greeting, color, language, attachments, page, callNumber, relays } = this.#settings;
    return {
      title: plain(title),
      greeting: plain(greeting),
      color,
      language,
      attachments,
      call: callNumber !== undefined,
      relays: callNumber !== undefined && relays.length > 0,
      page,
      mostBytes: limits.attachmentBytes,
    };
  }

  async #upload(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    if (this.#uploads >= mostUploads) {
      // The ticket stays good.
      response.setHeader('retry-after', String(uploadAgainSeconds));
      response.setHeader('connection', 'close');
      return json(response, 503, { message: 'Too many files are coming in; try again.' });
    }
    const ticket = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (ticket === undefined || ticket.endsAt < this.#tools.clock.now())
      return json(response, 403, { message: 'The ticket is used or over.' });
    const { conversation } = ticket.who;
    this.#uploads++;
    try {
      const attachment = await this.#tools.attachments.keep(request, {
        key: `${conversation}:${ticket.id}`,
        kind: 'file',
        name: ticket.name,
        mime: request.headers['content-type'],
      });
      return json(response, 200, { seq: await this.#attached(ticket, attachment) });
    } catch (error) {
      const { code, message } = error as { code?: unknown; message: string };
      // What is left of the request is not worth its bytes.
      response.setHeader('connection', 'close');
      if (code === 'attachment-refused') return json(response, 422, { message });
      this.#tools.logger.warn({ err: error }, 'a file of a visitor could not be kept');
      return json(response, 503, { message: 'It cannot be taken now.' });
    } finally {
      this.#uploads--;
    }
  }

  async #file(signed: string, response: ServerResponse): Promise<void> {
    const text = this.#files.read(signed);
    if (text === undefined) return end(response, 404);
    const [, id, mime, name, endsAt] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [
      string,
      string,
      string,
      string,
      number,
    ];
    if (endsAt < this.#tools.clock.now()) return end(response, 410);
    const bytes = await this.#tools.attachments.open(id);
    const inPlace = shownInPlace.test(mime);
    response.writeHead(200, {
      'content-type': inPlace ? mime : 'application/octet-stream',
      'content-disposition': `${inPlace ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, '')}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'private, max-age=86400',
    });
    response.end(bytes);
  }
}

function plain({ en, zh }: { en?: string | undefined; zh?: string | undefined }): { en?: string; zh?: string } {
  return { ...(en === undefined ? {} : { en }), ...(zh === undefined ? {} : { zh }) };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status);
  response.end();
}
