// The `dialogs.*` requests of the link: what a returning server asks about its calls.
import { LinkFailure, type RequestHandler } from '../../link/index.ts';
import type { Dialog } from '../sip/index.ts';
import type { Gateway } from './gateway.ts';

/** Longest note, in characters: it is opaque, and every dialog may have one. */
const longestNote = 64 * 1024;

/** @returns the handler for `link.serve('dialogs', …)` */
export function dialogRequests(gateway: Gateway): RequestHandler {
  const { gap, agent } = gateway;
  const dialogOf = (id: string): Dialog => {
    const dialog = agent.dialogs.get(id);
    if (dialog === undefined || dialog.state !== 'confirmed') throw new LinkFailure('dialog-unknown', 'no such dialog');
    return dialog;
  };
  const unlink = (dialog: Dialog): void => {
    const other = dialog.linked === undefined ? undefined : agent.dialogs.get(dialog.linked);
    if (other?.linked === dialog.id) other.linked = undefined;
    dialog.linked = undefined;
  };
  return (name, body) => {
    const fields = (body ?? {}) as Record<string, unknown>;
    switch (name) {
      case 'dialogs.list':
        return gap.list();
      case 'dialogs.link': {
        const a = dialogOf(text(fields, 'a'));
        const b = dialogOf(text(fields, 'b'));
        if (a === b) throw new LinkFailure('request-invalid', 'a and b are the same dialog');
        unlink(a);
        unlink(b);
        a.linked = b.id;
        b.linked = a.id;
        return {};
      }
      case 'dialogs.follow': {
        const leader = dialogOf(text(fields, 'leader'));
        const follower = dialogOf(text(fields, 'follower'));
        if (leader === follower) throw new LinkFailure('request-invalid', 'leader and follower are the same dialog');
        gap.follow(leader, follower);
        return {};
      }
      case 'dialogs.unlink': {
        const dialog = agent.dialogs.get(text(fields, 'a'));
        if (dialog !== undefined) unlink(dialog); // one that is over has no link any more: nothing to do
        return {};
      }
      case 'dialogs.note': {
        const note = text(fields, 'note');
        if (note.length > longestNote) throw new LinkFailure('request-invalid', `note is longer than ${longestNote}`);
        dialogOf(text(fields, 'dialogId')).note = note;
        return {};
      }
      case 'dialogs.adopted':
        gap.adopt(gateway.apps.holder(), (...what) => gateway.deliver(...what));
        return {};
      default:
        throw new LinkFailure('request-unknown', name);
    }
  };
}

function text(fields: Record<string, unknown>, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string') throw new LinkFailure('request-invalid', `${field} is not a text`);
  return value;
}
