// The SIP stack: messages, transactions, dialogs. Below it sockets, above it whoever decides about calls.
export * from './dialog/index.ts';
export * from './message/index.ts';
export * from './protocols.ts';
export * from './stack.ts';
export * from './trace/index.ts';
export { newTag, newUuid, openTransactions, type Timing, type TransactionOptions } from './transaction/index.ts';
