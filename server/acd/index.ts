// The face of the automatic call distributor: a pure state machine for every channel.
export { refusalOfQueue } from './admission.ts';
export { faults } from './check.ts';
export * from './commands.ts';
export * from './configuration.ts';
export { decide, nextWakeup, routerVersion } from './decide.ts';
export * from './events.ts';
export { evolve } from './evolve.ts';
export { demandsIn, hasRoom } from './lanes.ts';
export { expectedWait, placeOf } from './measure.ts';
export * from './presence.ts';
export { setBackMs } from './set-back.ts';
export { fold, restore, type Snapshot, snapshot } from './snapshot.ts';
export { type Agent, type Contact, emptyState, type Queue, type RouterState, type Work } from './state.ts';
export * from './work.ts';
