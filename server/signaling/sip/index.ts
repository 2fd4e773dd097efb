export {
  escapeUser,
  formatNameAddr,
  type NameAddr,
  parseNameAddr,
  parseUri,
  type SipUri,
  splitValues,
  userOf,
} from './addresses.ts';
export { type DialogEnding, type DialogHandler, type OfferReply, SipDialog } from './dialog.ts';
export { type DigestAlgorithm, type DigestVerdict, DigestVerifier, ha1, isStale, type StoredHa1 } from './digest.ts';
export { sipErrors } from './errors.ts';
export { type Headers, type IncomingCall, type IncomingRequest, rows, type Source } from './incoming.ts';
export type { CallProgress, CallRequest, OutgoingCall } from './outgoing.ts';
export { connectSip, type DialogMemory, type Found, type Sip, type SipHandlers, type SipOptions } from './sip.ts';
export type { SipServerAddress } from './wire.ts';
