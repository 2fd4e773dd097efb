// How a dialog ends: by what was said, or by a BYE of our own.
import { type Core, requestInDialog } from './core.ts';
import { type Dialog, dialogDestination } from './dialog.ts';
import { AfterCall } from './unwanted-answers.ts';
import type { DialogEndCause } from './user.ts';

/** Takes the dialog out of the world: no timer, no table entry, and the user knows. */
export function endDialog(core: Core, dialog: Dialog, by: DialogEndCause): void {
  if (dialog.state === 'ended') return;
  const wasConfirmed = dialog.state === 'confirmed';
  dialog.ended();
  dialog.timer?.stop();
  core.ackWaits.get(dialog)?.stop();
  core.ackWaits.delete(dialog);
  core.dialogs.remove(dialog);
  if (wasConfirmed && dialog.method === 'INVITE') core.user.ended(dialog, by);
  dialog.ack = undefined;
  dialog.begun?.handOver(new AfterCall(core, dialog));
  // Its transactions live for another 32 s: they must not keep the call's texts for as long. Once those above have looked.
  setImmediate(forgetTexts, dialog);
}

function forgetTexts(dialog: Dialog): void {
  dialog.forgetTexts();
}

/**
 * Says BYE for a dialog by ourselves and ends it.
 * @param reason text of the Reason header
 */
export function sayBye(core: Core, dialog: Dialog, reason: string, by: DialogEndCause): void {
  if (dialog.state === 'ended') return;
  const to = dialogDestination(dialog);
  const bye = requestInDialog(dialog, 'BYE');
  bye.headers.add('Reason', `SIP;cause=200;text="${reason}"`);
  if (to === undefined) {
    core.log.warn({ callId: dialog.callId }, 'dialog ended without a BYE: its target cannot be reached');
  } else {
    core.byes++;
    core.transactions.request(bye, to, {
      response: (response) => {
        if (response.status >= 200) byeDone(core);
      },
      failed: (why) => {
        core.log.info({ callId: dialog.callId, why }, 'BYE was not answered');
        byeDone(core);
      },
    });
  }
  endDialog(core, dialog, by);
  core.user.unsolicited(dialog, bye, to === undefined ? undefined : core.transactions.listenerFor(to));
}

function byeDone(core: Core): void {
  core.byes--;
  if (core.byes === 0) core.quiet?.();
}
