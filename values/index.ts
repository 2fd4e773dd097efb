export * from './credit.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './interaction.ts';
export * from './not-there.ts';
export * from './phone-number.ts';
export * from './state-machine.ts';
export * from './time.ts';
