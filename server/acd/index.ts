// The face of the automatic call distributor: a pure state machine for every channel.
export * from './commands.ts';
export * from './configuration.ts';
export * from './events.ts';
export * from './presence.ts';
export * from './work.ts';
