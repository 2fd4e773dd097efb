// Nobody is called back by the dozen, and nobody fills the queues alone.
import type { Callback } from './callback.ts';
import { failed } from './errors.ts';

/** Open at once. */
const mostPerNumber = 5;
const mostPerPerson = 100;

/**
 * Whether one more may be scheduled. Programs (tokens, flows) are held to the limit of the number only.
 * @param open all that are not over @throws callback-number-many, callback-person-many
 */
export function checkLimits(open: Iterable<Callback>, number: string, by: { id: string; isAgent: boolean }): void {
  let toNumber = 0;
  let byPerson = 0;
  for (const one of open) {
    if (one.number === number) toNumber++;
    if (one.by === by.id) byPerson++;
  }
  if (toNumber >= mostPerNumber) throw failed['callback-number-many']({ count: mostPerNumber });
  if (byPerson >= mostPerPerson && by.isAgent)
    throw failed['callback-person-many']({ count: mostPerPerson, person: by.id });
}
