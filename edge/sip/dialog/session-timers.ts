// Negotiates session timers (RFC 4028 §7–§9) and refreshes sessions by ourselves, unseen by the user.
import { randomInt } from 'node:crypto';
import type { SipMessage } from '../message/index.ts';
import type { Arrival } from '../stack.ts';
import { type Core, contactOf, noteRemoteSdp, refreshTarget, requestInDialog } from './core.ts';
import { type Dialog, dialogDestination } from './dialog.ts';
import { sayBye } from './ending.ts';
import { hasOption } from './header-rules.ts';
import type { Incoming } from './incoming.ts';
import { readSessionExpires, SessionTimer, sessionExpiresOf } from './session-timer.ts';

export class SessionTimers {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** As UAS, on a 2xx to INVITE or UPDATE: decides, writes Session-Expires into the response, and (re)starts the timer. */
  answer(incoming: Incoming, response: SipMessage, ofUser: string | undefined): void {
    const { dialog } = incoming;
    if (dialog === undefined) return;
    const asked = sessionExpiresOf(incoming.request);
    const wanted = readSessionExpires(ofUser);
    const running = dialog.timer;
    const chosen =
      wanted ?? asked ?? (running === undefined ? undefined : { seconds: running.seconds, refresher: undefined });
    if (chosen === undefined) return;
    const theyCan = hasOption(incoming.request, 'Supported', 'timer');
    // Without a refresher of theirs we leave the work to them where they can do it; else it is ours.
    let refresher = wanted?.refresher ?? asked?.refresher ?? (theyCan ? 'uac' : 'uas');
    if (refresher === 'uac' && !theyCan && asked === undefined) refresher = 'uas';
    const seconds = Math.max(this.#core.times.minSessionSeconds, chosen.seconds);
    response.headers.set('Session-Expires', `${seconds};refresher=${refresher}`);
    if (refresher === 'uac' && !hasOption(response, 'Require', 'timer')) response.headers.add('Require', 'timer');
    this.start(dialog, seconds, refresher === 'uas');
  }

  /** As UAC, on a 2xx to the user's INVITE or UPDATE. */
  answered(dialog: Dialog, response: SipMessage): void {
    const granted = sessionExpiresOf(response);
    if (granted !== undefined) this.start(dialog, granted.seconds, granted.refresher !== 'uas');
    else if (dialog.timer !== undefined) {
      // RFC 4028 §7.2: a 2xx without Session-Expires ends the session timer.
      dialog.timer.stop();
      dialog.timer = undefined;
    }
  }

  start(dialog: Dialog, seconds: number, weRefresh: boolean): void {
    dialog.timer?.stop();
    dialog.timer = new SessionTimer(
      Math.max(1, seconds),
      weRefresh,
      () => this.#refresh(dialog),
      () => sayBye(this.#core, dialog, 'Session timer expired', 'lost'),
    );
  }

  #refresh(dialog: Dialog): void {
    if (dialog.state !== 'confirmed' || dialog.leaving) return;
    const core = this.#core;
    const { timer } = dialog;
    const to = dialogDestination(dialog);
    if (timer === undefined) return;
    if (to === undefined) {
      sayBye(core, dialog, 'Session timer expired', 'lost');
      return;
    }
    if (dialog.outgoingInvite !== undefined || dialog.incomingInvite !== undefined || core.ackWaits.has(dialog)) {
      timer.retry(Math.min(2_000, timer.seconds * 100));
      return;
    }
    // UPDATE without an offer disturbs least; a peer that does not allow it gets its latest description again.
    const method = allowsUpdate(dialog) ? 'UPDATE' : 'INVITE';
    const request = requestInDialog(dialog, method);
    request.headers.add('Contact', dialog.contact || contactOf({ protocol: 'udp', address: to.host, port: to.port }));
    request.headers.add('Supported', 'timer');
    request.headers.add('Session-Expires', `${timer.seconds};refresher=uac`);
    request.headers.add('Min-SE', String(core.times.minSessionSeconds));
    if (method === 'INVITE') {
      dialog.inviteSeq = dialog.localSeq;
      if (dialog.localSdp !== '') {
        request.headers.add('Content-Type', 'application/sdp');
        request.body = Buffer.from(dialog.localSdp, 'utf8');
      }
    }
    const acknowledge = (): void => {
      const ack = requestInDialog(dialog, 'ACK');
      dialog.ack = ack;
      core.transactions.send(ack, to);
    };
    const transaction = core.transactions.request(request, to, {
      response: (response, arrival, again) => {
        if (method === 'INVITE' && response.status >= 200 && response.status < 300) {
          if (again && dialog.ack !== undefined) core.transactions.send(dialog.ack, to);
          else acknowledge();
        }
        if (!again && response.status >= 200) this.#refreshed(dialog, response, arrival);
      },
      failed: (why) => {
        if (dialog.outgoingInvite === transaction) dialog.outgoingInvite = undefined;
        if (why === 'transport') timer.retryLater();
        else sayBye(core, dialog, 'Session timer expired', 'lost');
      },
    });
    if (method === 'INVITE') dialog.outgoingInvite = transaction;
  }

  #refreshed(dialog: Dialog, response: SipMessage, arrival: Arrival): void {
    dialog.outgoingInvite = undefined;
    if (dialog.state !== 'confirmed') return;
    if (response.status < 300) {
      refreshTarget(this.#core, dialog, response, arrival);
      noteRemoteSdp(dialog, response);
      this.answered(dialog, response);
    } else if (response.status === 491 || response.status === 500) {
      dialog.timer?.retry(randomInt(2_100, 4_000)); // RFC 3261 §14.1
    } else if (response.status === 481 || response.status === 408) {
      sayBye(this.#core, dialog, 'Session refresh failed', 'lost');
    } else dialog.timer?.retryLater(); // RFC 4028 §10: the session goes on until its time is over
  }
}

/** Whether their side of the beginning of the dialog allowed UPDATE. */
function allowsUpdate(dialog: Dialog): boolean {
  const theirs = dialog.role === 'uas' ? dialog.invite : dialog.answer;
  return /^allow\s*:[^\r\n]*\bUPDATE\b/im.test(theirs);
}
