// What moments may do, handed over by the composition root: they know of calls, conversations and routing no more than this.

import type { InteractionId, Language, Millis, QueueId } from '../../values/index.ts';
import type { Customer } from '../customers/index.ts';

export type Said = Partial<Record<Language, string>>;

export interface MomentActs {
  /** @throws contact-unknown where it does not wait any more */
  change(
    interaction: InteractionId,
    to: { priority?: number | undefined; skills?: Record<string, number> | undefined; queue?: QueueId | undefined },
  ): void;
  /**
   * Writes to her on the channel where she last wrote to us and still may be written to.
   * @param how.mayUse her word on a channel's kind @param key the same one is one message
   */
  message(
    customer: Customer,
    text: string,
    how: { channels?: readonly string[] | undefined; mayUse(kind: string): boolean; key: string },
  ): Promise<{ message: string } | { refused: string }>;
  /**
   * Shows all hints of a customer beside her contact, where it is on an agent's screen already.
   * @returns whether it is
   */
  hint(interaction: InteractionId, hints: Said[]): boolean;
  callback(
    customer: Customer,
    wish: { queue: QueueId; number: string; from: Millis; until?: Millis | undefined; note: string },
    by: string,
  ): Promise<{ callback: string } | { refused: string }>;
  /** What a connector's channel record is of: `wechat`, `sms` … */
  kindOf(via: string): string | undefined;
  /** In whose language she is written to where hers is not known. */
  language: Language;
}
