// Mails that no human wrote to us just now: holiday notes, newsletters, bounces, system mails (RFC 3834, and what programs
// that never read it send). They never get an automatic answer, and never become work for an agent by themselves.
import type { Mail } from './read-mail.ts';

export type Automatic = 'auto-reply' | 'bounce' | 'bulk';

/** @returns what kind of machine wrote it; undefined: a human, as far as one can see */
export function automatic(mail: Mail): Automatic | undefined {
  const header = (name: string) => mail.headers.get(name)?.[0]?.trim().toLowerCase();
  const type = header('content-type') ?? '';
  if (/multipart\/report/.test(type) && /report-type\s*=\s*"?(delivery-status|disposition-notification)/.test(type))
    return 'bounce';
  const returnPath = header('return-path');
  const sender = mail.from?.address ?? '';
  const daemon = /^(mailer-daemon|postmaster|mail-daemon|double-bounce)@/.test(sender);
  if (daemon && mail.parts.some((part) => part.mime === 'message/delivery-status')) return 'bounce';
  const submitted = header('auto-submitted');
  if (submitted !== undefined && !/^no\b/.test(submitted)) return 'auto-reply';
  if (header('x-autoreply') !== undefined || header('x-autorespond') !== undefined) return 'auto-reply';
  if (header('x-auto-reply-from') !== undefined || header('x-mail-autoreply') !== undefined) return 'auto-reply';
  const precedence = header('precedence');
  if (precedence === 'auto_reply') return 'auto-reply';
  if (['list-id', 'list-unsubscribe', 'list-post'].some((name) => mail.headers.has(name))) return 'bulk';
  if (precedence && /^(bulk|list|junk)$/.test(precedence)) return 'bulk';
  if (daemon) return 'bounce';
  // A null return path is how machines answer (RFC 5321 4.5.5).
  if (returnPath !== undefined && /^<\s*>$|^$/.test(returnPath)) return 'auto-reply';
  if (
    /^(auto(matic)?[ -]?repl(y|ied)|out of (the )?office|abwesenheit|自动回复|自動回覆|系统自动回复)\s*[:：(（]/i.test(
      mail.subject,
    )
  ) {
    return 'auto-reply';
  }
  return undefined;
}
