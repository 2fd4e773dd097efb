// Compares the router with what is really so. The classic defect of this field is an agent or a contact in a state that
// it cannot leave; whatever the cause, it lasts at most two seconds here, and every such case is counted and journaled.
import type { AgentId, Channel, InteractionId, OfferId, QueueId } from '../../values/index.ts';
import type { RouterState } from '../acd/index.ts';
import type { CallControl, CallPhase } from '../ports/index.ts';

/** What a contact is really doing, said by those who hold its legs or its conversation. */
export interface RealContact {
  interaction: InteractionId;
  /** `elsewhere`: alive, but it wants nothing of routing (in a flow); `moving`: about to be something else. */
  state: 'waiting' | 'ringing' | 'connected' | 'elsewhere' | 'moving';
  agent?: AgentId | undefined;
  /** Routing gave it to that agent, or holds it for her; absent: a contact of her own, of which it knows that she is busy. */
  held?: { channel: Channel; queue: QueueId | undefined } | undefined;
}

export interface Reality {
  contacts(): Iterable<RealContact>;
  /** Ends a contact that waits for routing although routing cannot serve it. */
  end(interaction: InteractionId): void;
}

export type Difference =
  /** The router holds a contact that is no more. */
  | { kind: 'contact-gone'; interaction: InteractionId }
  /** She talks with it; the router thinks otherwise. */
  | { kind: 'connected'; interaction: InteractionId; agent: AgentId }
  /** The router thinks that somebody talks with it; it waits. */
  | { kind: 'not-connected'; interaction: InteractionId }
  /** It waits, and the router does not know it. */
  | { kind: 'contact-unknown'; interaction: InteractionId }
  /** She talks with it by routing, which does not know it, and takes her for free. */
  | { kind: 'talk-unknown'; interaction: InteractionId; agent: AgentId; channel: Channel; queue: QueueId }
  /** The router offers it, and nobody drives that offer. */
  | { kind: 'offer-idle'; interaction: InteractionId; offer: OfferId };

export interface Found {
  difference: Difference;
  router: string;
  reality: string;
}

/** Every difference, by a key that stays the same while the difference does. Costs one look at each contact. */
export function differencesOf(
  state: RouterState,
  reality: Iterable<RealContact>,
  underWay: (offer: OfferId) => boolean,
): Map<string, Found> {
  const found = new Map<string, Found>();
  // Kind, contact and agent or offer make the key: a second difference of the same contact is another one.
  const note = (difference: Difference, router: string, real: string) =>
    found.set(Object.values(difference).join(' '), { difference, router, reality: real });
  const real = new Map<InteractionId, RealContact>();
  for (const contact of reality) real.set(contact.interaction, contact);
  for (const contact of state.contacts.values()) {
    const { id: interaction, work } = contact;
    const really = real.get(interaction);
    const router = work ? `${contact.state} ${work.agent}` : contact.state;
    // Talking with a number, or in a flow: no agent has any part in it.
    const alone = really?.state === 'connected' && really.agent === undefined && contact.state === 'connected';
    if (!really || really.state === 'elsewhere' || alone) {
      note({ kind: 'contact-gone', interaction }, router, really?.state ?? 'gone');
    } else if (really.state === 'connected' && really.agent !== undefined) {
      const same = contact.state === 'connected' && work?.agent === really.agent;
      if (!same) note({ kind: 'connected', interaction, agent: really.agent }, router, `connected ${really.agent}`);
    } else if (really.state === 'waiting' && contact.state === 'connected') {
      note({ kind: 'not-connected', interaction }, router, 'waiting');
    } else if (contact.state === 'offered' && work && !underWay(work.id)) {
      note({ kind: 'offer-idle', interaction, offer: work.id }, router, really.state);
    }
  }
  for (const { interaction, state: really, agent, held } of real.values()) {
    if (state.contacts.has(interaction)) continue;
    if (really === 'waiting') note({ kind: 'contact-unknown', interaction }, 'unknown', 'waiting');
    if (really !== 'connected' || agent === undefined || !held) continue;
    const queue = queueFor(state, agent, held.queue);
    if (queue === undefined) continue;
    const { channel } = held;
    note({ kind: 'talk-unknown', interaction, agent, channel, queue }, 'unknown', `connected ${agent}`);
  }
  return found;
}

/** Where a talk of hers counts: its queue, or where that is gone one of hers. @returns undefined where routing cannot hold it */
function queueFor(state: RouterState, agent: AgentId, queue: QueueId | undefined): QueueId | undefined {
  const known = state.agents.get(agent);
  if (!known) return undefined;
  const wanted = queue === undefined ? known.config.queues : [queue, ...known.config.queues];
  return wanted.find((id) => state.queues.has(id));
}

const states: Record<CallPhase, RealContact['state'] | 'gone'> = {
  ivr: 'elsewhere',
  queued: 'waiting',
  ringing: 'ringing',
  talking: 'connected',
  held: 'connected',
  consulting: 'connected',
  conference: 'connected',
  parked: 'elsewhere',
  detour: 'connected',
  transferring: 'moving',
  ended: 'gone',
};

/** Calls as reality. */
export function realityOfCalls(
  calls: Pick<CallControl, 'list' | 'end'> & {
    consultations(): Iterable<RealContact>;
    /** Whether routing gave the agent her part in it, or holds that for her. */
    isRouted(interaction: InteractionId): boolean;
  },
  failed: (error: unknown) => void,
): Reality {
  return {
    *contacts() {
      yield* calls.consultations();
      for (const { interaction, phase, agent, queue } of calls.list()) {
        const state = states[phase];
        const held =
          state === 'connected' && calls.isRouted(interaction) ? { channel: 'voice' as const, queue } : undefined;
        if (state !== 'gone') yield { interaction, state, agent, held };
      }
    },
    end: (interaction) => void calls.end(interaction, 'routing').catch(failed),
  };
}
