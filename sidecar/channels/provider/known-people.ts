// What a provider tells of a customer (name, unionid): asked once a week for each, and not at all for a while when it does not
// answer, as a message must not wait for it.
import type { ConnectorTools } from '../../connector.ts';
import { type JsonObject, jsonObject, numberAt } from './exact-json.ts';

export type Told = { ok: true; found: JsonObject } | { ok: false; errcode?: number | undefined; reason: string };

const askedAgainMs = 7 * 86_400_000;
/** Refused: the account may not ask, or not of this customer. */
const refusedAgainMs = 3_600_000;
/** Not reached: nobody is asked for so long. */
const restMs = 30_000;

export class KnownPeople {
  readonly #tools: Pick<ConnectorTools, 'memory' | 'clock' | 'logger'>;
  readonly #ask: (id: string) => Promise<Told>;
  #restUntil = 0;

  /** @param ask the provider; never rejects */
  constructor(tools: Pick<ConnectorTools, 'memory' | 'clock' | 'logger'>, ask: (id: string) => Promise<Told>) {
    this.#tools = tools;
    this.#ask = ask;
  }

  /** What is known; an empty object where nothing is. Never rejects. */
  async about(id: string): Promise<JsonObject> {
    const { memory, clock, logger } = this.#tools;
    const key = `user:${id}`;
    const kept = jsonObject(memory.get(key) ?? '');
    const now = clock.now();
    if (kept !== undefined && now < (numberAt(kept, 'until') ?? 0)) return kept;
    if (now < this.#restUntil) return kept ?? {};
    const told = await this.#ask(id);
    if (told.ok) {
      memory.set(key, JSON.stringify({ ...told.found, until: now + askedAgainMs }), { came: true });
      return told.found;
    }
    logger.warn(
      { errcode: told.errcode, reason: told.reason, pii: { id } },
      'the provider does not tell who a customer is',
    );
    if (told.errcode === undefined) this.#restUntil = now + restMs;
    else memory.set(key, JSON.stringify({ ...kept, until: now + refusedAgainMs }), { came: true });
    return kept ?? {};
  }
}
