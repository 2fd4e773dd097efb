// Who answers for what: requests and INVITEs by the app connection that has them.
import type { Incoming, Outgoing } from '../sip/index.ts';
import type { AppConnection } from './connection.ts';

/** Requests that apps have and have not answered finally, and INVITEs of theirs that are under way. */
export class Ownership {
  /** INVITEs may wait for minutes; the others are swept, so they stand apart. By transaction id, oldest first. */
  readonly invites = new Map<string, Incoming>();
  readonly others = new Map<string, { incoming: Incoming; since: number }>();
  readonly outgoingInvites = new Map<string, Outgoing>();

  add(incoming: Incoming, owner: AppConnection): void {
    incoming.owner = owner;
    if (incoming.method === 'INVITE') this.invites.set(incoming.id, incoming);
    else this.others.set(incoming.id, { incoming, since: performance.now() });
  }

  find(id: string): Incoming | undefined {
    return this.others.get(id)?.incoming ?? this.invites.get(id);
  }

  drop(incoming: Incoming): void {
    if (!this.others.delete(incoming.id)) this.invites.delete(incoming.id);
  }

  /** Takes out everything that this app has. */
  takeOf(owner: AppConnection): { incoming: Incoming[]; outgoing: Outgoing[] } {
    const incoming: Incoming[] = [];
    for (const invite of this.invites.values()) if (invite.owner === owner) incoming.push(invite);
    for (const other of this.others.values()) if (other.incoming.owner === owner) incoming.push(other.incoming);
    for (const one of incoming) this.drop(one);
    const outgoing: Outgoing[] = [];
    for (const invite of this.outgoingInvites.values()) if (invite.owner === owner) outgoing.push(invite);
    return { incoming, outgoing };
  }

  /** Non-INVITEs that have waited for longer than that; they are taken out. */
  takeOverdue(ms: number): Incoming[] {
    const overdue: Incoming[] = [];
    const before = performance.now() - ms;
    for (const { incoming, since } of this.others.values()) {
      if (since > before) break;
      overdue.push(incoming);
    }
    for (const incoming of overdue) this.drop(incoming);
    return overdue;
  }
}
