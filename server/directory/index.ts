export {
  type Accounts,
  type AccountsOptions,
  type LoginRequest,
  openAccounts,
  sessionCookie,
  type Vouched,
} from './accounts.ts';
export { agentOfLogin } from './agent-of-login.ts';
export { type DirectoryChanges, type DirectoryOptions, openDirectory, type SiteDirectory } from './directory.ts';
export { invalidField } from './directory-table.ts';
export { emergencyNumbersOf } from './emergency-numbers.ts';
export { ha1 } from './ha1.ts';
export { generatePassword } from './passwords.ts';
export type { Credentials, LoggedIn, Principal, Way } from './principal.ts';
export * from './records.ts';
export { type DemoSecrets, seedDemo } from './seed-demo.ts';
export { loadSiteKey } from './site-key.ts';
export type { NewToken, TokenRecord } from './tokens.ts';
