// A mail as it was taken → items for the server.
import type { Attachment, InboundItem } from '../../../connector/index.ts';
import { SwitchroomError } from '../../../values/index.ts';
import type { ConnectorTools, Delivery } from '../../connector.ts';
import { choiceOf } from '../numbered-menu.ts';
import { type Automatic, automatic } from './automatic.ts';
import { bounce } from './bounce.ts';
import { foldQuoted } from './quoted-text.ts';
import { type Mail, mailKey, type Part, readMail, roughSender, unreadable } from './read-mail.ts';
import type { MailSettings } from './settings.ts';
import type { Threads } from './threads.ts';

/** What stands in the first line of a delivery; the mail's bytes follow, as latin1. */
export interface Taken {
  mailbox: string;
  uid: number;
  /** When the server got it. */
  received: number;
  /** The whole mail's bytes; with `cut` only its beginning is there. */
  size: number;
  cut?: boolean | undefined;
}

const mostText = 60_000;
/** Of the protocol's 20: two are for the whole text and what may follow. */
const mostAttachments = 18;

export function deliveryOf(taken: Taken, raw: Buffer): Delivery {
  return {
    key: mailKey(raw),
    at: taken.received,
    thread: roughSender(raw),
    body: `${JSON.stringify(taken)}\n${raw.toString('latin1')}`,
  };
}

const words = {
  zh: {
    cut: (mb: string) => `[此邮件太大(${mb} MB),这里只有开头部分,全文在邮箱中]`,
    refused: (name: string, why: string) => `[附件"${name}"未接收:${why}]`,
    more: (count: number) => `[另有 ${count} 个附件未接收,见邮箱]`,
    empty: '[空白邮件]',
    whole: '邮件全文.txt',
  },
  en: {
    cut: (mb: string) => `[This mail is too large (${mb} MB); only its beginning is here, the whole is in the mailbox]`,
    refused: (name: string, why: string) => `[Attachment “${name}” was not taken: ${why}]`,
    more: (count: number) => `[${count} more attachments were not taken; they are in the mailbox]`,
    empty: '[An empty mail]',
    whole: 'whole-message.txt',
  },
} as const;

/**
 * @returns no items for what is neither a customer's nor says anything of ours
 * @throws mail-unreadable, or what kept an attachment from being stored just now
 */
export async function normaliseMail(
  delivery: Delivery,
  settings: MailSettings,
  tools: ConnectorTools,
  threads: Threads,
): Promise<InboundItem[]> {
  const { taken, raw } = opened(delivery);
  const mail = await readMail(raw, settings.charset);
  const kind = automatic(mail);
  if (kind === 'bounce') return bounced(mail, delivery);
  const ours = new Set(settings.addresses);
  const { from } = mail;
  if (from === undefined) {
    throw unreadable['mail-unreadable']({ reason: 'it has no sender' });
  }
  // Our own mails come back by copies and by rules of the mailbox; answering them would never end.
  if (ours.has(from.address)) return [];
  const thread = threads.of(mail, delivery.key);
  const common = {
    key: delivery.key,
    at: mail.date === undefined ? delivery.at : Math.min(mail.date, delivery.at),
    thread,
  };
  const verified = proved(mail, settings.trustedAuthServer);
  const person = {
    identities: [{ kind: 'mail', value: from.address, ...(verified && { verified: true }) }],
    ...(from.name !== undefined && { name: from.name }),
  };
  if (kind !== undefined) return [machineWrote(kind, mail, common, person)];

  const { fresh, folded } = foldQuoted(mail.text);
  const language = languageOf(`${mail.subject}\n${fresh}`);
  const answerTo = answerAddress(mail, from.address, verified, settings);
  threads.came(thread, mail, delivery.key, { ours, answerTo, ...(language && { language }) });
  const pending = tools.memory.get(`menu:${thread}`);
  const choice = pending && choiceOf(fresh.split('\n')[0] ?? '', JSON.parse(pending));
  if (choice) {
    return [
      { item: 'message', ...common, from: person, content: { type: 'choice', key: choice.key, label: choice.label } },
    ];
  }
  const say = words[language ?? settings.language];
  const notes: string[] = [];
  if (taken.cut) notes.push(say.cut((taken.size / 1e6).toFixed(1)));
  const attachments = await keep(mail, folded, delivery.key, tools, say, notes);
  const text = [fresh.slice(0, mostText) || (notes.length + attachments.length === 0 ? say.empty : ''), ...notes];
  return [
    {
      item: 'message',
      ...common,
      from: { ...person, ...(language && { language }) },
      content: {
        type: 'text',
        text: text.filter((one) => one !== '').join('\n\n'),
        ...(mail.subject !== '' && { subject: mail.subject }),
        ...(attachments.length > 0 && { attachments }),
      },
      variables: {
        mailbox: taken.mailbox,
        ...(mail.to.length > 0 && { 'mail-to': mail.to.join(', ').slice(0, 4_000) }),
        ...(mail.replyTo && mail.replyTo !== from.address && { 'mail-reply-to': mail.replyTo }),
      },
    },
  ];
}

export function opened(delivery: Delivery): { taken: Taken; raw: Buffer } {
  const end = delivery.body.indexOf('\n');
  return {
    taken: JSON.parse(delivery.body.slice(0, end)) as Taken,
    raw: Buffer.from(delivery.body.slice(end + 1), 'latin1'),
  };
}

function bounced(mail: Mail, delivery: Delivery): InboundItem[] {
  const found = bounce(mail);
  if (found === undefined) return [];
  return [
    {
      item: 'delivery',
      key: delivery.key,
      at: delivery.at,
      message: found.message,
      state: found.state,
      ...(found.code && { code: found.code }),
      ...(found.reason !== '' && { reason: found.reason.slice(0, 1_000) }),
    },
  ];
}

type Common = { key: string; at: number; thread: string };
type Person = Extract<InboundItem, { item: 'event' }>['from'];

/** The agent sees that the customer is away; nobody is offered anything for it. */
function machineWrote(kind: Automatic, mail: Mail, common: Common, from: Person): InboundItem {
  return {
    item: 'event',
    ...common,
    from,
    name: kind === 'bulk' ? 'bulk-mail' : 'auto-reply',
    data: { subject: mail.subject.slice(0, 998), text: foldQuoted(mail.text).fresh.slice(0, 2_000) },
  };
}

/**
 * Who forges a sender has the answers sent to an address of her own: at a provider where everybody can have one, the same domain
 * says nothing.
 * @param verified the sender's own server vouched for the mail
 */
function answerAddress(mail: Mail, from: string, verified: boolean, settings: MailSettings): string {
  const { replyTo } = mail;
  if (replyTo === undefined || settings.replyTo === 'always') return replyTo ?? from;
  const domain = (address: string) => address.slice(address.lastIndexOf('@') + 1);
  const trusted = verified || settings.replyToDomains.includes(domain(from));
  return trusted && domain(replyTo) === domain(from) ? replyTo : from;
}

/** RFC 8601: only the topmost header of the server that we trust; servers take away what strangers put there in their name. */
function proved(mail: Mail, server: string | undefined): boolean {
  if (server === undefined) return false;
  const said = mail.headers.get('authentication-results')?.find((one) => {
    const id = /^\s*([^\s;]+)/.exec(one)?.[1];
    return id?.toLowerCase() === server.toLowerCase();
  });
  return said !== undefined && /;\s*dmarc\s*=\s*pass\b/i.test(said);
}

function languageOf(text: string): 'en' | 'zh' | undefined {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const latin = text.match(/[A-Za-z]{2,}/g)?.length ?? 0;
  if (han === 0 && latin === 0) return undefined;
  return han * 2 >= latin ? 'zh' : 'en';
}

type Words = (typeof words)['en'] | (typeof words)['zh'];

async function keep(
  mail: Mail,
  folded: boolean,
  key: string,
  tools: ConnectorTools,
  say: Words,
  notes: string[],
): Promise<Attachment[]> {
  const kept: Attachment[] = [];
  const parts = mail.parts.filter((part) => !isOrnament(part));
  for (const [index, part] of parts.slice(0, mostAttachments).entries()) {
    const name = part.name ?? `${index + 1}`;
    try {
      kept.push(
        await tools.attachments.keep(part.bytes, { key: `${key}/${index}`, kind: kindOf(part), name, mime: part.mime }),
      );
    } catch (error) {
      // Too big, of a forbidden type, or with a virus: the mail comes without it, and says so. Anything else is tried again.
      if (!(error instanceof SwitchroomError && error.code === 'attachment-refused')) throw error;
      notes.push(say.refused(name, error.message));
    }
  }
  if (parts.length > mostAttachments) notes.push(say.more(parts.length - mostAttachments));
  if (folded || mail.text.length > mostText) {
    const about = { key: `${key}/whole`, kind: 'file', name: say.whole, mime: 'text/plain' } as const;
    kept.push(await tools.attachments.keep(Buffer.from(mail.text, 'utf8'), about));
  }
  return kept;
}

function kindOf(part: Part): Attachment['kind'] {
  if (/^image\/(png|jpe?g|gif|webp|bmp|heic)$/.test(part.mime)) return 'image';
  if (part.mime.startsWith('audio/')) return 'voice';
  return part.mime.startsWith('video/') ? 'video' : 'file';
}

/** Tracking pixels, and dots of a signature. */
function isOrnament(part: Part): boolean {
  return part.inline && part.mime.startsWith('image/') && part.bytes.length < 200;
}
