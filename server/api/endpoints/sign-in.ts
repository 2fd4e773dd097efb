// Ways to log in, and single sign-on: pages go there and come back, so these answer with redirects.
import type { CookieOptions, Response } from 'express';
import { z } from 'zod';
import { SwitchroomError } from '../../../values/index.ts';
import { sessionCookie } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { failed } from '../errors.ts';
import { sessionCookieOptions } from './session.ts';

const ticketCookie = 'switchroom_sign_on';

const ways = z
  .object({
    password: z.literal(true),
    ldap: z.boolean().describe('Passwords of the bank’s directory are taken too'),
    oidc: z
      .object({
        label: z.string(),
        path: z.string().describe('Send the browser there: a link, not a request of a script'),
      })
      .optional(),
  })
  .meta({ id: 'LoginWays' });

export function signInEndpoints({ accounts, signIn = {}, secureCookies = false, logger }: ApiDeps): Endpoint[] {
  const { oidc, ldap = false } = signIn;
  // It must come along when the provider sends the browser back, which `strict` would not.
  const ticketOptions: CookieOptions = {
    httpOnly: true,
    sameSite: 'lax',
    secure: secureCookies,
    path: '/api/v1/session/oidc',
  };
  /** To the panel, which tells what `?login=…` means; an error page of ours would be a dead end. */
  const back = (response: Response, error: unknown): void => {
    if (!(error instanceof SwitchroomError)) throw error;
    logger.warn({ code: error.code }, 'a single sign-on ended without a login');
    response.redirect(303, `/?login=${error.code}`);
  };
  return [
    endpoint({
      method: 'get',
      path: '/session/ways',
      tag: 'Session',
      about: 'How one can log in here.',
      roles: 'public',
      answer: ways,
      handle: () => ({
        password: true as const,
        ldap,
        oidc: oidc && { label: oidc.label, path: '/api/v1/session/oidc' },
      }),
    }),
    endpoint({
      method: 'get',
      path: '/session/oidc',
      tag: 'Session',
      about: 'Sends the browser to the single sign-on provider (303).',
      roles: 'public',
      raw: 'text/html',
      async handle({ response }) {
        if (!oidc) throw failed['not-found']({ kind: 'way to log in named', name: 'oidc' });
        try {
          const { url, ticket } = await oidc.begin();
          response.cookie(ticketCookie, ticket, { ...ticketOptions, maxAge: 10 * 60_000 });
          response.redirect(303, url);
        } catch (error) {
          back(response, error);
        }
        return undefined;
      },
    }),
    endpoint({
      method: 'get',
      path: '/session/oidc/callback',
      tag: 'Session',
      about:
        'Where the provider sends the browser back: sets the session cookie and goes to the panel, or to `/?login=<error code>`.',
      roles: 'public',
      query: z.record(z.string(), z.string()),
      raw: 'text/html',
      async handle({ request, response }) {
        if (!oidc) throw failed['not-found']({ kind: 'way to log in named', name: 'oidc' });
        response.clearCookie(ticketCookie, ticketOptions);
        const at = request.originalUrl.indexOf('?');
        const query = at < 0 ? '' : request.originalUrl.slice(at);
        try {
          const agent = await oidc.finish(ticketOf(request.headers.cookie), query);
          const { cookie, endsAt } = await accounts.enter(agent, { address: request.ip ?? 'unknown', way: 'oidc' });
          response.cookie(sessionCookie, cookie, { ...sessionCookieOptions(secureCookies), expires: new Date(endsAt) });
          response.redirect(303, '/');
        } catch (error) {
          back(response, error);
        }
        return undefined;
      },
    }),
  ];
}

function ticketOf(cookies: string | undefined): string | undefined {
  return cookies
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${ticketCookie}=`))
    ?.slice(ticketCookie.length + 1);
}
