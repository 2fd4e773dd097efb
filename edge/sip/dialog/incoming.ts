import type { SipMessage } from '../message/index.ts';
import type { Arrival, ServerTransaction } from '../stack.ts';
import { newUuid } from '../transaction/index.ts';
import type { Dialog } from './dialog.ts';
import type { ReliableProvisionals } from './reliable-provisionals.ts';

/** A request from the network that the user has to answer. */
export class Incoming {
  /** The transaction's id for the user; opaque. */
  readonly id: string = newUuid();
  readonly transaction: ServerTransaction;
  /** The dialog that it came in, or that its answer began. */
  dialog: Dialog | undefined;
  /** It came in a dialog. */
  readonly inDialog: boolean;
  /** Our tag, once one is chosen. */
  localTag: string | undefined;
  reliable: ReliableProvisionals | undefined;
  /** Who answers it. */
  owner: object | undefined;
  /** A provisional or final response of the user's has gone out. */
  answered = false;
  /** What tells the same INVITE by another path, while it has no final response. */
  mergeKey: string | undefined;
  /** Its sender cannot be reached any more. */
  lost = false;
  #text: string | undefined;

  constructor(transaction: ServerTransaction, dialog: Dialog | undefined) {
    this.transaction = transaction;
    this.dialog = dialog;
    this.inDialog = dialog !== undefined;
  }

  get request(): SipMessage {
    return this.transaction.request;
  }

  get arrival(): Arrival {
    return this.transaction.arrival;
  }

  get method(): string {
    return this.transaction.request.method;
  }

  /** The request as text, made once. */
  get text(): string {
    this.#text ??= this.transaction.request.toString();
    return this.#text;
  }

  /** No further answer can be given. */
  get over(): boolean {
    return this.lost || this.transaction.finalStatus !== undefined || this.reliable?.finalQueued === true;
  }
}
