export { type AuditEntry, AuditLog, type AuditQuery } from './audit-log.ts';
export { openSyslog, type Syslog } from './syslog.ts';
