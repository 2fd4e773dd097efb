export { runUnderSupervisor } from './lifeline.ts';
export {
  type EdgeConfiguration,
  type EdgeReady,
  runFolder,
  type ServerConfiguration,
  type ServerReady,
  Supervisor,
  siteSecret,
} from './supervisor.ts';
