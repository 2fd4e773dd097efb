// Sockets: bytes in and out, messages cut and read. Knows nothing of transactions.
export { chooseListener, sentBy } from './choose-listener.ts';
export { answerAddress, noteSource } from './inbound.ts';
export { defaultLimits, type TransportLimits } from './limits.ts';
export { openTransport, type TransportOptions } from './open-transport.ts';
export { type Dns, Resolver, type SrvRecord, systemDns } from './resolver.ts';
export { type FrameReceiver, StreamFramer } from './stream-framer.ts';
export type { Receiver, Target, Transport, TransportCounters } from './transport.ts';
