export { type FlowRow, flowCheck, flowList, flowTest, type Outcome } from './commands.ts';
export { type FlowStatus, FlowStore, type FlowStoreOptions, openFlowStore, type Watch } from './flow-store.ts';
