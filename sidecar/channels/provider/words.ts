// What the agent reads where the customer sent something that a message of ours cannot hold.
import { z } from 'zod';
import type { Language } from '../../../values/index.ts';

const texts = {
  'mini-program': { en: 'Mini program', zh: '小程序' },
  'business-card': { en: 'Contact card', zh: '名片' },
  product: { en: 'Product', zh: '商品' },
  order: { en: 'Order', zh: '订单' },
  menu: { en: 'Menu', zh: '菜单' },
  unsupported: { en: 'A message of a kind that cannot be shown', zh: '暂不支持显示的消息类型' },
  'media-refused': { en: 'An attachment that was refused', zh: '附件被拒收' },
  'media-gone': { en: 'An attachment that is no longer at the provider', zh: '附件在平台上已过期' },
} as const satisfies Record<string, Record<Language, string>>;

export type Word = keyof typeof texts;

/** Language of the lines that a connector writes itself. */
export const languageSetting = z.enum(['en', 'zh']).default('zh');

/** `[Mini program] Pay your bill`. */
export function bracketed(word: Word, language: Language, more?: string): string {
  return more ? `[${texts[word][language]}] ${more}` : `[${texts[word][language]}]`;
}
