// Two transaction layers joined by a network that loses what a test wants it to lose; time is moved by hand.
import pino from 'pino';
import { SipMessage } from '../../../../../edge/sip/message/index.ts';
import type {
  Arrival,
  ClientTransactionUser,
  Destination,
  Listener,
  Protocol,
  ServerTransaction,
  TransactionUser,
} from '../../../../../edge/sip/stack.ts';
import { defaultTiming, makeWheel, TransactionLayer, zeroes } from '../../../../../edge/sip/transaction/index.ts';
import { noteSource, type Receiver, type Target, type Transport } from '../../../../../edge/sip/transport/index.ts';
import { ManualTicker } from '../manual-ticker.ts';

export interface Sent {
  at: number;
  from: 'a' | 'b';
  message: SipMessage;
  /** `INVITE`, `200 INVITE`. */
  what: string;
  lost: boolean;
}

class FakeTransport implements Transport {
  readonly listeners: readonly Listener[];
  readonly counters = {
    receivedMessages: 0,
    sentMessages: 0,
    malformed: 0,
    dropped: 0,
    keepalives: 0,
    connectionsRefused: 0,
    sendFailures: 0,
  };
  readonly connections = 0;
  receiver: Receiver = { message: () => undefined, malformed: () => false, connectionClosed: () => undefined };
  readonly #net: FakeNetwork;
  readonly #side: 'a' | 'b';
  /** Addresses that refuse bytes, and ports whose closedness the kernel would tell. */
  readonly unreachable = new Set<string>();
  readonly closedPorts = new Set<string>();
  extraTargets: string[] = [];

  constructor(net: FakeNetwork, side: 'a' | 'b', address: string) {
    this.#net = net;
    this.#side = side;
    this.listeners = [
      { protocol: 'udp', address, port: 5060 },
      { protocol: 'tcp', address, port: 5060 },
    ];
  }

  /** Datagrams wait to be read. */
  behind = false;

  behindMs(): number {
    return this.behind ? 100 : 0;
  }

  listenerFor(to: Destination): Listener | undefined {
    return this.listeners.find((listener) => listener.protocol === to.protocol);
  }

  targets(to: Destination): Target[] | Promise<Target[]> {
    const listener = this.listenerFor(to);
    if (listener === undefined) throw new Error('no listener');
    if (to.host === 'unresolvable') return Promise.reject(new Error('no such name'));
    return [...this.extraTargets, to.host].map((address) => ({
      protocol: to.protocol,
      address,
      port: to.port,
      listener,
    }));
  }

  useCertificate(): void {}

  send(bytes: Buffer, target: Target, failed: (error: Error) => void): string | undefined {
    if (this.unreachable.has(target.address)) {
      queueMicrotask(() => failed(new Error('unreachable')));
      return undefined;
    }
    this.#net.carry(this.#side, bytes, target);
    return target.protocol === 'tcp' ? (target.connection ?? 'connection') : undefined;
  }

  probe(target: Target, refused: () => void): void {
    if (this.closedPorts.has(target.address)) queueMicrotask(refused);
  }

  async close(): Promise<void> {}
}

/** Logs what a transaction user hears. */
export class Listening implements TransactionUser {
  readonly requests: ServerTransaction[] = [];
  readonly acks: SipMessage[] = [];
  readonly cancels: { cancel: SipMessage; invite: ServerTransaction | undefined }[] = [];
  readonly strays: SipMessage[] = [];
  readonly ends: string[] = [];
  /** What is done with a new request. */
  answer: (transaction: ServerTransaction) => void = () => undefined;

  request(transaction: ServerTransaction): void {
    this.requests.push(transaction);
    transaction.onend = (why) => this.ends.push(`${transaction.request.method} ${why}`);
    this.answer(transaction);
  }

  ack(ack: SipMessage): void {
    this.acks.push(ack);
  }

  cancel(cancel: SipMessage, _arrival: Arrival, invite: ServerTransaction | undefined): void {
    this.cancels.push({ cancel, invite });
  }

  refusal(): undefined {
    return undefined;
  }

  strayAnswer(response: SipMessage): void {
    this.strays.push(response);
  }
}

/** Logs what a client transaction reports. */
export class Reports implements ClientTransactionUser {
  readonly heard: string[] = [];

  response(response: SipMessage, _arrival: Arrival, again: boolean): void {
    this.heard.push(`${response.status}${again ? ' again' : ''}`);
  }

  failed(why: 'timeout' | 'transport'): void {
    this.heard.push(why);
  }
}

export class FakeNetwork {
  readonly ticker = new ManualTicker();
  readonly sent: Sent[] = [];
  readonly transports: { a: FakeTransport; b: FakeTransport };
  readonly a: TransactionLayer;
  readonly b: TransactionLayer;
  readonly userA = new Listening();
  readonly userB = new Listening();
  /** Whether a message is lost on the way. */
  lose: (sent: Sent) => boolean = () => false;
  #queue: (() => void)[] = [];

  constructor(maxTransactions = 1_000) {
    this.transports = { a: new FakeTransport(this, 'a', '10.0.0.1'), b: new FakeTransport(this, 'b', '10.0.0.2') };
    const logger = pino({ level: 'silent' });
    const layer = (transport: Transport, user: TransactionUser) => {
      const wheel = makeWheel(logger, this.ticker);
      return new TransactionLayer(
        { transport, wheel, timing: defaultTiming, counters: zeroes(), logger },
        user,
        maxTransactions,
      );
    };
    this.a = layer(this.transports.a, this.userA);
    this.b = layer(this.transports.b, this.userB);
  }

  carry(from: 'a' | 'b', bytes: Buffer, target: Target): void {
    const message = SipMessage.parse(bytes);
    const what = message.isRequest ? message.method : `${message.status} ${message.cseq.method}`;
    const sent: Sent = { at: this.ticker.now(), from, message, what, lost: false };
    this.sent.push(sent);
    sent.lost = this.lose(sent);
    if (sent.lost) return;
    const to = from === 'a' ? this.transports.b : this.transports.a;
    this.#queue.push(() => to.receiver.message(...this.arriving(from, SipMessage.parse(bytes), target.protocol)));
  }

  /** A message as it would come up from the transport. */
  arriving(from: 'a' | 'b', message: SipMessage, protocol: Protocol): [SipMessage, Arrival] {
    const [source, local] = from === 'a' ? ['10.0.0.1', '10.0.0.2'] : ['10.0.0.2', '10.0.0.1'];
    const arrival: Arrival = {
      protocol,
      localAddress: local,
      localPort: 5060,
      remoteAddress: source,
      remotePort: 5060,
      connection: protocol === 'tcp' ? 'connection' : undefined,
      bytes: 1,
      at: this.ticker.now(),
    };
    if (message.isRequest) noteSource(message, arrival);
    return [message, arrival];
  }

  /** Delivers everything that is under way, and what follows from it. */
  settle(): void {
    for (let deliver = this.#queue.shift(); deliver !== undefined; deliver = this.#queue.shift()) deliver();
  }

  /** Lets time pass, delivering as it goes. */
  pass(ms: number): void {
    this.settle();
    this.ticker.advance(ms, () => this.settle());
  }

  /** Sends a request from a to b. */
  request(method: string, protocol: Protocol, user: ClientTransactionUser, host = '10.0.0.2') {
    return this.a.request(makeRequest(method), { protocol, host, port: 5060 }, user);
  }

  /** `at: what` of one side, in order. */
  timesOf(what: string, from: 'a' | 'b' = 'a'): number[] {
    return this.sent.filter((sent) => sent.what === what && sent.from === from).map((sent) => sent.at);
  }
}

let number = 0;

export function makeRequest(method: string): SipMessage {
  number++;
  const request = SipMessage.request(method, 'sip:bob@10.0.0.2');
  request.headers
    .add('Max-Forwards', '70')
    .add('From', '<sip:ann@10.0.0.1>;tag=ann')
    .add('To', '<sip:bob@10.0.0.2>')
    .add('Call-ID', `call-${number}`)
    .add('CSeq', `1 ${method}`);
  return request;
}

export function respond(transaction: ServerTransaction, status: number): boolean {
  const response = SipMessage.response(transaction.request, status);
  response.ensureToTag('bob');
  return transaction.respond(response);
}
