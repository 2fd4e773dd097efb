// The connector of one webhook channel.
import { z } from 'zod';
import type { InboundItem, OutboundMessage } from '../../../connector/index.ts';
import type { Callback, CallbackAnswer, Connector, ConnectorTools, Delivery, Received, Sent } from '../../connector.ts';
import { type GivenItem, givenRequest, readGiven } from './given.ts';
import type { WebhookSettings } from './settings.ts';
import { signatureHeader, signatureOf, timestampHeader, wrongIn } from './signature.ts';

const answerShape = z.object({ id: z.string().min(1).max(200).optional() });
/** States that wait to be told; older ones mean nothing any more. */
const mostStates = 1_000;

export class WebhookConnector implements Connector {
  readonly #settings: WebhookSettings;
  readonly #tools: ConnectorTools;
  readonly #states: object[] = [];
  #telling: Promise<void> | undefined;
  #trouble: string | undefined;

  constructor(settings: WebhookSettings, tools: ConnectorTools) {
    this.#settings = settings;
    this.#tools = tools;
  }

  async receive({ method, headers, body }: Callback): Promise<Received | CallbackAnswer> {
    if (method !== 'POST') return answer(405, { message: 'POST only.' });
    const { providersClock, logger, notice } = this.#tools;
    const wrong = wrongIn(this.#settings.secret, headers, body, providersClock.now());
    if (wrong !== undefined) {
      logger.debug({ wrong }, 'a callback was not believed');
      return answer(401, { message: 'The signature or the timestamp is wrong.' });
    }
    let items: GivenItem[];
    try {
      items = givenRequest.parse(JSON.parse(body.toString())).items;
    } catch (error) {
      const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
      const message = issue ? `${z.core.toDotPath(issue.path)}: ${issue.message}` : 'The body is not JSON.';
      return answer(400, { message });
    }
    for (const item of items) if (item.item === 'typing' || item.item === 'read') notice(item);
    const kept = items.filter((item) => item.item !== 'typing' && item.item !== 'read');
    const deliveries = kept.map((item) => ({
      key: item.key,
      at: item.at,
      thread: 'thread' in item ? item.thread : '',
      body: JSON.stringify(item),
    }));
    return { deliveries, answer: (fresh) => answer(200, { taken: items.length, new: fresh }) };
  }

  async normalise({ body, key }: Delivery): Promise<InboundItem[]> {
    const item = readGiven(body);
    if (item.item !== 'message') return [this.#believed(item)];
    const { content: said, ...rest } = item;
    if (said.type !== 'fetch') return [this.#believed({ ...rest, content: said })];
    return [this.#believed({ ...rest, content: await this.#fetch(key, said) })];
  }

  async send(message: OutboundMessage): Promise<Sent> {
    if (this.#settings.url === undefined) {
      return { ok: false, code: 'rejected', reason: 'the channel has no url to send to', again: false };
    }
    const sent = await this.#post(this.#settings.url, message, message.message);
    this.#trouble = !sent.ok && sent.again ? sent.reason : undefined;
    return sent;
  }

  typing(thread: string): void {
    this.#tell({ item: 'typing', thread, at: this.#tools.clock.now() });
  }

  state(thread: string, state: string, more: { agentName?: string | undefined; position?: number | undefined }): void {
    this.#tell({ item: 'state', thread, at: this.#tools.clock.now(), state, ...more });
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  async stop(): Promise<void> {
    this.#states.length = 0;
    await this.#telling;
  }

  /** States go one after the other, once: the next one says more than a repeated one. */
  #tell(item: object): void {
    const { url, states } = this.#settings;
    if (!states || url === undefined || this.#states.length >= mostStates) return;
    this.#states.push(item);
    this.#telling ??= (async () => {
      for (let next = this.#states.shift(); next !== undefined; next = this.#states.shift())
        await this.#post(url, next);
      this.#telling = undefined;
    })();
  }

  async #post(url: string, item: object, key?: string): Promise<Sent> {
    const body = JSON.stringify(item);
    const timestamp = String(Math.floor(this.#tools.providersClock.now() / 1000));
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      [timestampHeader]: timestamp,
      [signatureHeader]: signatureOf(this.#settings.secret, timestamp, body),
    };
    if (key !== undefined) headers['idempotency-key'] = key;
    try {
      const response = await this.#tools.fetch(url, { method: 'POST', headers, body, mostBytes: 65_536 });
      if (response.ok) return { ok: true, provider: await idOf(response) };
      const { status } = response;
      const again = status === 408 || status === 425 || status === 429 || status >= 500;
      const code = status === 429 ? 'busy' : again ? 'unreachable' : 'rejected';
      const after = Number(response.headers.get('retry-after') ?? Number.NaN);
      return {
        ok: false,
        code,
        reason: `it answered ${status}`,
        again,
        ...(again && Number.isFinite(after) ? { afterMs: Math.min(after, 3_600) * 1000 } : {}),
      };
    } catch (error) {
      return { ok: false, code: 'unreachable', reason: reasonOf(error), again: true };
    }
  }

  async #fetch(key: string, said: Extract<Extract<GivenItem, { item: 'message' }>['content'], { type: 'fetch' }>) {
    const { url, kind, name, caption } = said;
    const { host } = new URL(url);
    if (!this.#settings.mediaHosts.includes(host)) return refusal(`from ${host} nothing is fetched`, caption);
    const response = await this.#tools.fetch(url);
    if (response.status === 404 || response.status === 410) return refusal(`${host} does not have it`, caption);
    if (!response.ok) throw new Error(`${host} answered ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    try {
      const mime = response.headers.get('content-type') ?? undefined;
      const attachment = await this.#tools.attachments.keep(bytes, { key, kind, name, mime });
      return { type: 'media' as const, attachment, ...(caption === undefined ? {} : { caption }) };
    } catch (error) {
      if ((error as { code?: unknown }).code === 'attachment-refused')
        return refusal((error as Error).message, caption);
      throw error;
    }
  }

  /** Who may not vouch for identities does not. */
  #believed(item: InboundItem): InboundItem {
    if (this.#settings.trusted || !('from' in item)) return item;
    const identities = item.from.identities.map(({ kind, value }) => ({ kind, value }));
    return { ...item, from: { ...item.from, identities } };
  }
}

/** The agent sees that something came, and why it is not there. */
function refusal(reason: string, caption: string | undefined) {
  return { type: 'text' as const, text: `${caption === undefined ? '' : `${caption}\n`}[${reason}]` };
}

function answer(status: number, body: object): CallbackAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function idOf(response: Response): Promise<string | undefined> {
  if (!/^application\/json/.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    return answerShape.parse(await response.json()).id;
  } catch {
    // It took the message; what it calls it is extra.
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
