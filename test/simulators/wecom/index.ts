// WeChat customer service of a WeCom company as its server: nudges, messages behind a cursor, states of conversations, quota.
import { type Asked, asJson, type Given, ProviderClock, ProviderServer, post } from '../provider-server.ts';
import { multipart, Quota, seal, sha1Of, Tokens, xmlOf } from '../wechat/index.ts';

export interface WecomCompany {
  corpId: string;
  secret: string;
  token: string;
  aesKey: string;
}

type Json = Record<string, unknown>;

interface Session {
  state: number;
  servicer?: string;
}

/** From → to. */
const steps: Record<number, number[]> = { 0: [0, 1, 2, 3, 4], 1: [0, 1, 2, 3, 4], 2: [2, 3, 4], 3: [3, 4], 4: [] };

export class WecomSimulator extends ProviderServer {
  readonly company: WecomCompany;
  readonly clock: ProviderClock;
  readonly tokens: Tokens;
  readonly quota = new Quota({ message: { ms: 48 * 3_600_000, most: 5 } });
  readonly media = new Map<string, { bytes: Buffer; mime: string }>();
  readonly people = new Map<string, { nickname: string; unionid?: string }>();
  readonly sessions = new Map<string, Session>();
  /** What came through, in order; `on` says by which code. */
  readonly said: Json[] = [];
  accounts = ['wkAccount'];
  callback = '';
  /** Tokens of nudges that have ended. */
  readonly endedNudges = new Set<string>();
  /** Messages that one answer holds. */
  page = 1_000;
  readonly #messages = new Map<string, Json[]>();
  readonly #codes = new Map<string, { until: number; userid: string }>();
  readonly #msgids = new Set<string>();
  #count = 0;
  #uploads = 0;

  constructor(company: WecomCompany, clock = new ProviderClock()) {
    super();
    this.company = company;
    this.clock = clock;
    this.tokens = new Tokens({ lifeMs: 7_200_000, overlapMs: 0, now: clock.now });
  }

  async checkAddress(echo: string): Promise<{ status: number; text: string }> {
    const { token, aesKey, corpId } = this.company;
    const sealed = seal(echo, aesKey, corpId);
    const { timestamp, nonce } = this.#fresh();
    const query = new URLSearchParams({
      msg_signature: sha1Of(token, timestamp, nonce, sealed),
      timestamp,
      nonce,
      echostr: sealed,
    });
    const response = await fetch(`${this.callback}?${query}`);
    return { status: response.status, text: await response.text() };
  }

  /** The callback: says that there is something, not what. */
  async nudge(
    openKfid = 'wkAccount',
    change: (query: URLSearchParams) => void = () => {},
    { ended = false, agoSeconds = 0 } = {},
  ): Promise<number | undefined> {
    const { token, aesKey, corpId } = this.company;
    const { timestamp, nonce } = this.#fresh(agoSeconds);
    if (ended) this.endedNudges.add(`ENC-${nonce}`);
    const inner = xmlOf({
      ToUserName: corpId,
      CreateTime: Number(timestamp),
      MsgType: 'event',
      Event: 'kf_msg_or_event',
      Token: `ENC-${nonce}`,
      OpenKfId: openKfid,
    });
    const sealed = seal(inner, aesKey, corpId);
    const query = new URLSearchParams({ msg_signature: sha1Of(token, timestamp, nonce, sealed), timestamp, nonce });
    change(query);
    const body = xmlOf({ ToUserName: corpId, AgentID: '', Encrypt: sealed });
    const answer = await post({
      callback: `${this.callback}?${query}`,
      headers: { 'content-type': 'text/xml' },
      body,
      withinMs: 2_000,
    });
    return answer?.status;
  }

  /** A message of a customer; it opens the window, and a new session where the last one ended. */
  customer(userid: string, content: Json, openKfid = 'wkAccount'): string {
    this.quota.grant(userid, 'message', this.clock.now());
    const session = this.sessions.get(userid);
    if (session === undefined || session.state === 4) this.sessions.set(userid, { state: 0 });
    return this.put({ origin: 3, external_userid: userid, ...content }, openKfid);
  }

  event(event: Json, openKfid = 'wkAccount'): string {
    return this.put({ origin: 4, msgtype: 'event', event: { open_kfid: openKfid, ...event } }, openKfid);
  }

  /** A code with which one message may be sent within 20 s. */
  code(userid: string): string {
    const code = `CODE-${++this.#count}`;
    this.#codes.set(code, { until: this.clock.now() + 20_000, userid });
    return code;
  }

  put(message: Json, openKfid = 'wkAccount'): string {
    const all = this.#messages.get(openKfid) ?? [];
    const msgid = `4sd${++this.#count}x`;
    all.push({ msgid, open_kfid: openKfid, send_time: Math.floor(this.clock.now() / 1_000), ...message });
    this.#messages.set(openKfid, all);
    return msgid;
  }

  protected answer(asked: Asked): Given {
    const { path, query, json } = asked;
    if (path === '/cgi-bin/gettoken') {
      if (query.get('corpsecret') !== this.company.secret) return error(40001, 'invalid credential');
      const { token, seconds } = this.tokens.stable();
      return asJson({ errcode: 0, errmsg: 'ok', access_token: token, expires_in: seconds });
    }
    if (!this.tokens.isAlive(query.get('access_token'))) return error(42001, 'access_token expired');
    const userid = String(json.external_userid ?? '');
    switch (path) {
      case '/cgi-bin/kf/account/list':
        return asJson({ errcode: 0, account_list: this.accounts.map((open_kfid) => ({ open_kfid, name: open_kfid })) });
      case '/cgi-bin/kf/sync_msg':
        return this.#sync(json);
      case '/cgi-bin/kf/customer/batchget': {
        const list = (json.external_userid_list as string[]).flatMap((id) => {
          const known = this.people.get(id);
          return known ? [{ external_userid: id, ...known }] : [];
        });
        return asJson({ errcode: 0, customer_list: list, invalid_external_userid: [] });
      }
      case '/cgi-bin/kf/service_state/get': {
        const { state, servicer } = this.sessions.get(userid) ?? { state: 0 };
        return asJson({ errcode: 0, service_state: state, ...(servicer ? { servicer_userid: servicer } : {}) });
      }
      case '/cgi-bin/kf/service_state/trans': {
        const { state } = this.sessions.get(userid) ?? { state: 0 };
        const to = Number(json.service_state);
        if (!steps[state]?.includes(to)) return error(95014, 'conversation state transfer not allowed');
        if (to === 3 && !json.servicer_userid) return error(40058, 'servicer_userid missing');
        this.sessions.set(userid, {
          state: to,
          ...(json.servicer_userid ? { servicer: String(json.servicer_userid) } : {}),
        });
        return asJson({ errcode: 0, errmsg: 'ok', msg_code: this.code(userid) });
      }
      case '/cgi-bin/kf/send_msg':
        return this.#send(json);
      case '/cgi-bin/kf/send_msg_on_event': {
        const code = this.#codes.get(String(json.code));
        if (code === undefined || code.until < this.clock.now()) return error(95007, 'invalid msg token');
        this.#codes.delete(String(json.code));
        if (json.msgtype !== 'text' && json.msgtype !== 'msgmenu') return error(40058, 'msgtype not supported here');
        this.said.push({ ...json, to: code.userid, on: 'event' });
        return asJson({ errcode: 0, msgid: json.msgid ?? `auto${++this.#count}` });
      }
      case '/cgi-bin/media/upload': {
        const id = `UPLOAD_${++this.#uploads}`;
        this.media.set(id, multipart(asked));
        return asJson({ errcode: 0, type: query.get('type'), media_id: id, created_at: '1' });
      }
      case '/cgi-bin/media/get': {
        const found = this.media.get(query.get('media_id') ?? '');
        if (found === undefined) return error(40007, 'invalid media_id');
        return {
          headers: { 'content-type': found.mime, 'content-disposition': 'attachment; filename="it.bin"' },
          body: found.bytes,
        };
      }
      default:
        return { status: 404, body: '' };
    }
  }

  /** A cursor is opaque to the others; what we sent by the API is not among the messages. */
  #sync(json: Json): Given {
    if (this.endedNudges.has(String(json.token))) return error(95007, 'invalid msg token');
    const all = this.#messages.get(String(json.open_kfid)) ?? [];
    const { cursor } = json;
    const from = typeof cursor === 'string' ? Number(Buffer.from(cursor, 'base64').toString().slice(1)) : 0;
    if (!Number.isInteger(from)) return error(95008, 'invalid cursor');
    const until = Math.min(from + Math.min(this.page, Number(json.limit)), all.length);
    return asJson({
      errcode: 0,
      errmsg: 'ok',
      next_cursor: Buffer.from(`c${until}`).toString('base64'),
      has_more: until < all.length ? 1 : 0,
      msg_list: all.slice(from, until),
    });
  }

  #send(json: Json): Given {
    const userid = String(json.touser);
    const msgid = json.msgid === undefined ? undefined : String(json.msgid);
    if (msgid !== undefined && !/^[0-9a-zA-Z_-]{1,32}$/.test(msgid)) return error(40058, 'invalid msgid');
    const session = this.sessions.get(userid);
    if (session?.state === 4) return error(95013, 'conversation end');
    if (session === undefined || session.state > 1) return error(95018, 'send msg session status invalid');
    // The same msgid again is the same message.
    if (msgid !== undefined && this.#msgids.has(msgid)) return asJson({ errcode: 0, msgid });
    if (this.quota.take(userid, this.clock.now()) !== 'taken') return error(95001, 'send msg count limit');
    if (msgid !== undefined) this.#msgids.add(msgid);
    this.said.push(json);
    return asJson({ errcode: 0, errmsg: 'ok', msgid: msgid ?? `auto${++this.#count}` });
  }

  #fresh(agoSeconds = 0): { timestamp: string; nonce: string } {
    return {
      timestamp: String(Math.floor(this.clock.now() / 1_000) - agoSeconds),
      nonce: String(Math.floor(Math.random() * 1e9)),
    };
  }
}

function error(errcode: number, errmsg: string): Given {
  return asJson({ errcode, errmsg });
}
