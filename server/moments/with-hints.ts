import type { CustomerId, PopContent } from '../../values/index.ts';
import type { Screens } from '../ports/index.ts';
import type { Said } from './acts.ts';

/** Screens on which the hints of moments stand beside everything else. */
export function withHints(screens: Screens, hints: (customer: CustomerId) => Said[]): Screens {
  const hinted = (content: PopContent): PopContent => {
    const found = content.customer === undefined ? [] : hints(content.customer.id);
    return found.length === 0 ? content : { ...content, hints: found };
  };
  return {
    pop: (offer, content) => screens.pop(offer, () => hinted(content())),
    took: (agent, work, content) => screens.took(agent, work, hinted(content)),
    offerEnded: (...ended) => screens.offerEnded(...ended),
  };
}
