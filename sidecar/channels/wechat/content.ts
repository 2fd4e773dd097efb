// What a customer's message says.
import type { Content } from '../../../connector/index.ts';
import type { Language } from '../../../values/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { bracketed, keepMedia } from '../provider/index.ts';
import { type ApiMedia, type XmlElements, xmlText } from '../weixin/index.ts';

export interface ContentTools {
  media(id: string): Promise<ApiMedia>;
  attachments: ConnectorTools['attachments'];
  language: Language;
}

/** Media of that id are no longer there, or never were: asking again is of no use. */
const goneCodes = new Set([40007, 40004, 41006]);

/** @throws what is worth another try: the medium could not be fetched or kept just now */
export async function contentOf(message: XmlElements, tools: ContentTools): Promise<Content> {
  const { language } = tools;
  const type = xmlText(message, 'MsgType');
  switch (type) {
    case 'text': {
      const text = message.Content;
      const choice = xmlText(message, 'bizmsgmenuid');
      // A message that is empty for us (a custom sticker) is said to be one.
      if (typeof text !== 'string' || text === '') return { type: 'text', text: bracketed('unsupported', language) };
      return choice === undefined
        ? { type: 'text', text: text.slice(0, 100_000) }
        : { type: 'choice', key: choice.slice(0, 64), label: text.slice(0, 200) };
    }
    case 'image':
      return await medium(message, 'image', tools);
    case 'voice':
      return await medium(message, 'voice', tools);
    case 'video':
    case 'shortvideo':
      return await medium(message, 'video', tools);
    case 'location': {
      const latitude = Number(xmlText(message, 'Location_X') ?? Number.NaN);
      const longitude = Number(xmlText(message, 'Location_Y') ?? Number.NaN);
      const label = xmlText(message, 'Label');
      if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
        return { type: 'text', text: bracketed('unsupported', language, label) };
      }
      return { type: 'location', latitude, longitude, ...(label ? { label: label.slice(0, 500) } : {}) };
    }
    case 'link': {
      const url = xmlText(message, 'Url') ?? '';
      const title = xmlText(message, 'Title')?.slice(0, 500);
      const description = xmlText(message, 'Description')?.slice(0, 2_000);
      if (!/^https?:\/\//.test(url) || url.length > 2_048 || !URL.canParse(url)) {
        return { type: 'text', text: [title, description, url].filter(Boolean).join('\n') };
      }
      return { type: 'link', url, ...(title ? { title } : {}), ...(description ? { description } : {}) };
    }
    case 'miniprogrampage':
      return { type: 'text', text: bracketed('mini-program', language, xmlText(message, 'Title')) };
    case 'file':
      return { type: 'text', text: bracketed('unsupported', language, xmlText(message, 'Title')) };
    default:
      return { type: 'text', text: bracketed('unsupported', language, type) };
  }
}

async function medium(
  message: XmlElements,
  kind: 'image' | 'voice' | 'video',
  { media, attachments, language }: ContentTools,
): Promise<Content> {
  const id = xmlText(message, 'MediaId');
  const transcript = xmlText(message, 'Recognition')?.slice(0, 20_000);
  const gone = (): Content => ({
    type: 'text',
    text: [bracketed('media-gone', language), transcript].filter(Boolean).join('\n'),
  });
  if (id === undefined) return gone();
  const got = await media(id);
  if (!got.ok) {
    if (got.errcode !== undefined && goneCodes.has(got.errcode)) return gone();
    throw new Error(`the ${kind} could not be fetched: ${got.reason}`);
  }
  const { bytes, mime, name } = got;
  return keepMedia(attachments, { id, kind, bytes, mime, name }, language, { transcript });
}
