// The login over REST: it sets an HttpOnly cookie, which the WebSocket's upgrade then carries.
const sessionPath = '/api/v1/session';

export interface Session {
  /** Until she has set it up she can do nothing else. */
  needs?: 'second-factor';
  /** How she logged in. */
  way?: 'password' | 'ldap' | 'oidc';
}

/** How one can log in here. */
export interface LoginWays {
  ldap: boolean;
  /** Where single sign-on begins: a link. */
  oidc?: { label: string; path: string };
}

export interface Credentials {
  login: string;
  password: string;
  /** Of the authenticator app, or a recovery code. */
  code?: string;
}

export type LoginResult =
  | { ok: true; session: Session }
  | { ok: false; why: 'wrong' | 'code-needed' | 'code-wrong' | 'busy' | 'unreachable' }
  | { ok: false; why: 'locked'; seconds: number }
  | { ok: false; why: 'other'; reason: string };

export async function logIn(credentials: Credentials): Promise<LoginResult> {
  let response: Response;
  try {
    response = await fetch(sessionPath, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang },
      body: JSON.stringify(credentials),
    });
  } catch {
    return { ok: false, why: 'unreachable' };
  }
  const body = await bodyOf(response);
  if (response.ok) return { ok: true, session: body as Session };
  switch (body.code) {
    case 'login-failed':
      return { ok: false, why: 'wrong' };
    case 'code-needed':
    case 'code-wrong':
      return { ok: false, why: body.code };
    case 'login-locked':
      return { ok: false, why: 'locked', seconds: Number(response.headers.get('retry-after') ?? 60) };
    case 'login-busy':
      return { ok: false, why: 'busy' };
    default:
      return { ok: false, why: 'other', reason: textIn(body, 'message') ?? `HTTP ${response.status}` };
  }
}

/** @returns undefined where nobody is logged in. @throws where the server cannot be reached */
export async function readSession(): Promise<Session | undefined> {
  const response = await fetch(sessionPath, { cache: 'no-store' });
  if (response.status === 401 || response.status === 403) return undefined;
  if (!response.ok) throw new Error(`session: ${response.status}`);
  return (await bodyOf(response)) as Session;
}

/** @throws where the server cannot be reached */
export async function isLoggedIn(): Promise<boolean> {
  return (await readSession()) !== undefined;
}

/** @throws where the server cannot be reached or does not say */
export async function loginWays(): Promise<LoginWays> {
  const response = await fetch(`${sessionPath}/ways`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`ways to log in: ${response.status}`);
  return (await response.json()) as LoginWays;
}

/** @throws where the server cannot be reached */
export async function logOut(): Promise<void> {
  const session = await fetch(sessionPath, { cache: 'no-store' });
  if (!session.ok) return;
  const csrf = textIn(await bodyOf(session), 'csrf');
  await fetch(sessionPath, { method: 'DELETE', headers: csrf === undefined ? {} : { 'x-csrf-token': csrf } });
}

/** The fields of a JSON answer; none where it is no such answer (a proxy's page). */
async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function textIn(body: Record<string, unknown>, field: string): string | undefined {
  const value = body[field];
  return typeof value === 'string' ? value : undefined;
}
