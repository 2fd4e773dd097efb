export { type DataReport, type FilesReport, findings, inspectData } from './inspect.ts';
export { readPassphrase } from './key.ts';
export type { Manifest } from './manifest.ts';
export {
  type Arrived,
  type ArrivePlan,
  arrive,
  comeBack,
  type LeavePlan,
  leave,
  planArrive,
  planLeave,
} from './move.ts';
export type { MoveNote } from './move-note.ts';
export { type Restored, restoreBackup } from './restore.ts';
export { type Taken, takeBackup } from './take.ts';
export { type Verified, verifyBackup } from './verify.ts';
