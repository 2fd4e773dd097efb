// How people log in, besides by a password kept here: a second factor by role, a directory (LDAP, AD), an OpenID provider.
import { z } from 'zod';

const role = z.enum(['agent', 'supervisor', 'admin']);
const loginName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore');

/** Which group of the directory or provider gives which roles, and which team. */
const group = z
  .object({
    /** Name as the directory gives it: a DN, or its first part; or the value of the groups claim. Case does not count. */
    group: z.string().min(1),
    roles: z.array(role).min(1),
    team: loginName.optional(),
  })
  .strict();

const people = {
  /** In order: roles add up; the team is that of the first that has one. Who is in none of them cannot log in. */
  groups: z.array(group).min(1),
  /** Who is not known yet is made an agent at her first login; otherwise only those who are agents already come in. */
  createAgents: z.boolean().default(false),
};

const ldap = z
  .object({
    /** `ldaps://dc1.bank.example`, or `ldap://…` with `startTls`. */
    url: z.url({ protocol: /^ldaps?$/ }),
    startTls: z.boolean().default(false),
    /** Certificate (PEM file) of the authority that signed the directory's certificate, where the system does not know it. */
    ca: z.string().min(1).optional(),
    /** Who searches: a DN or user principal name. Without it the search is anonymous. */
    bindDn: z.string().min(1).optional(),
    bindPasswordFile: z.string().min(1).optional(),
    /** Below which entry people are. */
    base: z.string().min(1),
    /** Finds the person; `{login}` is what she typed, escaped. For AD: `(sAMAccountName={login})`. */
    filter: z
      .string()
      .refine((text) => text.includes('{login}'), { message: 'must contain {login}' })
      .default('(uid={login})'),
    nameAttribute: z.string().min(1).default('cn'),
    groupsAttribute: z.string().min(1).default('memberOf'),
    timeoutSeconds: z.number().int().min(1).max(60).default(5),
    /** Allows `ldap://` without TLS to another machine: passwords can be read on the way. */
    insecure: z.boolean().default(false),
    ...people,
  })
  .strict()
  .refine(({ bindDn, bindPasswordFile }) => (bindDn === undefined) === (bindPasswordFile === undefined), {
    message: 'bindDn and bindPasswordFile belong together',
  })
  .refine(
    ({ url, startTls, insecure }) =>
      url.startsWith('ldaps:') || startTls || insecure || isLoopback(new URL(url).hostname),
    { message: 'use ldaps:// or startTls: passwords would go over the network in clear' },
  );

const oidc = z
  .object({
    /** `https://login.bank.example/realms/bank`; its metadata is at `/.well-known/openid-configuration` below it. */
    issuer: z
      .url({ protocol: /^https?$/ })
      .refine((url) => url.startsWith('https:') || isLoopback(new URL(url).hostname), {
        message: 'must be https',
      }),
    clientId: z.string().min(1),
    clientSecretFile: z.string().min(1).optional(),
    /** Address of the panels as browsers see it: `https://desk.bank.example`. The provider sends people back to it. */
    publicUrl: z.url({ protocol: /^https?$/ }),
    /** What stands on the button. */
    label: z.string().min(1).max(60).default('Single sign-on'),
    scopes: z.array(z.string().min(1)).default(['openid', 'profile']),
    /** Claim that is the login here. */
    loginClaim: z.string().min(1).default('preferred_username'),
    nameClaim: z.string().min(1).default('name'),
    groupsClaim: z.string().min(1).default('groups'),
    ...people,
  })
  .strict();

export const loginSchema = z
  .object({
    /** Roles that must have a second factor (TOTP); who has none yet can do nothing else before she set it up. */
    totpRequiredFor: z.array(role).default([]),
    /** Name of this site in the authenticator app. */
    totpIssuer: z.string().min(1).max(60).default('Switchroom'),
    ldap: ldap.optional(),
    oidc: oidc.optional(),
  })
  .strict();

export type LoginSettings = z.infer<typeof loginSchema>;
export type LdapSettings = z.infer<typeof ldap>;
export type OidcSettings = z.infer<typeof oidc>;
export type GroupRule = z.infer<typeof group>;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\./.test(host);
}
