export * from './agent-work.ts';
export * from './call-control.ts';
export * from './directory.ts';
export * from './dispositions.ts';
export * from './panel-phones.ts';
export * from './queueing.ts';
export * from './screens.ts';
export * from './team-of.ts';
