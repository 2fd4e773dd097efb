// The fans service of a Weibo account as its server. Ids are 64 bit and written as bare numbers, beyond what a double holds.
import { createHash } from 'node:crypto';
import { type Asked, asJson, type Given, ProviderClock, ProviderServer, post } from '../provider-server.ts';
import { Quota } from '../wechat/index.ts';

export interface WeiboAccount {
  appSecret: string;
  accessToken: string;
  /** Digits. */
  uid: string;
  xml?: boolean;
}

export interface Push {
  type: string;
  sender: string;
  text: string;
  /** JSON text of `data`: ids stand in it as they are. */
  data?: string;
  createdAt?: string;
}

const unlimited = { ms: 48 * 3_600_000, most: Number.POSITIVE_INFINITY };

export class WeiboSimulator extends ProviderServer {
  readonly account: WeiboAccount;
  readonly clock: ProviderClock;
  readonly quota = new Quota({ message: unlimited, follow: unlimited, mention: { ms: 48 * 3_600_000, most: 1 } });
  /** Posts and comments, JSON as the provider would answer. */
  readonly posts = new Map<string, string>();
  readonly pictures = new Map<string, { bytes: Buffer; mime: string }>();
  /** Private messages that came through: receiver, type, data. */
  readonly said: { receiver: string; type: string; data: unknown }[] = [];
  readonly comments: Record<string, string>[] = [];
  callback = '';
  patienceMs = 2_000;
  tokenEnded = false;

  constructor(account: WeiboAccount, clock = new ProviderClock()) {
    super();
    this.account = account;
    this.clock = clock;
  }

  async checkAddress(echo: string, secret = this.account.appSecret): Promise<{ status: number; text: string }> {
    const query = this.#signed(secret);
    query.set('echostr', echo);
    const response = await fetch(`${this.callback}?${query}`);
    return { status: response.status, text: await response.text() };
  }

  /** Sent until it is answered with 200, three times at most. @returns how often */
  async push(
    push: Push,
    { deliveries: least = 1, unsigned = false } = {},
  ): Promise<{ deliveries: number; text: string | undefined }> {
    const occasion = { event: 'follow', mention: 'mention' }[push.type] ?? 'message';
    this.quota.grant(push.sender, occasion, this.clock.now());
    const body = this.body(push);
    for (let deliveries = 1; ; deliveries++) {
      const answer = await post({
        callback: unsigned ? this.callback : `${this.callback}?${this.#signed(this.account.appSecret)}`,
        headers: { 'content-type': this.account.xml ? 'text/xml' : 'application/json' },
        body,
        withinMs: this.patienceMs,
      });
      if ((answer?.status === 200 && deliveries >= least) || deliveries === 3)
        return { deliveries, text: answer?.text };
    }
  }

  body({ type, sender, text, data = '{}', createdAt = weiboDate(this.clock.now()) }: Push): string {
    const { uid, xml } = this.account;
    if (!xml) {
      const words = JSON.stringify(text);
      return `{"type":"${type}","receiver_id":${uid},"sender_id":${sender},"created_at":"${createdAt}","text":${words},"data":${data}}`;
    }
    const seconds = Math.floor(this.clock.now() / 1_000);
    return `<xml><ToUserName><![CDATA[${uid}]]></ToUserName><FromUserName><![CDATA[${sender}]]></FromUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[${type}]]></MsgType><Content><![CDATA[${text}]]></Content></xml>`;
  }

  protected answer(asked: Asked): Given {
    const { path, query } = asked;
    const form = new URLSearchParams(asked.body.toString());
    const token = asked.method === 'POST' ? form.get('access_token') : query.get('access_token');
    if (this.tokenEnded || token !== this.account.accessToken) return error(21327, 'expired_token');
    switch (path) {
      case '/2/messages/reply/biz.json': {
        const receiver = form.get('receiver_id') ?? '';
        const took = this.quota.take(receiver, this.clock.now());
        if (took !== 'taken') return error(20207, 'out of message quota');
        const data: unknown = JSON.parse(form.get('data') ?? '');
        this.said.push({ receiver, type: form.get('type') ?? '', data });
        return { headers: { 'content-type': 'application/json' }, body: `{"result":true,"receiver_id":${receiver}}` };
      }
      case '/2/comments/create/biz.json':
      case '/2/comments/reply/biz.json': {
        const comment = form.get('comment') ?? '';
        if ([...comment].length > 140)
          return error(20012, 'Text too long, please input text less than 140 characters!');
        if (path.includes('reply') && !form.get('cid')) return error(10016, 'miss required parameter (cid)');
        if (!form.get('id')) return error(10016, 'miss required parameter (id)');
        this.comments.push(Object.fromEntries(form));
        return {
          headers: { 'content-type': 'application/json' },
          body: `{"id":${4_900_000_000_000_000_000n + BigInt(this.comments.length)},"text":"x"}`,
        };
      }
      case '/2/statuses/show.json':
        return this.#found(query.get('id'), (post) => post);
      case '/2/comments/show_batch.json':
        return this.#found(query.get('cids'), (post) => `[${post}]`);
      case '/2/mss/msget': {
        const picture = this.pictures.get(query.get('fid') ?? '');
        return picture ? { headers: { 'content-type': picture.mime }, body: picture.bytes } : { status: 404, body: '' };
      }
      default:
        return { status: 404, body: '' };
    }
  }

  #found(id: string | null, written: (post: string) => string): Given {
    const post = this.posts.get(id ?? '');
    if (post === undefined) return error(20101, 'target weibo does not exist!');
    return { headers: { 'content-type': 'application/json' }, body: written(post) };
  }

  #signed(secret: string): URLSearchParams {
    const timestamp = String(Math.floor(this.clock.now() / 1_000));
    const nonce = String(Math.floor(Math.random() * 1e9));
    const signature = createHash('sha1')
      .update([secret, timestamp, nonce].sort((a, b) => (a < b ? -1 : 1)).join(''))
      .digest('hex');
    return new URLSearchParams({ signature, timestamp, nonce });
  }
}

function error(error_code: number, message: string): Given {
  return asJson({ error: message, error_code, request: '/2/' }, 400);
}

/** `Mon Jul 16 18:09:20 +0800 2012` */
export function weiboDate(at: number): string {
  const china = new Date(at + 8 * 3_600_000).toUTCString();
  const [day, date, month, year, time] = china.replace(',', '').split(' ');
  return `${day} ${month} ${date} ${time} +0800 ${year}`;
}
