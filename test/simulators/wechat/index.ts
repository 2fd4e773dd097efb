// A WeChat Official Account as its server: pushes with repetitions, all three modes of encryption, tokens that end, quota.
import { type Asked, asJson, type Given, ProviderClock, ProviderServer, post } from '../provider-server.ts';
import { elementOf, seal, sha1Of, unseal, xmlOf } from './envelope.ts';
import { accountRules, Quota } from './quota.ts';
import { Tokens } from './tokens.ts';

export { elementOf, seal, sha1Of, unseal, xmlOf } from './envelope.ts';
export { Quota } from './quota.ts';
export { Tokens } from './tokens.ts';

export interface WechatAccount {
  appId: string;
  secret: string;
  token: string;
  aesKey: string;
  mode: 'plain' | 'compatible' | 'safe';
  /** The account pushes JSON instead of XML. */
  json?: boolean;
}

export interface Pushed {
  /** How often it was sent. */
  deliveries: number;
  /** What the last answer said: nothing, or a passive reply, decrypted. */
  reply: string | undefined;
  /** The answer as it came. */
  raw: string | undefined;
}

export class WechatSimulator extends ProviderServer {
  readonly account: WechatAccount;
  readonly clock: ProviderClock;
  readonly tokens: Tokens;
  readonly quota = new Quota(accountRules);
  readonly media = new Map<string, { bytes: Buffer; mime: string; videoUrl?: string }>();
  readonly people = new Map<string, { unionid?: string; language?: string; remark?: string }>();
  /** Bodies of customer-service messages that came through. */
  readonly said: Record<string, unknown>[] = [];
  callback = '';
  /** A push waits so long for its answer, and is sent three times in all. The real one: 5 s. */
  patienceMs = 2_000;
  menu: unknown;
  #ids = 24_000_000_000_000_000n;
  #uploads = 0;

  constructor(account: WechatAccount, clock = new ProviderClock()) {
    super();
    this.account = account;
    this.clock = clock;
    this.tokens = new Tokens({ lifeMs: 7_200_000, overlapMs: 300_000, now: clock.now });
  }

  /** A MsgId: 64 bit, beyond what a double holds exactly. */
  nextId(): string {
    this.#ids += 1n;
    return String(this.#ids);
  }

  /** The check of the address that the console makes. */
  async checkAddress(echo: string, token = this.account.token): Promise<{ status: number; text: string }> {
    const query = this.#signed(token);
    query.set('echostr', echo);
    const response = await fetch(`${this.callback}?${query}`);
    return { status: response.status, text: await response.text() };
  }

  /** A customer's message, opening the window that it opens. */
  async message(from: string, fields: Record<string, string | number>): Promise<Pushed> {
    this.quota.grant(from, 'message', this.clock.now());
    return this.push({
      ToUserName: 'gh_account',
      FromUserName: from,
      CreateTime: this.#seconds(),
      MsgId: this.nextId(),
      ...fields,
    });
  }

  async event(from: string, event: string, fields: Record<string, string | number> = {}, inside = ''): Promise<Pushed> {
    const occasion = { subscribe: 'follow', SCAN: 'scan', CLICK: 'menu', user_pay_from_pay_cell: 'payment' }[event];
    if (occasion) this.quota.grant(from, occasion, this.clock.now());
    return this.push(
      {
        ToUserName: 'gh_account',
        FromUserName: from,
        CreateTime: this.#seconds(),
        MsgType: 'event',
        Event: event,
        ...fields,
      },
      { inside },
    );
  }

  /** Sent until it is answered, three times at most; each time signed anew. */
  async push(
    fields: Record<string, string | number>,
    { twist = (body: string) => body, inside = '' } = {},
  ): Promise<Pushed> {
    for (let deliveries = 1; ; deliveries++) {
      const { query, body } = this.envelope(fields, inside);
      const answer = await post({
        callback: `${this.callback}?${query}`,
        headers: { 'content-type': this.account.json ? 'application/json' : 'text/xml' },
        body: twist(body),
        withinMs: this.patienceMs,
      });
      if (answer?.status === 200) return { deliveries, reply: this.#read(answer.text), raw: answer.text };
      if (deliveries === 3) return { deliveries, reply: undefined, raw: answer?.text };
    }
  }

  /** @param inside more elements, as XML */
  envelope(fields: Record<string, string | number>, inside = ''): { query: URLSearchParams; body: string } {
    const { token, aesKey, appId, mode, json } = this.account;
    const plain = json ? JSON.stringify(fields) : xmlOf(fields).replace('</xml>', () => `${inside}</xml>`);
    const query = this.#signed(token);
    query.set('openid', String(fields.FromUserName ?? ''));
    if (mode === 'plain') return { query, body: plain };
    const sealed = seal(plain, aesKey, appId);
    query.set('encrypt_type', 'aes');
    query.set('msg_signature', sha1Of(token, query.get('timestamp') ?? '', query.get('nonce') ?? '', sealed));
    const outside = mode === 'compatible' ? fields : { ToUserName: String(fields.ToUserName ?? '') };
    const body = { ...outside, Encrypt: sealed };
    return { query, body: json ? JSON.stringify(body) : xmlOf(body) };
  }

  protected answer(asked: Asked): Given | Promise<Given> {
    const { path, query, json } = asked;
    if (path === '/cgi-bin/stable_token') {
      if (json.appid !== this.account.appId || json.secret !== this.account.secret)
        return error(40125, 'invalid appsecret');
      const { token, seconds } = json.force_refresh === true ? this.tokens.issue() : this.tokens.stable();
      return asJson({ access_token: token, expires_in: seconds });
    }
    if (path === '/cgi-bin/token') {
      if (query.get('secret') !== this.account.secret) return error(40125, 'invalid appsecret');
      const { token, seconds } = this.tokens.issue();
      return asJson({ access_token: token, expires_in: seconds });
    }
    const file = this.media.get(path.slice(1));
    if (file) return { headers: { 'content-type': file.mime }, body: file.bytes };
    if (!this.tokens.isAlive(query.get('access_token'))) {
      return error(
        this.tokens.issued === 0 ? 41001 : 40001,
        'invalid credential, access_token is invalid or not latest',
      );
    }
    switch (path) {
      case '/cgi-bin/user/info': {
        const openid = query.get('openid') ?? '';
        const known = this.people.get(openid);
        return asJson({ subscribe: known ? 1 : 0, openid, language: 'zh_CN', remark: '', ...known });
      }
      case '/cgi-bin/message/custom/send':
        return this.#customSend(json);
      case '/cgi-bin/message/custom/typing':
        return error(0, 'ok');
      case '/cgi-bin/message/template/send':
        return this.#template(json);
      case '/cgi-bin/menu/create':
        this.menu = json;
        return error(0, 'ok');
      case '/cgi-bin/media/upload': {
        const id = `UPLOAD_${++this.#uploads}`;
        const parts = multipart(asked);
        this.media.set(id, parts);
        return asJson({ type: query.get('type'), media_id: id, created_at: this.#seconds() });
      }
      case '/cgi-bin/media/get': {
        const found = this.media.get(query.get('media_id') ?? '');
        if (found === undefined) return error(40007, 'invalid media_id');
        if (found.videoUrl !== undefined) return asJson({ video_url: found.videoUrl });
        return {
          headers: { 'content-type': found.mime, 'content-disposition': 'attachment; filename="it"' },
          body: found.bytes,
        };
      }
      default:
        return { status: 404, body: '' };
    }
  }

  #customSend(json: Record<string, unknown>): Given {
    const touser = String(json.touser ?? '');
    if (!touser.startsWith('o')) return error(40003, 'invalid openid');
    const text = json.text as { content?: string } | undefined;
    if (text?.content !== undefined && Buffer.byteLength(text.content) > 2_048)
      return error(45002, 'content size out of limit');
    const took = this.quota.take(touser, this.clock.now());
    if (took === 'none-open') return error(45015, 'response out of time limit or subscription is canceled');
    if (took === 'spent') return error(45047, 'out of response count limit');
    this.said.push(json);
    return error(0, 'ok');
  }

  /** The result comes as an event, and before the answer: nothing hinders it. The msgid is a bare 64-bit number, as the real one's is. */
  async #template(json: Record<string, unknown>): Promise<Given> {
    const msgid = this.nextId();
    const status = json.template_id === 'BLOCKED' ? 'failed:user block' : 'success';
    await this.event(String(json.touser), 'TEMPLATESENDJOBFINISH', { MsgID: msgid, Status: status });
    return { headers: { 'content-type': 'application/json' }, body: `{"errcode":0,"errmsg":"ok","msgid":${msgid}}` };
  }

  #read(answer: string): string | undefined {
    if (answer === '' || answer === 'success') return undefined;
    const { token, aesKey, appId, mode } = this.account;
    if (mode === 'plain') return answer;
    const sealed = elementOf(answer, 'Encrypt') ?? '';
    const signature = sha1Of(token, elementOf(answer, 'TimeStamp') ?? '', elementOf(answer, 'Nonce') ?? '', sealed);
    if (signature !== elementOf(answer, 'MsgSignature')) throw new Error('the passive reply is not signed');
    return unseal(sealed, aesKey, appId);
  }

  #signed(token: string): URLSearchParams {
    const timestamp = String(this.#seconds());
    const nonce = String(Math.floor(Math.random() * 1e9));
    return new URLSearchParams({ signature: sha1Of(token, timestamp, nonce), timestamp, nonce });
  }

  #seconds(): number {
    return Math.floor(this.clock.now() / 1_000);
  }
}

function error(errcode: number, errmsg: string): Given {
  return asJson({ errcode, errmsg });
}

/** The one file of a form. */
export function multipart({ headers, body }: Asked): { bytes: Buffer; mime: string } {
  const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
  const start = body.indexOf('\r\n\r\n') + 4;
  const end = body.lastIndexOf(`\r\n--${boundary}--`);
  const head = body.subarray(0, start).toString();
  if (!/name="media"; filename="[^"]+"/.test(head) || end < start) throw new Error('the form has no file `media`');
  return { bytes: body.subarray(start, end), mime: /content-type: (.+)\r/i.exec(head)?.[1] ?? '' };
}
