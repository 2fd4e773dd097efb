// Who is in a contact beside customer and agent, in its record: parties of a call, and colleagues who join a conversation.
import type { AgentId, Millis } from '../../values/index.ts';
import type { Folding } from './interaction-record.ts';

/** Somebody in the contact beside customer and agent, from the first ring to the end. */
export interface PartyRecord {
  party: string;
  as: 'consult' | 'add' | 'monitor';
  kind: string;
  /** Queue, agent or number. */
  to?: string | undefined;
  agent?: AgentId | undefined;
  by?: AgentId | undefined;
  calledAt: Millis;
  answeredAt?: Millis | undefined;
  endedAt?: Millis | undefined;
  /** With the agent alone; hearing music; in the talk with the customer. */
  privateMs: number;
  asideMs: number;
  inMs: number;
  /** Why it ended: `transferred`, `left` and `taken-over` mean that it has had the customer since. */
  end?: string | undefined;
}

type PartyFacts = Pick<PartyRecord, 'party' | 'as' | 'kind' | 'to' | 'agent' | 'by'>;

/** What each party does now, by its id. */
export type PartiesNow = Map<string, { as: 'privateMs' | 'asideMs' | 'inMs'; at: Millis }>;

/** What a party does from now on; the first time it comes into the record. */
export function moveParty(
  folding: Folding,
  at: Millis,
  { party: id, agent, ...facts }: PartyFacts,
  state: string,
  why?: string,
): void {
  const { parties } = folding.record;
  let party = parties.find((one) => one.party === id);
  if (party === undefined) {
    party = { party: id, ...facts, agent, calledAt: at, privateMs: 0, asideMs: 0, inMs: 0 };
    parties.push(party);
  }
  if (party.endedAt !== undefined) return;
  if (agent !== undefined) party.agent = agent;
  const before = folding.partySince?.get(id);
  if (before) party[before.as] += at - before.at;
  folding.partySince ??= new Map();
  folding.partySince.delete(id);
  if (state === 'private' || state === 'aside' || state === 'in') {
    party.answeredAt ??= at;
    folding.partySince.set(id, { as: `${state}Ms`, at });
  } else if (state !== 'calling') {
    party.endedAt = at;
    party.end = why;
  }
}
