import type { Language } from '../../values/index.ts';

export interface Reason {
  reason: string;
  name: Partial<Record<Language, string>>;
}

/** Reasons for not being ready that an agent may choose, where the site has none of its own. */
export const defaultReasons: readonly Reason[] = [
  { reason: 'break', name: { en: 'Break', zh: '小休' } },
  { reason: 'lunch', name: { en: 'Lunch', zh: '用餐' } },
  { reason: 'paperwork', name: { en: 'Paperwork', zh: '案头工作' } },
  { reason: 'meeting', name: { en: 'Meeting', zh: '会议' } },
  { reason: 'training', name: { en: 'Training', zh: '培训' } },
];
