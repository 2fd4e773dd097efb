// What routing needs of the desk, which stands above it: implemented by server/desk, handed down by main.ts.
import type { AgentId, InteractionId, Offer, OfferId, OfferOutcome, PopContent } from '../../values/index.ts';

export interface Screens {
  /**
   * Writes the screen-pop to all panels of the agent. Resolves with `acknowledged` when a panel said that it shows it;
   * `absent` where she has no panel. Routing rings on acknowledgement or after 150 ms, whichever is first.
   * @param content asked for only where somebody sees it: putting it together takes reads
   */
  pop(offer: Offer, content: () => PopContent): Promise<'acknowledged' | 'absent'> | 'absent';
  /**
   * She has a contact that nobody offered her: what a pop would have shown. A written one (she began it, took it, or was
   * handed it), or a call that a colleague had.
   */
  took(agent: AgentId, work: OfferId, content: PopContent): void;
  /** The offer ended. */
  offerEnded(offer: OfferId, agent: AgentId, interaction: InteractionId, outcome: OfferOutcome): void;
}
