import { parseUnsigned } from './host-port.ts';
import type { SipMessage } from './sip-message.ts';
import { SipSyntaxError } from './syntax-error.ts';

/** Headers that may stand only once (RFC 3261 §7.3.1); two of them would let two readers see two messages. */
const single = ['call-id', 'cseq', 'from', 'to', 'content-length', 'max-forwards'];

/**
 * Checks what RFC 3261 §8.1.1 demands of every message: Via, From, To, Call-ID, CSeq there and readable, CSeq's method
 * that of the request. Max-Forwards may be missing (RFC 2543).
 * @throws SipSyntaxError (400) with the message as `partial`
 */
export function checkMandatory(message: SipMessage): void {
  try {
    for (const name of single) {
      if (message.headers.count(name) > 1) throw new SipSyntaxError(`${name} stands twice`);
    }
    void message.topVia;
    void message.callId;
    void message.from;
    void message.to;
    const { cseq } = message;
    if (message.isRequest && cseq.method !== message.method) {
      throw new SipSyntaxError('CSeq: its method is not that of the request');
    }
    const hops = message.headers.get('max-forwards');
    if (hops !== undefined) {
      const number = parseUnsigned(hops);
      if (number === undefined || number > 255) throw new SipSyntaxError('Max-Forwards: not a number from 0 to 255');
    }
  } catch (error) {
    if (error instanceof SipSyntaxError) throw new SipSyntaxError(error.message, error.status, message);
    throw error;
  }
}
