// Who has the conversation in the provider's eyes (kf/service_state). It takes messages from us only while it is new or with
// the "assistant"; a person in WeCom's app, the waiting pool and the end shut us out.
//
//     0 new ──▶ 1 assistant ──▶ 2 waiting pool ──▶ 3 person ──▶ 4 ended
//       └────────────┴────────────────┴───────────────┴──────────▲      (and each from 0 and 1 to any)
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { numberAt, textAt } from '../provider/index.ts';
import type { WeixinApi } from '../weixin/index.ts';
import { readThread } from './thread.ts';

export const serviceStates = { fresh: 0, assistant: 1, pool: 2, person: 3, ended: 4 } as const;
export type ServiceState = (typeof serviceStates)[keyof typeof serviceStates];

const steps: Readonly<Record<number, readonly number[]>> = {
  0: [0, 1, 2, 3, 4],
  1: [0, 1, 2, 3, 4],
  2: [2, 3, 4],
  3: [3, 4],
  4: [],
};

const pausesMs = [1_000, 5_000];

export class ServiceStates {
  readonly #api: WeixinApi;
  readonly #logger: Logger;
  /** What is asked for a thread, one after the other. */
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(api: WeixinApi, logger: Logger) {
    this.#api = api;
    this.#logger = logger;
  }

  /**
   * Moves the conversation there, where the provider allows that step; in the order of the calls. Never rejects.
   * @param servicer userid, for `person`
   * @param moved called with the provider's msg_code, where it gives one
   */
  move(thread: string, to: ServiceState, servicer?: string, moved?: (msgCode: string) => Promise<void>): void {
    const before = this.#lanes.get(thread) ?? Promise.resolve();
    const now = before
      .then(() => this.#move(thread, to, servicer, moved))
      .catch((error: unknown) => this.#logger.error({ err: error }, 'the state of a conversation could not be set'))
      .finally(() => {
        if (this.#lanes.get(thread) === now) this.#lanes.delete(thread);
      });
    this.#lanes.set(thread, now);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#lanes.values());
  }

  async #move(
    thread: string,
    to: ServiceState,
    servicer: string | undefined,
    moved: ((msgCode: string) => Promise<void>) | undefined,
  ): Promise<void> {
    const { openKfid, userid } = readThread(thread);
    const who = { open_kfid: openKfid, external_userid: userid };
    for (let attempt = 0; !this.#stopped.signal.aborted; attempt++) {
      const asked = await this.#api.call('/cgi-bin/kf/service_state/get', {}, who);
      if (asked.ok) {
        const from = numberAt(asked.json, 'service_state') ?? 0;
        if (from === to || !(steps[from] ?? []).includes(to)) return;
        const answer = await this.#api.call(
          '/cgi-bin/kf/service_state/trans',
          {},
          {
            ...who,
            service_state: to,
            ...(servicer === undefined ? {} : { servicer_userid: servicer }),
          },
        );
        if (answer.ok) {
          const code = textAt(answer.json, 'msg_code');
          if (code !== undefined) await moved?.(code);
          return;
        }
        if (answer.errcode !== undefined) {
          this.#logger.warn({ from, to, reason: answer.reason }, 'the provider does not move the conversation');
          return;
        }
      } else if (asked.errcode !== undefined) {
        this.#logger.warn({ to, reason: asked.reason }, 'the provider does not tell the state of the conversation');
        return;
      }
      const pauseMs = pausesMs[attempt];
      if (pauseMs === undefined) {
        this.#logger.warn({ to }, 'the state of a conversation could not be set: the provider is not reached');
        return;
      }
      await pause(pauseMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }
}
