// A parked call: the customer hears music at a slot, nobody has her, and anybody can retrieve her by its number. Where
// nobody does in time she comes back to who parked her, then to the queue that she came from.
import type { Playback } from '../../media/media-server.ts';
import type { Leg } from '../signaling/index.ts';
import type { Call } from './call.ts';
import type { CallTools } from './call-tools.ts';
import { callErrors } from './errors.ts';
import type { Ringing } from './ringing.ts';

/** Plain data, so that it can be noted. */
export interface ParkFacts {
  slot: string;
  by: string;
  since: number;
  until: number;
  /** The ACD had given her: whoever retrieves her gets her by it again, in that queue. */
  acd: boolean;
  queue?: string | undefined;
  record: boolean;
  music?: string | undefined;
}

/** How long the phone of whoever parked her rings when nobody came. */
const returnRingMs = 30_000;

export class CallPark {
  readonly #call: Call;
  readonly #tools: CallTools;
  #facts: ParkFacts | undefined;
  #music: Playback | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Phones of those who want to retrieve her. */
  readonly #ringing = new Set<Ringing>();

  constructor(call: Call, tools: CallTools) {
    this.#call = call;
    this.#tools = tools;
  }

  get now(): Readonly<ParkFacts> | undefined {
    return this.#facts;
  }

  /** @throws call-wrong-phase */
  begin(by: string, slot: string): void {
    const call = this.#call;
    const { part } = call.talk;
    if (!part?.joined || !call.can('parked')) throw callErrors['call-wrong-phase']({ phase: call.state });
    const { acd, record, music } = part.facts;
    const queue = part.facts.queue ?? call.place.now?.id;
    const since = this.#tools.clock.now();
    const until = since + (this.#tools.parkMs ?? 120_000);
    call.must('parked');
    this.#facts = { slot, by, since, until, acd, queue, record, music };
    call.log.parked(slot, by);
    call.talk.end('transferred');
    this.#wait();
    call.moved();
  }

  /** After a restart. */
  takeUp(facts: ParkFacts): void {
    this.#facts = facts;
    this.#wait();
  }

  /** An agent's phone rings for her: no longer than she is here. */
  rings(ringing: Ringing): void {
    this.#ringing.add(ringing);
    void ringing.result.then(() => this.#ringing.delete(ringing));
  }

  /** An agent's phone is there for her. */
  retrieve(agent: string, leg: Leg): void {
    const call = this.#call;
    const facts = this.#facts;
    const { customer } = call;
    if (!facts || !customer || customer.over || leg.over || !call.step('retrieved')) {
      leg.end();
      // Who came twice, by panel and phone, has her by the other.
      if (!call.has(agent)) call.release(agent);
      return;
    }
    this.stop();
    const { slot, since, queue, record, music } = facts;
    call.log.retrieved(slot, 'agent', this.#tools.clock.now() - since);
    const acd = facts.acd && this.#tools.queueing.take(call, agent, { queue });
    if (acd) call.release(agent);
    else call.occupy(agent);
    void call.talk.begin({ agent, queue, acd, record, music }, customer, leg);
  }

  /** No more music, no more waiting. */
  stop(): void {
    this.abandon();
    this.#facts = undefined;
    this.#music?.stop();
    this.#music = undefined;
    for (const ringing of this.#ringing) ringing.abort();
  }

  /** This server goes and the call stays: the music plays on. */
  abandon(): void {
    clearTimeout(this.#timer);
  }

  /** The media engine is back. */
  restored(): void {
    if (this.#facts) this.#play();
  }

  #wait(): void {
    this.#play();
    const waitMs = Math.max(0, (this.#facts?.until ?? 0) - this.#tools.clock.now());
    this.#timer = setTimeout(() => this.#comeBack(), waitMs);
  }

  #play(): void {
    const leg = this.#call.customer;
    if (!leg || leg.over) return;
    const music = this.#tools.prompts.music(this.#facts?.music);
    this.#music = leg.endpoint.play(music, { times: Number.POSITIVE_INFINITY });
  }

  #comeBack(): void {
    const facts = this.#facts;
    const call = this.#call;
    if (!facts || call.over) return;
    this.stop();
    call.log.retrieved(facts.slot, 'timeout', this.#tools.clock.now() - facts.since);
    const by = this.#tools.directory.agents.get(facts.by);
    if (by && call.place.enterFor(by, { ringMs: returnRingMs, fallback: facts.queue })) return;
    if (facts.queue !== undefined && call.place.enterAs(facts.queue)) return;
    call.finish('system', 'park-timeout');
  }
}
