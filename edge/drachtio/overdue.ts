// Apps that leave something without a word: what waits on them is answered or ended in their place.
import type { Dialog, Incoming } from '../sip/index.ts';
import type { GatewayParts } from './app-commands.ts';
import { liveOwner } from './connection.ts';

/** How long apps may think about a request that is no INVITE, of the 64·T1 that its sender waits. */
const patienceShare = 0.75;

export class Overdue {
  readonly #parts: GatewayParts;
  readonly #sweeps: NodeJS.Timeout[];
  /** Answers of far sides that their app had not acknowledged at the sweep before. */
  #unacknowledged = new Map<Dialog, number>();

  /**
   * @param patienceMs 64·T1
   * @param inviteSilenceMs how long an app may leave an INVITE without a word
   */
  constructor(parts: GatewayParts, patienceMs: number, inviteSilenceMs: number) {
    this.#parts = parts;
    const { owned } = parts;
    const thinkMs = patienceMs * patienceShare;
    const sweep = () => {
      for (const incoming of owned.takeOverdue(thinkMs)) this.#overdue(incoming);
    };
    const silent = () => {
      for (const invite of owned.takeSilentInvites()) this.#silent(invite);
    };
    this.#sweeps = [
      setInterval(sweep, Math.min(1_000, thinkMs / 16)).unref(),
      setInterval(silent, inviteSilenceMs).unref(),
      setInterval(() => this.#acknowledgeOverdue(), patienceMs).unref(),
    ];
  }

  close(): void {
    for (const sweep of this.#sweeps) clearInterval(sweep);
  }

  /** The app never answered: its sender must not be left without a word (nor the dialog end for it). */
  #overdue(incoming: Incoming): void {
    this.#parts.log.warn(
      { callId: incoming.request.callId, method: incoming.method },
      'app did not answer a request in time',
    );
    this.#parts.agent.refuse(incoming, incoming.method === 'BYE' ? 200 : incoming.inDialog ? 500 : 503);
  }

  /** The app lets a caller ring for ever. */
  #silent(invite: Incoming): void {
    this.#parts.log.warn({ callId: invite.request.callId }, 'app left an INVITE without a word');
    this.#parts.admission.forgotten(invite.id);
    this.#parts.agent.refuse(invite, 480);
  }

  /** RFC 3261 §13.2.2.4: a 2xx without our ACK for 64·T1 is over. Its app will not end what it has not even acknowledged. */
  #acknowledgeOverdue(): void {
    const now = new Map<Dialog, number>();
    for (const dialog of this.#parts.agent.dialogs) {
      const { awaitsAck, state, inviteSeq } = dialog;
      if (awaitsAck === undefined || state !== 'confirmed' || liveOwner(dialog) === undefined) continue;
      if (this.#unacknowledged.get(dialog) !== inviteSeq) now.set(dialog, inviteSeq);
      else {
        this.#parts.log.warn({ callId: dialog.callId }, 'app did not acknowledge an answer, dialog ended');
        this.#parts.agent.hangUp(dialog, 'No ACK');
      }
    }
    this.#unacknowledged = now;
  }
}
