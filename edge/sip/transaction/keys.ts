import { magicCookie, type SipMessage } from '../message/index.ts';

/**
 * RFC 3261 §17.2.3: branch, sent-by and method; ACK and CANCEL are matched by asking for the method `INVITE`. Without
 * the magic cookie (RFC 2543) the dialog's parts stand in for the branch; the To tag is left out, since an ACK has one
 * that its INVITE had not.
 */
export function serverKey(request: SipMessage, method: string): string {
  const via = request.topVia;
  const branch = via.params.get('branch');
  const by = `${via.host}:${via.port ?? ''}`;
  if (branch?.startsWith(magicCookie) && branch.length > magicCookie.length) return flat(branch, by, method);
  return flat(request.callId, request.fromTag ?? '', request.cseq.number, branch ?? '', by, method);
}

/** RFC 3261 §17.1.3. Our branches are unique, so nothing else is needed. */
export function clientKey(branch: string, method: string): string {
  return flat(branch, method);
}

/** Joined into one piece: a template would keep its parts, and with them the messages that they were cut from. */
function flat(...parts: (string | number)[]): string {
  return parts.join('|');
}
