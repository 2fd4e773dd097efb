// Asking providers: with a time limit, a limit of the answer's size, and without being sent to another host.
import { failed } from './errors.ts';

const standardTimeoutMs = 10_000;
const standardMostBytes = 25 * 1024 * 1024;
const mostRedirects = 3;

/** As the global `fetch`; the body of the answer is in memory already. @throws fetch-refused, and what fetch throws */
export async function limitedFetch(
  url: string,
  {
    timeoutMs = standardTimeoutMs,
    mostBytes = standardMostBytes,
    ...init
  }: RequestInit & {
    timeoutMs?: number;
    mostBytes?: number;
  } = {},
): Promise<Response> {
  const { host } = new URL(url);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  let next = url;
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(next, { ...init, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return kept(response, mostBytes, host);
    await response.body?.cancel();
    const target = new URL(location, next);
    if (target.host !== host) throw failed['fetch-refused']({ host, reason: `it sends to ${target.host}` });
    if (redirects >= mostRedirects) throw failed['fetch-refused']({ host, reason: 'it sends on and on' });
    if (init.method !== undefined && init.method !== 'GET' && init.method !== 'HEAD') {
      throw failed['fetch-refused']({ host, reason: `it answers a ${init.method} with a redirect` });
    }
    next = target.href;
  }
}

async function kept(response: Response, mostBytes: number, host: string): Promise<Response> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (response.body) {
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > mostBytes)
        throw failed['fetch-refused']({ host, reason: `its answer is larger than ${mostBytes} bytes` });
      parts.push(part);
    }
  }
  const { status, statusText, headers } = response;
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : Buffer.concat(parts), { status, statusText, headers });
}
