// One QQ bot at work.
import type { Attachment, Content, InboundItem, OutboundMessage } from '../../../connector/index.ts';
import { LimitedLog } from '../../../values/index.ts';
import type {
  Callback,
  CallbackAnswer,
  Connector,
  ConnectorTools,
  Delivery,
  Received,
  Sent,
  TokenKeeper,
} from '../../connector.ts';
import { menuAsText } from '../numbered-menu.ts';
import {
  type Answered,
  callJson,
  isFresh,
  type JsonObject,
  jsonObject,
  networkReason,
  numberAt,
  objectAt,
  rememberMenu,
  sendParts,
  textAt,
} from '../provider/index.ts';
import { deliveryOf, readDispatch } from './dispatch.ts';
import { failure, isTokenError, oldMessageCodes, repeatedCode } from './error-map.ts';
import { itemsOf } from './items.ts';
import { menuWithKeyboard } from './keyboard.ts';
import { apiPath, readThread } from './place.ts';
import { Replies } from './replies.ts';
import type { QqSettings } from './settings.ts';
import { BotKey } from './signature.ts';

/** The old token is good for a minute when the new one is there: renewed within that. */
const overlapMs = 50_000;
const fileTypes = { image: 1, video: 2, voice: 3, file: 4 } as const;

export class QqConnector implements Connector {
  readonly #settings: QqSettings;
  readonly #tools: ConnectorTools;
  readonly #key: BotKey;
  readonly #token: TokenKeeper;
  readonly #replies: Replies;
  readonly #strangers: LimitedLog;
  #trouble: string | undefined;

  constructor(settings: QqSettings, tools: ConnectorTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#strangers = new LimitedLog(tools.logger, tools.clock, 'a callback was refused');
    this.#key = new BotKey(settings.secret);
    this.#token = tools.token({ fetch: () => this.#newToken(), marginMs: overlapMs });
    this.#replies = new Replies(tools.memory);
  }

  async receive({ method, headers, body }: Callback): Promise<Received | CallbackAnswer> {
    if (method !== 'POST') return { status: 405 };
    const { appId, freshSeconds } = this.#settings;
    const { clock, providersClock } = this.#tools;
    const bot = headers['x-bot-appid'];
    if (bot !== undefined && bot !== appId) return this.#refuse(403, 'another bot');
    const text = body.toString('utf8');
    const payload = jsonObject(text);
    const op = payload && numberAt(payload, 'op');
    const signature = headers['x-signature-ed25519'];
    if (payload !== undefined && op === 13 && signature === undefined) return this.#prove(objectAt(payload, 'd'));
    const timestamp = headers['x-signature-timestamp'] ?? '';
    if (!this.#key.isSigned(signature, timestamp, body)) return this.#refuse(401, 'signature');
    if (!isFresh(timestamp, providersClock.now(), freshSeconds)) return this.#refuse(401, 'stale');
    if (payload === undefined) return this.#refuse(400, 'unreadable');
    if (op === 13) return this.#prove(objectAt(payload, 'd'));
    if (op !== 0) return json({ op: 12, d: 0 });
    const dispatch = readDispatch(payload, clock.now());
    if (dispatch === undefined) return this.#refuse(400, 'unreadable');
    return { deliveries: [deliveryOf(dispatch, text)], answer: () => json({ op: 12, d: 0 }) };
  }

  async normalise(delivery: Delivery): Promise<InboundItem[]> {
    const payload = jsonObject(delivery.body);
    const dispatch = payload && readDispatch(payload, delivery.at);
    if (dispatch === undefined) throw new Error('the event cannot be read');
    return itemsOf(dispatch, delivery, this.#settings, this.#replies, this.#tools);
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const { thread, content } = message;
    const refused = impossible(content, this.#settings);
    if (refused !== undefined) return { ok: false, code: 'rejected', reason: refused, again: false };
    const { text, attachments } = wordsOf(content);
    // A picture takes its words with it, so that both are one reply.
    const [first, ...others] = attachments;
    const parts =
      first === undefined
        ? [
            () =>
              content.type === 'menu' && this.#settings.buttons
                ? this.#reply(message, menuWithKeyboard(content), 0)
                : this.#sendText(message, text, 0),
          ]
        : [first, ...others].map((one, at) => () => this.#sendMedia(message, one, at === 0 ? text : '', at));
    const sent = await sendParts(this.#tools.memory, message.message, parts);
    if (sent.ok && content.type === 'menu') rememberMenu(this.#tools.memory, thread, content.choices);
    return sent;
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  async stop(): Promise<void> {}

  /**
   * op 13. An unsigned one is answered too (the provider has sent such), but only what is letters and digits: whoever could
   * have us sign a body of his own could forge callbacks.
   */
  #prove(data: JsonObject): CallbackAnswer {
    const plainToken = textAt(data, 'plain_token') ?? '';
    const eventTs = textAt(data, 'event_ts') ?? '';
    if (!/^[0-9A-Za-z_-]{1,128}$/.test(plainToken) || !/^\d{1,16}$/.test(eventTs)) return this.#refuse(400, 'op 13');
    return json({ plain_token: plainToken, signature: this.#key.prove(eventTs, plainToken) });
  }

  #sendText(message: OutboundMessage, content: string, at: number): Promise<Sent> {
    return this.#reply(message, { content, msg_type: 0 }, at);
  }

  async #sendMedia(message: OutboundMessage, attachment: Attachment, words: string, at: number): Promise<Sent> {
    const bytes = await this.#tools.attachments.open(attachment.id);
    const uploaded = await this.#ask(`${apiPath(readThread(message.thread))}/files`, {
      file_type: fileTypes[attachment.kind],
      file_data: bytes.toString('base64'),
      srv_send_msg: false,
      ...(attachment.kind === 'file' && attachment.name ? { file_name: attachment.name } : {}),
    });
    if (!uploaded.ok) return uploaded.sent;
    const fileInfo = textAt(uploaded.json, 'file_info');
    if (fileInfo === undefined) return failure(500, undefined, 'the upload gave no file_info');
    // `content` must not be empty, says the provider.
    return this.#reply(message, { content: words || ' ', msg_type: 7, media: { file_info: fileInfo } }, at);
  }

  async #reply(message: OutboundMessage, body: JsonObject, at: number): Promise<Sent> {
    const { thread } = message;
    const name = at === 0 ? message.message : `${message.message}/${at + 1}`;
    const path = `${apiPath(readThread(thread))}/messages`;
    let reply = this.#replies.replyOf(thread, name);
    while (reply !== undefined) {
      const { as, id, seq } = reply;
      const answer = await this.#ask(path, { ...body, [as]: id, msg_seq: seq });
      if (answer.ok) return { ok: true, provider: textAt(answer.json, 'id') };
      if (answer.code === repeatedCode) return { ok: true };
      if (answer.code === undefined || !oldMessageCodes.has(answer.code)) return answer.sent;
      reply = this.#replies.newerReplyOf(thread, name);
      if (reply === undefined) return answer.sent;
    }
    return {
      ok: false,
      code: 'window-closed',
      reason: 'there is nothing that it could answer',
      again: false,
      window: { left: 0 },
    };
  }

  /** With a token; one that is refused is renewed once. */
  async #ask(
    path: string,
    body: JsonObject,
  ): Promise<{ ok: true; json: JsonObject } | { ok: false; code?: number | undefined; sent: Sent }> {
    const { api } = this.#settings;
    for (let attempt = 1; ; attempt++) {
      let token: string;
      try {
        token = await this.#token.get();
      } catch (error) {
        return { ok: false, sent: failure(undefined, undefined, `no access token: ${tokenReason(error)}`) };
      }
      const answer: Answered = await callJson(this.#tools.fetch, new URL(api.replace(/\/$/, '') + path), {
        method: 'POST',
        headers: { authorization: `QQBot ${token}`, 'x-union-appid': this.#settings.appId },
        body,
        timeoutMs: 20_000,
      });
      if (!answer.ok) return { ok: false, sent: failure(answer.status, undefined, answer.reason) };
      const code = numberAt(answer.json, 'err_code') ?? numberAt(answer.json, 'code');
      if (answer.status < 300 && !code) return { ok: true, json: answer.json };
      if (isTokenError(answer.status, code) && attempt === 1) {
        this.#token.refused(token);
        continue;
      }
      const reason = `${code ?? answer.status} ${textAt(answer.json, 'message') ?? ''}`.trim().slice(0, 300);
      return { ok: false, code, sent: failure(answer.status, code, reason, answer.retryAfterMs) };
    }
  }

  async #newToken(): Promise<{ token: string; expiresInMs: number }> {
    const { tokenApi, appId, secret } = this.#settings;
    const url = new URL(`${tokenApi.replace(/\/$/, '')}/app/getAppAccessToken`);
    const answer = await callJson(this.#tools.fetch, url, { method: 'POST', body: { appId, clientSecret: secret } });
    if (!answer.ok) throw new NoToken(answer.reason);
    const token = textAt(answer.json, 'access_token');
    // A text (`"7200"`) where one would expect a number.
    const seconds = numberAt(answer.json, 'expires_in');
    if (token === undefined || seconds === undefined) {
      const reason = `${textAt(answer.json, 'code') ?? answer.status} ${textAt(answer.json, 'message') ?? ''}`.trim();
      this.#trouble = `QQ gives no access token: ${reason}`;
      throw new NoToken(reason);
    }
    this.#trouble = undefined;
    return { token, expiresInMs: seconds * 1_000 };
  }

  #refuse(status: number, reason: string): CallbackAnswer {
    this.#strangers.warn({ reason });
    return { status };
  }
}

class NoToken extends Error {
  override readonly name = 'NoToken';
}

function tokenReason(error: unknown): string {
  return error instanceof NoToken ? error.message : networkReason(error);
}

function json(body: JsonObject): CallbackAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function impossible(content: Content, { sendFiles }: QqSettings): string | undefined {
  if (content.type === 'template') return 'QQ bots have no templates';
  const { attachments } = wordsOf(content);
  if (!sendFiles && attachments.some(({ kind }) => kind === 'file'))
    return 'the bot may not send files (setting sendFiles)';
  return undefined;
}

function wordsOf(content: Content): { text: string; attachments: readonly Attachment[] } {
  switch (content.type) {
    case 'text':
      return { text: content.text, attachments: content.attachments ?? [] };
    case 'media':
      return { text: content.caption ?? '', attachments: [content.attachment] };
    case 'menu':
      return { text: menuAsText(content), attachments: [] };
    case 'choice':
      return { text: content.label ?? content.key, attachments: [] };
    case 'link':
      return { text: [content.title, content.description, content.url].filter(Boolean).join('\n'), attachments: [] };
    case 'location':
      return { text: `${content.label ?? ''} ${content.latitude}, ${content.longitude}`.trim(), attachments: [] };
    case 'template':
      return { text: '', attachments: [] };
  }
}
