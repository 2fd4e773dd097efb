export type { MomentActs, Said } from './acts.ts';
export { momentCheck, momentList, momentTest } from './commands.ts';
export type { UsedMoment } from './evaluate.ts';
export type { MomentFigure } from './moment-rows.ts';
export { type MomentStatus, type MomentStore, openMomentStore } from './moment-store.ts';
export { Moments, type MomentsOptions } from './moments.ts';
export type { RestraintRules } from './restraint.ts';
export { momentJsonSchema, momentTestJsonSchema } from './schema.ts';
export { withHints } from './with-hints.ts';
