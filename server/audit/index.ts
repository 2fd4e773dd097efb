export { type AuditEntry, AuditLog, type AuditQuery } from './audit-log.ts';
export { isAudited } from './audited.ts';
export { staffActed } from './events.ts';
export { openSyslog, type Syslog } from './syslog.ts';
