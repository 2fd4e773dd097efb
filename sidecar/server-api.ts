// The server's API, as any connector speaks it (connector/protocol.ts). Where the server is, and the token, are asked for anew
// at each request: both may change when the server is started again.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { z } from 'zod';
import {
  type Attachment,
  attachment,
  type ConnectorOrders,
  type ConnectorReport,
  connectorOrders,
  type InboundAnswer,
  inboundAnswer,
} from '../connector/index.ts';
import type { VisitorCallRequest } from './connector.ts';
import { failed } from './errors.ts';

export interface ServerAddress {
  /** `http://127.0.0.1:8080`. */
  url: string;
  token: string;
  /** Certificates (PEM) that are trusted besides the known ones; for the site's own certificate, whatever its name. */
  trusted?: string | undefined;
}

export type Delivered =
  | { taken: true; answer: InboundAnswer }
  /** `refused`: the request itself is wrong, the same one never succeeds. `away`: later. */
  | { taken: false; refused: boolean; status?: number | undefined; reason: string };

const begun = z.object({ call: z.string(), answer: z.string() });
const answerMs = 15_000;
/** The server beats every 15 s on its streams. */
const silenceMs = 45_000;
const mostAnswer = 4 * 1024 * 1024;

export class ServerApi {
  readonly #address: () => ServerAddress;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 32 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 32 });

  /** @param address may throw while it is not known yet */
  constructor(address: () => ServerAddress) {
    this.#address = address;
  }

  /** @param items each an InboundItem as JSON */
  async deliver(channel: string, items: readonly string[]): Promise<Delivered> {
    try {
      const path = `/api/v1/channels/${encodeURIComponent(channel)}/inbound`;
      const { status, body } = await this.#ask('POST', path, {
        headers: { 'content-type': 'application/json' },
        body: `{"items":[${items.join(',')}]}`,
      });
      if (status === 200) {
        const parsed = inboundAnswer.safeParse(JSON.parse(body.toString()));
        if (parsed.success) return { taken: true, answer: parsed.data };
        return { taken: false, refused: false, status, reason: 'its answer is not understood' };
      }
      // 401, 403, 404: the token or the channel is not there yet; the administrator mends it, and the items wait.
      const refused = status === 400 || status === 413 || status === 415 || status === 422;
      return { taken: false, refused, status, reason: `${status} ${sentence(body)}` };
    } catch (error) {
      return { taken: false, refused: false, reason: (error as Error).message };
    }
  }

  /** @throws server-away, attachment-refused */
  async keep(query: Record<string, string>, mime: string, bytes: Buffer): Promise<Attachment> {
    const path = `/api/v1/attachments?${new URLSearchParams(query)}`;
    const { status, body } = await this.#ask('PUT', path, { headers: { 'content-type': mime }, body: bytes });
    if (status === 200 || status === 201) return attachment.parse(JSON.parse(body.toString()));
    const reason = `${status} ${sentence(body)}`;
    throw status === 413 || status === 415 || status === 422 || status === 400
      ? failed['attachment-refused']({ reason })
      : failed['server-away']({ reason });
  }

  /** @throws server-away */
  async open(id: string): Promise<Buffer> {
    const { status, body } = await this.#ask('GET', `/api/v1/attachments/${encodeURIComponent(id)}`, {
      most: 64 * 1024 * 1024,
    });
    if (status === 200) return body;
    throw failed['server-away']({ reason: `${status} ${sentence(body)}` });
  }

  /** Opens the stream of what is to be sent. @throws server-away */
  async outbound(channel: string, after: number, signal: AbortSignal): Promise<IncomingMessage> {
    const path = `/api/v1/channels/${encodeURIComponent(channel)}/outbound?after=${after}`;
    const response = await this.#send('GET', path, { headers: { accept: 'text/event-stream' }, signal });
    if (response.statusCode === 200) return response;
    const reason = `${response.statusCode} ${sentence(await collect(response, mostAnswer))}`;
    throw failed['server-away']({ reason });
  }

  /** @throws server-away */
  async report(channel: string, report: ConnectorReport): Promise<ConnectorOrders> {
    const { status, body } = await this.#json('PUT', channel, '/report', report);
    if (status === 200) return connectorOrders.parse(JSON.parse(body.toString()));
    throw failed['server-away']({ reason: `${status} ${sentence(body)}` });
  }

  /** @throws server-away */
  async begin(channel: string, request: VisitorCallRequest): Promise<{ call: string; answer: string }> {
    const { status, body } = await this.#json('POST', channel, '/calls', request);
    if (status === 201) return begun.parse(JSON.parse(body.toString()));
    throw failed['server-away']({ reason: `${status} ${sentence(body)}` });
  }

  /** @throws server-away */
  async digits(channel: string, call: string, digits: string): Promise<void> {
    const { status, body } = await this.#json('POST', channel, `/calls/${encodeURIComponent(call)}/digits`, { digits });
    if (status >= 300) throw failed['server-away']({ reason: `${status} ${sentence(body)}` });
  }

  /** @throws server-away */
  async end(channel: string, call: string): Promise<void> {
    const { status, body } = await this.#json('DELETE', channel, `/calls/${encodeURIComponent(call)}`);
    // 404: it is over already.
    if (status >= 300 && status !== 404) throw failed['server-away']({ reason: `${status} ${sentence(body)}` });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #json(method: string, channel: string, path: string, value?: object): Promise<{ status: number; body: Buffer }> {
    const body = value === undefined ? {} : { body: JSON.stringify(value) };
    const headers = { 'content-type': 'application/json' };
    return this.#ask(method, `/api/v1/channels/${encodeURIComponent(channel)}${path}`, { headers, ...body });
  }

  async #ask(
    method: string,
    path: string,
    { most = mostAnswer, ...more }: { headers?: Record<string, string>; body?: string | Buffer; most?: number },
  ): Promise<{ status: number; body: Buffer }> {
    const response = await this.#send(method, path, { ...more, signal: AbortSignal.timeout(answerMs) });
    return { status: response.statusCode ?? 0, body: await collect(response, most) };
  }

  #send(
    method: string,
    path: string,
    { headers = {}, body, signal }: { headers?: Record<string, string>; body?: string | Buffer; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const { url, token, trusted } = this.#address();
    const secure = url.startsWith('https:');
    const options: RequestOptions & {
      ca?: string;
      allowPartialTrustChain?: boolean;
      checkServerIdentity?(): undefined;
    } = { method, signal, agent: secure ? this.#https : this.#http };
    options.headers = { ...headers, authorization: `Bearer ${token}` };
    if (body !== undefined) options.headers['content-length'] = String(Buffer.byteLength(body));
    if (secure && trusted !== undefined) {
      // The very certificate of the site: whoever has its key is the site, whatever name stands in it.
      Object.assign(options, { ca: trusted, allowPartialTrustChain: true, checkServerIdentity: () => undefined });
    }
    return new Promise((resolve, reject) => {
      const asked = (secure ? httpsRequest : httpRequest)(new URL(path, url), options, resolve);
      asked.on('error', reject);
      // A server that takes the connection and then says nothing at all, not even a beat.
      asked.setTimeout(silenceMs, () => asked.destroy(new Error(`the server was silent for ${silenceMs} ms`)));
      asked.end(body);
    });
  }
}

/** @throws Error where it is more than `most` bytes, or ends early */
export function collect(stream: IncomingMessage, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const take = (part: Buffer): void => {
      size += part.length;
      if (size > most) {
        stream.off('data', take);
        stream.pause();
        reject(new RangeError(`it is larger than ${most} bytes`));
      } else parts.push(part);
    };
    stream.on('data', take);
    stream.once('end', () => resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)));
    stream.once('error', reject);
    stream.once('close', () => {
      if (!stream.complete) reject(new Error('it ended early'));
    });
  });
}

/** The server's own sentence, of its error; else nothing of its answer, which may hold what a customer wrote. */
function sentence(body: Buffer): string {
  try {
    const value = JSON.parse(body.toString()) as { message?: unknown };
    return typeof value?.message === 'string' ? value.message.slice(0, 300) : '';
  } catch {
    return '';
  }
}
