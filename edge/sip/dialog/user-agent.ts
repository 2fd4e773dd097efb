// The transaction user (RFC 3261 §5): sorts what comes from the network into dialogs and to the user, and does by itself
// what no user should have to: ACK waits, glare, refusals.
import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { SipMessage } from '../message/index.ts';
import type { Arrival, ServerTransaction, Transactions, TransactionUser } from '../stack.ts';
import type { AckWait } from './ack-wait.ts';
import { answer, refuse, tooShort } from './answering.ts';
import { Calling, saysTerminated } from './calling.ts';
import { asCancel, type Core, noteRemoteSdp, refreshTarget } from './core.ts';
import type { Dialog } from './dialog.ts';
import { DialogTable } from './dialog-table.ts';
import { endDialog, sayBye } from './ending.ts';
import { allow, methods, methodsOutside, unsupportedExtensions } from './header-rules.ts';
import { Incoming } from './incoming.ts';
import { SessionTimers } from './session-timers.ts';
import { type AnswerDraft, type DialogTimes, type DialogUser, standardTimes } from './user.ts';

export interface UserAgentOptions {
  transactions: Transactions;
  user: DialogUser;
  log: Logger;
  times?: Partial<DialogTimes> | undefined;
  /** Send in-dialog requests to the source of their messages where Contact names another place. Default true. */
  followSource?: boolean | undefined;
}

export class UserAgent implements TransactionUser {
  readonly dialogs: DialogTable;
  readonly calling: Calling;
  readonly #core: Core;
  readonly #timers: SessionTimers;
  /** INVITEs that have no final response, for CANCEL; and what tells the same INVITE by another path. */
  readonly #invites = new Map<ServerTransaction, Incoming>();
  readonly #merging = new Set<string>();

  constructor(options: UserAgentOptions) {
    this.dialogs = new DialogTable();
    this.#core = {
      transactions: options.transactions,
      dialogs: this.dialogs,
      ackWaits: new Map<Dialog, AckWait>(),
      times: { ...standardTimes, ...options.times },
      followSource: options.followSource ?? true,
      log: options.log,
      user: options.user,
      byes: 0,
      quiet: undefined,
    };
    this.#timers = new SessionTimers(this.#core);
    this.calling = new Calling(this.#core, this.#timers);
    options.transactions.user = this;
  }

  get minSessionSeconds(): number {
    return this.#core.times.minSessionSeconds;
  }

  /**
   * Sends the user's answer.
   * @param sent called once, now or after a PRACK: with the response as sent, or why it was not
   * @throws RangeError for a line break in a header
   */
  answer(incoming: Incoming, draft: AnswerDraft, sent: (outcome: SipMessage | string) => void): void {
    answer(this.#core, this.#timers, incoming, draft, sent);
    this.#settle(incoming);
  }

  /** Answers for the user. */
  refuse(incoming: Incoming, status: number, headers: [string, string][] = []): void {
    refuse(this.#core, incoming, status, headers);
    this.#settle(incoming);
  }

  /** Ends a dialog by ourselves: a call with BYE, a subscription without a word (it expires on the other side). */
  hangUp(dialog: Dialog, reason: string): void {
    if (dialog.method !== 'INVITE') {
      endDialog(this.#core, dialog, 'local');
      return;
    }
    // A dialog whose 2xx came but was never acknowledged is confirmed first: nobody else will do it (RFC 3261 §13.2.2.4).
    if (dialog.state === 'confirmed' && dialog.awaitsAck !== undefined) {
      this.calling.acknowledge(dialog, { headers: [], body: '' });
    }
    sayBye(this.#core, dialog, reason, 'local');
  }

  /** Resolves when all BYEs of our own are answered, or after so many ms. */
  async quiet(ms: number): Promise<void> {
    if (this.#core.byes === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#core.quiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // ── from the transactions ──

  refusal(request: SipMessage, arrival: Arrival): number | undefined {
    return this.dialogs.match(request) === undefined ? this.#core.user.refusal(request, arrival) : undefined;
  }

  request(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { method } = request;
    if (!methods.includes(method)) {
      this.#reject(transaction, 501, [['Allow', allow]]);
      return;
    }
    const unsupported = method === 'CANCEL' ? [] : unsupportedExtensions(request);
    if (unsupported.length > 0) {
      this.#reject(transaction, 420, [['Unsupported', unsupported.join(', ')]]);
      return;
    }
    if (request.toTag === undefined) this.#outside(transaction);
    else this.#inside(transaction);
  }

  ack(ack: SipMessage, arrival: Arrival): void {
    const dialog = this.dialogs.match(ack);
    if (dialog === undefined) return;
    const wait = this.#core.ackWaits.get(dialog);
    if (wait === undefined || wait.seq !== ack.cseq.number) return; // repeated, for a repeated 2xx
    wait.stop();
    this.#core.ackWaits.delete(dialog);
    noteRemoteSdp(dialog, ack);
    this.#core.user.acknowledged(dialog, ack, arrival, wait.transactionId);
    for (const send of wait.held) send();
  }

  cancel(cancel: SipMessage, arrival: Arrival, invite: ServerTransaction | undefined): void {
    const incoming = invite === undefined ? undefined : this.#invites.get(invite);
    if (incoming === undefined || incoming.transaction.finalStatus !== undefined) return;
    this.refuse(incoming, 487);
    this.#core.user.cancelled(incoming, cancel, arrival);
  }

  strayAnswer(response: SipMessage, arrival: Arrival): void {
    this.calling.strayAnswer(response, arrival);
  }

  // ── outside dialogs ──

  #outside(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { method } = request;
    if (method === 'BYE' || method === 'UPDATE' || method === 'PRACK' || method === 'CANCEL') {
      this.#reject(transaction, 481);
      return;
    }
    if (!methodsOutside.includes(method)) {
      this.#reject(transaction, 405, [['Allow', methodsOutside.join(', ')]]);
      return;
    }
    // The id of a dialog stands in frames whose tokens are joined by bars.
    if (request.callId.includes('|') || request.fromTag?.includes('|') === true) {
      this.#reject(transaction, 400);
      return;
    }
    const incoming = new Incoming(transaction, undefined);
    if (method === 'INVITE') {
      if (request.fromTag === undefined || !request.headers.has('Contact')) {
        this.#reject(transaction, 400);
        return;
      }
      const short = tooShort(this.#core, request);
      if (short !== undefined) {
        this.#reject(transaction, 422, [['Min-SE', String(this.#core.times.minSessionSeconds)]]);
        return;
      }
      const key = mergeKey(request);
      if (this.#merging.has(key)) {
        this.#reject(transaction, 482); // the same request by another path (RFC 3261 §8.2.2.2)
        return;
      }
      this.#invites.set(transaction, incoming);
      this.#merging.add(key);
      incoming.mergeKey = key;
      this.#watch(incoming);
    }
    this.#core.user.request(incoming);
  }

  // ── inside dialogs ──

  #inside(transaction: ServerTransaction): void {
    const { request, arrival } = transaction;
    const { method } = request;
    const dialog = this.dialogs.match(request);
    if (dialog === undefined || dialog.state === 'ended') {
      this.#reject(transaction, 481);
      return;
    }
    const seq = request.cseq.number;
    if (dialog.remoteSeq !== undefined && seq < dialog.remoteSeq) {
      this.#reject(transaction, 500); // out of order (RFC 3261 §12.2.2)
      return;
    }
    const incoming = new Incoming(transaction, dialog);
    incoming.owner = dialog.owner;
    if (method === 'PRACK' && !this.#prack(incoming, dialog)) return;
    if ((method === 'INVITE' || method === 'UPDATE') && !this.#mayChange(transaction, dialog)) return;
    dialog.remoteSeq = seq;
    if (method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE') {
      refreshTarget(this.#core, dialog, request, arrival);
      if (method !== 'SUBSCRIBE') noteRemoteSdp(dialog, request);
    } else if (dialog.arrival !== undefined && arrival.connection !== undefined) {
      dialog.arrival = arrival; // a stream client came back over another connection
    }
    if (method === 'INVITE') {
      dialog.incomingInvite = incoming;
      this.#invites.set(transaction, incoming);
      this.#watch(incoming);
    }
    if (method === 'BYE') {
      if (!this.#bye(incoming, dialog)) return;
    } else if (method === 'NOTIFY' && dialog.method === 'SUBSCRIBE' && saysTerminated(request)) {
      endDialog(this.#core, dialog, 'remote');
    }
    this.#core.user.requestInDialog(incoming, dialog);
  }

  /** @returns whether the user is to see the BYE */
  #bye(incoming: Incoming, dialog: Dialog): boolean {
    // BYE of the caller before the answer: the INVITE is over as by CANCEL (RFC 3261 §15.1.2).
    const invite = dialog.incomingInvite;
    if (invite !== undefined) {
      this.refuse(invite, 487);
      this.#core.user.cancelled(invite, asCancel(incoming.request), incoming.arrival);
      if (!invite.inDialog) {
        this.refuse(incoming, 200);
        return false;
      }
    }
    // Our own INVITE in the dialog is over with it.
    dialog.outgoingInvite?.cancel();
    const wait = this.#core.ackWaits.get(dialog);
    wait?.stop();
    endDialog(this.#core, dialog, 'remote');
    return true;
  }

  #prack(incoming: Incoming, dialog: Dialog): boolean {
    const invite = dialog.incomingInvite;
    const rack = incoming.request.headers.get('RAck');
    if (invite?.reliable?.acknowledges(rack, invite.request.cseq.number) !== true) {
      this.#reject(incoming.transaction, 481);
      return false;
    }
    noteRemoteSdp(dialog, incoming.request);
    // The user sees the PRACK before what follows it leaves.
    queueMicrotask(() => invite.reliable?.acknowledged());
    return true;
  }

  /** Glare (RFC 3261 §14.2, RFC 3311 §5.2) and session intervals that are too short. */
  #mayChange(transaction: ServerTransaction, dialog: Dialog): boolean {
    const invite = transaction.request.method === 'INVITE';
    if (tooShort(this.#core, transaction.request) !== undefined) {
      this.#reject(transaction, 422, [['Min-SE', String(this.#core.times.minSessionSeconds)]]);
      return false;
    }
    if (dialog.state === 'early' && !invite) return true;
    if (dialog.outgoingInvite !== undefined) {
      this.#reject(transaction, 491);
      return false;
    }
    if (dialog.incomingInvite !== undefined || (invite && dialog.state === 'early')) {
      this.#reject(transaction, 500, [['Retry-After', String(randomInt(0, 11))]]);
      return false;
    }
    return true;
  }

  #watch(incoming: Incoming): void {
    incoming.transaction.onend = (why) => {
      if (why === 'transport') this.#transportLost(incoming);
      else this.#settle(incoming);
    };
  }

  /** An INVITE that has its final response can be neither cancelled nor merged. */
  #settle(incoming: Incoming): void {
    if (incoming.method !== 'INVITE' || incoming.transaction.finalStatus === undefined) return;
    this.#forget(incoming);
  }

  #forget(incoming: Incoming): void {
    this.#invites.delete(incoming.transaction);
    // The transaction lives for another 32 s: it must not keep the call's texts for as long.
    incoming.transaction.onend = undefined;
    // Not of the request: it may have forgotten its headers by now.
    if (incoming.mergeKey !== undefined) this.#merging.delete(incoming.mergeKey);
  }

  /** A provisional response to an INVITE could not be sent: the caller is gone, whoever still rings must know. */
  #transportLost(incoming: Incoming): void {
    const { dialog } = incoming;
    incoming.lost = true;
    incoming.reliable?.stop();
    this.#forget(incoming);
    if (dialog?.incomingInvite === incoming) dialog.incomingInvite = undefined;
    if (dialog !== undefined && !incoming.inDialog) endDialog(this.#core, dialog, 'lost');
    this.#core.user.cancelled(incoming, asCancel(incoming.request), incoming.arrival);
  }

  #reject(transaction: ServerTransaction, status: number, headers: [string, string][] = []): void {
    refuse(this.#core, new Incoming(transaction, undefined), status, headers);
  }
}

function mergeKey(invite: SipMessage): string {
  return `${invite.callId}\n${invite.fromTag}\n${invite.cseq.number}`;
}
