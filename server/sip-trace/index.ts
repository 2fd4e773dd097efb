// The SIP messages of a contact, as long as the edge still has them.
export { pcapOf } from './pcap.ts';
export { type SipLadder, type SipLadderLeg, type SipMessageView, SipTrace } from './sip-trace.ts';
