// Transactions (RFC 3261 §17, RFC 6026). The interface to the layer above is ../stack.ts.
export { type CountedTransactions, TransactionLayer } from './layer.ts';
export { makeWheel, openTransactions, type TransactionOptions, zeroes } from './open-transactions.ts';
export type { TransactionCounters } from './surroundings.ts';
export { inviteClient, inviteServer, nonInviteClient, nonInviteServer } from './tables.ts';
export { defaultTiming, type Timing } from './timing.ts';
export { newBranch, newTag, newUuid, randomToken } from './tokens.ts';
