// The official QQ bot platform as its server: signed callbacks, tokens that overlap for a minute, replies that are counted.
import { createPrivateKey, sign } from 'node:crypto';
import { type Asked, asJson, type Given, ProviderClock, ProviderServer, post } from '../provider-server.ts';
import { Tokens } from '../wechat/index.ts';

export interface QqBot {
  appId: string;
  secret: string;
}

interface Open {
  /** Openid or group_openid where replies to it may go. */
  place: string;
  until: number;
  seqs: Set<number>;
}

const windows = { users: 3_600_000, groups: 300_000 } as const;

export class QqSimulator extends ProviderServer {
  readonly bot: QqBot;
  readonly clock: ProviderClock;
  readonly tokens: Tokens;
  /** Replies that came through. */
  readonly said: (Record<string, unknown> & { place: string })[] = [];
  readonly files: { place: string; type: unknown; bytes: Buffer }[] = [];
  readonly downloads = new Map<string, { bytes: Buffer; mime: string }>();
  callback = '';
  readonly #open = new Map<string, Open>();
  #count = 0;

  constructor(bot: QqBot, clock = new ProviderClock()) {
    super();
    this.bot = bot;
    this.clock = clock;
    this.tokens = new Tokens({ lifeMs: 7_200_000, overlapMs: 60_000, now: clock.now });
  }

  /** The check of the address; the provider has sent it signed and unsigned. */
  async checkAddress(
    plain_token: string,
    { signed = true } = {},
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const body = JSON.stringify({ op: 13, d: { plain_token, event_ts: this.#seconds() } });
    const answer = await this.send(body, signed ? undefined : { 'x-bot-appid': this.bot.appId });
    return {
      status: answer?.status ?? 0,
      json: answer?.text ? (JSON.parse(answer.text) as Record<string, unknown>) : {},
    };
  }

  /** What a signature over these should be. */
  proof(text: string): string {
    return sign(null, Buffer.from(text), this.#key()).toString('hex');
  }

  /** A private message. @returns its id */
  c2c(
    openid: string,
    content: string,
    more: Record<string, unknown> = {},
    id = this.#messageId(),
  ): { id: string; sent: Promise<string | undefined> } {
    this.#open.set(id, {
      place: openid,
      until: this.clock.now() + windows.users,
      seqs: this.#open.get(id)?.seqs ?? new Set(),
    });
    return {
      id,
      sent: this.dispatch('C2C_MESSAGE_CREATE', {
        id,
        author: { user_openid: openid },
        content,
        timestamp: this.#stamp(),
        ...more,
      }),
    };
  }

  /** A message to the bot in a group. */
  group(group: string, member: string, content: string): { id: string; sent: Promise<string | undefined> } {
    const id = this.#messageId();
    this.#open.set(id, { place: group, until: this.clock.now() + windows.groups, seqs: new Set() });
    const data = { id, author: { member_openid: member }, group_openid: group, content, timestamp: this.#stamp() };
    return { id, sent: this.dispatch('GROUP_AT_MESSAGE_CREATE', data) };
  }

  /** An event, answered with op 12; `d: 1` asks for it once more. @returns the answer */
  async dispatch(t: string, d: Record<string, unknown>, id = `${t}:${++this.#count}`): Promise<string | undefined> {
    if (typeof d.openid === 'string')
      this.#open.set(id, { place: d.openid, until: this.clock.now() + windows.users, seqs: new Set() });
    const answer = await this.send(JSON.stringify({ id, op: 0, s: ++this.#count, t, d }));
    return answer?.text;
  }

  async send(
    body: string,
    headers: Record<string, string> = this.headers(body),
  ): Promise<{ status: number; text: string } | undefined> {
    return post({
      callback: this.callback,
      body,
      headers: { 'content-type': 'application/json', ...headers },
      withinMs: 2_000,
    });
  }

  headers(body: string): Record<string, string> {
    const timestamp = this.#seconds();
    return {
      'user-agent': 'QQBot-Callback',
      'x-bot-appid': this.bot.appId,
      'x-signature-timestamp': timestamp,
      'x-signature-ed25519': this.proof(timestamp + body),
    };
  }

  protected answer(asked: Asked): Given {
    const { path, json, headers } = asked;
    const file = this.downloads.get(path);
    if (file) return { headers: { 'content-type': file.mime }, body: file.bytes };
    if (path === '/app/getAppAccessToken') {
      if (json.appId !== this.bot.appId || json.clientSecret !== this.bot.secret)
        return asJson({ code: 100016, message: 'invalid appid or secret' });
      const { token, seconds } = this.tokens.stable();
      // A text, where one would expect a number.
      return asJson({ access_token: token, expires_in: String(seconds) });
    }
    if (!path.startsWith('/v2/')) return { status: 404, body: '' };
    const token = /^QQBot (.+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
    if (!this.tokens.isAlive(token)) return asJson({ message: 'token not exist or expire', code: 11244 }, 401);
    const [, kind, place = '', what] = /^\/v2\/(users|groups)\/([^/]+)\/(messages|files)$/.exec(path) ?? [];
    if (kind === undefined) return { status: 404, body: '' };
    if (what === 'files') {
      if (json.srv_send_msg !== false) return asJson({ message: 'active messages have ended', code: 40034102 }, 400);
      this.files.push({ place, type: json.file_type, bytes: Buffer.from(String(json.file_data), 'base64') });
      return asJson({ file_uuid: `u${this.files.length}`, file_info: `FILE-${place}-${this.files.length}`, ttl: 300 });
    }
    const answered = this.#open.get(String(json.msg_id ?? json.event_id ?? ''));
    if (answered === undefined || answered.place !== place || answered.until < this.clock.now())
      return asJson({ message: '请求参数msg_id无效或越权', code: 40034024, err_code: 40034024, trace_id: 't' }, 400);
    const seq = Number(json.msg_seq ?? 1);
    if (answered.seqs.has(seq))
      return asJson({ message: '消息被去重，请检查请求msgseq', code: 40054005, err_code: 40054005 }, 400);
    if (answered.seqs.size >= 5) return asJson({ message: 'msg limit exceed', code: 22009 }, 400);
    if (
      json.msg_type === 7 &&
      (!json.content || !String((json.media as { file_info?: string })?.file_info).includes(place))
    )
      return asJson({ message: 'upload media info fail', code: 304082 }, 400);
    answered.seqs.add(seq);
    this.said.push({ ...json, place });
    return asJson({ id: `ROBOT1.0_reply${this.said.length}`, timestamp: this.#stamp() });
  }

  #key() {
    const { secret } = this.bot;
    let seed = secret;
    while (seed.length < 32) seed += secret;
    const der = Buffer.concat([Buffer.from('MC4CAQAwBQYDK2VwBCIEIA==', 'base64'), Buffer.from(seed.slice(0, 32))]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  }

  #messageId(): string {
    return `ROBOT1.0_${++this.#count}.b6nx.CVryAO0nR58RXuU6SC!`;
  }

  #seconds(): string {
    return String(Math.floor(this.clock.now() / 1_000));
  }

  /** RFC 3339 with China's offset. */
  #stamp(): string {
    return `${new Date(this.clock.now() + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
  }
}
