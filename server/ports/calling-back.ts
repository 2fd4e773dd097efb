// What callbacks need of calls: implemented by server/calls, handed over by the composition root.
import type { InteractionId, Language, Millis, Offer, OfferOutcome, QueueId } from '../../values/index.ts';
import type { CallView } from './call-control.ts';

export interface DialBack {
  /** As it is dialled: E.164, or as the dial plan knows it. */
  number: string;
  queue: QueueId;
  language: Language;
  customer?: string | undefined;
  /** Asked when the agent is there: it may have been cancelled in the moment in which she answered. */
  wanted(): boolean;
}

/** What a caller who waits in a queue may ask for: she hangs up, and is called back as if she had waited on. */
export interface CallbackWish {
  queue: QueueId;
  number: string;
  language: Language;
  name?: string | undefined;
  customer?: string | undefined;
  /** Not before. */
  from: Millis;
  /** Since when she waits. */
  since: Millis;
  /** The contact in which she asked. */
  origin: InteractionId;
}

/** What calls need of callbacks, which stand beside them: handed over by the composition root. */
export interface CallbackNotes {
  /** The fact is in the journal's next commit; resolves when it is committed. @throws queue-unknown, callback-window */
  schedule(wish: CallbackWish, by: string): Promise<unknown>;
  /** Whether it is the contact of a callback, in its queue or dialled: without a call its end is theirs to write. */
  has(interaction: InteractionId): boolean;
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
