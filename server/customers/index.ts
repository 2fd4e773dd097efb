export { agreedTo, type Consent } from './consents.ts';
export type { Customer, Merge, Note, Tag } from './customer.ts';
export {
  customerChanged,
  customerCreated,
  customerEvent,
  customersMerged,
  customersParted,
  customerTagged,
  customerUntagged,
} from './customer-events.ts';
export { findCustomers, searchedTexts } from './customer-search.ts';
export type { Customers, Elsewhere, Identified } from './customers.ts';
export { type Identity, keyOf, maskIdentity, normalIdentity } from './identity.ts';
export * from './interaction-events.ts';
export type { PartyRecord } from './interaction-parties.ts';
export { InteractionProjector } from './interaction-projector.ts';
export type { InteractionFilter } from './interaction-query.ts';
export { interactionsOn, listInteractions } from './interaction-reads.ts';
export type {
  AgentPart,
  InteractionRecord,
  LegQuality,
  Outcome,
  PathStep,
  RecordingRecord,
  Transfer,
} from './interaction-record.ts';
export { InteractionRows } from './interaction-rows.ts';
export { type InteractionPage, type Interactions, readInteractions, type Unwritten } from './interactions.ts';
export type { EventData, NewOutsideEvent, OutsideEvent } from './outside-events.ts';
export type { PersonIds, PersonRecords } from './person.ts';
export { rebuildCustomers } from './rebuild.ts';
export { type CustomersOptions, openCustomers } from './sqlite-customers.ts';
export type { Suggestion } from './suggestions.ts';
export type { TimelineEntry, TimelinePage } from './timeline.ts';
