export { type DirectoryLock, dataDirectoryHolder, lockDataDirectory, lockFile } from './data-directory.ts';
export { type DatabaseOptions, databaseFile, type OpenDatabase, openDatabase } from './database.ts';
export { defineEvent, eventTypes, newEvent } from './event-type.ts';
export { journalAlarm, journalErased, journalLost } from './events.ts';
export { type Fence, fenceOf, mustBeHere, putFence, takeFenceAway } from './fence.ts';
export { matches } from './filter.ts';
export { type HalfRestored, halfRestored, mustBeWhole, noteHalfRestored, restoreEnded } from './half-restored.ts';
export {
  type ChainReport,
  type JournalCounters,
  type JournalOptions,
  openJournal,
  type SiteJournal,
} from './journal.ts';
export { eventsAfter } from './read-events.ts';
export { type ReadJob, type ReadStream, readJob, readStream } from './read-job.ts';
export { openReader, type Reader, readInPlace } from './reader.ts';
export type * from './types.ts';
export { chainOf } from './verify-chain.ts';
