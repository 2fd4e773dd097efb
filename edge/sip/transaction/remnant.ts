import { ownText } from '../../../values/index.ts';
import { SipMessage } from '../message/index.ts';

/**
 * What stays of a request that has been dealt with, while its transaction waits for 32 s for its repetitions: there are
 * thousands of them, they are known by their key, and nobody needs more of them than their name.
 */
export class Remnant {
  readonly method: string;
  readonly callId: string;
  readonly #seq: number;

  constructor(request: SipMessage) {
    this.method = request.method;
    this.callId = ownText(request.callId);
    this.#seq = request.cseq.number;
  }

  /** A request with the Call-ID and CSeq that it had, and nothing else. */
  asRequest(): SipMessage {
    const request = SipMessage.request(this.method, '');
    request.headers.add('Call-ID', this.callId).add('CSeq', `${this.#seq} ${this.method}`);
    return request;
  }
}
