// Whoever can open the local socket (mode of the data folder) is an administrator: the command line of this machine.
import type { Accounts, Principal } from './directory/index.ts';

/** The same accounts, but every request is an administrator's. */
export function asLocalAdmin(accounts: Accounts, site: string): Accounts {
  const admin: Principal = { kind: 'token', by: 'local', name: 'command line', roles: ['admin'], site };
  return {
    authenticate: () => admin,
    enter: (agent, how) => accounts.enter(agent, how),
    prove: (request) => accounts.prove(request),
    useElsewhere: (check) => accounts.useElsewhere(check),
    secondFactor: (agent) => accounts.secondFactor(agent),
    beginSecondFactor: (agent) => accounts.beginSecondFactor(agent),
    confirmSecondFactor: (agent, code, by) => accounts.confirmSecondFactor(agent, code, by),
    renewRecoveryCodes: (agent, by) => accounts.renewRecoveryCodes(agent, by),
    removeSecondFactor: (agent, by) => accounts.removeSecondFactor(agent, by),
    login: (request) => accounts.login(request),
    logout: (principal) => accounts.logout(principal),
    setPassword: (agent, password, by) => accounts.setPassword(agent, password, by),
    changePassword: (request) => accounts.changePassword(request),
    hasPassword: (agent) => accounts.hasPassword(agent),
    createToken: (token, by) => accounts.createToken(token, by),
    tokens: () => accounts.tokens(),
    revokeToken: (id, by) => accounts.revokeToken(id, by),
    sweep: (inUse) => accounts.sweep(inUse),
    onEnded: (listener) => accounts.onEnded(listener),
  };
}
