// One request to a provider's HTTP API. What goes wrong is told without the address: that may hold a token.
import type { ConnectorTools } from '../../connector.ts';
import { exactJson, isObject, type JsonObject } from './exact-json.ts';

export type Answered =
  | { ok: true; status: number; json: JsonObject; retryAfterMs?: number | undefined }
  /** No answer, or none that is JSON. */
  | { ok: false; status?: number | undefined; reason: string };

export interface Request {
  method?: 'GET' | 'POST' | 'PUT';
  headers?: Record<string, string>;
  /** An object goes as JSON. */
  body?: JsonObject | URLSearchParams | FormData | undefined;
  timeoutMs?: number;
}

/** Asks, and reads JSON with every integer exact; a list becomes `{ list: […] }`, an empty answer `{}`. Never rejects. */
export async function callJson(fetch: ConnectorTools['fetch'], url: URL, request: Request = {}): Promise<Answered> {
  const { method = 'GET', body, timeoutMs = 10_000 } = request;
  const headers: Record<string, string> = { ...request.headers };
  let sent: string | URLSearchParams | FormData | undefined;
  if (body instanceof URLSearchParams || body instanceof FormData) sent = body;
  else if (body !== undefined) {
    sent = JSON.stringify(body);
    headers['content-type'] = 'application/json; charset=utf-8';
  }
  try {
    const response = await fetch(url.href, {
      method,
      headers,
      timeoutMs,
      mostBytes: 4 * 1024 * 1024,
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const json = objectOf(text);
    if (json === undefined) return { ok: false, status: response.status, reason: `no JSON, status ${response.status}` };
    return { ok: true, status: response.status, json, retryAfterMs: retryAfter(response) };
  } catch (error) {
    return { ok: false, reason: networkReason(error) };
  }
}

function objectOf(text: string): JsonObject | undefined {
  if (text.trim() === '') return {};
  try {
    const value = exactJson(text);
    if (Array.isArray(value)) return { list: value };
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `ECONNREFUSED`, `TimeoutError` …: never the address, which may hold a token. */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const inner = error.cause;
  for (const one of [inner, error]) {
    if (one instanceof Error && 'code' in one && typeof one.code === 'string') return one.code;
  }
  return error.name;
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}
