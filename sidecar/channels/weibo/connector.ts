// The fans service of one Weibo account at work.
import type { Content, InboundItem, OutboundMessage } from '../../../connector/index.ts';
import { LimitedLog } from '../../../values/index.ts';
import type { Callback, CallbackAnswer, Connector, ConnectorTools, Delivery, Received, Sent } from '../../connector.ts';
import { cutText } from '../../cut-text.ts';
import { menuAsText } from '../numbered-menu.ts';
import {
  callJson,
  isFresh,
  type JsonObject,
  jsonObject,
  numberAt,
  rememberMenu,
  sendParts,
  textAt,
} from '../provider/index.ts';
import { apiUrl, isSigned } from '../weixin/index.ts';
import { failure, isTokenError } from './error-map.ts';
import { itemsOf } from './items.ts';
import { deliveryOf, readPush } from './push.ts';
import type { WeiboSettings } from './settings.ts';

export class WeiboConnector implements Connector {
  readonly #settings: WeiboSettings;
  readonly #tools: ConnectorTools;
  readonly #strangers: LimitedLog;
  #trouble: string | undefined;

  constructor(settings: WeiboSettings, tools: ConnectorTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#strangers = new LimitedLog(tools.logger, tools.clock, 'a callback was refused');
  }

  async receive({ method, query, body }: Callback): Promise<Received | CallbackAnswer> {
    const { requireSignature } = this.#settings;
    if (method === 'GET') return this.#wrong(query) ?? plainText(200, query.get('echostr') ?? '');
    if (method !== 'POST') return { status: 405 };
    if (requireSignature || query.has('signature')) {
      const wrong = this.#wrong(query);
      if (wrong !== undefined) return wrong;
    }
    const text = body.toString('utf8');
    const push = readPush(text);
    if (push === undefined) return this.#refuse(400, 'unreadable');
    // Empty: taken, and nothing is said to it here.
    return { deliveries: [deliveryOf(push, text)], answer: () => plainText(200, '') };
  }

  async normalise(delivery: Delivery): Promise<InboundItem[]> {
    const push = readPush(delivery.body);
    if (push === undefined) throw new Error('the push cannot be read');
    return itemsOf(push, delivery, this.#settings, this.#tools);
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const { thread, content } = message;
    const refused = impossible(content);
    if (refused !== undefined) return { ok: false, code: 'rejected', reason: refused, again: false };
    if (/^(status|comment)\//.test(thread)) return this.#answerMention(message);
    const sent = await this.#reply(thread, content);
    if (sent.ok && content.type === 'menu') rememberMenu(this.#tools.memory, thread, content.choices);
    return sent;
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  async stop(): Promise<void> {}

  /** Under the post, or privately to its author. */
  async #answerMention(message: OutboundMessage): Promise<Sent> {
    const { memory } = this.#tools;
    const { mentionReply, operatorIp, commentCharacters } = this.#settings;
    const kept = jsonObject(memory.get(`post:${message.thread}`) ?? '') ?? {};
    const sender = textAt(kept, 'sender');
    if (mentionReply === 'private') {
      if (sender === undefined) return unknownPost;
      return this.#reply(sender, message.content);
    }
    const [subtype, id = ''] = message.thread.split('/');
    const status = textAt(kept, 'status');
    if (status === undefined) return unknownPost;
    const rip: Record<string, string> = operatorIp === undefined ? {} : { rip: operatorIp };
    const comments = cutText(asText(message.content), { most: commentCharacters, unit: 'characters' });
    return sendParts(
      memory,
      message.message,
      comments.map(
        (comment) => () =>
          subtype === 'comment'
            ? this.#post('/2/comments/reply/biz.json', { cid: id, id: status, comment, ...rip })
            : this.#post('/2/comments/create/biz.json', { id: status, comment, ...rip }),
      ),
    );
  }

  #reply(receiver: string, content: Content): Promise<Sent> {
    const { type, data } = bodyOf(content);
    return this.#post('/2/messages/reply/biz.json', {
      type,
      data: JSON.stringify(data),
      receiver_id: receiver,
      save_sender_box: '1',
    });
  }

  /** Ids go as the digits that they came as. */
  async #post(path: string, fields: Record<string, string>): Promise<Sent> {
    const { api, accessToken } = this.#settings;
    const body = new URLSearchParams({ access_token: accessToken, ...fields });
    const answer = await callJson(this.#tools.fetch, apiUrl(api, path, {}), { method: 'POST', body });
    if (!answer.ok) return failure(answer.status, undefined, answer.reason);
    const errorCode = numberAt(answer.json, 'error_code');
    if (errorCode === undefined && answer.status < 300) {
      this.#trouble = undefined;
      return { ok: true, provider: textAt(answer.json, 'idstr') ?? textAt(answer.json, 'id') };
    }
    const reason = `${errorCode ?? answer.status} ${textAt(answer.json, 'error') ?? ''}`.trim().slice(0, 300);
    if (isTokenError(errorCode))
      this.#trouble = `Weibo refuses the access token (${reason}): get a new one in its console`;
    return failure(answer.status, errorCode, reason);
  }

  #wrong(query: URLSearchParams): CallbackAnswer | undefined {
    const { appSecret, freshSeconds } = this.#settings;
    const timestamp = query.get('timestamp') ?? '';
    if (!isSigned(query.get('signature'), appSecret, timestamp, query.get('nonce') ?? ''))
      return this.#refuse(403, 'signature');
    return isFresh(timestamp, this.#tools.providersClock.now(), freshSeconds) ? undefined : this.#refuse(403, 'stale');
  }

  #refuse(status: number, reason: string): CallbackAnswer {
    this.#strangers.warn({ reason });
    return plainText(status, '');
  }
}

const unknownPost: Sent = { ok: false, code: 'rejected', reason: 'the post is not known any more', again: false };

function plainText(status: number, body: string): CallbackAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function impossible(content: Content): string | undefined {
  if (content.type === 'media') return 'the fans service takes no media from us';
  if (content.type === 'template') return 'Weibo has no templates';
  return content.type === 'text' && content.attachments?.length ? 'the fans service takes no media from us' : undefined;
}

function bodyOf(content: Content): { type: string; data: JsonObject } {
  if (content.type === 'location') {
    const { latitude, longitude } = content;
    return { type: 'position', data: { longitude: String(longitude), latitude: String(latitude) } };
  }
  return { type: 'text', data: { text: asText(content) } };
}

function asText(content: Content): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'menu':
      return menuAsText(content);
    case 'choice':
      return content.label ?? content.key;
    case 'link':
      return [content.title, content.description, content.url].filter(Boolean).join('\n');
    case 'location':
      return `${content.label ?? ''} ${content.latitude}, ${content.longitude}`.trim();
    default:
      return '';
  }
}
