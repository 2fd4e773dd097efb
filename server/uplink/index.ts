export { type CloudLine, openCloudLine, type Told } from './cloud-line.ts';
export {
  type ArchiveReport,
  EgressArchive,
  type EgressSeal,
  verifyArchive,
} from './egress-archive.ts';
export { type EgressEntry, EgressLog } from './egress-log.ts';
export { type EgressView, egressView, type Sampled } from './egress-view.ts';
export {
  egressLogLarge,
  egressLogSealed,
  egressPolicyChanged,
  uplinkBehind,
  uplinkCaughtUp,
  uplinkSettled,
} from './events.ts';
export { type NextBatch, nextBatch } from './next-batch.ts';
export { egressFolder, identityKey, openUplink } from './open-uplink.ts';
export { checkPolicy, eventShapes, type PolicyFinding, readPlan } from './policy-file.ts';
export { elsewhereOf, type KnownIdentity, RemoteHistory, type RemoteProfile } from './remote-history.ts';
export { type Settled, Uplink, type UplinkOptions, type UplinkState, type UplinkStatus } from './uplink.ts';
