export * from './protocol.ts';
export * from './signature.ts';
