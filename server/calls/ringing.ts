// Rings one or several phones at once; the first that answers wins, all others are cancelled.
import type { EndpointId, InteractionId } from '../../values/index.ts';
import {
  Leg,
  type LegEnding,
  type LegOwner,
  type LegRole,
  type LegTools,
  type PhoneTarget,
  type Referral,
} from '../signaling/index.ts';

export interface RingRequest {
  /** The contact that they are rung for. */
  interaction: InteractionId;
  targets: PhoneTarget[];
  role: LegRole;
  agent?: string | undefined;
  from: { user: string; name?: string | undefined };
  headers?: Record<string, string> | undefined;
  /** Its endpoint will be bridged with the new ones. */
  near?: EndpointId | undefined;
  /**
   * A phone that has said nothing for that long is unreachable. 0: as long as it takes. Under load it has longer: only what
   * it does not say counts, not what we have not come to hear.
   */
  silentMs: number;
}

/** Where the SIP server takes so long to answer us, ms, the INVITE left late, or a word of the phone waits to be read. */
const busyMs = 250;
/** So many times `silentMs` are granted; then the SIP server's own 408 decides. */
const mostPatience = 10;

export type RingResult =
  | { answered: Leg; phones: number; ringMs: number }
  /** `status`: the most telling answer of the phones. */
  | {
      answered: undefined;
      how: 'declined' | 'unreachable' | 'aborted';
      status?: number | undefined;
      phones: number;
      ringMs: number;
    };

const elsewhere = 'SIP;cause=200;text="Call completed elsewhere"';

/**
 * ```
 *   ringing ──200──▶ answered
 *      ├──486, 6xx──▶ declined     (603, 600 of one phone ends all)
 *      ├──nobody left──▶ unreachable
 *      └──abort──▶ aborted
 * ```
 */
export class Ringing implements LegOwner {
  readonly result: Promise<RingResult>;
  readonly #tools: LegTools;
  readonly #request: RingRequest;
  readonly #resolve: (result: RingResult) => void;
  readonly #forks = new Map<Leg, PhoneTarget>();
  /** Forks that have said something. */
  readonly #heard = new Set<Leg>();
  readonly #began = performance.now();
  #statuses: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** How often silence was waited for. */
  #waits = 0;
  #over = false;
  #replacing = false;
  /** 18x came for the first time. */
  onringing: (() => void) | undefined;
  /** Early media of that leg can be heard. */
  onearly: ((leg: Leg) => void) | undefined;

  constructor(tools: LegTools, request: RingRequest) {
    const { promise, resolve } = Promise.withResolvers<RingResult>();
    this.result = promise;
    this.#resolve = resolve;
    this.#tools = tools;
    this.#request = request;
    if (request.targets.length === 0) {
      this.#finish({ answered: undefined, how: 'unreachable', ...this.#figures() });
      return;
    }
    this.#ring(request.targets, request.headers);
  }

  /** Stops at once. */
  abort(): void {
    if (this.#over) return;
    this.#finish({ answered: undefined, how: 'aborted', ...this.#figures() });
  }

  /** Rings the same phones again with headers that make them answer. */
  again(headers: Record<string, string>): void {
    if (this.#over || [...this.#forks.keys()].some((leg) => leg.pickUp())) return;
    const forks = [...this.#forks];
    this.#replacing = true;
    this.#forks.clear();
    for (const [leg] of forks) {
      // Its place on a trunk goes over to the leg that takes its turn.
      leg.onover = undefined;
      leg.end();
    }
    this.#ring(
      forks.map(([, target]) => target),
      { ...this.#request.headers, ...headers },
    );
    this.#replacing = false;
  }

  #ring(targets: PhoneTarget[], headers: Record<string, string> | undefined): void {
    this.#waits = 0;
    this.#listen();
    const legs = targets.map((target) => {
      const leg = new Leg(this.#tools, this.#request.role, this);
      leg.agent = this.#request.agent;
      leg.belongs(this.#request.interaction);
      leg.onover = target.release;
      this.#forks.set(leg, target);
      return leg;
    });
    for (const [i, leg] of legs.entries()) this.#place(leg, targets[i]!, headers);
  }

  #place(leg: Leg, target: PhoneTarget, headers: Record<string, string> | undefined): void {
    leg
      .open(this.#request.near, { panel: target.panel !== undefined })
      .then(() => {
        if (leg.over) return;
        leg.call(
          { ...target, from: this.#request.from, headers: { ...headers, ...target.headers } },
          {
            ringing: () => {
              const first = this.#heard.size === 0;
              this.#heard.add(leg);
              if (first) this.onringing?.();
            },
            early: () => this.onearly?.(leg),
            answered: () => this.#answered(leg),
          },
        );
      })
      .catch((error: unknown) => {
        if (leg.over) return;
        this.#tools.logger.error({ err: error, leg: leg.id }, 'a phone could not be rung');
        leg.end('media');
      });
  }

  #answered(leg: Leg): void {
    if (this.#over || !this.#forks.delete(leg)) {
      leg.end(elsewhere);
      return;
    }
    this.#finish({ answered: leg, ...this.#figures() });
  }

  legEnded(leg: Leg, ending: LegEnding): void {
    if (!this.#forks.delete(leg) || this.#replacing || this.#over) return;
    if (ending.status !== undefined) this.#statuses.push(ending.status);
    const everywhere = ending.status !== undefined && ending.status >= 600;
    if (everywhere || this.#forks.size === 0) this.#failed();
  }

  legHeld(): void {
    // A phone that rings cannot hold.
  }

  legReferred(_leg: Leg, referral: Referral): void {
    referral.refuse(603);
  }

  #listen(): void {
    const { silentMs } = this.#request;
    clearTimeout(this.#timer);
    if (silentMs === 0) return;
    const due = performance.now() + silentMs;
    this.#timer = setTimeout(() => void this.#unheard(due), silentMs);
  }

  /** Looks whether it is the phone that is silent, or we who are late: a whole floor of phones must not go under with us. */
  async #unheard(due: number): Promise<void> {
    const waiting = [...this.#forks.keys()].filter((leg) => !this.#heard.has(leg));
    if (waiting.length === 0) return;
    await this.#tools.sip.settled();
    if (this.#over || waiting.every((leg) => this.#heard.has(leg) || !this.#forks.has(leg))) return;
    const late = performance.now() - due;
    if (late > busyMs && ++this.#waits < mostPatience) this.#listen();
    else this.#silence();
  }

  #silence(): void {
    for (const leg of [...this.#forks.keys()]) {
      if (this.#heard.has(leg)) continue;
      this.#statuses.push(408);
      this.#forks.delete(leg);
      leg.end();
    }
    if (this.#forks.size === 0 && !this.#over) this.#failed();
  }

  #failed(): void {
    const busy = this.#statuses.find((status) => status === 486 || status >= 600);
    this.#finish({
      answered: undefined,
      how: busy === undefined ? 'unreachable' : 'declined',
      status: busy ?? this.#statuses.at(-1),
      ...this.#figures(),
    });
  }

  #finish(result: RingResult): void {
    this.#over = true;
    clearTimeout(this.#timer);
    const losers = [...this.#forks.keys()];
    this.#forks.clear();
    for (const leg of losers) leg.end(result.answered ? elsewhere : 'BYE');
    this.#resolve(result);
  }

  #figures(): { phones: number; ringMs: number } {
    return { phones: this.#request.targets.length, ringMs: Math.round(performance.now() - this.#began) };
  }
}
