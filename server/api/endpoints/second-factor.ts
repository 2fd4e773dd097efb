// The second factor (TOTP) of whoever is logged in, and its reset by an administrator.
import { renderSVG } from 'uqr';
import { z } from 'zod';
import type { Principal } from '../../directory/index.ts';
import type { ApiDeps } from '../deps.ts';
import { admins, type Endpoint, endpoint, everyone } from '../endpoint.ts';
import { failed } from '../errors.ts';

const state = z
  .object({
    on: z.boolean(),
    required: z.boolean().describe('One of her roles needs it'),
    recoveryLeft: z.number().describe('Recovery codes that were not used yet'),
  })
  .meta({ id: 'SecondFactor' });

const begun = z.object({
  secret: z.string().describe('Base32, to be typed into an app that cannot see the picture'),
  uri: z.string().describe('otpauth://totp/…'),
  qr: z.string().describe('SVG of the QR code'),
});

const password = z.string().min(1).max(256).describe('Once more: a screen may have been left alone');

/** @throws not-allowed for tokens, and for those whose second factor is the provider's business */
function person(principal: Principal): string {
  if (principal.kind !== 'session' || principal.agent === undefined || principal.way === 'oidc') {
    throw failed['not-allowed']({ roles: 'of a person who is logged in with a password' });
  }
  return principal.agent;
}

export function secondFactorEndpoints({ accounts }: ApiDeps): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/session/second-factor',
      tag: 'Session',
      about: 'Whether the one who asks has a second factor, or needs one.',
      roles: everyone,
      unfinished: true,
      answer: state,
      handle: ({ principal }) => accounts.secondFactor(person(principal)),
    }),
    endpoint({
      method: 'post',
      path: '/session/second-factor',
      audit: 'nothing',
      tag: 'Session',
      about: 'Begins to set up a second factor: shows its secret as text and as a QR code.',
      roles: everyone,
      unfinished: true,
      body: z.strictObject({ password }),
      answer: begun,
      errors: ['login-failed', 'login-locked', 'second-factor-there'],
      async handle({ principal, body, request }) {
        const login = person(principal);
        if (accounts.secondFactor(login).on) return begin(login);
        await accounts.prove({ login, password: body.password, address: request.ip ?? 'unknown' });
        return begin(login);
      },
    }),
    endpoint({
      method: 'post',
      path: '/session/second-factor/confirm',
      audit: { by: ['account.second-factor-set'] },
      tag: 'Session',
      about: 'Ends the set-up with a code of the app; the recovery codes in the answer are shown only now.',
      roles: everyone,
      unfinished: true,
      body: z.strictObject({ code: z.string().trim().min(6).max(10) }),
      answer: z.object({ recoveryCodes: z.array(z.string()) }),
      errors: ['code-wrong', 'login-locked', 'second-factor-not-begun'],
      async handle({ principal, body }) {
        return { recoveryCodes: await accounts.confirmSecondFactor(person(principal), body.code, principal.by) };
      },
    }),
    endpoint({
      method: 'post',
      path: '/session/second-factor/remove',
      audit: { by: ['account.second-factor-removed'] },
      tag: 'Session',
      about: 'Removes the own second factor, where no role needs it.',
      roles: everyone,
      body: z.strictObject({ password, code: z.string().trim().min(6).max(40) }),
      errors: ['login-failed', 'code-wrong', 'login-locked', 'second-factor-required'],
      async handle({ principal, body, request }) {
        const login = person(principal);
        if (accounts.secondFactor(login).required) throw failed['second-factor-required']();
        await accounts.prove({ login, ...body, address: request.ip ?? 'unknown' });
        await accounts.removeSecondFactor(login, principal.by);
        return undefined;
      },
    }),
    endpoint({
      method: 'post',
      path: '/session/second-factor/recovery-codes',
      audit: { by: ['account.recovery-codes-renewed'] },
      tag: 'Session',
      about: 'New recovery codes instead of the earlier ones; they are shown only now.',
      roles: everyone,
      body: z.strictObject({ password, code: z.string().trim().min(6).max(40) }),
      answer: z.object({ recoveryCodes: z.array(z.string()) }),
      errors: ['login-failed', 'code-wrong', 'login-locked', 'second-factor-not-begun'],
      async handle({ principal, body, request }) {
        const login = person(principal);
        await accounts.prove({ login, ...body, address: request.ip ?? 'unknown' });
        return { recoveryCodes: await accounts.renewRecoveryCodes(login, principal.by) };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/agents/:id/second-factor',
      audit: { by: ['account.second-factor-removed'] },
      tag: 'Agents',
      about: 'Removes the second factor of a person who lost it; her sessions end.',
      roles: admins,
      errors: ['person-unknown'],
      async handle({ principal, params }) {
        await accounts.removeSecondFactor(params.id!, principal.by);
        return undefined;
      },
    }),
  ];

  function begin(login: string): z.infer<typeof begun> {
    const { secret, uri } = accounts.beginSecondFactor(login);
    return { secret, uri, qr: renderSVG(uri, { border: 2 }) };
  }
}
