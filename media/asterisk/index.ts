export { type AsteriskCheck, checkAsterisk } from './check.ts';
export { type AsteriskConfiguration, writeAsteriskConfiguration } from './configuration.ts';
export { type AsteriskMediaOptions, AsteriskMediaServer, type HostView } from './server.ts';
