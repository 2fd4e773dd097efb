// A form while it is edited: new ids, and how much each section counts. Pure.
import type { EvaluationForm } from '../../quality/types.ts';

export type Section = EvaluationForm['sections'][number];

/** The first of `q1`, `q2`, … that is free. */
export function freeId(letter: string, taken: readonly { id: string }[]): string {
  const ids = new Set(taken.map(({ id }) => id));
  let number = taken.length + 1;
  while (ids.has(`${letter}${number}`)) number++;
  return `${letter}${number}`;
}

/** Per cent of the whole score, rounded. */
export function shareOf(sections: readonly Section[], { weight }: Section): number {
  const all = sections.reduce((sum, section) => sum + section.weight, 0);
  return all > 0 ? Math.round((100 * weight) / all) : 0;
}

/** Every text as `clean` makes it. */
export function cleaned(sections: readonly Section[], clean: (names: Section['name']) => Section['name']): Section[] {
  return sections.map((section) => ({
    ...section,
    name: clean(section.name),
    questions: section.questions.map((question) => ({ ...question, text: clean(question.text) })),
  }));
}
