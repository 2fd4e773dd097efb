import type { SipMessage } from '../message/index.ts';
import type { ClientTransaction } from '../stack.ts';
import { newUuid } from '../transaction/index.ts';
import type { Dialog } from './dialog.ts';

/** A request that the user sent. */
export class Outgoing {
  /** The transaction's id for the user; opaque. */
  readonly id: string = newUuid();
  readonly request: SipMessage;
  /** The dialog that it was sent in, or that it may begin. */
  readonly dialog: Dialog | undefined;
  /** It was sent in a dialog. */
  readonly inDialog: boolean;
  readonly owner: object | undefined;
  transaction: ClientTransaction | undefined;
  /** Highest RSeq seen, so that a repeated reliable provisional is not told twice (RFC 3262 §4). */
  lastRSeq = 0;
  #over = false;
  #text: string | undefined;

  constructor(request: SipMessage, dialog: Dialog | undefined, inDialog: boolean, owner: object | undefined) {
    this.request = request;
    this.dialog = dialog;
    this.inDialog = inDialog;
    this.owner = owner;
  }

  /** It has its final response, made up or real. */
  get over(): boolean {
    return this.#over;
  }
  set over(over: boolean) {
    this.#over = over;
    // The transaction lives for another 32 s: it must not keep the text for as long.
    if (over) this.#text = undefined;
  }

  get method(): string {
    return this.request.method;
  }

  /** The request as text, made once, after it was sent. */
  get text(): string {
    this.#text ??= this.request.toString();
    return this.#text;
  }
}
