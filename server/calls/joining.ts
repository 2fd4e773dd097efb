// Two calls of one agent become one: whom she asked by her other call takes her place (attended transfer by her phone).

import type { TransferTarget } from '../ports/index.ts';
import type { Referral } from '../signaling/index.ts';
import type { Call } from './call.ts';

/**
 * Joins the far ends of two calls of the agent whose phone asked. The contact that came in goes on, with its interaction.
 * @param at the call that the REFER came on @param other the one that it names; undefined: there is none
 */
export function joinCalls(at: Call, other: Call | undefined, agent: string, referral: Referral): void {
  if (!other || other === at) {
    referral.refuse(481);
    return;
  }
  const isHerself = [at, other].some(({ customer }) => customer?.agent === agent);
  if (!other.has(agent) || !at.has(agent) || isHerself) {
    referral.refuse(403);
    return;
  }
  const [kept, given] = at.facts.direction === 'in' || other.facts.direction !== 'in' ? [at, other] : [other, at];
  // Two customers who both came in have nothing to do with each other.
  if (given.facts.direction === 'in') {
    referral.refuse(403);
    return;
  }
  if (!kept.canHandOver || !given.canHandOver) {
    referral.refuse(500);
    return;
  }
  referral.accept();
  referral.progress(100, 'Trying');
  const { direction, to: number } = given.facts;
  const leg = given.giveAway();
  if (!leg) {
    referral.progress(503, 'Service Unavailable');
    return;
  }
  referral.progress(200, 'OK');
  const to: TransferTarget = direction === 'internal' && leg.agent !== undefined ? { agent: leg.agent } : { number };
  if (leg.agent !== undefined) kept.occupy(leg.agent);
  kept.talk.handOver({ leg, agent: leg.agent, to, why: 'transferred' });
}
