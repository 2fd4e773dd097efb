// What the command line needs of the server.
export { type FlowRow, flowCheck, flowList, flowTest, type Outcome } from './flows/index.ts';
export { openOfflineApi } from './offline-api.ts';
export type * from './ports/index.ts';
