import type { SipMessage } from '../message/index.ts';
import { canDial, defaultPort } from '../protocols.ts';
import type { Arrival, ServerTransaction } from '../stack.ts';
import type { Timer, TimerOwner } from '../timer-wheel.ts';
import { answerAddress, type Target } from '../transport/index.ts';
import { Remnant } from './remnant.ts';
import type { Surroundings } from './surroundings.ts';

/** An answer over a stream may have to find another way by the Via. */
const neededOverStream = ['via', 'call-id', 'cseq'];

/** What the two server machines share: where answers go, the last response, the end. */
export abstract class ServerBase<Name extends string> implements ServerTransaction, TimerOwner<Name> {
  readonly key: string;
  readonly arrival: Arrival;
  onend: ((why: 'done' | 'timeout' | 'transport') => void) | undefined = undefined;
  finalStatus: number | undefined = undefined;
  /** UDP: what we sent may be lost, and must be sent again. */
  protected readonly unreliable: boolean;
  protected readonly around: Surroundings;
  #request: SipMessage | Remnant;
  #target: Target;
  /** As Latin-1: a string is one object, a buffer of its own would be four. */
  #last: string | undefined;
  #over = false;

  constructor(key: string, request: SipMessage, arrival: Arrival, target: Target, around: Surroundings) {
    this.key = key;
    this.#request = request;
    this.arrival = arrival;
    this.#target = target;
    this.around = around;
    this.unreliable = arrival.protocol === 'udp';
  }

  get request(): SipMessage {
    return this.#request instanceof Remnant ? this.#request.asRequest() : this.#request;
  }

  abstract respond(response: SipMessage): boolean;
  /** The request came again. */
  abstract repeated(): void;
  abstract onTimer(name: Name): void;
  /** The table's answer to a response that cannot be sent. @returns whether that ends it */
  protected abstract sendFailed(): boolean;
  protected abstract cancelTimers(): void;

  /** Sends bytes that belong to this transaction where its answers go: also retransmissions of a 2xx from above. */
  send(bytes: Buffer): void {
    this.around.transport.send(bytes, this.#target, (error) => this.#failed(bytes, error));
  }

  /** @param repeatable it is sent again when the request comes again */
  protected sendResponse(response: SipMessage, repeatable: boolean): void {
    if (!response.headers.has('Via')) {
      for (const line of this.request.headers.all('Via').reverse()) response.headers.prepend('Via', line);
    }
    const bytes = response.toBuffer();
    this.send(bytes);
    this.#last = repeatable ? bytes.toString('latin1') : undefined;
    // Once those above have looked at it.
    if (response.status >= 200) setImmediate(ServerBase.#forgetRequest, this);
  }

  /** The last response once more; nothing where there was none. */
  protected sendLast(): void {
    if (this.#last === undefined) return;
    this.around.counters.retransmissionsSent++;
    this.send(Buffer.from(this.#last, 'latin1'));
  }

  protected arm(ms: number, name: Name): Timer {
    return this.around.wheel.arm(ms, this, name);
  }

  protected end(why: 'done' | 'timeout' | 'transport'): void {
    if (this.#over) return;
    this.#over = true;
    this.cancelTimers();
    if (why === 'timeout') this.around.counters.timeouts++;
    if (why === 'transport') this.around.counters.transportFailures++;
    this.around.over(this);
    try {
      this.onend?.(why);
    } catch (error) {
      // This may run from a microtask or a timer: a defect above must not end the process.
      this.around.logger.error(
        { err: error, callId: this.request.callId },
        'the end of a SIP transaction was not handled',
      );
    }
  }

  static #forgetRequest(this: void, answered: ServerBase<string>): void {
    const request = answered.#request;
    if (request instanceof Remnant) return;
    if (answered.unreliable) answered.#request = new Remnant(request);
    else request.compact(neededOverStream, false);
  }

  #failed(bytes: Buffer, error: Error): void {
    if (this.#over) return;
    if (canDial(this.#target.protocol) && this.#target.connection !== undefined) {
      // RFC 3261 §18.2.2: the connection is gone, so one is opened to the address and port of the Via.
      const via = this.request.topVia;
      const { address } = answerAddress(via);
      this.#target = {
        ...this.#target,
        address,
        port: via.port ?? defaultPort(this.#target.protocol),
        connection: undefined,
      };
      this.send(bytes);
      return;
    }
    this.around.logger.info(
      { why: error.message, callId: this.request.callId, method: this.request.method },
      'SIP response could not be sent',
    );
    if (this.sendFailed()) this.end('transport');
  }
}
