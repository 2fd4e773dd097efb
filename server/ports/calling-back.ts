// What callbacks need of calls: implemented by server/calls, handed over by the composition root.
import type { Language, Offer, OfferOutcome, QueueId } from '../../values/index.ts';
import type { CallView } from './call-control.ts';

export interface DialBack {
  /** As it is dialled: E.164, or as the dial plan knows it. */
  number: string;
  queue: QueueId;
  language: Language;
  customer?: string | undefined;
}

export interface CallingBack {
  /**
   * Rings the agent's phone for the contact that was offered to her and, once she is there, the number, as a call of that
   * very interaction, whose `interaction.started` is the caller's to write. Never rejects; stops ringing when `signal`
   * aborts, as `OfferTarget.offer`. What becomes of the call is told by the journal (`interaction.answered`, `.ended`).
   */
  dialBack(offer: Offer, request: DialBack, signal: AbortSignal): Promise<OfferOutcome>;
  /** Undefined where there is no such call (any more). */
  get(interaction: string): CallView | undefined;
}
