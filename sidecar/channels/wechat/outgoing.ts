// What we say → bodies of message/custom/send and message/template/send.
import type { Attachment, Content } from '../../../connector/index.ts';
import { menuAsText } from '../numbered-menu.ts';
import type { JsonObject } from '../provider/index.ts';
import type { WechatSettings } from './settings.ts';

/** Choices that one msgmenu may have; more go as numbered lines. */
export const mostMenuItems = 10;

export type Part =
  | { part: 'custom'; body: JsonObject }
  /** Uploaded first; `caption` goes in front of it as a text. */
  | { part: 'media'; attachment: Attachment }
  | { part: 'template'; path: string; body: JsonObject }
  | { part: 'menu-lines'; text: string; choices: Extract<Content, { type: 'menu' }>['choices'] }
  | { part: 'never'; reason: string };

/** The calls that one message of ours takes, in order. */
export function partsOf(content: Content, templates: WechatSettings['templates']): Part[] {
  switch (content.type) {
    case 'text': {
      const text: Part[] = content.text === '' ? [] : [textPart(content.text)];
      return [...text, ...(content.attachments ?? []).map(media)];
    }
    case 'media':
      return [...(content.caption ? [textPart(content.caption)] : []), media(content.attachment)];
    case 'location':
      return [textPart(`${content.label ?? ''}\n${content.latitude}, ${content.longitude}`.trim())];
    case 'link':
      return [
        {
          part: 'custom',
          body: {
            msgtype: 'news',
            news: {
              articles: [
                { title: content.title ?? content.url, description: content.description ?? '', url: content.url },
              ],
            },
          },
        },
      ];
    case 'menu':
      if (content.choices.length > mostMenuItems)
        return [{ part: 'menu-lines', text: menuAsText(content), choices: content.choices }];
      return [
        {
          part: 'custom',
          body: {
            msgtype: 'msgmenu',
            msgmenu: {
              head_content: content.text,
              list: content.choices.map(({ key, label }) => ({ id: key, content: label })),
              tail_content: '',
            },
          },
        },
      ];
    case 'choice':
      return [textPart(content.label ?? content.key)];
    case 'template':
      return [template(content, templates)];
  }
}

function textPart(text: string): Part {
  return { part: 'custom', body: { msgtype: 'text', text: { content: text } } };
}

function media(attachment: Attachment): Part {
  if (attachment.kind === 'file') return { part: 'never', reason: 'an Official Account cannot send files' };
  return { part: 'media', attachment };
}

/** Body that sends an uploaded medium. */
export function mediaBody(attachment: Attachment, mediaId: string): JsonObject {
  switch (attachment.kind) {
    case 'video':
      return { msgtype: 'video', video: { media_id: mediaId, title: attachment.name ?? '' } };
    case 'voice':
      return { msgtype: 'voice', voice: { media_id: mediaId } };
    default:
      return { msgtype: 'image', image: { media_id: mediaId } };
  }
}

function template(content: Extract<Content, { type: 'template' }>, templates: WechatSettings['templates']): Part {
  const known = templates[content.template] ?? { id: content.template, kind: 'template' };
  const data: Record<string, { value: string }> = {};
  for (const [name, value] of Object.entries(content.values)) data[name] = { value };
  const body = { template_id: known.id, data };
  return known.kind === 'subscription'
    ? {
        part: 'template',
        path: '/cgi-bin/message/subscribe/bizsend',
        body: { ...body, ...(content.url ? { page: content.url } : {}) },
      }
    : {
        part: 'template',
        path: '/cgi-bin/message/template/send',
        body: { ...body, ...(content.url ? { url: content.url } : {}) },
      };
}
