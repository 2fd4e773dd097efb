// Bytes that the customer sent become an attachment, or a line that says why there is none.
import type { Attachment, Content } from '../../../connector/index.ts';
import { type Language, SwitchroomError } from '../../../values/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { shortKey } from './short-key.ts';
import { bracketed } from './words.ts';

export interface Media {
  /** The provider's id of the bytes. */
  id: string;
  kind: Attachment['kind'];
  name?: string | undefined;
  mime?: string | undefined;
  bytes: Uint8Array;
}

/** @throws what is worth another try; a refusal (size, type, virus) is a text instead */
export async function keepMedia(
  attachments: ConnectorTools['attachments'],
  { id, bytes, ...about }: Media,
  language: Language,
  more: { transcript?: string | undefined; caption?: string | undefined } = {},
): Promise<Content> {
  try {
    const kept = await attachments.keep(bytes, { key: shortKey(`media:${id}`), ...about });
    const attachment = more.transcript ? { ...kept, transcript: more.transcript } : kept;
    return more.caption ? { type: 'media', attachment, caption: more.caption } : { type: 'media', attachment };
  } catch (error) {
    if (error instanceof SwitchroomError && error.code === 'attachment-refused') {
      const text = [bracketed('media-refused', language, about.name), more.transcript, more.caption];
      return { type: 'text', text: text.filter(Boolean).join('\n') };
    }
    throw error;
  }
}
