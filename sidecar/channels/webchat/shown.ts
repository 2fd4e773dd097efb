// A content of the protocol of connectors as a browser shows it.
import type { Attachment, Content } from '../../../connector/index.ts';
import type { Logged } from './chat-log.ts';
import type { Shown, ShownMessage } from './protocol.ts';

/** @param fileUrl where the browser gets the bytes @returns one message for each thing to be shown, all with the same number */
export function shownMessage(entry: Logged, fileUrl: (attachment: Attachment) => string): ShownMessage {
  const { seq, id, at, from, name, content } = entry;
  return { t: 'message', seq, id, at, from, ...(name === undefined ? {} : { name }), content: shown(content, fileUrl) };
}

function shown(content: Content, fileUrl: (attachment: Attachment) => string): Shown {
  switch (content.type) {
    case 'text':
      return {
        type: 'text',
        text: content.subject === undefined ? content.text : `${content.subject}\n\n${content.text}`,
      };
    case 'media': {
      const { attachment, caption } = content;
      const { kind, mime, bytes, name = kind } = attachment;
      return {
        type: 'file',
        kind,
        name,
        mime,
        bytes,
        url: fileUrl(attachment),
        ...(caption === undefined ? {} : { caption }),
      };
    }
    case 'location':
      return { type: 'text', text: `${content.label ?? ''} (${content.latitude}, ${content.longitude})`.trim() };
    case 'link': {
      const { url, title, description } = content;
      return {
        type: 'link',
        url,
        ...(title === undefined ? {} : { title }),
        ...(description === undefined ? {} : { description }),
      };
    }
    case 'menu':
      return { type: 'menu', text: content.text, choices: content.choices };
    case 'choice':
      return { type: 'text', text: content.label ?? content.key };
    case 'template':
      return { type: 'text', text: Object.values(content.values).join('\n') };
  }
}
