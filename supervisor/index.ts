export { runUnderSupervisor } from './lifeline.ts';
export { askRestart } from './operator.ts';
export { programLogger } from './program-log.ts';
export { compileAhead } from './spawn-program.ts';
export {
  connectorToken,
  type EdgeConfiguration,
  type EdgeReady,
  type Mains,
  noteServer,
  runFolder,
  type ServerConfiguration,
  type ServerReady,
  type SidecarConfiguration,
  type SidecarReady,
  type Started,
  Supervisor,
  siteSecret,
} from './supervisor.ts';
