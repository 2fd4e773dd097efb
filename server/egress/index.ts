export { outgoing } from './apply.ts';
export { hashed, masked, type ValueKind } from './mask.ts';
export {
  type Action,
  type EgressPlan,
  type EgressPolicy,
  type EventShape,
  type FieldPlan,
  type Grade,
  grades,
  planOf,
  policyFaults,
  policySchema,
  presets,
} from './policy.ts';
