// Callers who talk with agents, all recorded, while something breaks: and what became of each.
import type { Phone } from '../contract/media/phone.ts';
import { longestGap } from '../product/continuity.ts';
import type { Caller, Floor, Line, Party } from '../product/floor.ts';
import { until } from '../product/until.ts';

export interface Row {
  what: string;
  /** Calls with sound both ways, before and after. */
  before: number;
  after: number;
  /** Longest pause in what any party heard, ms. */
  gapMs: number | string;
  /** Contacts with a complete record, recording included, of all. */
  records: string;
  lost: string;
}

interface Talk {
  caller: Caller;
  seat: Party & { agent: string };
  callId: string;
}

export class Crowd {
  readonly line: Line;
  readonly #floor: Floor;
  readonly #talks: Talk[] = [];
  #since = Date.now();

  private constructor(floor: Floor, line: Line) {
    this.#floor = floor;
    this.line = line;
  }

  /** So many talks, with sound both ways. */
  static async gather(floor: Floor, count: number): Promise<Crowd> {
    const crowd = new Crowd(floor, await floor.line({ record: true }));
    for (let i = 0; i < count; i++) {
      const seat = await floor.seat([crowd.line.queue]);
      const caller = await floor.caller(crowd.line.number);
      const { callId } = await floor.answers(seat, caller.interaction);
      caller.rtp.speak(500);
      seat.rtp.speak(900);
      crowd.#talks.push({ caller, seat, callId });
    }
    await until(async () => crowd.talking() === count, 'everybody hears everybody');
    crowd.#since = Date.now();
    return crowd;
  }

  get interactions(): string[] {
    return this.#talks.map(({ caller }) => caller.interaction);
  }

  get callIds(): string[] {
    return this.#talks.flatMap(({ caller, callId }) => [caller.sipp.callId, callId]);
  }

  get #phones(): Phone[] {
    return this.#talks.flatMap(({ caller, seat }) => [caller.rtp, seat.rtp]);
  }

  /** Talks in which both sides heard something within the last half second. */
  talking(): number {
    const fresh = (phone: Phone) => (phone.heard.at(-1)?.at ?? 0) > performance.now() - 500;
    return this.#talks.filter(({ caller, seat }) => fresh(caller.rtp) && fresh(seat.rtp)).length;
  }

  /** Longest pause that anybody heard since all were talking, ms. */
  gap(): number {
    return Math.round(Math.max(...this.#phones.map((phone) => longestGap(phone, this.#since))));
  }

  /** Sound goes on for so long: packets are waited for, not time. */
  async goesOn(ms: number): Promise<void> {
    const [phone] = this.#phones;
    const heard = phone?.heard.length ?? 0;
    await until(() => (phone?.heard.length ?? 0) >= heard + ms / 20, `${ms} ms of sound came`);
  }

  /** The server knows all of these calls. */
  async known(): Promise<void> {
    await until(
      async () => {
        try {
          const there = (await this.#floor.calls()).map(({ interaction }) => interaction);
          return this.interactions.every((interaction) => there.includes(interaction));
        } catch (error) {
          const { code = '' } = error as NodeJS.ErrnoException;
          if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET'].includes(code)) return false;
          throw error;
        }
      },
      'all calls are known',
      60_000,
    );
  }

  /** Every caller hangs up, and all phones are told. */
  async hangUp(): Promise<void> {
    for (const { caller } of this.#talks) await caller.sipp.tell('HANGUP');
    await this.over();
  }

  async over(): Promise<void> {
    await Promise.all(this.#talks.flatMap(({ caller, seat }) => [caller.sipp.done(60_000), seat.sipp.done(60_000)]));
  }

  /** Records that are closed, with a recording that is whole. */
  async complete(): Promise<number> {
    let count = 0;
    for (const { caller } of this.#talks) {
      const record = await this.#floor.record(caller.interaction);
      await until(
        async () => (await this.#floor.record(caller.interaction)).recordings.every(({ ms }) => ms !== undefined),
        'its recording is closed',
        60_000,
      );
      const [recording] = (await this.#floor.record(caller.interaction)).recordings;
      if (record.outcome === 'answered' && record.agent !== undefined && (recording?.bytes ?? 0) > 44) count++;
    }
    return count;
  }

  /** Records that say how and when the contact ended. */
  async closed(): Promise<number> {
    const records = await Promise.all(this.interactions.map((interaction) => this.#floor.record(interaction)));
    return records.filter(({ outcome, endedBy }) => outcome === 'answered' && endedBy !== undefined).length;
  }

  async records(): Promise<string> {
    return `${await this.complete()} of ${this.#talks.length}`;
  }
}
