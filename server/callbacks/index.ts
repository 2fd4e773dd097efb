export type { Callback, CallbackState } from './callback.ts';
export type { CallbackRequest } from './callback-request.ts';
export { Callbacks, type CallbacksOptions, type WaitingCallback } from './callbacks.ts';
