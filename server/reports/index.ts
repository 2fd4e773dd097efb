export { agentsNeeded, erlangA, erlangC, type Load, type Staffing, serviceLevelC } from './erlang.ts';
export { type IntervalLength, slotMs, ZoneClock } from './intervals.ts';
export type { AgentKeyFigures, QueueKeyFigures } from './key-figures.ts';
export { ReportProjector } from './projector.ts';
export {
  type AgentReportArgs,
  type AgentReportRow,
  agentReport,
  type QueueReportArgs,
  type QueueReportRow,
  queueReport,
} from './reads.ts';
export { type Counts, type ServiceLevelVariant, serviceLevel, share } from './service-level.ts';
