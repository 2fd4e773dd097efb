export type { Binding, BindingStore } from './bindings.ts';
export { type Destination, findDid, resolveDialled } from './dial-plan.ts';
export {
  Leg,
  type LegEnding,
  type LegOwner,
  type LegProgress,
  type LegRole,
  type LegTools,
  type Referral,
} from './leg.ts';
export { type LegCallId, LegCallIds } from './leg-call-ids.ts';
export type { CallIn, PanelLineFacts } from './leg-dialog.ts';
export type { Admitted } from './screening.ts';
export { type PhoneTarget, Signaling, type SignalingOptions } from './signaling.ts';
export {
  connectSip,
  type DialogMemory,
  type Headers,
  ha1,
  type IncomingCall,
  parseNameAddr,
  parseUri,
  type Sip,
  type SipDialog,
  type SipOptions,
  type SipServerAddress,
  userOf,
} from './sip/index.ts';
export { sqliteBindings } from './sqlite-bindings.ts';
export { sqliteDialogs } from './sqlite-dialogs.ts';
export { VisitorCall } from './visitor-call.ts';
