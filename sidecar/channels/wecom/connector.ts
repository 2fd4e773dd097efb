// The service accounts of one company at work.
import type { InboundItem, OutboundMessage } from '../../../connector/index.ts';
import { LimitedLog } from '../../../values/index.ts';
import type { Callback, CallbackAnswer, Connector, ConnectorTools, Delivery, Sent } from '../../connector.ts';
import {
  digest,
  exactJson,
  isObject,
  type JsonObject,
  jsonObject,
  KnownPeople,
  numberAt,
  objectAt,
  objectsAt,
  rememberMenu,
  sendParts,
  takeChoice,
  textAt,
} from '../provider/index.ts';
import {
  apiUrl,
  fetchToken,
  MessageCipher,
  openEcho,
  openEnvelope,
  type Rules,
  readXml,
  WeixinApi,
  XmlError,
  xmlText,
} from '../weixin/index.ts';
import { contentOf } from './content.ts';
import { failure, settingErrors } from './error-map.ts';
import { eventItems, origins } from './items.ts';
import { MessagePull } from './message-pull.ts';
import { mediaBody, type Part, partsOf, textBody } from './outgoing.ts';
import { askWho, personOf } from './people.ts';
import { ServiceStates, serviceStates } from './service-state.ts';
import type { WecomSettings } from './settings.ts';
import { readThread, threadOf } from './thread.ts';

/** A welcome_code is good for so long, once. */
const welcomeMs = 20_000;

export class WecomConnector implements Connector {
  readonly #settings: WecomSettings;
  readonly #tools: ConnectorTools;
  readonly #cipher: MessageCipher;
  readonly #api: WeixinApi;
  readonly #pull: MessagePull;
  readonly #people: KnownPeople | undefined;
  readonly #states: ServiceStates;
  #poll: NodeJS.Timeout | undefined;
  readonly #strangers: LimitedLog;
  #trouble: string | undefined;

  constructor(settings: WecomSettings, tools: ConnectorTools) {
    const { corpId, secret, api } = settings;
    this.#settings = settings;
    this.#tools = tools;
    this.#strangers = new LimitedLog(tools.logger, tools.clock, 'a callback was refused');
    this.#cipher = new MessageCipher(settings.encodingAesKey, corpId);
    const token = tools.token({
      fetch: () => fetchToken(tools.fetch, apiUrl(api, '/cgi-bin/gettoken', { corpid: corpId, corpsecret: secret })),
    });
    this.#api = new WeixinApi(api, tools, token);
    this.#pull = new MessagePull(this.#api, tools, (errcode, reason) => this.#noteTrouble(errcode, reason));
    this.#people = settings.identify ? new KnownPeople(tools, (id) => askWho(this.#api, id)) : undefined;
    this.#states = new ServiceStates(this.#api, tools.logger);
  }

  /** Fetches what came while we were away. */
  async start(): Promise<void> {
    const { pollSeconds } = this.#settings;
    if (pollSeconds > 0) this.#poll = setInterval(() => void this.#pullAll(), pollSeconds * 1_000);
    await this.#pullAll();
  }

  async receive({ method, query, body }: Callback): Promise<CallbackAnswer> {
    if (method === 'GET') {
      const echo = openEcho(query, this.#rules());
      return echo.ok ? plainText(200, echo.text) : this.#refuse(echo.status, echo.reason);
    }
    if (method !== 'POST') return { status: 405 };
    const opened = openEnvelope(query, body, this.#rules());
    if (!opened.ok) return this.#refuse(opened.status, opened.reason);
    try {
      const event = readXml(opened.text);
      const openKfid = xmlText(event, 'OpenKfId');
      if (xmlText(event, 'Event') === 'kf_msg_or_event' && openKfid !== undefined && this.#isOurs(openKfid))
        this.#pull.nudge(openKfid, xmlText(event, 'Token'));
    } catch (error) {
      if (error instanceof XmlError) return this.#refuse(400, 'unreadable');
      throw error;
    }
    // Only a nudge: nothing of it is to be kept, the messages wait at the provider.
    return plainText(200, 'success');
  }

  async normalise(delivery: Delivery): Promise<InboundItem[]> {
    const message = exactJson(delivery.body);
    if (!isObject(message)) throw new Error('the message cannot be read');
    const { key, at } = delivery;
    const event = objectAt(message, 'event');
    const openKfid = textAt(message, 'open_kfid') ?? textAt(event, 'open_kfid');
    const userid = textAt(message, 'external_userid') ?? textAt(event, 'external_userid');
    const who = openKfid === undefined || userid === undefined ? undefined : { openKfid, userid };
    const thread = who && threadOf(who);
    const person = () => personOf(userid ?? '', this.#people);
    if (textAt(message, 'msgtype') === 'event') {
      return eventItems(event, delivery, thread, {
        person,
        opened: (occasion) => this.#tools.opened(thread ?? '', occasion, at),
        welcome: (code) => this.#welcome(thread ?? '', code, at),
        ours: (msgid) => this.#tools.memory.get(`sent:${msgid}`) || msgid,
      });
    }
    if (thread === undefined) return [];
    const content = await contentOf(message, {
      media: (id) => this.#api.media(id),
      attachments: this.#tools.attachments,
      language: this.#settings.language,
    });
    const from = await person();
    if (numberAt(message, 'origin') === origins.servicer) {
      // A person of the company answered in WeCom's own app: our agents see that it was done.
      const text = content.type === 'text' ? content.text : content.type;
      const data = { text: text.slice(0, 4_000), servicer: textAt(message, 'servicer_userid') ?? '' };
      return [{ item: 'event', key, at, thread, from, name: 'servicer-message', data }];
    }
    const choice = content.type === 'text' ? takeChoice(this.#tools.memory, thread, content.text) : undefined;
    this.#tools.opened(thread, 'message', at);
    return [{ item: 'message', key, at, thread, from, content: choice ?? content }];
  }

  async send(message: OutboundMessage): Promise<Sent> {
    const parts = partsOf(message.content);
    const impossible = parts.find((part) => part.part === 'never');
    if (impossible) return { ok: false, code: 'rejected', reason: impossible.reason, again: false };
    return sendParts(
      this.#tools.memory,
      message.message,
      parts.map((part, at) => () => this.#sendPart(part, message, at)),
    );
  }

  state(thread: string, state: 'bot' | 'queued' | 'active' | 'closed'): void {
    const { servicer, goodbye, endSessions } = this.#settings;
    if (state === 'active') {
      if (servicer === undefined) this.#states.move(thread, serviceStates.assistant);
      else this.#states.move(thread, serviceStates.person, servicer);
    }
    if (state === 'closed' && endSessions) {
      this.#states.move(thread, serviceStates.ended, undefined, async (code) => {
        if (goodbye !== undefined) await this.#onEvent(code, goodbye, thread);
      });
    }
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  async stop(): Promise<void> {
    clearInterval(this.#poll);
    await Promise.all([this.#pull.stop(), this.#states.stop()]);
  }

  async #pullAll(): Promise<void> {
    for (const openKfid of await this.#accounts()) this.#pull.nudge(openKfid);
  }

  async #accounts(): Promise<readonly string[]> {
    const { accounts } = this.#settings;
    if (accounts !== undefined) return accounts;
    const answer = await this.#api.call('/cgi-bin/kf/account/list', {}, { offset: 0, limit: 100 });
    if (!answer.ok) {
      this.#noteTrouble(answer.errcode, answer.reason);
      this.#tools.logger.warn({ reason: answer.reason }, 'the service accounts could not be listed');
      return this.#pull.accounts;
    }
    return objectsAt(answer.json, 'account_list').flatMap((account) => textAt(account, 'open_kfid') ?? []);
  }

  #isOurs(openKfid: string): boolean {
    return this.#settings.accounts?.includes(openKfid) ?? true;
  }

  /** @returns whether the connector greets by itself; else the code waits for the first message of a flow */
  #welcome(thread: string, code: string, at: number): boolean {
    const { memory, clock } = this.#tools;
    const { welcome } = this.#settings;
    if (welcome === undefined) {
      memory.set(`code:${thread}`, JSON.stringify({ code, until: at + welcomeMs }));
      return false;
    }
    const late = clock.now() >= at + welcomeMs;
    if (late || memory.get(`welcomed:${thread}`) === code) return true;
    memory.set(`welcomed:${thread}`, code);
    void this.#onEvent(code, welcome, thread);
    return true;
  }

  async #onEvent(code: string, text: string, thread: string): Promise<void> {
    const answer = await this.#api.call('/cgi-bin/kf/send_msg_on_event', {}, { code, ...textBody(text) });
    if (!answer.ok)
      this.#tools.logger.warn({ reason: answer.reason, pii: { thread } }, 'a greeting or farewell was not sent');
  }

  async #sendPart(part: Part, message: OutboundMessage, at: number): Promise<Sent> {
    const { memory, attachments } = this.#tools;
    switch (part.part) {
      case 'never':
        return { ok: false, code: 'rejected', reason: part.reason, again: false };
      case 'menu-lines': {
        const sent = await this.#sendBody(textBody(part.text), message, at);
        if (sent.ok) rememberMenu(memory, message.thread, part.choices);
        return sent;
      }
      case 'message':
        return this.#sendBody(part.body, message, at);
      case 'media': {
        const { attachment } = part;
        const bytes = await attachments.open(attachment.id);
        const name = attachment.name ?? `${attachment.kind}.${attachment.mime.split('/')[1] ?? 'bin'}`;
        const uploaded = await this.#api.upload(attachment.kind, bytes, { name, mime: attachment.mime });
        if (!uploaded.ok) return this.#failed(uploaded.errcode, uploaded.reason);
        const mediaId = textAt(uploaded.json, 'media_id');
        if (mediaId === undefined) return this.#failed(-1, 'the upload gave no media_id');
        return this.#sendBody(mediaBody(attachment, mediaId), message, at);
      }
    }
  }

  async #sendBody(body: JsonObject, message: OutboundMessage, at: number): Promise<Sent> {
    const { memory } = this.#tools;
    const msgid = msgidOf(message.message, at);
    // Parts of a long text have ids of their own (`…​.2`); the server knows the message they are part of.
    const ours = message.message.replace(/\.\d+$/, '');
    if (ours !== msgid) memory.set(`sent:${msgid}`, ours);
    const code = this.#takeCode(message.thread, body);
    const { openKfid, userid } = readThread(message.thread);
    const answer =
      code === undefined
        ? await this.#api.call('/cgi-bin/kf/send_msg', {}, { touser: userid, open_kfid: openKfid, msgid, ...body })
        : await this.#api.call('/cgi-bin/kf/send_msg_on_event', {}, { code, msgid, ...body });
    if (!answer.ok) return this.#failed(answer.errcode, answer.reason);
    this.#trouble = undefined;
    return { ok: true, provider: textAt(answer.json, 'msgid') ?? msgid };
  }

  /** The welcome_code of who just came, where it is good still and for this kind of message. */
  #takeCode(thread: string, body: JsonObject): string | undefined {
    const { memory, clock } = this.#tools;
    const kept = jsonObject(memory.get(`code:${thread}`) ?? '');
    if (kept === undefined || (body.msgtype !== 'text' && body.msgtype !== 'msgmenu')) return undefined;
    memory.set(`code:${thread}`, '');
    return clock.now() < (numberAt(kept, 'until') ?? 0) ? textAt(kept, 'code') : undefined;
  }

  #failed(errcode: number | undefined, reason: string): Sent {
    this.#noteTrouble(errcode, reason);
    return failure(errcode, reason);
  }

  #noteTrouble(errcode: number | undefined, reason: string): void {
    if (errcode !== undefined && settingErrors.has(errcode)) this.#trouble = `WeCom refuses: ${reason}`;
  }

  #rules(): Rules {
    const { token, freshSeconds } = this.#settings;
    return { token, mode: 'safe', cipher: this.#cipher, freshSeconds, now: this.#tools.providersClock.now() };
  }

  #refuse(status: number, reason: string): CallbackAnswer {
    this.#strangers.warn({ reason });
    return plainText(status, '');
  }
}

function plainText(status: number, body: string): CallbackAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** At most 32 of [0-9a-zA-Z_-], the same at each try: the provider's idempotency key. */
function msgidOf(message: string, at: number): string {
  const whole = at === 0 ? message : `${message}-${at + 1}`;
  return /^[0-9a-zA-Z_-]{1,32}$/.test(whole) ? whole : digest(whole);
}
