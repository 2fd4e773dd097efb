// SMS by a provider's HTTP gateway: signed requests out, its callbacks (texts of customers, receipts) in; all of it told by
// settings, so that another provider needs no code.
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { InboundItem, OutboundMessage } from '../../../connector/index.ts';
import type { Callback, CallbackAnswer, Connector, ConnectorTools, Delivery, Received, Sent } from '../../connector.ts';
import { customerItem } from './customer-text.ts';
import { at, fillIn, textAt } from './fill-in.ts';
import { SentParts } from './sent-parts.ts';
import type { HttpSettings, SmsSettings } from './settings.ts';
import { signedRequest } from './signed-request.ts';
import { signed, smsText } from './sms-content.ts';
import { customerNumber, dialled, readThread, threadOf } from './sms-number.ts';

const mostAnswerBytes = 100_000;
const mostThings = 1_000;

export class HttpConnector implements Connector {
  readonly #http: HttpSettings;
  readonly #settings: SmsSettings;
  readonly #tools: ConnectorTools;
  readonly #sent: SentParts;
  #trouble: string | undefined;

  constructor(http: HttpSettings, settings: SmsSettings, tools: ConnectorTools) {
    this.#http = http;
    this.#settings = settings;
    this.#tools = tools;
    this.#sent = new SentParts(tools.memory);
  }

  async stop(): Promise<void> {}

  trouble(): string | undefined {
    return this.#trouble;
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const to = readThread(message.thread);
    if (!to) return { ok: false, code: 'rejected', reason: 'the thread names no number', again: false };
    if (this.#sent.taken(message.message).size > 0) return { ok: true, provider: this.#sent.firstId(message.message) };
    const { content } = message;
    const text = content.type === 'template' ? '' : smsText(content);
    if (text === undefined) return { ok: false, code: 'rejected', reason: 'an SMS has text only', again: false };
    const { send, values, secret = '' } = this.#http;
    const now = new Date(this.#tools.providersClock.now());
    const template = content.type === 'template' ? content : undefined;
    try {
      const request = signedRequest(send, {
        ...values,
        secret,
        to: to.customer,
        toNational: dialled(to.customer, 'national'),
        toDigits: to.customer.replace(/^\+/, ''),
        tail: to.tail,
        text: template ? '' : signed(text, this.#settings.signature, this.#settings.signaturePlace),
        template: template?.template ?? '',
        templateValues: template?.values ?? {},
        templateList: Object.values(template?.values ?? {}),
        message: message.message,
        timestamp: String(Math.floor(now.getTime() / 1_000)),
        timestampMs: String(now.getTime()),
        date: now.toISOString().slice(0, 10),
        time: now.toISOString().replace(/\.\d+Z$/, 'Z'),
        nonce: randomUUID(),
      });
      const { url, ...init } = request;
      const response = await this.#tools.fetch(url, { ...init, timeoutMs: send.timeoutMs, mostBytes: mostAnswerBytes });
      const answer = jsonOf(await response.text());
      return this.#verdict(message, response.status, answer);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#trouble = `the SMS gateway cannot be reached: ${reason}`;
      return { ok: false, code: 'unreachable', reason, again: true };
    }
  }

  async receive(callback: Callback): Promise<Received | CallbackAnswer> {
    const { receive } = this.#http;
    if (!receive) return { status: 404 };
    if (!this.#genuine(callback)) return { status: 401 };
    const body = bodyOf(callback);
    const list = at(body, receive.listPath);
    const things = Array.isArray(list) ? list.slice(0, mostThings) : list === undefined ? [] : [list];
    const deliveries = things.flatMap((thing) => this.#delivery(thing) ?? []);
    if (deliveries.length < things.length) {
      this.#tools.logger.warn(
        { things: things.length, understood: deliveries.length },
        'the SMS gateway told what the settings do not map',
      );
    }
    return {
      deliveries,
      answer: () => ({
        status: receive.answer.status,
        headers: { 'content-type': 'application/json' },
        body: receive.answer.body,
      }),
    };
  }

  async normalise(delivery: Delivery): Promise<InboundItem[]> {
    const { message, receipt } = this.#http.receive ?? {};
    const { kind, thing } = JSON.parse(delivery.body) as { kind: 'message' | 'receipt'; thing: unknown };
    if (kind === 'message' && message) {
      const customer = customerNumber(textAt(thing, message.from) ?? '', this.#settings.country);
      const thread = threadOf(customer, textAt(thing, message.to) ?? '', this.#http.number);
      const said = { key: delivery.key, at: delivery.at, thread, customer, text: textAt(thing, message.text) ?? '' };
      return [customerItem(said, this.#tools.memory, this.#settings.optOutWords)];
    }
    if (kind !== 'receipt' || !receipt) return [];
    const id = textAt(thing, receipt.id) ?? '';
    const delivered = receipt.delivered.includes(textAt(thing, receipt.state) ?? '');
    const whole = this.#sent.receipt(id, delivered ? 'delivered' : 'failed');
    const reason = textAt(thing, receipt.reason) ?? textAt(thing, receipt.state);
    return [
      {
        item: 'delivery',
        key: delivery.key,
        at: delivery.at,
        message: whole.message,
        state: delivered ? 'delivered' : 'failed',
        provider: id,
        ...(!delivered && { code: 'rejected', reason: `the gateway says ${reason ?? 'nothing'}`.slice(0, 1_000) }),
      },
    ];
  }

  #verdict(message: OutboundMessage, status: number, answer: unknown): Sent {
    const { send } = this.#http;
    const reason = (textAt(answer, send.reasonPath) ?? `HTTP ${status}`).slice(0, 300);
    const good = status >= 200 && status < 300 && (send.accepted === undefined || holds(send.accepted, answer));
    if (good) {
      this.#trouble = undefined;
      const id = textAt(answer, send.idPath);
      // Without a name of theirs, ours: what matters is that it went.
      this.#sent.took(message.message, 1, 1, id ?? message.message);
      const menu = message.content.type === 'menu' ? JSON.stringify(message.content.choices) : '';
      this.#tools.memory.set(`menu:${message.thread}`, menu);
      return { ok: true, provider: id?.slice(0, 200) };
    }
    if (send.again && holds(send.again, answer)) return { ok: false, code: 'busy', reason, again: true };
    if (status === 401 || status === 403) {
      this.#trouble = `the SMS gateway refuses our signature: ${reason}`;
      return { ok: false, code: 'token-expired', reason, again: true };
    }
    if (status === 429 || status >= 500) return { ok: false, code: 'busy', reason, again: true };
    return { ok: false, code: 'rejected', reason, again: false };
  }

  #genuine(callback: Callback): boolean {
    const { receive } = this.#http;
    if (!receive) return false;
    const { verify } = receive;
    if (verify.by === 'query') return same(callback.query.get(verify.parameter) ?? '', receive.secret);
    if (verify.timestampHeader !== undefined) {
      const stated = Number(callback.headers[verify.timestampHeader]);
      const ms = stated > 1e11 ? stated : stated * 1_000;
      if (!(Math.abs(this.#tools.providersClock.now() - ms) <= verify.mostAgeMs)) return false;
    }
    const values: Record<string, unknown> = { body: callback.body.toString('utf8') };
    for (const [name, value] of Object.entries(callback.headers)) values[`header.${name}`] = value ?? '';
    for (const [, name = ''] of verify.over.matchAll(/\{\{\s*(header\.[\w-]+)\s*\}\}/g)) values[name] ??= '';
    const expected = createHmac(verify.algorithm, receive.secret)
      .update(fillIn(verify.over, values), 'utf8')
      .digest(verify.encoding);
    return same(callback.headers[verify.header] ?? '', expected);
  }

  #delivery(thing: unknown): Delivery | undefined {
    const { message, receipt } = this.#http.receive ?? {};
    const now = this.#tools.clock.now();
    if (receipt && fits(receipt.when, thing)) {
      const id = textAt(thing, receipt.id);
      const state = textAt(thing, receipt.state);
      if (id !== undefined && state !== undefined) {
        const key = `receipt-${short(`${id} ${state} ${textAt(thing, receipt.reason) ?? ''}`)}`;
        return { key, at: now, thread: `receipt ${id}`, body: JSON.stringify({ kind: 'receipt', thing }) };
      }
    }
    if (message && fits(message.when, thing)) {
      const id = textAt(thing, message.id);
      const from = textAt(thing, message.from);
      if (id !== undefined && from !== undefined && textAt(thing, message.text) !== undefined) {
        const customer = customerNumber(from, this.#settings.country);
        const body = JSON.stringify({ kind: 'message', thing });
        return { key: `sms-${short(id)}`, at: timeOf(textAt(thing, message.at)) ?? now, thread: customer, body };
      }
    }
    return undefined;
  }
}

type Condition = NonNullable<HttpSettings['send']['accepted']>;

function holds(condition: Condition, json: unknown): boolean {
  const value = at(json, condition.path);
  return condition.equals.some((one) => one === value);
}

function fits(condition: Condition | undefined, json: unknown): boolean {
  return condition === undefined || holds(condition, json);
}

/** Numbers beyond 2^53 (message ids of some providers) are kept as they are written. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' &&
      !Number.isSafeInteger(value) &&
      context?.source !== undefined &&
      /^-?\d+$/.test(context.source)
        ? context.source
        : value,
    );
  } catch {
    // Not JSON: nothing can be looked up in it; the status decides.
    return undefined;
  }
}

function bodyOf(callback: Callback): unknown {
  const text = callback.body.toString('utf8');
  const type = callback.headers['content-type'] ?? '';
  if (type.includes('x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  return text === '' ? Object.fromEntries(callback.query) : jsonOf(text);
}

/** Unix seconds or ms, or a date in words; providers of China write their own time. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{10}$/.test(text)) return Number(text) * 1_000;
  if (/^\d{13}$/.test(text)) return Number(text);
  const local = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);
  const ms = Date.parse(local ? `${text.replace(' ', 'T')}+08:00` : text);
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

function same(one: string, other: string): boolean {
  const a = createHash('sha256').update(one).digest();
  const b = createHash('sha256').update(other).digest();
  return timingSafeEqual(a, b);
}
