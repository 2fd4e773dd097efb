import type { Language } from '../../../values/index.ts';
import { en, type Key } from './en.ts';
import { fill } from './fill.ts';
import { zh } from './zh.ts';

export type { Key } from './en.ts';

/** Says something in the panel's language; `{name}` is filled in. */
export type Translate = (key: Key, values?: Record<string, string | number>) => string;

const dictionaries: Record<Language, Record<Key, string>> = { en, zh };

export function translator(language: Language): Translate {
  const dictionary = dictionaries[language];
  return (key, values) => fill(dictionary[key], values);
}

export function isKey(key: string): key is Key {
  return Object.hasOwn(en, key);
}

/** A name that exists in some languages, in this one or the next best. */
export function nameIn(
  language: Language,
  name: { en?: string | undefined; zh?: string | undefined },
  otherwise: string,
) {
  return name[language] ?? name.en ?? name.zh ?? otherwise;
}
