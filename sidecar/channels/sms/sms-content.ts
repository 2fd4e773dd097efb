// What of a message an SMS can say: one text. Pictures and files cannot go this way.
import type { Content } from '../../../connector/index.ts';
import { menuAsText } from '../numbered-menu.ts';

/** @returns undefined where an SMS cannot say it */
export function smsText(content: Content): string | undefined {
  switch (content.type) {
    case 'text':
      return content.attachments?.length ? undefined : content.text;
    case 'menu':
      return menuAsText(content);
    case 'link':
      return [content.title, content.url].filter(Boolean).join(' ');
    case 'location':
      return [content.label, `${content.latitude},${content.longitude}`].filter(Boolean).join(' ');
    case 'choice':
      return content.label ?? content.key;
    case 'media':
    case 'template':
      return undefined;
  }
}

/** Carriers of China want the sender's name in 【】. */
export function signed(text: string, signature: string, place: 'before' | 'after'): string {
  if (signature === '' || text.includes(signature)) return text;
  return place === 'before' ? `${signature}${text}` : `${text}${signature}`;
}
