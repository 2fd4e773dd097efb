export type { SyslogSettings } from './audit-settings.ts';
export type { GroupRule, LdapSettings, LoginSettings, OidcSettings } from './login-settings.ts';
export { readSettings, type Settings, settingsSchema } from './settings.ts';
