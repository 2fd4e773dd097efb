// The HTTP APIs of WeChat and WeCom: `access_token` in the query, `errcode` in the answer, media as bytes. A token that is
// refused is renewed once, and the request repeated.
import type { ConnectorTools, TokenKeeper } from '../../connector.ts';
import { callJson, isObject, type JsonObject, jsonObject, networkReason, numberAt, textAt } from '../provider/index.ts';

export type ApiAnswer =
  | { ok: true; json: JsonObject }
  /** `errcode` absent: the API was not reached, or did not answer in JSON. */
  | { ok: false; errcode?: number | undefined; reason: string };

export type ApiMedia =
  | { ok: true; bytes: Uint8Array; mime?: string | undefined; name?: string | undefined }
  | { ok: false; errcode?: number | undefined; reason: string };

/** invalid credential, invalid token, token expired. */
const tokenCodes = new Set([40001, 40014, 42001]);

export class WeixinApi {
  readonly #base: string;
  readonly #fetch: ConnectorTools['fetch'];
  readonly #token: TokenKeeper;

  constructor(base: string, tools: Pick<ConnectorTools, 'fetch'>, token: TokenKeeper) {
    this.#base = base;
    this.#fetch = tools.fetch;
    this.#token = token;
  }

  /** @param query besides the token @param body goes as JSON; absent: GET. Never rejects. */
  call(path: string, query: Record<string, string> = {}, body?: JsonObject | FormData): Promise<ApiAnswer> {
    return this.#withToken(async (token) => {
      const answer = await callJson(this.#fetch, this.#url(path, { ...query, access_token: token }), {
        method: body === undefined ? 'GET' : 'POST',
        body,
      });
      return answer.ok ? judged(answer.json) : { ok: false, reason: answer.reason };
    });
  }

  /** Bytes of a temporary medium that a customer sent (kept by the provider for three days). Never rejects. */
  media(id: string): Promise<ApiMedia> {
    return this.#withToken(async (token): Promise<ApiMedia> => {
      const url = this.#url('/cgi-bin/media/get', { access_token: token, media_id: id });
      const got = await this.#bytes(url);
      if (!got.ok || got.json === undefined) return got;
      const { json } = got;
      const answer = judged(json);
      if (!answer.ok) return answer;
      // Videos of an Official Account: not the bytes, but where they are.
      const video = textAt(json, 'video_url');
      if (video === undefined) return { ok: false, reason: 'neither bytes nor an address' };
      if (!URL.canParse(video)) return { ok: false, reason: 'the address of the video is none' };
      const bytes = await this.#bytes(new URL(video));
      return bytes.ok && bytes.json !== undefined ? { ok: false, reason: 'no video stands at its address' } : bytes;
    });
  }

  /** @param type `image`, `voice`, `video`, `file` @returns `media_id` in the answer */
  upload(type: string, bytes: Uint8Array, { name, mime }: { name: string; mime: string }): Promise<ApiAnswer> {
    const form = new FormData();
    form.set('media', new Blob([new Uint8Array(bytes)], { type: mime }), name);
    return this.call('/cgi-bin/media/upload', { type }, form);
  }

  async #withToken<Answer extends { ok: boolean; errcode?: number | undefined }>(
    ask: (token: string) => Promise<Answer>,
  ): Promise<Answer | { ok: false; errcode?: number | undefined; reason: string }> {
    for (let attempt = 1; ; attempt++) {
      let token: string;
      try {
        token = await this.#token.get();
      } catch (error) {
        if (error instanceof TokenRefused) return { ok: false, errcode: error.errcode, reason: error.message };
        return { ok: false, reason: networkReason(error) };
      }
      const answer = await ask(token);
      if (answer.ok || !tokenCodes.has(answer.errcode ?? 0)) return answer;
      this.#token.refused(token);
      if (attempt === 2) return answer;
    }
  }

  async #bytes(url: URL): Promise<
    | {
        ok: true;
        bytes: Uint8Array;
        mime?: string | undefined;
        name?: string | undefined;
        json?: JsonObject | undefined;
      }
    | { ok: false; reason: string }
  > {
    try {
      const response = await this.#fetch(url.href, { timeoutMs: 30_000 });
      if (!response.ok) return { ok: false, reason: `status ${response.status}` };
      const bytes = new Uint8Array(await response.arrayBuffer());
      const type = response.headers.get('content-type') ?? undefined;
      const json = /json|text\/plain/.test(type ?? '') ? jsonObject(Buffer.from(bytes).toString('utf8')) : undefined;
      const name = /filename="?([^";]{1,200})"?/.exec(response.headers.get('content-disposition') ?? '')?.[1];
      return { ok: true, bytes, mime: type?.split(';')[0]?.trim(), name, json };
    } catch (error) {
      return { ok: false, reason: networkReason(error) };
    }
  }

  #url(path: string, query: Record<string, string>): URL {
    return apiUrl(this.#base, path, query);
  }
}

/** The provider gave no token. `again` by the map of errors of the connector. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly errcode: number;

  constructor(errcode: number, reason: string) {
    super(reason);
    this.errcode = errcode;
  }
}

/**
 * Asks for an access token.
 * @throws TokenRefused where the provider refuses (wrong secret, address not allowed); Error where it was not reached
 */
export async function fetchToken(
  fetch: ConnectorTools['fetch'],
  url: URL,
  body?: JsonObject,
): Promise<{ token: string; expiresInMs: number }> {
  const answer = await callJson(fetch, url, { method: body === undefined ? 'GET' : 'POST', body });
  if (!answer.ok) throw new Error(answer.reason);
  const judgedAnswer = judged(answer.json);
  if (!judgedAnswer.ok) throw new TokenRefused(judgedAnswer.errcode ?? -1, judgedAnswer.reason);
  const token = textAt(answer.json, 'access_token');
  const seconds = numberAt(answer.json, 'expires_in');
  if (token === undefined || seconds === undefined) throw new TokenRefused(-1, 'the answer holds no token');
  return { token, expiresInMs: seconds * 1_000 };
}

export function apiUrl(base: string, path: string, query: Record<string, string>): URL {
  const url = new URL(base.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function judged(json: JsonObject): ApiAnswer {
  const errcode = numberAt(json, 'errcode') ?? 0;
  if (errcode === 0) return { ok: true, json: isObject(json) ? json : {} };
  // "invalid credential, access_token is invalid rid: 66f3…": the part behind `rid`/`hint` is of use to the provider alone.
  return { ok: false, errcode, reason: `${errcode} ${textAt(json, 'errmsg') ?? ''}`.trim().slice(0, 300) };
}
