// The REST API for the panels: the session's cookie, its CSRF token, and failures as sentences.
import { useCallback, useEffect, useRef, useState } from 'react';

const base = '/api/v1';

/** What the server, or the way to it, said no with. `status` 0: not reached. */
export class RestFailed extends Error {
  readonly code: string;
  readonly status: number;
  /** The field of the body that was not valid, as a path: `phone.user`. */
  readonly field: string | undefined;
  /** What else the error tells; its registry says what (docs/errors.md). */
  readonly details: Record<string, unknown>;

  constructor(status: number, code: string, message: string, field?: string, details: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
    this.details = details;
  }
}

let csrf: string | undefined;

/** Forgets what belongs to a session. */
export function forgetSession(): void {
  csrf = undefined;
}

export interface RestRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON; a text and bytes as they are. */
  body?: unknown;
  /** Of a body that is a text or bytes. Default application/json. */
  type?: string;
  /** What was read and is changed, by its `ETag`; null: nothing of that name was there. Absent: whatever is there now. */
  replaces?: string | null | undefined;
  /** Left out where undefined. */
  query?: Record<string, string | number | boolean | undefined>;
  signal?: AbortSignal;
}

/**
 * Asks the API. @param path under /api/v1, its parts already encoded
 * @returns the answer's JSON; undefined where there is none (204)
 * @throws RestFailed
 */
export async function rest<Answer = undefined>(path: string, request: RestRequest = {}): Promise<Answer> {
  const response = await ask(path, request);
  if (response.status === 204) return undefined as Answer;
  return (await response.json()) as Answer;
}

/** As `rest`, but gives the response itself: files, CSV. @throws RestFailed */
export async function ask(
  path: string,
  { method = 'GET', body, type = 'application/json', replaces, query, signal }: RestRequest = {},
): Promise<Response> {
  const headers: Record<string, string> = { 'accept-language': document.documentElement.lang };
  if (body !== undefined) headers['content-type'] = type;
  if (replaces === null) headers['if-none-match'] = '*';
  else if (replaces !== undefined) headers['if-match'] = replaces;
  if (method !== 'GET') headers['x-csrf-token'] = await token();
  let response: Response;
  try {
    response = await fetch(addressOf(path, query), {
      method,
      headers,
      cache: 'no-store',
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' || body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RestFailed(0, 'unreachable', '');
  }
  if (response.ok) return response;
  throw await failure(response);
}

/** For links and `src`: where the browser itself asks. */
export function addressOf(path: string, query: RestRequest['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return `${base}${path}${search.size > 0 ? `?${search}` : ''}`;
}

async function token(): Promise<string> {
  csrf ??= (await rest<{ csrf?: string }>('/session')).csrf ?? '';
  return csrf;
}

async function failure(response: Response): Promise<RestFailed> {
  const body: unknown = await response.json().catch(() => undefined);
  const { code, message, field, details } = (body ?? {}) as Partial<
    Pick<RestFailed, 'code' | 'message' | 'field' | 'details'>
  >;
  return new RestFailed(response.status, code ?? 'failed', message ?? `HTTP ${response.status}`, field, details);
}

/** Something that is read from the API: shown while it is read again. */
export interface Loaded<Answer> {
  data: Answer | undefined;
  failed: RestFailed | undefined;
  loading: boolean;
  reload: () => void;
}

/** @param path undefined: nothing to read yet. Read again when path, query or `every` (ms) say so */
export function useRest<Answer>(
  path: string | undefined,
  query?: RestRequest['query'],
  every?: number,
): Loaded<Answer> {
  const address = path === undefined ? undefined : addressOf(path, query);
  const [state, setState] = useState<{ of?: string; data?: Answer; failed?: RestFailed; loading: boolean }>({
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((now) => now + 1), []);
  const wanted = useRef({ path, query });
  wanted.current = { path, query };

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is how a reload is asked for
  useEffect(() => {
    const { path: from, query: what } = wanted.current;
    if (address === undefined || from === undefined) return;
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    rest<Answer>(from, { query: what, signal: stop.signal }).then(
      (data) => setState({ of: address, data, loading: false }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setState((before) => ({ ...before, failed: error, loading: false }));
      },
    );
    return () => stop.abort();
  }, [address, turn]);

  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(reload, every);
    return () => clearInterval(timer);
  }, [every, reload]);

  // The answer to another question is not shown for this one.
  const mine = state.of === address;
  return { data: mine ? state.data : undefined, failed: state.failed, loading: state.loading, reload };
}
