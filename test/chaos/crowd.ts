// Callers who talk with agents, all recorded, while something breaks: and what became of each, as they saw it and as the
// product wrote it down. A few are ears: SIPp, and sound of 50 packets a second. The others are a mass, for their number.
import type { Phone } from '../contract/media/phone.ts';
import { longestGap } from '../product/continuity.ts';
import type { Caller, Floor, Interaction, Line, Party } from '../product/floor.ts';
import { until } from '../product/until.ts';
import { Mass } from './mass.ts';

/** Talks that are listened to packet by packet. */
const mostEars = 4;
/** Records that are asked for at once. */
const atOnce = 8;

interface Talk {
  caller: Caller;
  seat: Party & { agent: string };
  callId: string;
}

/** What callers saw, against what was written down. */
export interface Counted {
  /** Calls that were answered, as their callers saw. */
  calls: number;
  /** Contacts that the journal has of them; each call has to be one, and one only. */
  contacts: number;
  /** Records that say how the contact ended. */
  closed: number;
  /** Of these, with the agent and a whole recording. */
  complete: number;
}

export class Crowd {
  readonly line: Line;
  readonly #floor: Floor;
  readonly #talks: Talk[] = [];
  #mass: Mass | undefined;
  #since = Date.now();

  private constructor(floor: Floor, line: Line) {
    this.#floor = floor;
    this.line = line;
  }

  /** So many talks, with sound both ways. */
  static async gather(floor: Floor, count: number): Promise<Crowd> {
    const crowd = new Crowd(floor, await floor.line({ record: true }));
    const ears = Math.min(count, mostEars);
    for (let i = 0; i < ears; i++) {
      const seat = await floor.seat([crowd.line.queue]);
      const caller = await floor.caller(crowd.line.number);
      const { callId } = await floor.answers(seat, caller.interaction);
      caller.rtp.speak(500);
      seat.rtp.speak(900);
      crowd.#talks.push({ caller, seat, callId });
    }
    if (count > ears) crowd.#mass = await Mass.gather(floor, await floor.line({ record: true }), count - ears);
    await until(
      () => crowd.talking() === count,
      () => `everybody hears everybody: ${crowd.talking()} of ${count}`,
    );
    await until(() => crowd.interactions.length === count, 'every call is a contact');
    crowd.#since = Date.now();
    crowd.#mass?.measure();
    return crowd;
  }

  /** Of all answered calls, by the Call-IDs that their callers chose. */
  get interactions(): string[] {
    const callIds = new Set(this.#callers().map(({ callId }) => callId));
    return this.#floor.events.of('interaction.started').flatMap(({ interaction, data }) => {
      return interaction !== undefined && callIds.has(data.callId as string) ? [interaction] : [];
    });
  }

  get callIds(): string[] {
    return [
      ...this.#talks.flatMap(({ caller, callId }) => [caller.sipp.callId, callId]),
      ...(this.#mass?.callIds ?? []),
    ];
  }

  #callers(): { callId: string }[] {
    return [
      ...this.#talks.map(({ caller }) => ({ callId: caller.sipp.callId })),
      ...(this.#mass?.callers.filter(({ status }) => status === 200) ?? []),
    ];
  }

  get #phones(): Phone[] {
    return this.#talks.flatMap(({ caller, seat }) => [caller.rtp, seat.rtp]);
  }

  /** Talks in which both sides heard one another a moment ago. */
  talking(): number {
    const fresh = (phone: Phone) => (phone.heard.at(-1)?.at ?? 0) > performance.now() - 500;
    const ears = this.#talks.filter(({ caller, seat }) => fresh(caller.rtp) && fresh(seat.rtp)).length;
    return ears + (this.#mass?.talking() ?? 0);
  }

  /** Longest pause that anybody heard since all were talking, ms. */
  gap(): number {
    const ears = this.#phones.map((phone) => longestGap(phone, this.#since));
    return Math.round(Math.max(...ears, this.#mass?.gap() ?? 0));
  }

  /** Sound goes on for so long: packets are waited for, not time. */
  async goesOn(ms: number): Promise<void> {
    const [phone] = this.#phones;
    const heard = phone?.heard.length ?? 0;
    await until(() => (phone?.heard.length ?? 0) >= heard + ms / 20, `${ms} ms of sound came`, ms + 15_000);
  }

  /** The server knows all of these calls. */
  async known(): Promise<void> {
    const wanted = this.interactions;
    await until(
      async () => {
        try {
          const there = new Set((await this.#floor.calls()).map(({ interaction }) => interaction));
          return wanted.every((interaction) => there.has(interaction));
        } catch (error) {
          const { code = '' } = error as NodeJS.ErrnoException;
          if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code)) return false;
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
    this.#mass?.hangUp();
    await this.over();
  }

  /** All parties have seen their end, whoever ended it. */
  async over(): Promise<void> {
    const ears = this.#talks.flatMap(({ caller, seat }) => [caller.sipp.done(60_000), seat.sipp.done(60_000)]);
    await Promise.all([...ears, this.#mass?.over()]);
  }

  /** Counts, once all have hung up. @param recordings whether to wait until every recording is closed */
  async counted({ recordings = true } = {}): Promise<Counted> {
    const interactions = this.interactions;
    const counted: Counted = {
      calls: this.#callers().length,
      contacts: new Set(interactions).size,
      closed: 0,
      complete: 0,
    };
    if (interactions.length !== counted.contacts) throw new Error('a contact was begun twice');
    const left = [...interactions];
    const one = async () => {
      for (let interaction = left.pop(); interaction !== undefined; interaction = left.pop()) {
        const record = await this.#record(interaction, recordings);
        if (record.outcome !== 'answered' || record.endedBy === undefined) continue;
        counted.closed++;
        const [recording] = record.recordings;
        if (record.agent !== undefined && recording?.ms !== undefined && (recording.bytes ?? 0) > 44)
          counted.complete++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    return counted;
  }

  async #record(interaction: string, recordings: boolean): Promise<Interaction> {
    let record = await this.#floor.record(interaction);
    if (!recordings) return record;
    await until(
      async () => {
        record = await this.#floor.record(interaction);
        return record.recordings.every(({ ms }) => ms !== undefined);
      },
      `the recording of ${interaction} is closed`,
      60_000,
    );
    return record;
  }

  close(): void {
    this.#mass?.close();
  }
}
