export {
  type Customer,
  type Customers,
  type CustomersOptions,
  type Identity,
  type Note,
  openCustomers,
  type Tag,
} from './customers.ts';
export * from './interaction-events.ts';
export { InteractionProjector } from './interaction-projector.ts';
export type { InteractionFilter } from './interaction-query.ts';
export { interactionsOn, listInteractions } from './interaction-reads.ts';
export type {
  AgentPart,
  InteractionRecord,
  LegQuality,
  Outcome,
  PartyRecord,
  PathStep,
  RecordingRecord,
  Transfer,
} from './interaction-record.ts';
export { InteractionRows } from './interaction-rows.ts';
export { type InteractionPage, type Interactions, readInteractions } from './interactions.ts';
