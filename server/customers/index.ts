export * from './interaction-events.ts';
