// What moments say, with what is known put in.
import type { Said } from './acts.ts';
import type { Fact as Happening } from './conditions.ts';
import type { OpenFiring } from './moment-rows.ts';
import { plainFacts } from './rehearse.ts';
import type { Action } from './schema.ts';
import { fillTemplate, type Known, namedFacts } from './template.ts';

/** Of the event's facts, those that the texts of these actions name; nothing else of it is remembered. */
export function factsFor(actions: readonly Action[], data: Happening['data']): Pick<OpenFiring, 'facts'> {
  const texts = actions.flatMap((action) =>
    'hint' in action ? [action.hint] : 'message' in action ? [action.message] : [],
  );
  const wanted = namedFacts(texts.flatMap(({ en, zh }) => [en, zh]));
  if (wanted.size === 0) return {};
  return { facts: Object.fromEntries(Object.entries(plainFacts(data)).filter(([name]) => wanted.has(name))) };
}

/** The texts with what is known of her put in. */
export function filled(texts: Said, known: Known): Said {
  const { en, zh } = texts;
  return {
    ...(en === undefined ? {} : { en: fillTemplate(en, known, 'en') }),
    ...(zh === undefined ? {} : { zh: fillTemplate(zh, known, 'zh') }),
  };
}

/** In her language, else in one that there is. */
export function said(texts: Said, language: keyof Said): string {
  return texts[language] ?? texts.en ?? texts.zh ?? '';
}
