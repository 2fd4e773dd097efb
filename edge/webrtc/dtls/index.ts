export { DtlsServer, type SrtpKeys } from './server.ts';
