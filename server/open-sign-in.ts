// Ways to log in that the settings name; what they need is loaded only then.
import type { Logger } from 'pino';
import type { LoginSettings } from '../config/index.ts';
import type { Clock } from '../values/index.ts';
import type { Accounts } from './directory/index.ts';
import type { Directory } from './ports/index.ts';
import type { OidcSignIn } from './sign-in/index.ts';

export async function openSignIn(
  { ldap, oidc }: LoginSettings,
  { accounts, directory, clock, logger }: { accounts: Accounts; directory: Directory; clock: Clock; logger: Logger },
): Promise<{ oidc: OidcSignIn | undefined; ldap: boolean }> {
  if (!ldap && !oidc) return { oidc: undefined, ldap: false };
  const { ldapCheck, OidcSignIn } = await import('./sign-in/index.ts');
  if (ldap) accounts.useElsewhere(ldapCheck(ldap, { directory, accounts }, logger));
  return { oidc: oidc && new OidcSignIn(oidc, { directory, accounts, clock, logger }), ldap: ldap !== undefined };
}
