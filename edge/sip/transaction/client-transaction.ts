import { formatVia, type SipMessage, type Via } from '../message/index.ts';
import type { Arrival, ClientTransaction, ClientTransactionUser, Listener } from '../stack.ts';
import type { Timer, TimerOwner } from '../timer-wheel.ts';
import { sentBy, type Target } from '../transport/index.ts';
import { clientKey } from './keys.ts';
import { Remnant } from './remnant.ts';
import type { Surroundings } from './surroundings.ts';
import { newBranch } from './tokens.ts';

/** What a client transaction needs besides. */
export interface ClientSurroundings extends Surroundings {
  /** It now goes by another key (the next target needs a new branch). */
  rekeyed(member: ClientBase<string>, before: string): void;
  /** Its request travels on that connection; it wants to know when that ends. */
  carriedBy(member: ClientBase<string>, connection: string): void;
  /** Runs a CANCEL on its own. */
  startCancel(cancel: SipMessage, target: Target): void;
}

/** What recognises a response, and what an ACK to a failure is made of. */
const needed = { recognise: ['call-id', 'cseq'], acknowledge: ['via', 'route', 'from', 'to', 'call-id', 'cseq'] };

function compact(request: SipMessage, status: number): void {
  const acknowledges = request.method === 'INVITE' && status >= 300;
  request.compact(acknowledges ? needed.acknowledge : needed.recognise, acknowledges);
}

/** What the two client machines share: targets and their failover, sending, the end. */
export abstract class ClientBase<Name extends string> implements ClientTransaction, TimerOwner<Name> {
  finalStatus: number | undefined = undefined;
  protected readonly around: ClientSurroundings;
  protected user: ClientTransactionUser;
  #request: SipMessage | Remnant;
  #key: string;
  #targets: Target[] = [];
  #target: Target | undefined;
  #connection: string | undefined;
  #bytes: Buffer | undefined;
  #attempt = 0;
  #probed = false;
  #over = false;

  constructor(request: SipMessage, user: ClientTransactionUser, around: ClientSurroundings) {
    this.#request = request;
    this.user = user;
    this.around = around;
    this.#key = clientKey(request.topVia.params.get('branch') ?? '', request.method);
  }

  get key(): string {
    return this.#key;
  }

  get request(): SipMessage {
    return this.#request instanceof Remnant ? this.#request.asRequest() : this.#request;
  }

  get callId(): string {
    return this.#request.callId;
  }

  handOver(user: ClientTransactionUser): void {
    this.user = user;
    if (!(this.#request instanceof Remnant)) this.#request = new Remnant(this.#request);
  }

  abstract cancel(headers?: [name: string, value: string][]): SipMessage;
  abstract onTimer(name: Name): void;
  /** A response whose branch and CSeq are ours. */
  abstract response(response: SipMessage, arrival: Arrival): void;
  /** The request has gone to a target for the first time: retransmission may begin. */
  protected abstract sent(unreliable: boolean): void;
  /** Whether no response has come, so that another target may be tried. */
  protected abstract readonly unanswered: boolean;
  /** The table's answer to a broken transport. @returns whether that ends it */
  protected abstract broken(): boolean;
  protected abstract cancelTimers(): void;

  protected get unreliable(): boolean {
    return this.#target === undefined || this.#target.protocol === 'udp';
  }

  /** Sends to the first target, at once where the targets are known. */
  start(targets: Target[] | Promise<Target[]>): void {
    if (Array.isArray(targets)) {
      this.#targets = targets;
      this.#next();
      return;
    }
    targets.then(
      (found) => {
        if (this.#over) return;
        this.#targets = found;
        this.#next();
      },
      (error: unknown) => this.transportFailed(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Its connection ended: no answer can come that way any more. */
  connectionLost(connection: string): void {
    if (this.#connection === connection && this.finalStatus === undefined) {
      this.transportFailed(new Error('the connection was closed'));
    }
  }

  /** Tries the next target where nothing was heard yet (RFC 3263 §4.3), else ends. Never called from within `start`. */
  transportFailed(error: Error): void {
    if (this.#over || this.finalStatus !== undefined) return;
    if (this.unanswered && this.#targets.length > 0) {
      this.#next();
      return;
    }
    const { callId, method } = this.request;
    this.around.logger.info({ why: error.message, callId, method }, 'SIP request could not be delivered');
    if (this.broken()) {
      this.around.counters.transportFailures++;
      this.fail('transport');
    }
  }

  /**
   * The request once more, unless the answer may lie among the datagrams that wait to be read: then it would only make more
   * of them. The first time on UDP the kernel is asked whether anybody can hear it.
   */
  protected sendAgain(): void {
    if (this.#bytes === undefined || this.#target === undefined) return;
    if (this.around.transport.behindMs(performance.now()) > 0) return;
    this.around.counters.retransmissionsSent++;
    this.#send(this.#bytes, this.#target);
    if (this.#probed || !this.unanswered) return;
    this.#probed = true;
    const attempt = this.#attempt;
    this.around.transport.probe(this.#target, () => {
      if (attempt === this.#attempt && this.unanswered) this.transportFailed(new Error('the UDP port is closed'));
    });
  }

  /** ACK, on the way of the request. */
  protected sendAlong(message: SipMessage): void {
    if (this.#target === undefined) return;
    const { callId } = this.request;
    this.around.transport.send(message.toBuffer(), this.#along(this.#target), (error) =>
      this.around.logger.info({ why: error.message, callId }, 'SIP ACK could not be sent'),
    );
  }

  protected startCancel(cancel: SipMessage): void {
    if (this.#target !== undefined) this.around.startCancel(cancel, this.#along(this.#target));
  }

  /** A final response is here: what would be sent again is not needed any more. */
  protected finish(status: number): void {
    this.finalStatus = status;
    this.#bytes = undefined;
    this.cancelTimers();
    // Once those above have looked at it.
    setImmediate(compact, this.request, status);
  }

  protected arm(ms: number, name: Name): Timer {
    return this.around.wheel.arm(ms, this, name);
  }

  /** Over, with a made-up failure for the user. */
  protected fail(why: 'timeout' | 'transport'): void {
    if (this.#over) return;
    if (why === 'timeout') this.around.counters.timeouts++;
    this.end();
    try {
      this.user.failed(why);
    } catch (error) {
      // This may run from a microtask or a timer: a defect above must not end the process.
      this.around.logger.error({ err: error, callId: this.request.callId }, 'a failed SIP request was not handled');
    }
  }

  protected end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#bytes = undefined;
    this.cancelTimers();
    this.around.over(this);
  }

  #next(): void {
    const target = this.#targets.shift();
    if (target === undefined) return;
    this.cancelTimers();
    this.#attempt++;
    this.#probed = false;
    this.#connection = undefined;
    this.#putVia(target);
    this.#target = target;
    this.#bytes = this.request.toBuffer();
    this.#send(this.#bytes, target);
    this.sent(target.protocol === 'udp');
  }

  /** Via must name the listener that is really used, and a new target needs a new branch (RFC 3263 §4.3). */
  #putVia(target: Target): void {
    const via = this.request.topVia;
    const { host, port } = sentBy(target.listener);
    const again = this.#attempt > 1;
    const transport = target.protocol.toUpperCase();
    if (!again && via.host === host && via.port === port && via.transport === transport) return;
    const branch = again ? newBranch() : (via.params.get('branch') ?? newBranch());
    this.request.topVia = viaOf(target.listener, branch);
    const before = this.#key;
    this.#key = clientKey(branch, this.request.method);
    if (before !== this.#key) this.around.rekeyed(this, before);
  }

  #send(bytes: Buffer, target: Target): void {
    const attempt = this.#attempt;
    const connection = this.around.transport.send(bytes, this.#along(target), (error) => {
      if (attempt === this.#attempt) this.transportFailed(error);
    });
    if (connection !== undefined && connection !== this.#connection) {
      this.#connection = connection;
      this.around.carriedBy(this, connection);
    }
  }

  #along(target: Target): Target {
    return this.#connection === undefined ? target : { ...target, connection: this.#connection };
  }
}

/** Our Via value; rport only where it helps (RFC 3581 §3). */
export function viaOf(listener: Listener, branch: string): Via {
  const { protocol } = listener;
  const params = new Map<string, string | undefined>([['branch', branch]]);
  if (protocol === 'udp') params.set('rport', undefined);
  const { host, port } = sentBy(listener);
  return { transport: protocol.toUpperCase(), host, port, params };
}

/** Puts our Via on top. */
export function prependVia(request: SipMessage, listener: Listener, branch: string): void {
  request.headers.prepend('Via', formatVia(viaOf(listener, branch)));
}
