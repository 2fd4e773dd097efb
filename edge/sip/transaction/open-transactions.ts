import type { Logger } from 'pino';
import { SipMessage } from '../message/index.ts';
import type { Listener, TransactionUser } from '../stack.ts';
import { systemTicker, type Ticker, TimerWheel } from '../timer-wheel.ts';
import type { MessageTrace } from '../trace/index.ts';
import { type Dns, openTransport, type Receiver, type TransportLimits } from '../transport/index.ts';
import { type CountedTransactions, TransactionLayer } from './layer.ts';
import type { TransactionCounters } from './surroundings.ts';
import { defaultTiming, type Timing } from './timing.ts';
import { newTag } from './tokens.ts';

export interface TransactionOptions {
  /** What to bind, IPv4 and IPv6; port 0 takes a free one. */
  listen: readonly Listener[];
  logger: Logger;
  /** May also be set later, as `user`; until then requests get 503. */
  user?: TransactionUser | undefined;
  timing?: Partial<Timing> | undefined;
  limits?: Partial<TransportLimits & { transactions: number }> | undefined;
  /** For tests. */
  ticker?: Ticker | undefined;
  dns?: Dns | undefined;
  /** For TLS and WSS, PEM. */
  certificate?: { cert: string; key: string } | undefined;
  /** Authorities of TLS peers besides those that Node knows, PEM. */
  trust?: string | undefined;
  /** Pages that may open WebSockets besides those of the host itself. */
  origins?: readonly string[] | undefined;
  /** Keeps the messages that passed; without it nothing is kept. */
  trace?: MessageTrace | undefined;
}

const maxTransactions = 200_000;

/**
 * Binds the listeners and starts the transaction layer on them.
 * @throws SwitchroomError `sip-port-in-use`, `sip-address-unavailable`, `sip-listen-failed`; then nothing stays bound
 */
export async function openTransactions(options: TransactionOptions): Promise<CountedTransactions> {
  const { logger, limits } = options;
  const wheel = makeWheel(logger, options.ticker);
  const transport = await openTransport({
    listen: options.listen,
    logger,
    wheel,
    receiver: nobodyYet,
    limits,
    dns: options.dns,
    certificate: options.certificate,
    trust: options.trust,
    origins: options.origins,
    trace: options.trace,
  });
  const around = { transport, wheel, timing: { ...defaultTiming, ...options.timing }, counters: zeroes(), logger };
  return new TransactionLayer(around, options.user ?? refusing, limits?.transactions ?? maxTransactions);
}

/** A wheel whose owners' defects are logged and stop nothing else. */
export function makeWheel(logger: Logger, ticker: Ticker = systemTicker): TimerWheel {
  return new TimerWheel((error) => logger.error({ err: error }, 'a SIP timer failed'), ticker);
}

export function zeroes(): TransactionCounters {
  return {
    serverTransactions: 0,
    clientTransactions: 0,
    retransmissionsReceived: 0,
    retransmissionsSent: 0,
    timeouts: 0,
    transportFailures: 0,
    strayResponses: 0,
    refused: 0,
  };
}

/** Between binding and the layer's birth lies less than a turn of the loop; peers retransmit. */
const nobodyYet: Receiver = { message: () => undefined, malformed: () => false, connectionClosed: () => undefined };

const refusing: TransactionUser = {
  refusal: () => undefined,
  request(transaction) {
    const response = SipMessage.response(transaction.request, 503);
    response.ensureToTag(newTag());
    transaction.respond(response);
  },
  ack: () => undefined,
  cancel: () => undefined,
  strayAnswer: () => undefined,
};
