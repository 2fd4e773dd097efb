export type { CallTools, CustomerLookup, Flows, KnownCustomer, PromptAudio } from './call-tools.ts';
export { Calls } from './calls.ts';
export { callMonitored } from './events.ts';
