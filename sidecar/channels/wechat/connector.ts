// One Official Account at work.
import type { InboundItem, OutboundMessage } from '../../../connector/index.ts';
import { LimitedLog } from '../../../values/index.ts';
import type { Callback, CallbackAnswer, Connector, ConnectorTools, Delivery, Received, Sent } from '../../connector.ts';
import { digest, KnownPeople, rememberMenu, sendParts, takeChoice, textAt } from '../provider/index.ts';
import {
  apiUrl,
  fetchToken,
  MessageCipher,
  openEcho,
  openEnvelope,
  type Rules,
  sealReply,
  WeixinApi,
  writeXml,
  type XmlElements,
  type XmlFields,
  xmlText,
} from '../weixin/index.ts';
import { contentOf } from './content.ts';
import { deliveryOf } from './delivery-of.ts';
import { failure, settingErrors } from './error-map.ts';
import { customerEvent } from './events.ts';
import { messageOf } from './message-of.ts';
import { mediaBody, type Part, partsOf } from './outgoing.ts';
import { PassiveReplies } from './passive-replies.ts';
import { askWho, personOf } from './people.ts';
import type { WechatSettings } from './settings.ts';
import { isTemplateResult, noteTemplate, templateResult } from './template-results.ts';

/** "Is writing" stands for about 15 s at the customer; not said more often than that. */
const typingEveryMs = 5_000;

export class WechatConnector implements Connector {
  readonly #settings: WechatSettings;
  readonly #tools: ConnectorTools;
  readonly #cipher: MessageCipher | undefined;
  readonly #api: WeixinApi;
  readonly #people: KnownPeople | undefined;
  readonly #passive: PassiveReplies;
  readonly #typed = new Map<string, number>();
  readonly #strangers: LimitedLog;
  #trouble: string | undefined;

  constructor(settings: WechatSettings, tools: ConnectorTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#strangers = new LimitedLog(tools.logger, tools.clock, 'a callback was refused');
    this.#cipher = settings.encodingAesKey ? new MessageCipher(settings.encodingAesKey, settings.appId) : undefined;
    this.#api = new WeixinApi(settings.api, tools, accessToken(settings, tools));
    this.#people = settings.identify ? new KnownPeople(tools, (id) => askWho(this.#api, id)) : undefined;
    this.#passive = new PassiveReplies(settings.passiveReplyMs);
  }

  async start(): Promise<void> {
    const { menu } = this.#settings;
    const { memory, logger } = this.#tools;
    if (menu === undefined) return;
    const wanted = digest(JSON.stringify(menu));
    if (memory.get('menu-set') === wanted) return;
    const answer = await this.#api.call('/cgi-bin/menu/create', {}, menu);
    if (!answer.ok) {
      this.#noteTrouble(answer.errcode, answer.reason);
      throw new Error(`the menu of the account could not be set: ${answer.reason}`);
    }
    memory.set('menu-set', wanted);
    logger.info('the menu of the account is set');
  }

  async receive({ method, query, body }: Callback): Promise<Received | CallbackAnswer> {
    if (method === 'GET') {
      const echo = openEcho(query, this.#rules());
      return echo.ok ? plainText(200, echo.text) : this.#refuse(echo.status, echo.reason);
    }
    if (method !== 'POST') return { status: 405 };
    const opened = openEnvelope(query, body, this.#rules());
    if (!opened.ok) return this.#refuse(opened.status, opened.reason);
    const message = messageOf(opened.text);
    const delivery = message && deliveryOf(message, opened.text);
    if (message === undefined || delivery === undefined) return this.#refuse(400, 'unreadable');
    return {
      deliveries: [delivery],
      answer: async (fresh) => {
        const reply = await this.#passive.answerTo(delivery.key, xmlText(message, 'FromUserName') ?? '', fresh > 0);
        if (reply === undefined) return plainText(200, 'success');
        return this.#passiveAnswer(reply, message, opened.encrypted, query.get('nonce') ?? '');
      },
    };
  }

  async normalise(delivery: Delivery): Promise<InboundItem[]> {
    const message = messageOf(delivery.body);
    const thread = message && xmlText(message, 'FromUserName');
    if (message === undefined || thread === undefined) throw new Error('the message cannot be read');
    const { key, at } = delivery;
    if (xmlText(message, 'MsgType') === 'event') {
      if (isTemplateResult(xmlText(message, 'Event'))) return templateResult(message, delivery, this.#tools);
      const event = customerEvent(message, this.#settings.paymentEvents);
      if (event === undefined) return [];
      const from = await personOf(thread, this.#people);
      if (event.opens) this.#tools.opened(thread, event.opens, at);
      const unfollowed: InboundItem[] =
        event.name === 'unfollow'
          ? [{ item: 'left', key: `${key}.left`.slice(-200), at, thread, why: 'unfollowed' }]
          : [];
      return [{ item: 'event', key, at, thread, from, name: event.name, data: event.data }, ...unfollowed];
    }
    const content = await contentOf(message, {
      media: (id) => this.#api.media(id),
      attachments: this.#tools.attachments,
      language: this.#settings.language,
    });
    const from = await personOf(thread, this.#people);
    const choice = content.type === 'text' ? takeChoice(this.#tools.memory, thread, content.text) : undefined;
    this.#tools.opened(thread, 'message', at);
    return [{ item: 'message', key, at, thread, from, content: choice ?? content }];
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const parts = partsOf(message.content, this.#settings.templates);
    const impossible = parts.find((part) => part.part === 'never');
    if (impossible) return { ok: false, code: 'rejected', reason: impossible.reason, again: false };
    return sendParts(
      this.#tools.memory,
      message.message,
      parts.map((part) => () => this.#sendPart(part, message)),
    );
  }

  typing(thread: string): void {
    const now = this.#tools.clock.now();
    if (now - (this.#typed.get(thread) ?? 0) < typingEveryMs) return;
    if (this.#typed.size > 5_000) this.#typed.clear();
    this.#typed.set(thread, now);
    void this.#api.call('/cgi-bin/message/custom/typing', {}, { touser: thread, command: 'Typing' }).then((answer) => {
      if (!answer.ok) this.#tools.logger.debug({ errcode: answer.errcode }, 'typing was not shown');
    });
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  async stop(): Promise<void> {
    this.#typed.clear();
  }

  async #sendPart(part: Part, message: OutboundMessage): Promise<Sent> {
    const { thread } = message;
    switch (part.part) {
      case 'never':
        return { ok: false, code: 'rejected', reason: part.reason, again: false };
      case 'menu-lines': {
        const sent = await this.#custom(thread, { msgtype: 'text', text: { content: part.text } });
        if (sent.ok) rememberMenu(this.#tools.memory, thread, part.choices);
        return sent;
      }
      case 'custom': {
        const passive = passiveFields(part);
        if (passive !== undefined && this.#passive.reply(thread, passive)) return { ok: true };
        return this.#custom(thread, part.body);
      }
      case 'media': {
        const { attachment } = part;
        const bytes = await this.#tools.attachments.open(attachment.id);
        const name = attachment.name ?? `${attachment.kind}.${attachment.mime.split('/')[1] ?? 'bin'}`;
        const uploaded = await this.#api.upload(attachment.kind, bytes, { name, mime: attachment.mime });
        if (!uploaded.ok) return this.#failed(uploaded.errcode, uploaded.reason);
        const mediaId = textAt(uploaded.json, 'media_id');
        if (mediaId === undefined) return this.#failed(-1, 'the upload gave no media_id');
        return this.#custom(thread, mediaBody(attachment, mediaId));
      }
      case 'template': {
        const answer = await this.#api.call(part.path, {}, { touser: thread, ...part.body });
        if (!answer.ok) return this.#failed(answer.errcode, answer.reason);
        const msgid = textAt(answer.json, 'msgid');
        if (msgid !== undefined) noteTemplate(this.#tools.memory, msgid, message.message);
        this.#trouble = undefined;
        return { ok: true, provider: msgid };
      }
    }
  }

  async #custom(touser: string, body: Readonly<Record<string, unknown>>): Promise<Sent> {
    const { kfAccount } = this.#settings;
    const answer = await this.#api.call(
      '/cgi-bin/message/custom/send',
      {},
      { touser, ...body, ...(kfAccount ? { customservice: { kf_account: kfAccount } } : {}) },
    );
    if (!answer.ok) return this.#failed(answer.errcode, answer.reason);
    this.#trouble = undefined;
    return { ok: true };
  }

  #failed(errcode: number | undefined, reason: string): Sent {
    this.#noteTrouble(errcode, reason);
    return failure(errcode, reason);
  }

  #noteTrouble(errcode: number | undefined, reason: string): void {
    if (errcode !== undefined && settingErrors.has(errcode)) this.#trouble = `WeChat refuses: ${reason}`;
  }

  #passiveAnswer(reply: XmlFields, message: XmlElements, encrypted: boolean, nonce: string): CallbackAnswer {
    const timestamp = Math.floor(this.#tools.providersClock.now() / 1_000);
    const xml = writeXml({
      ToUserName: xmlText(message, 'FromUserName') ?? '',
      FromUserName: xmlText(message, 'ToUserName') ?? '',
      CreateTime: timestamp,
      ...reply,
    });
    const { token } = this.#settings;
    const body =
      encrypted && this.#cipher ? sealReply(xml, { token, cipher: this.#cipher }, { timestamp, nonce }) : xml;
    return { status: 200, headers: { 'content-type': 'application/xml; charset=utf-8' }, body };
  }

  #rules(): Rules {
    const { token, mode, freshSeconds } = this.#settings;
    return { token, mode, cipher: this.#cipher, freshSeconds, now: this.#tools.providersClock.now() };
  }

  #refuse(status: number, reason: string): CallbackAnswer {
    this.#strangers.warn({ reason });
    return plainText(status, '');
  }
}

function plainText(status: number, body: string): CallbackAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** Texts and links may go as a passive reply; menus exist only as messages of their own. */
function passiveFields(part: Extract<Part, { part: 'custom' }>): XmlFields | undefined {
  const { body } = part;
  if (body.msgtype === 'text') {
    const { content } = body.text as { content: string };
    return { MsgType: 'text', Content: content };
  }
  if (body.msgtype === 'news') {
    const { articles } = body.news as { articles: { title: string; description: string; url: string }[] };
    const items = articles.map(({ title, description, url }) => ({
      Title: title,
      Description: description,
      PicUrl: '',
      Url: url,
    }));
    return { MsgType: 'news', ArticleCount: items.length, Articles: items };
  }
  return undefined;
}

/** With `stable`, the provider gives the same token until it ends; one that it refuses meanwhile must be forced anew. */
function accessToken({ api, appId, appSecret, accessToken: kind }: WechatSettings, tools: ConnectorTools) {
  if (kind === 'classic') {
    return tools.token({
      fetch: () =>
        fetchToken(
          tools.fetch,
          apiUrl(api, '/cgi-bin/token', { grant_type: 'client_credential', appid: appId, secret: appSecret }),
        ),
    });
  }
  let force = false;
  let last: string | undefined;
  const keeper = tools.token({
    fetch: async () => {
      const made = await fetchToken(tools.fetch, apiUrl(api, '/cgi-bin/stable_token', {}), {
        grant_type: 'client_credential',
        appid: appId,
        secret: appSecret,
        force_refresh: force,
      });
      force = false;
      last = made.token;
      return made;
    },
  });
  return {
    get: () => keeper.get(),
    refused: (token: string) => {
      if (token === last) force = true;
      keeper.refused(token);
    },
  };
}
