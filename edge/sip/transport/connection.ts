import { systemClock } from '../../../values/index.ts';
import type { Arrival, Listener } from '../stack.ts';
import type { Timer, TimerOwner, TimerWheel } from '../timer-wheel.ts';
import { plainAddress } from './address.ts';
import type { Inbound } from './inbound.ts';
import type { TransportLimits } from './limits.ts';
import { MessageFramer } from './message-framer.ts';
import type { Pipe } from './pipe.ts';
import { type FrameReceiver, StreamFramer } from './stream-framer.ts';
import type { TransportCounters } from './transport.ts';

/** What a connection needs from around it. */
export interface ConnectionSurroundings {
  inbound: Inbound;
  wheel: TimerWheel;
  limits: TransportLimits;
  counters: TransportCounters;
  /** Once, when it is over. */
  closed(connection: Connection): void;
  /** Once, when the first whole message came. */
  proven(connection: Connection): void;
}

const pong = Buffer.from('\r\n');

interface Unsent {
  failed: (error: Error) => void;
}

/**
 * One connection (TCP, TLS, WebSocket), whoever opened it.
 *
 *   connecting ──connect──► open ──error, close, deadline, broken framing──► closed
 */
export class Connection implements TimerOwner<'watch'> {
  readonly id: string;
  /** Which listener it belongs to: whose address Via and Contact show. */
  readonly listener: Listener;
  readonly inward: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** A whole message came over it. */
  proven = false;
  /** Whom it leads to, for reuse. */
  readonly peer: string;
  readonly #pipe: Pipe;
  readonly #around: ConnectionSurroundings;
  readonly #framer: StreamFramer | MessageFramer;
  readonly #unsent = new Set<Unsent>();
  #watch: Timer | undefined;
  #openedAt: number;
  #lastByteAt: number;
  #messageBegunAt: number | undefined;
  #connecting: boolean;
  #closed = false;
  /** Since when only what was written still goes out. */
  #finishingAt: number | undefined;
  #why: Error | undefined;

  constructor(
    id: string,
    pipe: Pipe,
    listener: Listener,
    remote: { address: string; port: number; inward: boolean; key: string },
    around: ConnectionSurroundings,
  ) {
    this.id = id;
    this.listener = listener;
    this.inward = remote.inward;
    this.remoteAddress = plainAddress(remote.address);
    this.remotePort = remote.port;
    this.#pipe = pipe;
    this.peer = remote.key;
    this.#around = around;
    this.#connecting = !remote.inward;
    this.#openedAt = around.wheel.now();
    this.#lastByteAt = this.#openedAt;
    const receiver: FrameReceiver = {
      message: (message, bytes, raw) => {
        this.#prove();
        this.#messageBegunAt = undefined; // what follows it in the same read is another
        around.inbound.message(message, this.#arrival(bytes), raw);
      },
      malformed: (error, bytes, broken) => {
        this.#messageBegunAt = undefined;
        around.inbound.malformed(error, this.#arrival(bytes));
        if (broken) this.#finish(new Error('the stream is no SIP'));
      },
      ping: () => {
        around.counters.keepalives++;
        this.#write(pong);
      },
    };
    const Framer = pipe.whole ? MessageFramer : StreamFramer;
    this.#framer = new Framer(receiver, around.limits.messageBytes);
    pipe.user = {
      opened: () => {
        this.#connecting = false;
        this.#openedAt = around.wheel.now();
        this.#lastByteAt = this.#openedAt;
        this.#watchAgain();
      },
      received: (chunk) => this.#received(chunk),
      ended: () => this.#finish(undefined),
      closed: (error) => this.close(error),
    };
    this.#watchAgain();
  }

  /** Our own; that of the listener until it stands. */
  get localAddress(): string {
    const { localAddress } = this.#pipe;
    return localAddress === undefined ? this.listener.address : plainAddress(localAddress);
  }

  /** Whether messages may still be given to it. */
  get usable(): boolean {
    return !this.#closed && this.#finishingAt === undefined;
  }

  /** `failed` where the bytes cannot be handed to the kernel; never before this returned. */
  send(bytes: Buffer, failed: (error: Error) => void): void {
    if (!this.usable || this.#pipe.unsent > this.#around.limits.unsentBytes) {
      const why = this.#why ?? new Error(this.usable ? 'the peer does not read' : 'the connection is closed');
      queueMicrotask(() => failed(why));
      if (this.usable) this.close(why);
      return;
    }
    const unsent: Unsent = { failed };
    this.#unsent.add(unsent);
    this.#pipe.write(bytes, (error) => {
      if (this.#unsent.delete(unsent) && error) failed(error);
    });
  }

  /** Ends it at once; whoever waits for bytes to go out is told. */
  close(why?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#why = why;
    this.#watch?.cancel();
    this.#pipe.destroy();
    const unsent = [...this.#unsent];
    this.#unsent.clear();
    // Later, since the caller may be in the middle of `send` to another.
    const error = why ?? new Error('the connection was closed');
    queueMicrotask(() => {
      for (const { failed } of unsent) failed(error);
    });
    this.#around.closed(this);
  }

  onTimer(): void {
    this.#watch = undefined;
    const { limits, wheel } = this.#around;
    const now = wheel.now();
    if (this.#connecting && now - this.#openedAt >= limits.connectMs) this.close(new Error('connecting took too long'));
    else if (now >= this.#deadline()) {
      this.#around.counters.connectionsRefused++;
      this.close(new Error('the connection was silent or slow for too long'));
    } else this.#watchAgain();
  }

  /** Flushes what was written (an answer to what broke the stream), then closes. */
  #finish(why: Error | undefined): void {
    if (!this.usable) return;
    if (this.#pipe.unsent === 0) {
      this.close(why);
      return;
    }
    this.#finishingAt = this.#around.wheel.now();
    this.#watchAgain();
    this.#pipe.finish(() => this.close(why));
  }

  #received(chunk: Buffer): void {
    this.#lastByteAt = this.#around.wheel.now();
    this.#framer.push(chunk);
    const before = this.#messageBegunAt;
    this.#messageBegunAt = this.#framer.inMessage ? (before ?? this.#lastByteAt) : undefined;
    if (!this.#closed && before === undefined && this.#messageBegunAt !== undefined) this.#watchAgain();
  }

  #write(bytes: Buffer): void {
    if (this.usable) this.#pipe.write(bytes);
  }

  #prove(): void {
    if (this.proven) return;
    this.proven = true;
    this.#around.proven(this);
    this.#watchAgain();
  }

  /** When the strictest of the limits that now hold runs out. */
  #deadline(): number {
    const { limits } = this.#around;
    if (this.#connecting) return this.#openedAt + limits.connectMs;
    if (this.#finishingAt !== undefined) return this.#finishingAt + limits.messageMs;
    let deadline = this.#lastByteAt + limits.idleMs;
    if (this.inward && !this.proven) {
      const firstMs = this.#pipe.whole ? limits.webSocketFirstMessageMs : limits.firstMessageMs;
      deadline = Math.min(deadline, this.#openedAt + firstMs);
    }
    if (this.#messageBegunAt !== undefined) deadline = Math.min(deadline, this.#messageBegunAt + limits.messageMs);
    return deadline;
  }

  /** One timer for all limits: it looks again when the nearest might have run out. */
  #watchAgain(): void {
    this.#watch?.cancel();
    const { wheel } = this.#around;
    this.#watch = wheel.arm(Math.max(0, this.#deadline() - wheel.now()), this, 'watch');
  }

  #arrival(bytes: number): Arrival {
    return {
      protocol: this.listener.protocol,
      localAddress: this.localAddress,
      localPort: this.listener.port,
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      connection: this.id,
      bytes,
      at: systemClock.now(),
    };
  }
}
