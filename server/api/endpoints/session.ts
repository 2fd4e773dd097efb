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
  })
  .meta({ id: 'Session' });

const credentials = z.strictObject({ login: z.string().min(1).max(64), password: z.string().min(1).max(256) });

function view({ kind, name, agent, roles, site, team, csrf }: Principal, endsAt?: number): z.infer<typeof who> {
  return { kind, name, agent, roles: [...roles], site, team, csrf, endsAt };
}

export function sessionEndpoints({ accounts, secureCookies = false }: ApiDeps): Endpoint[] {
  const cookieOptions = { httpOnly: true, sameSite: 'strict', secure: secureCookies, path: '/' } as const;
  return [
    endpoint({
      method: 'post',
      path: '/session',
      tag: 'Session',
      about: 'Logs a person in: the answer sets the session cookie.',
      roles: 'public',
      body: credentials,
      answer: who,
      errors: ['login-failed', 'login-locked', 'login-busy'],
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
      answer: who,
      handle: ({ principal }) => view(principal),
    }),
    endpoint({
      method: 'delete',
      path: '/session',
      tag: 'Session',
      about: 'Logs out.',
      roles: everyone,
      async handle({ principal, response }) {
        await accounts.logout(principal);
        response.clearCookie(sessionCookie, cookieOptions);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/session/password',
      tag: 'Session',
      about: 'Changes the own password; all own sessions end.',
      roles: everyone,
      body: z.strictObject({ current: z.string().min(1).max(256), password: z.string().max(256) }),
      errors: ['login-failed', 'login-locked', 'password-weak'],
      async handle({ principal, body, request, response }) {
        if (principal.kind !== 'session' || principal.agent === undefined) {
          throw failed['not-allowed']({ roles: 'of a person who is logged in' });
        }
        const login = principal.agent;
        const proof = await accounts.login({ login, password: body.current, address: request.ip ?? 'unknown' });
        try {
          await accounts.setPassword(login, body.password, principal.by);
        } catch (error) {
          // The password was only asked for once more: that login is nobody's.
          await accounts.logout(proof.principal);
          throw error;
        }
        response.clearCookie(sessionCookie, cookieOptions);
        return undefined;
      },
    }),
  ];
}
