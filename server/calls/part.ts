// One agent's part in a call (or the far side's, after a transfer to a number): from answer to the end of her leg.
import type { Bridge, Recording } from '../../media/media-server.ts';
import type { AgentId, Millis, OfferId, QueueId } from '../../values/index.ts';
import type { Leg } from '../signaling/index.ts';
import type { CallLog } from './call-log.ts';
import type { CallTools } from './call-tools.ts';
import { callErrors } from './errors.ts';
import { Talk } from './talk.ts';

export interface PartFacts {
  /** Absent: the far side of a transfer to a number. */
  agent: AgentId | undefined;
  offer?: OfferId | undefined;
  queue?: QueueId | undefined;
  /** The ACD gave it: its end is told to routing. Otherwise it is her own call, and counts as occupation. */
  acd: boolean;
  record: boolean;
  music?: string | undefined;
}

export class Part {
  readonly facts: PartFacts;
  readonly talk: Talk;
  readonly since: Millis;
  readonly #log: CallLog;
  readonly #tools: CallTools;
  #over = false;
  #joined = false;

  constructor(
    tools: CallTools,
    log: CallLog,
    facts: PartFacts,
    customer: Leg,
    other: Leg,
    bridgeId?: string,
    since?: Millis,
  ) {
    this.#tools = tools;
    this.#log = log;
    this.facts = facts;
    this.talk = new Talk(tools, customer, other, bridgeId);
    this.since = since ?? tools.clock.now();
  }

  get agent(): AgentId | undefined {
    return this.facts.agent;
  }
  get other(): Leg {
    return this.talk.other;
  }

  /** Both sides hear each other: from now on the customer can be taken out and brought back. */
  get joined(): boolean {
    return this.#joined;
  }

  /** An adopted one. */
  adopt(bridge: Bridge, recording: Recording | undefined, how: { paused: boolean }): void {
    this.#joined = true;
    this.talk.adopt(bridge, recording, how);
  }

  /** Joins both sides. @throws what the media engine says */
  async start(): Promise<void> {
    await this.talk.start();
    this.#joined = true;
    if (this.#over || !this.facts.record) return;
    const recording = this.talk.record();
    if (recording !== undefined) this.#log.recordingStarted(recording);
  }

  hold(): Promise<void> {
    this.#log.held();
    return this.talk.hold(this.facts.music);
  }

  resume(): Promise<void> {
    this.#log.resumed();
    return this.talk.resume();
  }

  /** @throws call-not-recorded */
  pauseRecording(): void {
    const { recordingId } = this.talk;
    if (recordingId === undefined) throw callErrors['call-not-recorded']();
    if (this.talk.pauseRecording()) this.#log.recordingPaused(recordingId);
  }

  /** @throws call-not-recorded */
  resumeRecording(): void {
    const { recordingId } = this.talk;
    if (recordingId === undefined) throw callErrors['call-not-recorded']();
    if (this.talk.resumeRecording()) this.#log.recordingResumed(recordingId);
  }

  /** Ends it once: the bridge closes, her leg is released, the recording is sealed. The customer's leg stays. */
  end(why: 'customer' | 'agent' | 'transferred' | 'failed'): void {
    if (this.#over) return;
    this.#over = true;
    if (this.facts.agent !== undefined) this.#log.talkEnded(why);
    const { customer, other } = this.talk;
    this.talk.end().then(
      (ended) => {
        if (ended) this.#log.recordingEnded(ended.recording, ended);
      },
      (error: unknown) => this.#tools.logger.error({ err: error, leg: other.id }, 'talk could not be ended'),
    );
    other.end();
    // Whoever is sent on to a queue must be heard again there (position by voice, digits).
    if (!customer.over && customer.heldByUs) {
      customer.resume().catch((error: unknown) => {
        if (!customer.over) this.#tools.logger.info({ err: error, leg: customer.id }, 'resume was declined');
      });
    }
  }
}
