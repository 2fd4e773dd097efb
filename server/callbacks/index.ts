export type { Callback, CallbackState } from './callback.ts';
export { type CallbackRequest, Callbacks, type CallbacksOptions, type WaitingCallback } from './callbacks.ts';
