export { createApi } from './api.ts';
export type { ApiDeps, CallbackBook, Draining, FlowSummary, Flows, MediaHosts, RecordingAudio } from './deps.ts';
export { flowFiles } from './flow-files.ts';
export { type Metric, prometheusText } from './metrics.ts';
export { servePanels } from './panels.ts';
