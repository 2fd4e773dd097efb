// Ways to log in that the settings name.
import type { Logger } from 'pino';
import type { LoginSettings } from '../config/index.ts';
import type { Clock } from '../values/index.ts';
import type { Accounts } from './directory/index.ts';
import type { Directory } from './ports/index.ts';
import { ldapCheck, OidcSignIn } from './sign-in/index.ts';

export function openSignIn(
  { ldap, oidc }: LoginSettings,
  { accounts, directory, clock, logger }: { accounts: Accounts; directory: Directory; clock: Clock; logger: Logger },
): { oidc: OidcSignIn | undefined; ldap: boolean } {
  if (ldap) accounts.useElsewhere(ldapCheck(ldap, directory, logger));
  return { oidc: oidc && new OidcSignIn(oidc, { directory, clock, logger }), ldap: ldap !== undefined };
}
