// What a customer's message says (kf/sync_msg).
import type { Content } from '../../../connector/index.ts';
import type { Language } from '../../../values/index.ts';
import type { ConnectorTools } from '../../connector.ts';
import { bracketed, type JsonObject, keepMedia, numberAt, objectAt, textAt } from '../provider/index.ts';
import type { ApiMedia } from '../weixin/index.ts';

export interface ContentTools {
  media(id: string): Promise<ApiMedia>;
  attachments: ConnectorTools['attachments'];
  language: Language;
}

/** The medium is no longer there, or never was. */
const goneCodes = new Set([40007, 40004, 40058]);

/** @throws what is worth another try: the medium could not be fetched or kept just now */
export async function contentOf(message: JsonObject, tools: ContentTools): Promise<Content> {
  const { language } = tools;
  const type = textAt(message, 'msgtype') ?? '';
  const inside = objectAt(message, type);
  switch (type) {
    case 'text': {
      const text = (textAt(inside, 'content') ?? '').slice(0, 100_000);
      const choice = textAt(inside, 'menu_id');
      return choice === undefined
        ? { type: 'text', text }
        : { type: 'choice', key: choice.slice(0, 64), label: text.slice(0, 200) };
    }
    case 'image':
    case 'voice':
    case 'video':
    case 'file': {
      const id = textAt(inside, 'media_id');
      if (id === undefined) return { type: 'text', text: bracketed('media-gone', language) };
      const got = await tools.media(id);
      if (!got.ok) {
        if (got.errcode !== undefined && goneCodes.has(got.errcode))
          return { type: 'text', text: bracketed('media-gone', language) };
        throw new Error(`the ${type} could not be fetched: ${got.reason}`);
      }
      const { bytes, mime, name } = got;
      return keepMedia(tools.attachments, { id, kind: type, bytes, mime, name }, language);
    }
    case 'location': {
      const latitude = numberAt(inside, 'latitude') ?? Number.NaN;
      const longitude = numberAt(inside, 'longitude') ?? Number.NaN;
      const label = [textAt(inside, 'name'), textAt(inside, 'address')].filter(Boolean).join(', ').slice(0, 500);
      if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
        return { type: 'text', text: bracketed('unsupported', language, label) };
      return { type: 'location', latitude, longitude, ...(label ? { label } : {}) };
    }
    case 'link': {
      const url = textAt(inside, 'url') ?? '';
      const title = textAt(inside, 'title')?.slice(0, 500);
      const description = textAt(inside, 'desc')?.slice(0, 2_000);
      if (!/^https?:\/\//.test(url) || url.length > 2_048 || !URL.canParse(url))
        return { type: 'text', text: [title, description, url].filter(Boolean).join('\n') };
      return { type: 'link', url, ...(title ? { title } : {}), ...(description ? { description } : {}) };
    }
    case 'miniprogram':
      return { type: 'text', text: bracketed('mini-program', language, textAt(inside, 'title')) };
    case 'business_card':
      return { type: 'text', text: bracketed('business-card', language, textAt(inside, 'userid')) };
    case 'msgmenu':
      return { type: 'text', text: bracketed('menu', language, textAt(inside, 'head_content')) };
    case 'channels_shop_product':
      return { type: 'text', text: bracketed('product', language, textAt(inside, 'title')) };
    case 'channels_shop_order':
      return {
        type: 'text',
        text: bracketed(
          'order',
          language,
          [textAt(inside, 'order_id'), textAt(inside, 'product_titles')].filter(Boolean).join(' '),
        ),
      };
    default:
      return { type: 'text', text: bracketed('unsupported', language, type) };
  }
}
