// Somebody in a call beside customer and agent: consulted, added to the talk, or a supervisor who listens.
import type { BridgeRole, Playback } from '../../media/media-server.ts';
import { type AgentId, type Millis, machine, newId } from '../../values/index.ts';
import type { MonitorMode, PartyView, TransferTarget } from '../ports/index.ts';
import type { Destination, Leg } from '../signaling/index.ts';
import type { ConsultContact } from './consult-contact.ts';
import type { Ringing } from './ringing.ts';

/** What a later server needs to know of a guest; plain data. */
export interface GuestFacts {
  id: string;
  as: PartyView['as'];
  to: TransferTarget;
  /** Who asked. */
  by: AgentId;
  /** The agent who it is, once known. */
  agent: AgentId | undefined;
}

export type GuestState = PartyView['state'] | 'gone';
type GuestEvent = 'private' | 'aside' | 'in' | 'gone';

/**
 * ```
 *   calling ──private──▶ private ⇄ aside
 *      │                    └───in───┐ └─in─┐
 *      └──in (added, supervisor)──▶ in ◀────┘      every state ──gone──▶ gone
 * ```
 */
export const guestStates = machine<GuestState, GuestEvent>('guest', {
  calling: { private: 'private', in: 'in', gone: 'gone' },
  private: { aside: 'aside', in: 'in', gone: 'gone' },
  aside: { private: 'private', in: 'in', gone: 'gone' },
  in: { gone: 'gone' },
  gone: {},
});

export class Guest {
  readonly facts: GuestFacts;
  /** Of a number: the way to it, so that a blind transfer can follow. */
  readonly destination: Destination | undefined;
  state: GuestState = 'calling';
  since: Millis;
  mode: MonitorMode | undefined;
  leg: Leg | undefined;
  ringing: Ringing | undefined;
  /** Its place in a queue. */
  contact: ConsultContact | undefined;
  music: Playback | undefined;

  constructor(facts: Omit<GuestFacts, 'id'> & { id?: string }, destination: Destination | undefined, now: Millis) {
    this.facts = { ...facts, id: facts.id ?? newId('prt') };
    this.destination = destination;
    this.since = now;
  }

  get agent(): AgentId | undefined {
    return this.facts.agent;
  }
  /** Can take the call: it is on the line, and no listener. */
  get ready(): boolean {
    return this.facts.as !== 'monitor' && this.leg !== undefined && !this.leg.over && this.state !== 'calling';
  }

  /** What it hears and says in the bridge. @param agent her leg, whom a whisper goes to */
  role(agent: Leg): BridgeRole {
    if (this.mode === undefined || this.mode === 'barge') return 'talk';
    const { endpointId } = agent;
    return this.mode === 'listen' || endpointId === undefined ? 'listen' : { whisperTo: endpointId };
  }

  view(): PartyView | undefined {
    if (this.state === 'gone') return undefined;
    const { id: party, as, agent } = this.facts;
    const { state, mode, since } = this;
    return { party, as, state, ...targetOf(this.facts.to), agent, mode, since };
  }
}

/** Kind and name of a target. */
export function targetOf(to: TransferTarget): Pick<PartyView, 'kind' | 'to'> {
  if ('queue' in to) return { kind: 'queue', to: to.queue };
  return 'agent' in to ? { kind: 'agent', to: to.agent } : { kind: 'number', to: to.number };
}
