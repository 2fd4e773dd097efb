// The payloads that the edge writes to an app (facts: drachtio protocol, "Frames server → app"). Built by concatenation,
// once: these are the hottest strings of the process.
import { type Arrival, newUuid } from '../sip/index.ts';

/** Where a message went or came from, as the meta line names it. */
export interface Peer {
  protocol: string;
  address: string;
  port: number;
}

let lastSecond = -1;
let secondText = '';

/** `HH:MM:SS.uuuuuu`, UTC, of milliseconds UTC. */
export function timeToken(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    const ofDay = second % 86_400;
    secondText = `${two(Math.floor(ofDay / 3600))}:${two(Math.floor(ofDay / 60) % 60)}:${two(ofDay % 60)}.`;
  }
  const ms = Math.floor(at - second * 1000);
  // The clock gives milliseconds; the other three digits are there for the form.
  return `${secondText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}000`;
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

/** A new request from the network: twelve tokens, so that the app knows where it was received. */
export function newRequestFrame(arrival: Arrival, transactionId: string, text: string): string {
  return `${newUuid()}|sip|network|${arrival.bytes}|${arrival.protocol}|${arrival.remoteAddress}|${arrival.remotePort}|${timeToken(arrival.at)}|${transactionId}||${arrival.localAddress}|${arrival.localPort}|\r\n${text}`;
}

/** A request inside a dialog, an ACK, PRACK or CANCEL, or a response. `dialogId` may be empty. */
export function networkFrame(arrival: Arrival, transactionId: string, dialogId: string, text: string): string {
  return `${newUuid()}|sip|network|${arrival.bytes}|${arrival.protocol}|${arrival.remoteAddress}|${arrival.remotePort}|${timeToken(arrival.at)}|${transactionId}|${dialogId}|\r\n${text}`;
}

/** A response that nobody sent: time-out (408) or transport failure (503). */
export function madeUpFrame(
  protocol: string,
  at: number,
  transactionId: string,
  dialogId: string,
  text: string,
): string {
  return `${newUuid()}|sip|network|0|${protocol}||0|${timeToken(at)}|${transactionId}|${dialogId}|\r\n${text}`;
}

/** A BYE that the edge sent by itself. */
export function unsolicitedFrame(local: Peer, at: number, dialogId: string, text: string): string {
  return `${newUuid()}|sip|application|${Buffer.byteLength(text)}|${local.protocol}|${local.address}|${local.port}|${timeToken(at)}|unsolicited|${dialogId}|\r\n${text}`;
}

/** The answer to an app's frame that holds a request: the request as sent. `local` is the address it was sent from. */
export function requestEcho(messageId: string, local: Peer, at: number, transactionId: string, text: string): string {
  return `${newUuid()}|response|${messageId}|OK|application|${Buffer.byteLength(text)}|${local.protocol}|${local.address}|${local.port}|${timeToken(at)}|${transactionId}|Msg sent:|\r\n${text}`;
}

/** The answer to an app's frame that holds a response: the response as sent, to `remote`. */
export function responseEcho(
  messageId: string,
  remote: Peer,
  at: number,
  transactionId: string,
  dialogId: string,
  text: string,
): string {
  return `${newUuid()}|response|${messageId}|OK|application|${Buffer.byteLength(text)}|${remote.protocol}|${remote.address}|${remote.port}|${timeToken(at)}|${transactionId}|${dialogId}||Msg sent:|\r\n${text}`;
}

/** `OK`, with more tokens where the command has them. */
export function okFrame(messageId: string, more = ''): string {
  return `${newUuid()}|response|${messageId}|OK${more}`;
}

/** A command of the admin protocol that was wrong. */
export function noFrame(messageId: string, reason: string): string {
  return `${newUuid()}|response|${messageId}|NO|${reason}`;
}

/** A SIP action that could not be done. */
export function nokFrame(messageId: string, reason: string): string {
  return `${newUuid()}|response|${messageId}|NOK|${reason}`;
}
