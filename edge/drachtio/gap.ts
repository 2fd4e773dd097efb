// While no server is there: its calls live on. A BYE is answered and passed on to the linked leg, other requests in
// dialogs wait for the server that comes back, and when none comes in the grace time all is ended.
//
//   served ──connection lost──▶ waiting ──dialogs.adopted──▶ served
//                                  └────── grace time over ──▶ ended with BYE
import type { Logger } from 'pino';
import type { DialogEnd, DialogSnapshot } from '../../link/index.ts';
import { type Clock, systemClock } from '../../values/index.ts';
import type { Dialog, DialogEndCause, Incoming, Outgoing, SipMessage, UserAgent } from '../sip/index.ts';
import type { AppConnection } from './connection.ts';

export interface GapOptions {
  /** How long calls wait for their server, ms. */
  graceMs: number;
  /** Most requests held back for it, and for one dialog. */
  held: number;
  heldPerDialog: number;
  /** A held request that is no INVITE is answered after that, before its sender gives up; ms. */
  heldMs: number;
}

const standard: GapOptions = { graceMs: 30_000, held: 2_000, heldPerDialog: 16, heldMs: 24_000 };
const mostEnds = 10_000;

export type Deliver = (app: AppConnection, incoming: Incoming, dialog: Dialog) => void;

/** The dialogs of one lost connection. */
interface Orphans {
  epoch: number | undefined;
  connection: AppConnection;
  timer: NodeJS.Timeout;
}

/** What ended, by the monotonic clock: how long ago it was does not change when the machine's clock is set. */
interface End extends Omit<DialogEnd, 'at'> {
  since: number;
}

interface Held {
  incoming: Incoming;
  dialog: Dialog;
  since: number;
}

export class Gap {
  readonly #agent: UserAgent;
  readonly #log: Logger;
  readonly #options: GapOptions;
  readonly #clock: Clock;
  readonly #orphans = new Set<Orphans>();
  readonly #held = new Map<string, Held>();
  readonly #sweep: NodeJS.Timeout;
  #ends: End[] = [];
  #closed = false;
  /** `dialogs.adopted` came before the server's drachtio connection. */
  #adoptWhenArrived = false;
  /** Leader → dialogs that end with it. */
  readonly #followers = new Map<Dialog, Set<Dialog>>();
  /** Dialogs that we end because their linked leg ended. */
  readonly #following = new Set<Dialog>();

  constructor(agent: UserAgent, log: Logger, options: Partial<GapOptions> = {}, clock: Clock = systemClock) {
    this.#agent = agent;
    this.#log = log;
    this.#options = { ...standard, ...options };
    this.#clock = clock;
    this.#sweep = setInterval(() => this.#refuseOld(), Math.max(10, Math.min(1_000, this.#options.heldMs / 8))).unref();
  }

  get heldCount(): number {
    return this.#held.size;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const orphans of this.#orphans) clearTimeout(orphans.timer);
    this.#orphans.clear();
    for (const { incoming } of this.#held.values()) this.#agent.refuse(incoming, 503);
    this.#held.clear();
  }

  /** An app's connection is lost; `incoming` and `outgoing` are what it had under way. */
  begin(connection: AppConnection, incoming: Incoming[], outgoing: Outgoing[]): void {
    if (this.#closed) return;
    let dialogs = 0;
    for (const dialog of this.#agent.dialogs) if (dialog.owner === connection) dialogs++;
    this.#log.warn(
      { epoch: connection.epoch, dialogs, requests: incoming.length, graceMs: this.#options.graceMs },
      'server lost, its calls go on',
    );
    const orphans: Orphans = {
      epoch: connection.epoch,
      connection,
      timer: setTimeout(() => this.#graceOver(orphans), this.#options.graceMs),
    };
    this.#orphans.add(orphans);
    for (const one of outgoing) this.#agent.calling.cancel(one, []);
    for (const one of incoming) {
      const { dialog } = one;
      if (!one.inDialog || dialog === undefined) this.#agent.refuse(one, 503, [['Retry-After', '3']]);
      else if (one.method === 'BYE') {
        this.#agent.refuse(one, 200);
        this.#noteEnd(dialog, 'remote');
      } else this.#hold(one, dialog);
    }
    for (const dialog of [...this.#agent.dialogs]) {
      if (dialog.owner !== connection) continue;
      // Answered, but the server had not come to its ACK: nobody has this call yet.
      if (dialog.state !== 'confirmed') continue;
      if (dialog.awaitsAck === 'call') this.#agent.hangUp(dialog, 'Server lost');
      else if (dialog.awaitsAck === 'change') this.#agent.calling.acknowledge(dialog, { headers: [], body: '' });
    }
  }

  /** A request in a dialog whose server is away. */
  request(incoming: Incoming, dialog: Dialog): void {
    // `ended` has seen to the linked leg.
    if (incoming.method === 'BYE') this.#agent.refuse(incoming, 200);
    else if (dialog.method !== 'INVITE') this.#agent.refuse(incoming, 481);
    else this.#hold(incoming, dialog);
  }

  /** A response whose server is away. */
  response(outgoing: Outgoing, response: SipMessage): void {
    const { dialog } = outgoing;
    if (outgoing.method !== 'INVITE' || dialog === undefined || response.status < 200 || response.status >= 300) return;
    if (outgoing.inDialog) {
      const ack = this.#agent.calling.acknowledge(dialog, { headers: [], body: '' });
      if (typeof ack === 'string')
        this.#log.warn({ callId: dialog.callId, reason: ack }, 'answer could not be acknowledged');
    } else this.#agent.hangUp(dialog, 'Server lost'); // it won the race against our CANCEL
  }

  /** From now on the follower ends with the leader, where no server is there to see to it. */
  follow(leader: Dialog, follower: Dialog): void {
    const followers = this.#followers.get(leader) ?? new Set();
    this.#followers.set(leader, followers.add(follower));
  }

  /** A dialog ended; `served`: its server is there and was told. */
  ended(dialog: Dialog, by: DialogEndCause, served: boolean): void {
    for (const held of [...this.#held.values()]) {
      if (held.dialog !== dialog) continue;
      this.#held.delete(held.incoming.id);
      this.#agent.refuse(held.incoming, held.incoming.method === 'INVITE' ? 487 : 481);
    }
    const followers = this.#followers.get(dialog);
    this.#followers.delete(dialog);
    if (served || this.#closed || !this.#waitedFor(dialog)) return;
    for (const follower of followers ?? []) {
      if (follower.state !== 'confirmed') continue;
      this.#following.add(follower);
      this.#agent.hangUp(follower, 'Its call ended');
      this.#following.delete(follower);
    }
    this.#noteEnd(dialog, this.#following.delete(dialog) ? 'linked' : by === 'remote' ? 'remote' : 'lost');
  }

  /** The INVITE was cancelled. */
  forget(incoming: Incoming): void {
    this.#held.delete(incoming.id);
  }

  /** A server is connected. */
  serverArrived(connection: AppConnection, deliver: Deliver): void {
    if (this.#adoptWhenArrived) this.adopt(connection, deliver);
  }

  /** The link is down: what was said over it before does not hold for a drachtio connection that comes later. */
  serverLost(): void {
    this.#adoptWhenArrived = false;
  }

  /** The server of the newest epoch has taken over; `connection` is undefined until its drachtio connection stands. */
  adopt(connection: AppConnection | undefined, deliver: Deliver): void {
    if (connection === undefined) {
      this.#adoptWhenArrived = true;
      return;
    }
    this.#adoptWhenArrived = false;
    this.#ends = [];
    const former = new Set<object>();
    for (const orphans of this.#orphans) {
      if (orphans.epoch === undefined) continue; // an app of its own, not this server
      clearTimeout(orphans.timer);
      this.#orphans.delete(orphans);
      former.add(orphans.connection);
    }
    let dialogs = 0;
    for (const dialog of this.#agent.dialogs) {
      if (dialog.owner === undefined || !former.has(dialog.owner)) continue;
      dialog.owner = connection;
      dialogs++;
    }
    const held = [...this.#held.values()];
    for (const { incoming, dialog } of held) {
      if (dialog.owner !== connection) continue;
      this.#held.delete(incoming.id);
      deliver(connection, incoming, dialog);
    }
    this.#log.info({ epoch: connection.epoch, dialogs, held: held.length }, 'server has adopted its calls');
  }

  /** What a returning server must know. */
  list(): { dialogs: DialogSnapshot[]; ended: DialogEnd[]; now: number } {
    const now = this.#clock.now();
    const then = (since: number) => Math.round(now - (this.#clock.monotonic() - since));
    const dialogs: DialogSnapshot[] = [];
    for (const dialog of this.#agent.dialogs) {
      const owner = dialog.owner as AppConnection | undefined;
      if (dialog.state === 'confirmed' && dialog.method === 'INVITE' && owner?.epoch !== undefined) {
        dialogs.push(snapshot(dialog, owner.state !== 'serving', then(dialog.answeredAt)));
      }
    }
    return { dialogs, ended: this.#ends.map(({ since, ...end }) => ({ ...end, at: then(since) })), now };
  }

  #waitedFor(dialog: Dialog): boolean {
    for (const orphans of this.#orphans) if (orphans.connection === dialog.owner) return true;
    return false;
  }

  /** Writes down that a call ended while its server was away, and ends the leg that it was linked with. */
  #noteEnd(dialog: Dialog, by: DialogEnd['by']): void {
    if (this.#ends.length >= mostEnds) this.#ends.shift();
    this.#ends.push({ dialogId: dialog.id, note: dialog.note, since: this.#clock.monotonic(), by });
    const other = dialog.linked === undefined ? undefined : this.#agent.dialogs.get(dialog.linked);
    if (other === undefined || other.linked !== dialog.id || other.state !== 'confirmed') return;
    this.#following.add(other);
    this.#agent.hangUp(other, 'Linked call ended');
    this.#following.delete(other);
  }

  #hold(incoming: Incoming, dialog: Dialog): void {
    let ofDialog = 0;
    for (const held of this.#held.values()) if (held.dialog === dialog) ofDialog++;
    if (this.#held.size >= this.#options.held || ofDialog >= this.#options.heldPerDialog) {
      this.#agent.refuse(incoming, 500, [['Retry-After', '5']]);
      return;
    }
    this.#held.set(incoming.id, { incoming, dialog, since: this.#clock.monotonic() });
  }

  #refuseOld(): void {
    const before = this.#clock.monotonic() - this.#options.heldMs;
    for (const { incoming, since } of this.#held.values()) {
      // A re-INVITE has its 100 and waits for as long as the grace time.
      if (since > before || incoming.method === 'INVITE') continue;
      this.#held.delete(incoming.id);
      this.#agent.refuse(incoming, 500, [['Retry-After', '5']]);
    }
  }

  #graceOver(orphans: Orphans): void {
    this.#orphans.delete(orphans);
    let count = 0;
    for (const held of [...this.#held.values()]) {
      if (held.dialog.owner !== orphans.connection) continue;
      this.#held.delete(held.incoming.id);
      this.#agent.refuse(held.incoming, 503);
    }
    for (const dialog of [...this.#agent.dialogs]) {
      if (dialog.owner !== orphans.connection || dialog.state !== 'confirmed') continue;
      this.#agent.hangUp(dialog, 'Server lost');
      if (dialog.method === 'INVITE') {
        count++;
        if (this.#ends.length >= mostEnds) this.#ends.shift();
        this.#ends.push({ dialogId: dialog.id, note: dialog.note, since: this.#clock.monotonic(), by: 'lost' });
      }
    }
    this.#log.warn({ epoch: orphans.epoch, dialogs: count }, 'no server came back in time, its calls were ended');
  }
}

function snapshot(dialog: Dialog, orphan: boolean, answeredAt: number): DialogSnapshot {
  return {
    dialogId: dialog.id,
    role: dialog.role,
    invite: dialog.invite,
    answer: dialog.answer,
    localSdp: dialog.localSdp,
    remoteSdp: dialog.remoteSdp,
    note: dialog.note,
    linked: dialog.linked,
    orphan,
    protocol: dialog.protocol,
    remoteAddress: dialog.arrival?.remoteAddress ?? '',
    remotePort: dialog.arrival?.remotePort ?? 0,
    answeredAt,
  };
}
