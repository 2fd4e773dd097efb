// drachtio's admin protocol: an unmodified drachtio-srf uses the edge through it.
export { type AdmissionLimits, standardLimits } from './admission.ts';
export { dialogRequests } from './dialog-requests.ts';
export { FrameReader, FramingError, framed } from './framing.ts';
export type { GapOptions } from './gap.ts';
export { Gateway, type GatewayOptions } from './gateway.ts';
export { Ledger } from './ledger.ts';
export type { SourceLimits } from './sources.ts';
