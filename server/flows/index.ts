export { type FlowRow, flowCheck, flowList, flowTest, type Outcome } from './commands.ts';
export { flowPassed } from './events.ts';
export { type FlowStatus, FlowStore, type FlowStoreOptions, openFlowStore, type Watch } from './flow-store.ts';
export { FlowTraffic, readTraffic, type Way } from './flow-traffic.ts';
export { type TextVersion, VersionHistory } from './version-history.ts';
export { watchFolder } from './watch-folder.ts';
