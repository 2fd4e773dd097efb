export { type AuditRow, auditOf, operator, verifyAudit } from './audit.ts';
export { type Cloud, startCloud } from './cloud.ts';
export { type Settlement, settle } from './settle.ts';
export { openStore, type Store } from './store.ts';
export { type SiteRow, Tenants } from './tenants.ts';
