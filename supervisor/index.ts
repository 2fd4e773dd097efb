export { runUnderSupervisor } from './lifeline.ts';
export {
  connectorToken,
  type EdgeConfiguration,
  type EdgeReady,
  runFolder,
  type ServerConfiguration,
  type ServerReady,
  Supervisor,
  siteSecret,
} from './supervisor.ts';
