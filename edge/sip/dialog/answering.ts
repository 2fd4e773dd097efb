// The user's answers to requests from the network: what a response is made of (RFC 3261 §8.2.6, §12.1.1, §13.3.1).
import { SipMessage, splitLists } from '../message/index.ts';
import { newTag } from '../transaction/index.ts';
import { AckWait } from './ack-wait.ts';
import {
  asCancel,
  type Core,
  contactOf,
  contactUri,
  listenerOf,
  noteLocalSdp,
  noteRemoteSdp,
  refreshTarget,
  responseDestination,
} from './core.ts';
import { Dialog } from './dialog.ts';
import { endDialog, sayBye } from './ending.ts';
import { allow, applyDraft, draftHeader, hasOption } from './header-rules.ts';
import type { Incoming } from './incoming.ts';
import { ReliableProvisionals } from './reliable-provisionals.ts';
import { type SessionExpires, sessionExpiresOf } from './session-timer.ts';
import type { SessionTimers } from './session-timers.ts';
import type { AnswerDraft } from './user.ts';

/** The request is answered already, was cancelled, or is not known. */
export const notSent = 'Response not sent due to unknown transaction';

/**
 * Sends the user's answer to a request.
 * @param sent called once, when the response has left (which may be after a PRACK) or it is clear that it never will:
 *   with the response as sent, or a sentence that says why it was not
 * @throws RangeError where a header of the draft holds a line break
 */
export function answer(
  core: Core,
  timers: SessionTimers,
  incoming: Incoming,
  draft: AnswerDraft,
  sent: (outcome: SipMessage | string) => void,
): void {
  if (incoming.over) {
    sent(notSent);
    return;
  }
  const { request, method } = incoming;
  const invite = method === 'INVITE';
  const { status } = draft;
  const response =
    draft.reason === '' ? SipMessage.response(request, status) : SipMessage.response(request, status, draft.reason);
  const mayBegin = !incoming.inDialog && (invite || method === 'SUBSCRIBE');
  incoming.localTag ??= request.toTag ?? tagOf(draftHeader(draft, 'To')) ?? newTag();
  if (status > 100) response.ensureToTag(incoming.localTag);

  const reliable = invite && !incoming.inDialog && status > 100 && status < 200 && wantsReliable(request, draft);
  if (reliable && !hasOption(request, 'Supported', '100rel') && !hasOption(request, 'Require', '100rel')) {
    sent('Remote endpoint does not support 100rel');
    return;
  }

  const targetRefresh = mayBegin || method === 'INVITE' || method === 'SUBSCRIBE' || method === 'UPDATE';
  if (targetRefresh && status > 100 && status < 300 && draftHeader(draft, 'Contact') === undefined) {
    response.headers.add(
      'Contact',
      incoming.dialog?.contact ?? contactOf(listenerOf(core, incoming.arrival), request.uri),
    );
  }
  applyDraft(response, draft, 'Session-Expires');
  if (reliable && !hasOption(response, 'Require', '100rel')) response.headers.add('Require', '100rel');
  if (mayBegin && status > 100 && status < 300) incoming.dialog ??= beginDialog(core, incoming, response);
  if (status >= 200 && status < 300 && (invite || method === 'UPDATE')) {
    timers.answer(incoming, response, draftHeader(draft, 'Session-Expires'));
    if (!incoming.inDialog) {
      if (!response.headers.has('Allow')) response.headers.add('Allow', allow);
      if (!response.headers.has('Supported')) response.headers.add('Supported', '100rel, timer');
    }
  }

  incoming.answered = true;
  const { dialog } = incoming;
  if (dialog !== undefined && status > 100 && status < 300) noteLocalSdp(dialog, response);
  const drop = (): void => sent(notSent);
  if (reliable) {
    incoming.reliable ??= new ReliableProvisionals(core.times, () => giveUp(core, incoming));
    let first = true;
    const send = (): void => {
      incoming.transaction.respond(response);
      if (first) sent(response);
      first = false;
    };
    incoming.reliable.add(response, send, drop);
  } else if (invite && status >= 200 && status < 300 && dialog !== undefined) {
    const send = (): void => sent(accept(core, incoming, dialog, response) ? response : notSent);
    if (incoming.reliable?.waiting === true) incoming.reliable.addFinal(response, send, drop);
    else send();
  } else {
    finish(core, incoming, response);
    sent(response);
  }
}

/** Sends a response of our own making, without the user: refusals, answers in the gap. */
export function refuse(core: Core, incoming: Incoming, status: number, headers: [string, string][] = []): void {
  if (incoming.transaction.finalStatus !== undefined) return;
  const response = SipMessage.response(incoming.request, status);
  incoming.localTag ??= incoming.request.toTag ?? newTag();
  response.ensureToTag(incoming.localTag);
  for (const [name, value] of headers) response.headers.add(name, value);
  incoming.reliable?.stop();
  finish(core, incoming, response);
}

function finish(core: Core, incoming: Incoming, response: SipMessage): void {
  incoming.transaction.respond(response);
  const { dialog } = incoming;
  if (response.status < 200 || dialog === undefined) return;
  if (dialog.incomingInvite === incoming) dialog.incomingInvite = undefined;
  if (incoming.inDialog) return;
  incoming.reliable?.stop();
  if (response.status >= 300) endDialog(core, dialog, 'local');
  else dialog.confirmed(response.toString(), performance.now());
}

/** A 2xx to INVITE: repeated until its ACK. */
function accept(core: Core, incoming: Incoming, dialog: Dialog, response: SipMessage): boolean {
  if (!incoming.transaction.respond(response)) return false;
  const to = responseDestination(incoming.request, incoming.arrival);
  dialog.incomingInvite = undefined;
  if (!incoming.inDialog) dialog.confirmed(response.toString(), performance.now());
  core.ackWaits.get(dialog)?.stop();
  const wait = new AckWait(
    incoming.request.cseq.number,
    incoming.id,
    core.times,
    () => {
      // The ACK may lie among the datagrams that wait to be read.
      if (core.transactions.behindMs(performance.now()) === 0) core.transactions.send(response, to);
    },
    () => {
      core.log.info({ callId: dialog.callId }, 'no ACK to a 2xx, dialog ended');
      core.ackWaits.delete(dialog);
      // The user's own BYE was waiting for the ACK: it leaves now instead of ours.
      if (wait.held.length > 0) for (const send of wait.held) send();
      else sayBye(core, dialog, 'ACK timeout', 'lost');
    },
  );
  core.ackWaits.set(dialog, wait);
  if (!incoming.inDialog) core.user.confirmed(dialog);
  return true;
}

/** A reliable provisional was never acknowledged: the caller is gone, whoever still rings must know. */
function giveUp(core: Core, incoming: Incoming): void {
  core.log.info({ callId: incoming.request.callId }, 'no PRACK to a reliable provisional response, INVITE refused');
  refuse(core, incoming, 504);
  core.user.cancelled(incoming, asCancel(incoming.request), incoming.arrival);
}

function beginDialog(core: Core, incoming: Incoming, response: SipMessage): Dialog {
  const { request, arrival } = incoming;
  const dialog = new Dialog({
    role: 'uas',
    method: incoming.method,
    callId: request.callId,
    localTag: incoming.localTag ?? '',
    remoteTag: request.fromTag ?? '',
    local: response.headers.get('To') ?? '',
    remote: request.headers.get('From') ?? '',
    remoteTarget: contactUri(request) ?? request.from.uri,
    routeSet: splitLists(request.headers.all('Record-Route')),
    contact: response.headers.get('Contact') ?? contactOf(listenerOf(core, arrival), request.uri),
    localSeq: request.cseq.number,
    remoteSeq: request.cseq.number,
    invite: incoming.text,
  });
  dialog.owner = incoming.owner;
  if (incoming.method === 'INVITE') dialog.incomingInvite = incoming;
  refreshTarget(core, dialog, request, arrival);
  noteRemoteSdp(dialog, request);
  core.dialogs.add(dialog);
  return dialog;
}

function wantsReliable(request: SipMessage, draft: AnswerDraft): boolean {
  const asked = draftHeader(draft, 'Require');
  return asked?.toLowerCase().includes('100rel') === true || hasOption(request, 'Require', '100rel');
}

function tagOf(to: string | undefined): string | undefined {
  return to === undefined ? undefined : /;\s*tag=([^;\s>]+)/i.exec(to)?.[1];
}

/** Whether a session interval that they ask for is too short (RFC 4028 §5); for requests that may start a timer. */
export function tooShort(core: Core, request: SipMessage): SessionExpires | undefined {
  const asked = sessionExpiresOf(request);
  return asked !== undefined && asked.seconds < core.times.minSessionSeconds ? asked : undefined;
}
