// An agent's own figures of the day, from what happens on her desk.

import type { Channel, InteractionId, Millis } from '../../values/index.ts';
import type { AgentLive } from '../ports/index.ts';
import type { Today } from './views.ts';

/** Her part in a contact, when it has left her desk. */
export interface Worked {
  interaction: InteractionId;
  channel: Channel;
  outcome: 'handled' | 'missed' | 'declined';
  talkMs: number;
  wrapUpMs: number;
}

interface Part {
  interaction: InteractionId;
  channel: Channel;
  state: 'connected' | 'wrap-up';
  since: Millis;
  talkMs: number;
}

export class Tally {
  #today: Today = empty();
  /** By offer where it is known: a contact can come back while she still wraps up its first part. */
  readonly #parts = new Map<string, Part>();

  get today(): Today {
    return { ...this.#today };
  }

  /** Whether it holds anything that would be lost with it. */
  get counted(): boolean {
    return this.#today.handled + this.#today.missed + this.#today.declined > 0;
  }

  /** A new day. Contacts on hand count to the day on which they end. */
  reset(): void {
    this.#today = empty();
  }

  /** Adds what was worked, now or before a restart. */
  add(worked: Pick<Worked, 'outcome' | 'talkMs' | 'wrapUpMs'>): void {
    this.#today[worked.outcome]++;
    this.#today.talkMs += worked.talkMs;
    this.#today.wrapUpMs += worked.wrapUpMs;
  }

  /** Compares her contacts with those before. @returns those that have left her desk, already added */
  follow(live: AgentLive, now: Millis): Worked[] {
    const left: Worked[] = [];
    const here = new Set<string>();
    for (const contact of live.contacts) {
      if (contact.state === 'offered') continue;
      const key = contact.offer ?? contact.interaction;
      here.add(key);
      const part = this.#parts.get(key);
      if (part === undefined) {
        const { interaction, channel, state, since } = contact;
        this.#parts.set(key, { interaction, channel, state, since, talkMs: 0 });
      } else if (part.state === 'connected' && contact.state === 'wrap-up') {
        part.talkMs += Math.max(0, contact.since - part.since);
        part.state = 'wrap-up';
        part.since = contact.since;
      }
    }
    for (const [key, part] of this.#parts) {
      if (here.has(key)) continue;
      this.#parts.delete(key);
      const last = Math.max(0, now - part.since);
      const worked: Worked = {
        interaction: part.interaction,
        channel: part.channel,
        outcome: 'handled',
        talkMs: part.state === 'connected' ? part.talkMs + last : part.talkMs,
        wrapUpMs: part.state === 'wrap-up' ? last : 0,
      };
      this.add(worked);
      left.push(worked);
    }
    return left;
  }
}

function empty(): Today {
  return { handled: 0, missed: 0, declined: 0, talkMs: 0, wrapUpMs: 0 };
}
