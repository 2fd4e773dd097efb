// Whoever can open the local socket (mode of the data folder) is an administrator: the command line of this machine.
import type { Accounts, Principal } from './directory/index.ts';

/** The same accounts, but every request is an administrator's. */
export function asLocalAdmin(accounts: Accounts, site: string): Accounts {
  const admin: Principal = { kind: 'token', by: 'local', name: 'command line', roles: ['admin'], site };
  return {
    authenticate: () => admin,
    login: (request) => accounts.login(request),
    logout: (principal) => accounts.logout(principal),
    setPassword: (agent, password, by) => accounts.setPassword(agent, password, by),
    hasPassword: (agent) => accounts.hasPassword(agent),
    createToken: (token, by) => accounts.createToken(token, by),
    tokens: () => accounts.tokens(),
    revokeToken: (id, by) => accounts.revokeToken(id, by),
    sweep: (inUse) => accounts.sweep(inUse),
    onEnded: (listener) => accounts.onEnded(listener),
  };
}
