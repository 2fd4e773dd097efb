// Whose contact it is: the rules of decide-identity.ts on the customers as they are, and what they decide as one change.
import { type Clock, type CustomerId, type Language, newId } from '../../values/index.ts';
import { type NewEvent, newEvent } from '../journal/index.ts';
import type { Part } from './customer.ts';
import {
  customerCreated,
  customersMerged,
  customersSuggested,
  identityAdded,
  identityClaimed,
  identityVerified,
} from './customer-events.ts';
import type { Change, CustomerStore } from './customer-store.ts';
import { decideIdentity, type IdentityPlan, type KnownHead, type KnownIdentity } from './decide-identity.ts';
import { type Identity, keyOf } from './identity.ts';
import type { SuggestionRows } from './suggestions.ts';

/** What is known of her at the door. */
export interface Introduction {
  name?: string | undefined;
  language?: Language | undefined;
  team?: string | undefined;
}

/** What a customer says is hers is kept so often at most. */
const mostClaims = 20;

export interface Identifying {
  store: CustomerStore;
  suggestions: SuggestionRows;
  clock: Clock;
  site: string;
}

/** @returns under whom the contact is recorded, and the change that must be saved; none where nothing new was learned */
export function identifyAmong(
  { store, suggestions, clock, site }: Identifying,
  identities: readonly Identity[],
  by: string,
  introduction: Introduction,
): { owner: CustomerId; change?: Change | undefined; created: boolean } {
  const heads = new Map<CustomerId, KnownHead>();
  const head = (id: CustomerId | undefined): CustomerId | undefined => {
    const customer = id === undefined ? undefined : store.get(id);
    if (customer === undefined) return undefined;
    const parts = 1 + (customer.parts?.length ?? 0);
    heads.set(customer.id, { id: customer.id, createdAt: customer.createdAt, identities: customer.identities, parts });
    return customer.id;
  };
  const known: KnownIdentity[] = identities.map((identity) => {
    const owner = store.ownerOf(identity);
    return {
      identity,
      owner,
      head: head(owner),
      claimants: owner === undefined ? store.claimants(identity).flatMap((id) => head(id) ?? []) : [],
    };
  });
  const parted = (a: CustomerId, b: CustomerId) => suggestions.parted(a, b);
  const plan = decideIdentity(known, heads, parted);
  if (plan.owner === undefined) return madeOf(plan);
  return { owner: plan.owner, change: learned(plan, plan.owner), created: false };

  function madeOf({ add, claim, suggest }: IdentityPlan): ReturnType<typeof identifyAmong> {
    const now = clock.now();
    const { name, language, team } = introduction;
    const id = newId('cus', now);
    const claims = claim.slice(0, mostClaims);
    const part: Part = {
      id,
      site,
      team,
      name,
      language,
      createdAt: now,
      updatedAt: now,
      identities: add,
      claims,
      tags: [],
    };
    const scope = { customer: id, team };
    const [first, ...more] = add;
    const events: NewEvent[] = [newEvent(customerCreated, now, { by, name, language, ...first }, scope)];
    for (const identity of more) events.push(newEvent(identityAdded, now, { by, ...identity }, scope));
    for (const { kind, value } of claims) events.push(newEvent(identityClaimed, now, { by, kind, value }, scope));
    const open = suggested(suggest, id, events, team);
    return {
      owner: id,
      created: true,
      change: {
        customers: [id],
        events,
        made: part,
        owners: add.map((identity) => ({ identity, owner: id })),
        claims: claims.map((identity) => ({ identity, customer: id })),
        rows: () => {
          store.rows.create(part);
          open();
        },
      },
    };
  }

  function learned(plan: IdentityPlan, owner: CustomerId): Change | undefined {
    const now = clock.now();
    const customer = store.get(owner);
    if (customer === undefined) return undefined;
    const has = (list: readonly Identity[] | undefined, identity: Identity, verified?: boolean) =>
      list?.some((one) => keyOf(one) === keyOf(identity) && (verified !== true || one.verified === true)) === true;
    const { team } = customer;
    const events: NewEvent[] = [];
    const anchor = plan.merge[0]?.winner ?? customer.id;
    const add = plan.add.filter((identity) => !has(customer.identities, identity));
    const verify = plan.verify.filter((identity) => !has(customer.identities, identity, true));
    const room = mostClaims - (customer.claims?.length ?? 0);
    const claim = plan.claim.filter((identity) => !has(customer.claims, identity)).slice(0, Math.max(0, room));
    for (const { loser, winner, kind } of plan.merge) {
      events.push(newEvent(customersMerged, now, { by, loser, why: kind }, { customer: winner, team }));
    }
    const scope = { customer: anchor, team };
    for (const identity of add) events.push(newEvent(identityAdded, now, { by, ...identity }, scope));
    for (const { kind, value } of verify) events.push(newEvent(identityVerified, now, { by, kind, value }, scope));
    for (const { kind, value } of claim) events.push(newEvent(identityClaimed, now, { by, kind, value }, scope));
    const open = suggested(plan.suggest, anchor, events, team);
    if (events.length === 0) return undefined;
    return {
      customers: [anchor, customer.id, owner, ...plan.merge.map(({ loser }) => loser)],
      events,
      owners: add.map((identity) => ({ identity, owner: anchor })),
      claims: claim.map((identity) => ({ identity, customer: anchor })),
      merged: plan.merge.map(({ loser, winner, kind }) => ({ customer: loser, into: winner, by, why: kind })),
      rows: () => {
        for (const { loser, winner, kind } of plan.merge) {
          store.rows.merge(loser, winner, now, by, kind);
          suggestions.close(loser, winner, 'merged', by);
        }
        for (const identity of add) store.rows.addIdentity(anchor, identity, now);
        for (const identity of verify) store.rows.verify(identity);
        for (const identity of claim) store.rows.claim(anchor, identity, now);
        open();
      },
    };
  }

  /** Those that nobody has decided about yet. @returns what writes them */
  function suggested(
    list: IdentityPlan['suggest'],
    customer: CustomerId,
    events: NewEvent[],
    team: string | undefined,
  ): () => void {
    if (list.length === 0) return () => undefined;
    const now = clock.now();
    // What was decided about any part of the one and of the other holds for both persons.
    const partsOf = (id: CustomerId) => [id, ...store.partsOf(store.headOf(id) ?? id)];
    const mine = partsOf(customer);
    const fresh = list.filter(
      ({ other }) =>
        other !== customer &&
        !partsOf(other).some((theirs) => mine.some((own) => suggestions.state(own, theirs) !== undefined)),
    );
    for (const { other, why, kind } of fresh) {
      events.push(newEvent(customersSuggested, now, { by, other, why, kind }, { customer, team }));
    }
    return () => {
      for (const { other, why, kind } of fresh) {
        suggestions.open({ customer, other, why, kind, since: now, by });
      }
    };
  }
}
