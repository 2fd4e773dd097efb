// What people and the system may write to a customer.
import { type Content, content as contentSchema } from '../../connector/index.ts';
import { type Attachments, plain } from './attachments.ts';
import { attachmentsOf } from './content-text.ts';
import { failed } from './errors.ts';

/** What people may write; a choice is the customer's. */
const notOurs = new Set<Content['type']>(['choice']);

/** @returns the content with the server's own word on its attachments @throws message-content, attachment-unknown */
export function sendable(given: Content, attachments: Pick<Attachments, 'get'>): Content {
  const checked = contentSchema.safeParse(given);
  if (!checked.success) throw failed['message-content']({ reason: checked.error.issues[0]?.message ?? 'not valid' });
  const content = checked.data;
  if (notOurs.has(content.type)) throw failed['message-content']({ reason: "a choice is the customer's" });
  if (content.type === 'text' && content.text.trim() === '' && attachmentsOf(content).length === 0)
    throw failed['message-content']({ reason: 'it is empty' });
  const own = (id: string) => {
    const known = attachments.get(id);
    if (!known) throw failed['attachment-unknown']({ attachment: id });
    return plain(known);
  };
  if (content.type === 'media') return { ...content, attachment: own(content.attachment.id) };
  if (content.type === 'text' && content.attachments)
    return { ...content, attachments: content.attachments.map(({ id }) => own(id)) };
  return content;
}
