// Articles as the desk and the floor read them.
import type { Article } from '../../../server/knowledge/index.ts';
import type { Language } from '../../../values/index.ts';
import { type Loaded, useRest } from '../rest.ts';

export type { Article };

interface Articles {
  articles: Article[];
}

/** Those that a search finds, best first. @param text empty: the newest, or none where `onlyFound` */
export function useArticles(text: string, limit: number, onlyFound = false): Loaded<Articles> {
  const wanted = text.trim();
  const path = onlyFound && wanted === '' ? undefined : '/knowledge/articles';
  return useRest<Articles>(path, { text: wanted === '' ? undefined : wanted, limit });
}

/** Those that fit a contact; none while there is no contact to ask for, and after it is forgotten. */
export function useSuggestions(interaction: string | undefined): Loaded<Articles> {
  return useRest<Articles>(interaction === undefined ? undefined : '/knowledge/suggestions', { interaction });
}

/** Question and answer in her language, or in the one that there is. */
export function textOf(article: Article, language: Language): Article['en'] {
  return article[language] ?? article.en ?? article.zh;
}
