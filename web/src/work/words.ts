// Words of the area of written work.
import { type Say, useWords, type Words } from '../i18n/words.ts';

const en = {
  pages: 'Pages of written work',
  'page.items': 'Work items',
  'page.social': 'Social care',
  'page.approvals': 'Approvals',
};
const zh: Record<keyof typeof en, string> = {
  pages: '文字服务页面',
  'page.items': '工单',
  'page.social': '社媒关怀',
  'page.approvals': '回复审核',
};
const words: Words<keyof typeof en> = { en, zh };

export function useWorkWords(): Say<keyof typeof en> {
  return useWords(words);
}
