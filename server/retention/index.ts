export { holdPlaced, holdReleased, retained } from './events.ts';
export { type Hold, Holds } from './holds.ts';
export { checkPolicy, type Finding, type Kind, type Rule } from './policy.ts';
export { Retention, type RetentionReport } from './retention.ts';
