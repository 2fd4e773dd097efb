// What the customer of a written contact said last: the preview in its screen-pop. It is in no fact of the journal; the messages
// are there already, and secret input in them is masked.
import { z } from 'zod';
import type { Content } from '../../connector/index.ts';
import { textOf } from '../conversations/index.ts';
import type { ConversationControl, MessageView } from '../ports/index.ts';

/** Messages looked at, and shown at most. */
const lookedAt = 20;
const mostShown = 3;
/** Characters of one; the conversation has all of it. */
const mostText = 280;

export const lastWord = z.object({
  at: z.number(),
  /** Empty where only a file was sent. */
  text: z.string(),
  /** What was sent with it, or instead. */
  file: z.enum(['image', 'voice', 'video', 'file']).optional(),
});
export type LastWord = z.infer<typeof lastWord>;

/** The oldest first; none for a call. */
export function lastWords(control: ConversationControl, interaction: string): LastWord[] {
  if (control.get(interaction) === undefined) return [];
  return control
    .messages(interaction, { limit: lookedAt })
    .filter((message) => message.author === 'customer' && message.interaction === interaction)
    .filter(({ state }) => state !== 'recalled')
    .slice(-mostShown)
    .map(lastWordOf);
}

function lastWordOf({ at, content }: MessageView): LastWord {
  const file = content.type === 'media' ? content.attachment.kind : filesOf(content)[0]?.kind;
  const said = content.type === 'media' ? (content.caption ?? content.attachment.transcript ?? '') : textOf(content);
  const one = [content.type === 'text' ? content.subject : undefined, said].filter(Boolean).join(' · ');
  const text = one.replace(/\s+/g, ' ').trim();
  const short = text.length <= mostText ? text : `${[...text].slice(0, mostText - 1).join('')}…`;
  return { at, text: short, ...(file === undefined ? {} : { file }) };
}

function filesOf(content: Content): { kind: NonNullable<LastWord['file']> }[] {
  return content.type === 'text' ? (content.attachments ?? []) : [];
}
