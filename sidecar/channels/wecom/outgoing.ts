// What we say → bodies of kf/send_msg.
import type { Attachment, Content } from '../../../connector/index.ts';
import { menuAsText } from '../numbered-menu.ts';
import type { JsonObject } from '../provider/index.ts';

/** Of one msgmenu; more choices go as numbered lines. */
export const mostMenuItems = 10;
const mostLabelBytes = 128;

export type Part =
  | { part: 'message'; body: JsonObject }
  | { part: 'media'; attachment: Attachment }
  | { part: 'menu-lines'; text: string; choices: Extract<Content, { type: 'menu' }>['choices'] }
  | { part: 'never'; reason: string };

/** The calls that one message of ours takes, in order. */
export function partsOf(content: Content): Part[] {
  switch (content.type) {
    case 'text':
      return [...(content.text === '' ? [] : [textPart(content.text)]), ...(content.attachments ?? []).map(media)];
    case 'media':
      return [...(content.caption ? [textPart(content.caption)] : []), media(content.attachment)];
    case 'location':
      return [
        {
          part: 'message',
          body: {
            msgtype: 'location',
            location: { name: content.label ?? '', latitude: content.latitude, longitude: content.longitude },
          },
        },
      ];
    case 'link':
      // The provider's own kind of link demands a picture.
      return [textPart([content.title, content.description, content.url].filter(Boolean).join('\n'))];
    case 'menu':
      if (
        content.choices.length > mostMenuItems ||
        content.choices.some(({ label }) => Buffer.byteLength(label) > mostLabelBytes)
      )
        return [{ part: 'menu-lines', text: menuAsText(content), choices: content.choices }];
      return [
        {
          part: 'message',
          body: {
            msgtype: 'msgmenu',
            msgmenu: {
              head_content: content.text,
              list: content.choices.map(({ key, label }) => ({ type: 'click', click: { id: key, content: label } })),
            },
          },
        },
      ];
    case 'choice':
      return [textPart(content.label ?? content.key)];
    case 'template':
      return [{ part: 'never', reason: 'WeChat customer service has no templates' }];
  }
}

export function textBody(text: string): JsonObject {
  return { msgtype: 'text', text: { content: text } };
}

function textPart(text: string): Part {
  return { part: 'message', body: textBody(text) };
}

function media(attachment: Attachment): Part {
  return { part: 'media', attachment };
}

export function mediaBody({ kind }: Attachment, mediaId: string): JsonObject {
  return { msgtype: kind, [kind]: { media_id: mediaId } };
}
