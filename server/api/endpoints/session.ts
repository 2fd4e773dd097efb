import { z } from 'zod';
import { type Principal, roleSchema, sessionCookie } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';

const who = z
  .object({
    kind: z.enum(['session', 'token']),
    name: z.string(),
    agent: z.string().optional(),
    roles: z.array(roleSchema),
    site: z.string(),
    team: z.string().optional(),
    csrf: z.string().optional().describe('To be sent as X-CSRF-Token with every request that changes something'),
    endsAt: z.number().optional(),
    way: z.enum(['password', 'ldap', 'oidc']).optional().describe('Sessions: how she logged in'),
    needs: z
      .literal('second-factor')
      .optional()
      .describe('Until she set it up, everything but /session… answers 403 second-factor-first'),
  })
  .meta({ id: 'Session' });

const code = z.string().trim().min(6).max(40).describe('Of the authenticator app, or a recovery code');
const credentials = z.strictObject({
  login: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
  code: code.optional().describe('After an answer code-needed: the same request once more, with it'),
});

function view(
  { kind, name, agent, roles, site, team, csrf, way, needs }: Principal,
  endsAt?: number,
): z.infer<typeof who> {
  return { kind, name, agent, roles: [...roles], site, team, csrf, endsAt, way, needs };
}

export function sessionCookieOptions(secureCookies: boolean) {
  return { httpOnly: true, sameSite: 'strict', secure: secureCookies, path: '/' } as const;
}

export function sessionEndpoints({ accounts, secureCookies = false }: ApiDeps): Endpoint[] {
  const cookieOptions = sessionCookieOptions(secureCookies);
  return [
    endpoint({
      method: 'post',
      path: '/session',
      tag: 'Session',
      about: 'Logs a person in: the answer sets the session cookie.',
      roles: 'public',
      body: credentials,
      answer: who,
      errors: ['login-failed', 'code-needed', 'code-wrong', 'login-locked', 'login-busy'],
      async handle({ body, request, response }) {
        const address = request.ip ?? 'unknown';
        const { cookie, principal, endsAt } = await accounts.login({ ...body, address });
        response.cookie(sessionCookie, cookie, { ...cookieOptions, expires: new Date(endsAt) });
        return view(principal, endsAt);
      },
    }),
    endpoint({
      method: 'get',
      path: '/session',
      tag: 'Session',
      about: 'Who asks.',
      roles: everyone,
      unfinished: true,
      answer: who,
      handle: ({ principal }) => view(principal),
    }),
    endpoint({
      method: 'delete',
      path: '/session',
      audit: { by: ['account.logged-out'] },
      tag: 'Session',
      about: 'Logs out.',
      roles: everyone,
      unfinished: true,
      async handle({ principal, response }) {
        await accounts.logout(principal);
        response.clearCookie(sessionCookie, cookieOptions);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/session/password',
      audit: { by: ['account.password-set'] },
      tag: 'Session',
      about: 'Changes the own password; all own sessions end.',
      roles: everyone,
      unfinished: true,
      body: z.strictObject({
        current: z.string().min(1).max(256),
        password: z.string().max(256),
        code: code.optional(),
      }),
      errors: ['login-failed', 'code-needed', 'code-wrong', 'login-locked', 'password-elsewhere', 'password-weak'],
      async handle({ principal, body, request, response }) {
        if (principal.kind !== 'session' || principal.agent === undefined) {
          throw failed['not-allowed']({ roles: 'of a person who is logged in' });
        }
        await accounts.changePassword({
          login: principal.agent,
          password: body.current,
          code: body.code,
          address: request.ip ?? 'unknown',
          next: body.password,
        });
        response.clearCookie(sessionCookie, cookieOptions);
        return undefined;
      },
    }),
  ];
}
