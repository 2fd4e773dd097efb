export { type CheckLdap, ldapCheck } from './ldap.ts';
export { OidcSignIn } from './oidc.ts';
