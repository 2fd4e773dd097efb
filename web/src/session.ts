// The login over REST: it sets an HttpOnly cookie, which the WebSocket's upgrade then carries.
const sessionPath = '/api/v1/session';

export type LoginResult =
  | { ok: true }
  | { ok: false; why: 'wrong' | 'locked' | 'busy' | 'unreachable' | { reason: string } };

export async function logIn(login: string, password: string): Promise<LoginResult> {
  let response: Response;
  try {
    response = await fetch(sessionPath, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login, password }),
    });
  } catch {
    return { ok: false, why: 'unreachable' };
  }
  if (response.ok) return { ok: true };
  if (response.status === 401) return { ok: false, why: 'wrong' };
  if (response.status === 429) return { ok: false, why: 'locked' };
  if (response.status === 503) return { ok: false, why: 'busy' };
  return { ok: false, why: { reason: await reasonOf(response) } };
}

/** @throws where the server cannot be reached */
export async function isLoggedIn(): Promise<boolean> {
  const response = await fetch(sessionPath, { cache: 'no-store' });
  if (response.status === 401 || response.status === 403) return false;
  if (!response.ok) throw new Error(`session: ${response.status}`);
  return true;
}

/** @throws where the server cannot be reached */
export async function logOut(): Promise<void> {
  const session = await fetch(sessionPath, { cache: 'no-store' });
  if (!session.ok) return;
  const csrf = await textOf(session, 'csrf');
  await fetch(sessionPath, { method: 'DELETE', headers: csrf === undefined ? {} : { 'x-csrf-token': csrf } });
}

async function reasonOf(response: Response): Promise<string> {
  return (await textOf(response, 'message')) ?? `HTTP ${response.status}`;
}

/** One text of a JSON answer, if it has it. */
async function textOf(response: Response, field: string): Promise<string | undefined> {
  const body: unknown = await response.json().catch(() => undefined);
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}
