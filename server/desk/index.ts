export { createDesk, type Desk } from './desk.ts';
export { deskFacts } from './journal-events.ts';
export type { DeskOptions, DetourFlow, Login } from './options.ts';
export * from './protocol.ts';
export { defaultReasons, type Reason } from './reasons.ts';
export type { DeskCounters } from './seats.ts';
export { chinese } from './sentences.ts';
