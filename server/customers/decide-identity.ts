// Whose contact it is, and what that teaches about who is the same person: decided from what is known, without reading or
// writing anything, so that every rule can be tested by itself.
import type { CustomerId, Millis } from '../../values/index.ts';
import { type Identity, provingKinds } from './identity.ts';

/** One identity of the contact with what is known of it. */
export interface KnownIdentity {
  identity: Identity;
  /** Whose it is, and the customer whom that one is part of (herself, where she is not merged). */
  owner?: CustomerId | undefined;
  head?: CustomerId | undefined;
  /** Heads of the customers who said it was theirs. */
  claimants: CustomerId[];
}

export interface KnownHead {
  id: CustomerId;
  createdAt: Millis;
  /** Of the whole person. */
  identities: readonly Identity[];
  /** How many customers she is made of. */
  parts: number;
}

export interface IdentityPlan {
  /** Under whom the contact is recorded; undefined: a new customer, made of `add` and `claim`. */
  owner?: CustomerId | undefined;
  add: Identity[];
  /** Hers already, and proved now. */
  verify: Identity[];
  /** She says so; somebody who comes by it is not taken for her. */
  claim: Identity[];
  merge: { loser: CustomerId; winner: CustomerId; kind: string }[];
  /** May be the same as the one whose contact it is. */
  suggest: { other: CustomerId; why: SuggestionReason; kind: string }[];
}

/** `said`: she gave an identity that is another's; `proved`: and proved it; `parted`: merged before, and undone by a person. */
export type SuggestionReason = 'said' | 'proved' | 'parted' | 'by-hand';

/** One person is made of so many customers at most by rules: more is a mistake in what a connector proves. */
export const mostPartsByRules = 20;

/**
 * @param known the first one is the door by which she came: how the channel knows her. It is nobody else's word, so it makes
 *   her known; of the others only proved ones do
 * @param parted whether a person took these two apart
 */
export function decideIdentity(
  known: readonly KnownIdentity[],
  heads: ReadonlyMap<CustomerId, KnownHead>,
  parted: (a: CustomerId, b: CustomerId) => boolean,
): IdentityPlan {
  const [door, ...others] = known;
  const plan: IdentityPlan = { add: [], verify: [], claim: [], merge: [], suggest: [] };
  if (door === undefined) return plan;
  const proofs = known.filter(({ identity }) => identity.verified === true && provingKinds.has(identity.kind));
  const proved = proofs.map(({ identity }) => identity);

  // Whose contact it is: what she proved says it before the door does, which may be shared (one phone, two logins).
  const provedOwner = proofs.find(({ head }) => head !== undefined);
  const doorHead = door.head === undefined ? undefined : heads.get(door.head);
  let anchor = provedOwner?.head === undefined ? undefined : heads.get(provedOwner.head);
  if (anchor !== undefined) plan.owner = provedOwner?.owner;
  else if (doorHead !== undefined && !contradicts(doorHead.identities, proved)) {
    anchor = doorHead;
    plan.owner = door.owner;
  }

  /** The customers who turn out to be this person. */
  let identities: Identity[] = [...(anchor?.identities ?? []), ...proved];
  let parts = anchor?.parts ?? 1;
  const meet = (other: KnownHead, kind: string): void => {
    if (anchor === undefined || other.id === anchor.id || plan.merge.some(({ loser }) => loser === other.id)) return;
    if (contradicts(other.identities, identities)) return;
    if (parted(other.id, anchor.id) || parts + other.parts > mostPartsByRules) {
      plan.suggest.push({ other: other.id, why: 'parted', kind });
      return;
    }
    plan.merge.push({ loser: other.id, winner: anchor.id, kind });
    identities = [...identities, ...other.identities];
    parts += other.parts;
  };
  for (const { head, identity } of proofs) {
    const other = head === undefined ? undefined : heads.get(head);
    if (other) meet(other, identity.kind);
  }
  const [proof] = proofs;
  if (doorHead && proof) meet(doorHead, proof.identity.kind);
  const here = new Set([...(anchor ? [anchor.id] : []), ...plan.merge.map(({ loser }) => loser)]);
  // She came by an identity of a part that is (now) hers: recorded there, it goes with that part if they are taken apart.
  if (door.head !== undefined && here.has(door.head)) plan.owner = door.owner;

  const suggest = (other: CustomerId, why: SuggestionReason, kind: string): void => {
    if (!here.has(other) && !plan.suggest.some((known) => known.other === other))
      plan.suggest.push({ other, why, kind });
  };
  for (const one of [door, ...others]) {
    const { identity, head, claimants } = one;
    const { kind } = identity;
    const trusted = one === door || identity.verified === true;
    if (head === undefined) {
      if (plan.add.concat(plan.claim).some((same) => same.kind === kind && same.value === identity.value)) continue;
      (trusted ? plan.add : plan.claim).push(identity);
      if (trusted) for (const claimant of claimants) suggest(claimant, 'said', kind);
    } else if (here.has(head)) {
      if (identity.verified === true) plan.verify.push(identity);
    } else if (one !== door && !proofs.includes(one)) {
      if (!trusted) plan.claim.push(identity);
      suggest(head, trusted ? 'proved' : 'said', kind);
    }
  }
  return plan;
}

/** Whether two sets of identities cannot be one person's: both have proved ones of a proving kind, and none in common. */
export function contradicts(one: readonly Identity[], other: readonly Identity[]): boolean {
  for (const kind of provingKinds) {
    const of = (list: readonly Identity[]) =>
      list.filter((each) => each.kind === kind && each.verified === true).map(({ value }) => value);
    const mine = of(one);
    const theirs = of(other);
    if (mine.length > 0 && theirs.length > 0 && !mine.some((value) => theirs.includes(value))) return true;
  }
  return false;
}
