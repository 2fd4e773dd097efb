export { type AsteriskHostSettings, type AsteriskSettings, asteriskHosts, asteriskSchema } from './asterisk.ts';
export type { SyslogSettings } from './audit-settings.ts';
export { type Certificate, type CertificateFiles, readCertificate, watchCertificate } from './certificate-files.ts';
export { type DrachtioHost, drachtioHosts } from './drachtio.ts';
export { type EdgeParts, edgeParts } from './edge-parts.ts';
export { type FreeswitchSettings, freeswitchSecret } from './freeswitch.ts';
export type { GroupRule, LdapSettings, LoginSettings, OidcSettings } from './login-settings.ts';
export { readSecret } from './secrets.ts';
export { readSettings, type Settings, settingsSchema } from './settings.ts';
