// What this browser remembers: language, colours, sound.
import type { Language } from '../../values/index.ts';

export type Theme = 'light' | 'dark';

export interface Preferences {
  language: Language;
  /** Undefined: as the system has it. */
  theme?: Theme | undefined;
  sound: boolean;
}

const key = 'switchroom.preferences';

export function readPreferences(): Preferences {
  const language: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Record<keyof Preferences, unknown>>;
  return {
    language: kept.language === 'en' || kept.language === 'zh' ? kept.language : language,
    theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : undefined,
    sound: kept.sound !== false,
  };
}

/** Keeps them, and tells the page. */
export function applyPreferences(preferences: Preferences): void {
  localStorage.setItem(key, JSON.stringify(preferences));
  const root = document.documentElement;
  root.lang = preferences.language === 'zh' ? 'zh-CN' : 'en';
  if (preferences.theme === undefined) delete root.dataset.theme;
  else root.dataset.theme = preferences.theme;
}

export function isDark(theme: Theme | undefined): boolean {
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}
