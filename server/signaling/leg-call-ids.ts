import type { InteractionId } from '../../values/index.ts';

export interface LegCallId {
  callId: string;
  role: 'caller' | 'agent' | 'far' | 'media';
  agent?: string | undefined;
}

/** More than a trace of SIP messages holds calls of. */
const mostInteractions = 5_000;

/**
 * Which SIP Call-IDs belonged to an interaction, also of phones that only rang: for those who look at its messages. The last
 * few thousand interactions; what was before stands in the journal, without the phones that only rang.
 */
export class LegCallIds {
  readonly #legs = new Map<InteractionId, LegCallId[]>();

  note(interaction: InteractionId, leg: LegCallId): void {
    const known = this.#legs.get(interaction);
    if (known) {
      if (!known.some(({ callId }) => callId === leg.callId)) known.push(leg);
      return;
    }
    this.#legs.set(interaction, [leg]);
    if (this.#legs.size <= mostInteractions) return;
    const [oldest] = this.#legs.keys();
    if (oldest !== undefined) this.#legs.delete(oldest);
  }

  /** In the order in which they came. */
  of(interaction: InteractionId): readonly LegCallId[] {
    return this.#legs.get(interaction) ?? [];
  }
}
