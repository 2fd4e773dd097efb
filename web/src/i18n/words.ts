// Words of one area of the panels, kept beside it: they are loaded with it, and English and Chinese have the same keys.
import type { Language } from '../../../values/index.ts';
import { usePreferences } from '../panel-context.ts';
import { fill } from './fill.ts';

export type Words<Key extends string> = Record<Language, Record<Key, string>>;
export type Say<Key extends string> = (key: Key, values?: Record<string, string | number>) => string;

/** `{name}` is filled in. */
export function sayIn<Key extends string>(words: Words<Key>, language: Language): Say<Key> {
  return (key, values) => fill(words[language][key], values);
}

export function useWords<Key extends string>(words: Words<Key>): Say<Key> {
  return sayIn(words, usePreferences().language);
}
