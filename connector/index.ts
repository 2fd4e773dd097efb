export * from './protocol.ts';
export * from './report.ts';
