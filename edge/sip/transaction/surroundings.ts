import type { Logger } from 'pino';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Transport } from '../transport/index.ts';
import type { Timing } from './timing.ts';

/** Counted since the start; for /metrics. */
export interface TransactionCounters {
  serverTransactions: number;
  clientTransactions: number;
  /** Requests that came again and were absorbed. */
  retransmissionsReceived: number;
  /** Requests and responses that we sent again. */
  retransmissionsSent: number;
  timeouts: number;
  transportFailures: number;
  /** Responses that belong to nothing. */
  strayResponses: number;
  /** Requests refused because there were too many transactions. */
  refused: number;
}

/** What a transaction needs from the layer that it lives in. */
export interface Surroundings {
  readonly transport: Transport;
  readonly wheel: TimerWheel;
  readonly timing: Timing;
  readonly counters: TransactionCounters;
  readonly logger: Logger;
  /** It is over: forget it. */
  over(member: { readonly key: string }): void;
}
