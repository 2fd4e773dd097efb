// The callback of WeCom is only a nudge: the messages are fetched, from a cursor on that is committed together with them. So
// neither a lost nudge nor a crash loses one, as long as we ask within three days.
import type { ConnectorTools, Delivery } from '../../connector.ts';
import { type JsonObject, numberAt, objectAt, objectsAt, shortKey, textAt } from '../provider/index.ts';
import type { WeixinApi } from '../weixin/index.ts';
import { threadOf } from './thread.ts';

const atOnce = 1_000;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

interface Account {
  running: Promise<void> | undefined;
  /** Of the last nudge: with it the provider's limit of requests is loose. Good for 10 minutes. */
  token: string | undefined;
  more: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

export class MessagePull {
  readonly #api: WeixinApi;
  readonly #tools: Pick<ConnectorTools, 'inbox' | 'logger'>;
  readonly #failed: (errcode: number | undefined, reason: string) => void;
  readonly #accounts = new Map<string, Account>();
  #stopped = false;

  constructor(
    api: WeixinApi,
    tools: Pick<ConnectorTools, 'inbox' | 'logger'>,
    failed: (errcode: number | undefined, reason: string) => void,
  ) {
    this.#api = api;
    this.#tools = tools;
    this.#failed = failed;
  }

  /** There may be messages of that account. One request of an account is under way at a time. */
  nudge(openKfid: string, token?: string): void {
    if (this.#stopped) return;
    let account = this.#accounts.get(openKfid);
    if (account === undefined) {
      account = { running: undefined, token: undefined, more: false, failures: 0, timer: undefined };
      this.#accounts.set(openKfid, account);
    }
    account.token = token ?? account.token;
    account.more = true;
    this.#run(openKfid, account);
  }

  get accounts(): string[] {
    return [...this.#accounts.keys()];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#accounts.values()) clearTimeout(timer);
    await Promise.all([...this.#accounts.values()].map(({ running }) => running));
  }

  #run(openKfid: string, account: Account): void {
    if (account.running !== undefined) return;
    clearTimeout(account.timer);
    account.timer = undefined;
    account.running = this.#pull(openKfid, account).finally(() => {
      account.running = undefined;
      if (this.#stopped) return;
      if (account.failures > 0) {
        const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (account.failures - 1));
        account.timer = setTimeout(() => this.#run(openKfid, account), pause);
      } else if (account.more) this.#run(openKfid, account);
    });
  }

  async #pull(openKfid: string, account: Account): Promise<void> {
    const { inbox, logger } = this.#tools;
    const name = `cursor:${openKfid}`;
    account.more = false;
    try {
      for (let hasMore = true; hasMore && !this.#stopped; ) {
        const cursor = inbox.cursor(name);
        const answer = await this.#api.call(
          '/cgi-bin/kf/sync_msg',
          {},
          {
            ...(cursor ? { cursor } : {}),
            ...(account.token ? { token: account.token } : {}),
            limit: atOnce,
            voice_format: 0,
            open_kfid: openKfid,
          },
        );
        if (!answer.ok) {
          // An old token of a nudge (95007): without one we may ask as well, only less often.
          account.token = undefined;
          account.failures++;
          this.#failed(answer.errcode, answer.reason);
          logger.warn({ openKfid, reason: answer.reason }, 'messages could not be fetched; tried later');
          return;
        }
        const next = textAt(answer.json, 'next_cursor');
        const deliveries = objectsAt(answer.json, 'msg_list').flatMap(deliveryOf);
        await inbox.accept(deliveries, next === undefined ? undefined : { name, value: next });
        // Without a new cursor asking again would bring the same again.
        hasMore = numberAt(answer.json, 'has_more') === 1 && next !== undefined && next !== cursor;
      }
      account.failures = 0;
    } catch (error) {
      account.failures++;
      logger.error({ openKfid, err: error }, 'messages could not be kept; fetched again later');
    }
  }
}

function deliveryOf(message: JsonObject): Delivery[] {
  const msgid = textAt(message, 'msgid');
  if (msgid === undefined) return [];
  const event = objectAt(message, 'event');
  const openKfid = textAt(message, 'open_kfid') ?? textAt(event, 'open_kfid') ?? '';
  const userid = textAt(message, 'external_userid') ?? textAt(event, 'external_userid');
  return [
    {
      key: shortKey(msgid),
      at: Math.min(Math.max(0, Math.floor(numberAt(message, 'send_time') ?? 0)), 1e11) * 1_000,
      thread: userid === undefined ? `account ${openKfid}` : threadOf({ openKfid, userid }),
      body: JSON.stringify(message),
    },
  ];
}
