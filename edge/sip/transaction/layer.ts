import { EventEmitter } from 'node:events';
import { reasonPhrase, SipMessage, SipSyntaxError } from '../message/index.ts';
import type {
  Arrival,
  ClientTransaction,
  ClientTransactionUser,
  Destination,
  Listener,
  Transactions,
  TransactionUser,
  TransportEvents,
} from '../stack.ts';
import { answerAddress, noteSource, type Receiver, type Target, type TransportCounters } from '../transport/index.ts';
import { ClientTable } from './client-table.ts';
import { prependVia } from './client-transaction.ts';
import { serverKey } from './keys.ts';
import { ServerTable } from './server-table.ts';
import type { Surroundings, TransactionCounters } from './surroundings.ts';
import { newBranch, newTag, stableTag } from './tokens.ts';

/** Of the transactions, new requests may take so many. */
const shareOfNew = 0.8;
const retrySeconds = 5;

/** Transactions with their counters, for /metrics. */
export interface CountedTransactions extends Transactions {
  /** Everything counted since the start, transport and transactions. */
  counters(): Readonly<TransportCounters & TransactionCounters>;
}

/** RFC 3261 §17: requests and responses in, transactions out, and back. */
export class TransactionLayer extends EventEmitter<TransportEvents> implements CountedTransactions, Receiver {
  user: TransactionUser;
  readonly #around: Omit<Surroundings, 'over'>;
  readonly #servers: ServerTable;
  readonly #clients: ClientTable;
  readonly #maxTransactions: number;
  #closed = false;

  constructor(around: Omit<Surroundings, 'over'>, user: TransactionUser, maxTransactions: number) {
    super();
    this.user = user;
    this.#around = around;
    this.#servers = new ServerTable(around);
    this.#clients = new ClientTable(around);
    this.#maxTransactions = maxTransactions;
    around.transport.receiver = this;
  }

  get listening(): readonly Listener[] {
    return this.#around.transport.listeners;
  }

  request(request: SipMessage, to: Destination, user: ClientTransactionUser): ClientTransaction {
    const { transport } = this.#around;
    const listener = transport.listenerFor(to);
    // Without a listener the request still gets a Via, so that it can be shown; it fails before it is sent.
    const shown: Listener = listener ?? { protocol: to.protocol, address: '0.0.0.0', port: 5060 };
    prependVia(request, shown, newBranch());
    const client = this.#clients.create(request, user);
    client.start(this.#targets(to));
    return client;
  }

  send(message: SipMessage, to: Destination): void {
    const { transport } = this.#around;
    if (!message.isRequest) {
      // A 2xx again: it goes the way of its transaction, from the same socket or connection.
      const server = this.#servers.answeredBy(message);
      if (server !== undefined) {
        server.send(message.toBuffer());
        return;
      }
    } else if (!message.headers.has('Via')) {
      const listener = transport.listenerFor(to);
      if (listener !== undefined) prependVia(message, listener, newBranch());
    }
    const bytes = message.toBuffer();
    const { callId } = message;
    const failed = (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#around.logger.info({ why, callId, method: message.method }, 'SIP message could not be sent');
    };
    const targets = this.#targets(to);
    if (Array.isArray(targets)) transport.send(bytes, targets[0]!, failed);
    else targets.then((found) => transport.send(bytes, found[0]!, failed)).catch(failed);
  }

  listenerFor(to: Destination): Listener | undefined {
    return this.#around.transport.listenerFor(to);
  }

  behindMs(now: number): number {
    return this.#around.transport.behindMs(now);
  }

  counts(): { server: number; client: number; connections: number } {
    return {
      server: this.#servers.size,
      client: this.#clients.size,
      connections: this.#around.transport.connections,
    };
  }

  counters(): Readonly<TransportCounters & TransactionCounters> {
    return { ...this.#around.transport.counters, ...this.#around.counters };
  }

  useCertificate(certificate: { cert: string; key: string }): void {
    this.#around.transport.useCertificate(certificate);
  }

  /** Ends everything at once; no more calls to anybody. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#around.wheel.close();
    await this.#around.transport.close();
  }

  /** From the transport. */
  message(message: SipMessage, arrival: Arrival): void {
    if (this.#closed) return;
    if (!message.isRequest) this.#response(message, arrival);
    else if (message.method === 'ACK') this.#ack(message, arrival);
    else this.#request(message, arrival);
  }

  /** From the transport: answers what can be answered (a request other than ACK whose top Via can be read). */
  malformed(error: SipSyntaxError, arrival: Arrival): boolean {
    const request = error.partial;
    if (this.#closed || request === undefined || !request.isRequest || request.method === 'ACK') return false;
    try {
      noteSource(request, arrival);
    } catch (unreadable) {
      if (unreadable instanceof SipSyntaxError) return false;
      throw unreadable;
    }
    const reason = error.status === 400 ? `Bad Request: ${error.message}` : reasonPhrase(error.status);
    return this.#answerStateless(request, arrival, error.status, reason);
  }

  /** From the transport. */
  connectionClosed(connection: string): void {
    if (this.#closed) return;
    this.#clients.connectionClosed(connection);
    this.emit('connection-closed', connection);
  }

  #request(request: SipMessage, arrival: Arrival): void {
    const key = serverKey(request, request.method);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      this.#around.counters.retransmissionsReceived++;
      known.repeated();
      return;
    }
    const target = this.#answerTarget(request, arrival);
    if (target === undefined) return;
    const retryAfter = this.#refusal(request, arrival);
    if (retryAfter !== undefined) {
      this.#around.counters.refused++;
      this.#answerStateless(request, arrival, 503, reasonPhrase(503), { retryAfter, tag: stableTag(key) });
      return;
    }
    const server = this.#servers.create(key, request, arrival, target);
    try {
      if (request.method === 'CANCEL') this.#cancel(server, request, arrival);
      else this.user.request(server);
    } catch (error) {
      this.#around.logger.error(
        { err: error, callId: request.callId, method: request.method },
        'SIP request not handled',
      );
      const refusal = SipMessage.response(request, 500);
      refusal.ensureToTag(newTag());
      server.respond(refusal);
    }
  }

  /** @returns Retry-After in seconds where the request is not taken in */
  #refusal(request: SipMessage, arrival: Arrival): number | undefined {
    // What belongs to calls under way finds room where new requests find none any more.
    const share = request.toTag === undefined ? shareOfNew : 1;
    if (this.#servers.size >= this.#maxTransactions * share) return retrySeconds;
    if (request.method === 'CANCEL' && this.#servers.inviteOf(request) !== undefined) return undefined;
    return this.user.refusal(request, arrival);
  }

  /** RFC 3261 §9.2: 200 where there is something to cancel, else 481; what follows from it is decided above. */
  #cancel(server: ReturnType<ServerTable['create']>, cancel: SipMessage, arrival: Arrival): void {
    const invite = this.#servers.inviteOf(cancel);
    const answer = SipMessage.response(cancel, invite === undefined ? 481 : 200);
    answer.ensureToTag(invite?.toTag ?? newTag());
    server.respond(answer);
    this.user.cancel(cancel, arrival, invite?.finalStatus === undefined ? invite : undefined);
  }

  #ack(ack: SipMessage, arrival: Arrival): void {
    if (this.#servers.inviteOf(ack)?.ack() === true) return;
    this.user.ack(ack, arrival);
  }

  #response(response: SipMessage, arrival: Arrival): void {
    const client = this.#clients.match(response);
    if (client !== undefined) {
      client.response(response, arrival);
      return;
    }
    // More than one Via: meant for somebody behind us, and we are no proxy.
    const ours = response.headers.count('Via') === 1 && !response.headers.get('Via')!.includes(',');
    if (ours && response.cseq.method === 'INVITE' && response.status >= 200 && response.status < 300) {
      this.user.strayAnswer(response, arrival);
    } else this.#around.counters.strayResponses++;
  }

  /** @returns whether an answer left */
  #answerStateless(
    request: SipMessage,
    arrival: Arrival,
    status: number,
    reason: string,
    { retryAfter, tag = newTag() }: { retryAfter?: number; tag?: string } = {},
  ): boolean {
    const target = this.#answerTarget(request, arrival);
    if (target === undefined) return false;
    const answer = SipMessage.response(request, status, reason);
    if (retryAfter !== undefined) answer.headers.add('Retry-After', String(retryAfter));
    try {
      answer.ensureToTag(tag);
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      // To is missing or is what was wrong: the answer carries what there was.
    }
    this.#around.transport.send(answer.toBuffer(), target, (error) =>
      this.#around.logger.debug({ why: error.message }, 'the answer to a malformed message could not be sent'),
    );
    return true;
  }

  /** RFC 3261 §18.2.2 and RFC 3581: over the connection it came by; for UDP to its source, from the socket that got it. */
  #answerTarget(request: SipMessage, arrival: Arrival): Target | undefined {
    const { listeners } = this.#around.transport;
    const { protocol, localAddress, localPort } = arrival;
    const listener =
      listeners.find((one) => one.protocol === protocol && one.port === localPort && one.address === localAddress) ??
      listeners.find((one) => one.protocol === protocol && one.port === localPort) ??
      listeners.find((one) => one.protocol === protocol);
    if (listener === undefined) return undefined;
    if (protocol !== 'udp') {
      const { remoteAddress: address, remotePort: port, connection } = arrival;
      return { protocol, address, port, listener, connection };
    }
    const { address, port } = answerAddress(request.topVia);
    return { protocol, address, port, listener };
  }

  #targets(to: Destination): Target[] | Promise<Target[]> {
    try {
      return this.#around.transport.targets(to);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
