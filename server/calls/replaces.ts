// Whom a REFER asks for: a target alone is a blind transfer; with Replaces (RFC 3891) it names another call of the same
// phone, and the two far ends are to be joined (attended transfer, RFC 5589 §7).
import type { SipDialog } from '../signaling/index.ts';

/** Tags as the far end of the transferor's dialog sees them: here, as we do. */
export interface Replaces {
  callId: string;
  /** Ours. */
  toTag: string;
  /** Theirs. */
  fromTag: string;
}

export interface ReferTarget {
  uri: string;
  /** `malformed`: there is one, and nobody can read it. */
  replaces: Replaces | 'malformed' | undefined;
}

/** Reads a Refer-To header: a URI, bare or in angle brackets, perhaps with a Replaces header in it (RFC 3261 §19.1.1). */
export function referTarget(referTo: string): ReferTarget {
  const open = referTo.indexOf('<');
  const close = referTo.indexOf('>', open);
  const whole = (open < 0 ? (referTo.split(';', 1)[0] ?? '') : referTo.slice(open + 1, close)).trim();
  const question = whole.indexOf('?');
  const headers = question < 0 ? '' : whole.slice(question + 1);
  for (const header of headers.split('&')) {
    const equals = header.indexOf('=');
    if (header.slice(0, equals).toLowerCase() === 'replaces') {
      return { uri: whole.slice(0, question), replaces: replacesOf(header.slice(equals + 1)) ?? 'malformed' };
    }
  }
  return { uri: question < 0 ? whole : whole.slice(0, question), replaces: undefined };
}

function replacesOf(escaped: string): Replaces | undefined {
  let text: string;
  try {
    text = decodeURIComponent(escaped);
  } catch {
    return undefined; // a lone percent sign
  }
  const [callId = '', ...params] = text.split(';').map((part) => part.trim());
  const named = new Map(
    params.map((param) => [param.split('=', 1)[0]?.toLowerCase(), param.slice(param.indexOf('=') + 1)]),
  );
  const toTag = named.get('to-tag');
  const fromTag = named.get('from-tag');
  return callId === '' || !toTag || !fromTag ? undefined : { callId, toTag, fromTag };
}

/** Whether that dialog of ours is meant. */
export function isReplaced(dialog: Pick<SipDialog, 'callId' | 'role' | 'from' | 'to'>, wanted: Replaces): boolean {
  if (dialog.callId !== wanted.callId) return false;
  const from = tagOf(dialog.from);
  const to = tagOf(dialog.to);
  return dialog.role === 'uas'
    ? to === wanted.toTag && from === wanted.fromTag
    : from === wanted.toTag && to === wanted.fromTag;
}

function tagOf(nameAddr: string): string | undefined {
  // Behind the URI: a parameter of that name inside the brackets is the URI's own.
  return /;\s*tag=([^;\s>]+)/i.exec(nameAddr.slice(nameAddr.indexOf('>') + 1))?.[1];
}
