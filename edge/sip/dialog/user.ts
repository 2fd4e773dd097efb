// What the dialog layer and the one above it (the drachtio connection) promise each other.
import type { SipMessage } from '../message/index.ts';
import type { Arrival, Destination, Listener } from '../stack.ts';
import type { Dialog } from './dialog.ts';
import type { Incoming } from './incoming.ts';
import type { Outgoing } from './outgoing.ts';

/** What the user wants to send; the layer fills in what belongs to the dialog and the transaction. */
export interface Draft {
  /** Canonical name and value. */
  headers: [name: string, value: string][];
  body: string;
}

/** A response that the user wants to send. */
export interface AnswerDraft extends Draft {
  status: number;
  /** Empty: the phrase of the RFC. */
  reason: string;
}

/** Why a dialog is over: we said BYE for the user, they did, or it was lost (no ACK, no refresh). */
export type DialogEndCause = 'local' | 'remote' | 'lost';

/** Who sits above the dialogs. Called in wire order, synchronously. */
export interface DialogUser {
  /** See TransactionUser; asked only about requests of no dialog that is known here. */
  refusal(request: SipMessage, arrival: Arrival): number | undefined;
  /** A request outside any dialog. INVITE was answered 100. */
  request(incoming: Incoming): void;
  /** A request inside a dialog, PRACK included; BYE has ended the dialog already. */
  requestInDialog(incoming: Incoming, dialog: Dialog): void;
  /** An ACK to a 2xx, once. `transactionId` is that of the INVITE. */
  acknowledged(dialog: Dialog, ack: SipMessage, arrival: Arrival, transactionId: string): void;
  /** The INVITE was cancelled and has been answered already, or its caller is gone and hears no answer any more. */
  cancelled(incoming: Incoming, cancel: SipMessage, arrival: Arrival): void;
  /** A response to what the user sent: above 100, without repetitions. */
  response(outgoing: Outgoing, response: SipMessage, arrival: Arrival): void;
  /** Nobody answered, or it could not be sent: a response made up here (408, 503). */
  failed(outgoing: Outgoing, response: SipMessage): void;
  /** The layer said BYE by itself; `bye` is as sent. */
  unsolicited(dialog: Dialog, bye: SipMessage, from: Listener | undefined): void;
  /** A dialog of an INVITE has got its 2xx. */
  confirmed(dialog: Dialog): void;
  /** A confirmed dialog is over. */
  ended(dialog: Dialog, by: DialogEndCause): void;
}

/** Milliseconds. Tests bring shorter ones. */
export interface DialogTimes {
  /** RFC 3261 T1: first retransmission of a 2xx or a reliable provisional. */
  t1: number;
  t2: number;
  /** 64·T1: how long an ACK, a PRACK, or the end of a cancelled INVITE is awaited. */
  patience: number;
  /** RFC 4028 §4: shortest session interval that is accepted, in seconds. */
  minSessionSeconds: number;
}

export const standardTimes: DialogTimes = { t1: 500, t2: 4_000, patience: 32_000, minSessionSeconds: 90 };

/** Where and how a request outside a dialog goes. */
export interface NextHop {
  to: Destination;
  /** Who asked; it becomes the owner of the dialog. */
  owner: object;
}
