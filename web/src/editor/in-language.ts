import { type Said, sentenceIn } from '../../../server/ivr/sentences.ts';
import type { Language } from '../../../values/index.ts';

/** What a checker found, with its sentence in the language of the panel; English where this panel does not know the sentence. */
export function inLanguage<Found extends { sentence: string; said: readonly Said[] }>(
  found: Found,
  language: Language,
): Found {
  if (language === 'en') return found;
  const sentence = sentenceIn(language, found.said);
  return sentence === '' ? found : { ...found, sentence };
}
