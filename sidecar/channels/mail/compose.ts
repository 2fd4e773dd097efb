// Our mails: a message of the server → bytes for SMTP, the same bytes for each attempt of the same message (but its date).
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Content, OutboundMessage } from '../../../connector/index.ts';
import { menuAsText } from '../numbered-menu.ts';
import { messageIdOf } from './message-id.ts';
import { oneLine } from './read-mail.ts';
import type { MailSettings } from './settings.ts';
import type { ThreadFacts } from './threads.ts';

export interface Composed {
  raw: Buffer;
  messageId: string;
  from: string;
  to: string;
}

export interface ComposeInput {
  message: OutboundMessage;
  facts: ThreadFacts;
  token: string;
  settings: MailSettings;
  /** Bytes of an attachment at the server. */
  open(id: string): Promise<Buffer>;
}

/** @returns undefined for content that a mail cannot say (templates of other channels) */
export async function compose({ message, facts, token, settings, open }: ComposeInput): Promise<Composed | undefined> {
  const { content } = message;
  const body = textOf(content);
  if (body === undefined) return undefined;
  const answered = facts.inbound.find((one) => one.key === message.replyTo) ?? facts.inbound.at(-1);
  const from = facts.ours ?? settings.addresses[0] ?? '';
  const to = answered?.to ?? facts.customer;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const messageId = messageIdOf(message.message, domain);
  const footer = settings.footer[facts.language ?? settings.language];
  const byMachine = message.author !== 'agent';
  const attached =
    content.type === 'text' ? (content.attachments ?? []) : content.type === 'media' ? [content.attachment] : [];
  const attachments = await Promise.all(
    attached.map(async (one) => ({
      filename: one.name ?? `${one.kind}-${one.id}`,
      contentType: one.mime,
      content: await open(one.id),
    })),
  );
  const composer = new MailComposer({
    from: { name: settings.name, address: from },
    to,
    ...(settings.token === 'address' && { replyTo: { name: settings.name, address: plus(from, token) } }),
    subject: subjectOf(message, facts, settings.token === 'subject' ? token : undefined),
    text: footer ? `${body}\n\n-- \n${footer}` : body,
    attachments,
    messageId,
    date: new Date(message.at),
    ...(answered?.messageId !== undefined && { inReplyTo: answered.messageId }),
    ...(facts.references.length > 0 && { references: facts.references.filter((one) => one !== messageId) }),
    headers: {
      // RFC 3834: no holiday note, and no other machine, answers what a machine wrote.
      ...(byMachine && { 'Auto-Submitted': answered ? 'auto-replied' : 'auto-generated' }),
      'X-Auto-Response-Suppress': byMachine ? 'All' : 'OOF, AutoReply',
    },
    // What is attached is bytes; nothing is read from a path or fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { raw: await composer.compile().build(), messageId, from, to };
}

function textOf(content: Content): string | undefined {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'media':
      return content.caption ?? '';
    case 'location':
      return [content.label, `${content.latitude}, ${content.longitude}`].filter(Boolean).join('\n');
    case 'link':
      return [content.title, content.description, content.url].filter(Boolean).join('\n');
    case 'menu':
      return menuAsText(content);
    case 'choice':
      return content.label ?? content.key;
    case 'template':
      return undefined;
  }
}

function subjectOf(message: OutboundMessage, facts: ThreadFacts, token: string | undefined): string {
  const stated = message.content.type === 'text' ? message.content.subject : undefined;
  const bare = facts.subject.replace(/\s*\[#[0-9a-f]{10}\]/g, '').trim();
  const answered = /^(re|回复|答复|回覆)\s*[:：]/i.test(bare) ? bare : `Re: ${bare}`;
  const subject = oneLine(stated ?? (facts.inbound.length > 0 ? answered : bare)).slice(0, 900);
  return token === undefined || subject.includes(`[#${token}]`) ? subject : `${subject} [#${token}]`.trim();
}

function plus(address: string, token: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}+t-${token}${address.slice(at)}`;
}
