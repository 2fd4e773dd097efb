// Who answers for what: requests and INVITEs by the app connection that has them.
import type { Incoming, Outgoing } from '../sip/index.ts';
import type { AppConnection } from './connection.ts';

/** Requests that apps have and have not answered finally, and INVITEs of theirs that are under way. */
export class Ownership {
  /** INVITEs may wait for minutes; the others are swept soon, so they stand apart. By transaction id, oldest first. */
  readonly invites = new Map<string, Incoming>();
  /** INVITEs in two generations: one that got no word from its app through a whole one is overdue. */
  #silentBefore = new Set<string>();
  #silent = new Set<string>();
  readonly others = new Map<string, { incoming: Incoming; since: number }>();
  readonly outgoingInvites = new Map<string, Outgoing>();
  /** How many of the others came outside dialogs. */
  #outside = 0;

  /** Requests outside dialogs, no INVITEs, that their apps have not answered. */
  get outside(): number {
    return this.#outside;
  }

  add(incoming: Incoming, owner: AppConnection): void {
    incoming.owner = owner;
    if (incoming.method === 'INVITE') {
      this.invites.set(incoming.id, incoming);
      this.#silent.add(incoming.id);
      return;
    }
    this.others.set(incoming.id, { incoming, since: performance.now() });
    if (!incoming.inDialog) this.#outside++;
  }

  /** The app said something about an INVITE: its time begins anew. */
  heard(id: string): void {
    this.#silentBefore.delete(id);
    if (this.invites.has(id)) this.#silent.add(id);
  }

  find(id: string): Incoming | undefined {
    return this.others.get(id)?.incoming ?? this.invites.get(id);
  }

  drop(incoming: Incoming): void {
    if (this.others.delete(incoming.id)) {
      if (!incoming.inDialog) this.#outside--;
      return;
    }
    this.invites.delete(incoming.id);
    this.#silent.delete(incoming.id);
    this.#silentBefore.delete(incoming.id);
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

  /**
   * INVITEs without a word from their app since the call before the last of this; they are taken out. To be called as
   * often as an app may be silent.
   */
  takeSilentInvites(): Incoming[] {
    const overdue: Incoming[] = [];
    for (const id of this.#silentBefore) {
      const invite = this.invites.get(id);
      if (invite) overdue.push(invite);
    }
    this.#silentBefore = this.#silent;
    this.#silent = new Set();
    for (const invite of overdue) this.drop(invite);
    return overdue;
  }
}
