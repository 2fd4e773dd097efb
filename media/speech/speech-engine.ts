// What turns text into speech. Always optional: the shipped prompts are recordings.
import type { Language } from '../../values/index.ts';

export interface SpeechEngine {
  /** Name and version, part of the key under which speech is kept: another voice makes other speech. */
  readonly name: string;
  speaks(language: Language): boolean;
  /** A WAV of any rate. @throws speech-failed */
  speak(text: string, language: Language): Promise<Buffer>;
  close(): Promise<void>;
}

/** The language that a text is written in: Chinese characters are read by the Chinese voice, whatever the caller hears. */
export function languageOf(text: string, language: Language): Language {
  if (/\p{Script=Han}/u.test(text)) return 'zh';
  return language === 'zh' && /[A-Za-z]{2}/.test(text) ? 'en' : language;
}
