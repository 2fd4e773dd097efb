// Delivery status notifications (RFC 3464): which of our messages did not arrive, and why; also the kind that old servers
// write in plain words.
import { messageIds, messageOf } from './message-id.ts';
import type { Mail } from './read-mail.ts';

export interface Bounce {
  /** Our message. */
  message: string;
  state: 'failed' | 'delivered';
  code?: 'rejected' | 'unreachable' | 'too-large' | undefined;
  /** Status code and the server's words, in one line. */
  reason: string;
}

/** @returns undefined where it speaks of no message of ours, or only says that it is late */
export function bounce(mail: Mail): Bounce | undefined {
  const message = ourMessage(mail);
  if (message === undefined) return undefined;
  const status = mail.parts
    .find((part) => part.mime === 'message/delivery-status')
    ?.bytes.toString('utf8')
    .slice(0, 50_000);
  if (status === undefined) {
    const reason = firstWords(mail.text);
    return /\b[45]\d\d\b|undeliver|could not be delivered|failure|退信|无法投递|投递失败/i.test(
      `${mail.subject} ${mail.text}`,
    )
      ? { message, state: 'failed', code: 'rejected', reason }
      : undefined;
  }
  const field = (name: string) =>
    new RegExp(`^${name}:[ \\t]*([^\\r\\n]*(?:\\r?\\n[ \\t][^\\r\\n]*)*)`, 'im')
      .exec(status)?.[1]
      ?.replace(/\s+/g, ' ')
      .trim();
  const action = field('Action')?.toLowerCase();
  const code = field('Status') ?? '';
  // Without the other server's words, ours: what the mail itself says.
  const said = field('Diagnostic-Code')?.replace(/^\w+;\s*/, '') ?? firstWords(mail.text);
  const reason = [code, said].filter(Boolean).join(' ').slice(0, 1_000);
  if (action === 'delivered') return { message, state: 'delivered', reason };
  if (action !== 'failed') return undefined;
  return { message, state: 'failed', code: codeOf(code), reason };
}

/** Enhanced status codes (RFC 3463). */
function codeOf(status: string): Bounce['code'] {
  if (/^5\.(2\.3|3\.4)/.test(status)) return 'too-large';
  if (/^\d\.(1|4)\./.test(status)) return 'unreachable';
  return 'rejected';
}

/** The answered mail's Message-ID: in the part with its headers, else wherever it is told. */
function ourMessage(mail: Mail): string | undefined {
  const returned = mail.parts.find((part) =>
    /^(message\/rfc822|text\/rfc822-headers|message\/global(-headers)?)$/.test(part.mime),
  );
  const inside = returned?.bytes.subarray(0, 64 * 1024).toString('latin1');
  const stated = inside && /^message-id:\s*(<[^<>\s]+>)/im.exec(inside)?.[1];
  for (const id of [stated, ...mail.references, ...messageIds(mail.text)]) {
    const message = id && messageOf(id);
    if (message) return message;
  }
  return undefined;
}

function firstWords(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 600);
}
