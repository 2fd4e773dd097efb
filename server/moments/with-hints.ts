import type { CustomerId } from '../../values/index.ts';
import type { Screens } from '../ports/index.ts';
import type { Said } from './acts.ts';

/** Screens on which the hints of moments stand beside everything else. */
export function withHints(screens: Screens, hints: (customer: CustomerId) => Said[]): Screens {
  return {
    pop(offer, content) {
      const found = content.customer === undefined ? [] : hints(content.customer.id);
      return screens.pop(offer, found.length === 0 ? content : { ...content, hints: found });
    },
    offerEnded: (...ended) => screens.offerEnded(...ended),
  };
}
