// Dialogs (RFC 3261 §12–§15, RFC 3262, RFC 4028): between the transactions and whoever decides about calls.
export { notSent } from './answering.ts';
export { ackIsOurs, type Calling, firstSeq } from './calling.ts';
export { contactOf, hostPort, listenerOf, responseDestination } from './core.ts';
export { type Dialog, destinationOf, dialogDestination, dialogId, uriOf } from './dialog.ts';
export type { DialogTable } from './dialog-table.ts';
export type { Incoming } from './incoming.ts';
export type { Outgoing } from './outgoing.ts';
export type { AnswerDraft, DialogEndCause, DialogTimes, DialogUser, Draft, NextHop } from './user.ts';
export { UserAgent, type UserAgentOptions } from './user-agent.ts';
