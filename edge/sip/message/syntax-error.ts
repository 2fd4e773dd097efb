import type { SipMessage } from './sip-message.ts';

/** 400 malformed, 505 wrong version, 513 too large, 413 body too large. */
export type SyntaxStatus = 400 | 413 | 505 | 513;

/**
 * What came over the network is not a good SIP message. `message` names the field and the reason and never quotes what
 * was received, so that it may be logged and put into a reason phrase.
 */
export class SipSyntaxError extends Error {
  /** The status to answer a request with. */
  readonly status: SyntaxStatus;
  /** What could be read nevertheless, so that a request can be answered; undefined where not even the start line was SIP. */
  readonly partial: SipMessage | undefined;

  constructor(message: string, status: SyntaxStatus = 400, partial?: SipMessage) {
    super(message);
    this.name = 'SipSyntaxError';
    this.status = status;
    this.partial = partial;
  }
}
