export { type FlowRow, flowCheck, flowList, flowTest, type Outcome } from './commands.ts';
export { flowPassed } from './events.ts';
export { FlowHistory, type FlowVersion } from './flow-history.ts';
export { type FlowStatus, FlowStore, type FlowStoreOptions, openFlowStore, type Watch } from './flow-store.ts';
export { FlowTraffic, readTraffic, type Way } from './flow-traffic.ts';
export { watchFolder } from './watch-folder.ts';
