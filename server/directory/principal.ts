// Whoever is behind a request, and how she came in.
import type { AgentId, Millis } from '../../values/index.ts';
import type { Role } from '../ports/index.ts';

/** Whoever is behind a request. */
export interface Principal {
  kind: 'session' | 'token';
  /** For the audit: the agent's id, or `token:<id>`. */
  by: string;
  name: string;
  /** The agent who acts; a token has one only where it was made for one. */
  agent?: AgentId | undefined;
  roles: readonly Role[];
  site: string;
  /** It is a connector: it may reach these digital channels, and nothing else. */
  connector?: { channels: readonly string[] | 'all' } | undefined;
  /** A supervisor with a team sees that team only; without one, the whole site. */
  team?: string | undefined;
  /** Sessions only: what must come back in X-CSRF-Token with every request that changes something. */
  csrf?: string | undefined;
  /** Sessions only: names the session, is not the cookie. */
  session?: string | undefined;
  /** Sessions only: how she logged in. */
  way?: Way | undefined;
  /** Her role asks for a second factor that she has not set up: until then she may do nothing else. */
  needs?: 'second-factor' | undefined;
}

/** How somebody logged in: by a password kept here, one checked by the directory (LDAP), or at an OpenID provider. */
export type Way = 'password' | 'ldap' | 'oidc';

export interface LoggedIn {
  /** Value of the cookie `sessionCookie`; not kept anywhere in clear. */
  cookie: string;
  principal: Principal;
  endsAt: Millis;
}

/** The two headers of a request that can say who it is from. */
export interface Credentials {
  /** The Cookie header. */
  cookie?: string | undefined;
  /** The Authorization header: `Bearer swr_…`. */
  authorization?: string | undefined;
}
