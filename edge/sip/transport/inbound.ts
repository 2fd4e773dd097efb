import type { Logger } from 'pino';
import { checkMandatory, filledRport, SipMessage, SipSyntaxError, type Via } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import type { MessageTrace } from '../trace/index.ts';
import type { Receiver, TransportCounters } from './transport.ts';

/** What every transport does with what it received: read, check, note where it came from, hand up, count. */
export class Inbound {
  receiver: Receiver;
  readonly #counters: TransportCounters;
  readonly #logger: Logger;
  readonly #maxBytes: number;
  readonly #trace: MessageTrace | undefined;

  constructor(
    receiver: Receiver,
    counters: TransportCounters,
    logger: Logger,
    maxBytes: number,
    trace?: MessageTrace | undefined,
  ) {
    this.receiver = receiver;
    this.#counters = counters;
    this.#logger = logger;
    this.#maxBytes = maxBytes;
    this.#trace = trace;
  }

  /** One datagram. */
  datagram(bytes: Buffer, arrival: Arrival): void {
    if (isKeepalive(bytes)) {
      this.#counters.keepalives++;
      return;
    }
    let message: SipMessage;
    try {
      message = SipMessage.parse(bytes, { maxBytes: this.#maxBytes });
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      this.malformed(error, arrival);
      return;
    }
    this.message(message, arrival, bytes);
  }

  /** One message that is syntactically good. @param raw its bytes; copied where they are traced */
  message(message: SipMessage, arrival: Arrival, raw: Buffer): void {
    this.#trace?.add(raw, 'in', arrival, arrival.at);
    try {
      checkMandatory(message);
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      this.malformed(error, arrival);
      return;
    }
    if (message.isRequest) noteSource(message, arrival);
    this.#counters.receivedMessages++;
    this.#guarded(() => this.receiver.message(message, arrival), arrival);
  }

  malformed(error: SipSyntaxError, arrival: Arrival): void {
    this.#counters.malformed++;
    const answered = this.#guarded(() => this.receiver.malformed(error, arrival), arrival) === true;
    if (!answered) this.#counters.dropped++;
    this.#logger.debug(
      {
        why: error.message,
        status: error.status,
        answered,
        bytes: arrival.bytes,
        pii: { from: arrival.remoteAddress },
      },
      'malformed SIP message',
    );
  }

  /** A defect above must not end the process, nor the calls of others. */
  #guarded<Result>(work: () => Result, arrival: Arrival): Result | undefined {
    try {
      return work();
    } catch (error) {
      this.#logger.error({ err: error, protocol: arrival.protocol }, 'handling a SIP message failed');
      return undefined;
    }
  }
}

/**
 * RFC 3261 §18.2.1 and RFC 3581: `received` and `rport` of the top Via say where the request really came from, whatever
 * the sender wrote there. rport is filled in for who asked for it, and for who did not but sits behind a NAT (its sent-by
 * is not where it came from, so sent-by's port would mean nothing here). Else answers go to sent-by's port.
 */
export function noteSource(request: SipMessage, arrival: Arrival): void {
  const via = request.topVia;
  const mapped = via.host !== arrival.remoteAddress || (via.port ?? 5060) === arrival.remotePort;
  if (mapped || via.params.has('rport')) via.params.set('rport', String(arrival.remotePort));
  via.params.set('received', arrival.remoteAddress);
  request.topVia = via;
}

/** Where the answer to a request goes by its top Via, after `noteSource` (RFC 3261 §18.2.2). */
export function answerAddress(via: Via): { address: string; port: number } {
  return { address: via.params.get('received') ?? via.host, port: filledRport(via) ?? via.port ?? 5060 };
}

function isKeepalive(bytes: Buffer): boolean {
  if (bytes.length > 4) return false;
  return bytes.every((byte) => byte === 13 || byte === 10 || byte === 0);
}
