// What answers make of a form: what is wrong with them, their score, how far evaluators are apart. Pure; the panels use it too.
import type { FormBody } from './forms.ts';

/** Value by question; null: not applicable. */
export type Answers = Record<string, { value: number | null; comment?: string | undefined }>;

export interface Score {
  /** 0 to 100. */
  total: number;
  sections: Record<string, number | null>;
  /** The question that made it 0. */
  knockout?: string | undefined;
}

/** What is wrong with answers, as a sentence for each; empty: nothing. @param whole every question has to be answered */
export function wrongAnswers(form: Pick<FormBody, 'sections'>, answers: Answers, whole: boolean): string[] {
  const questions = new Map(form.sections.flatMap((section) => section.questions.map((one) => [one.id, one])));
  const wrong: string[] = [];
  for (const [name, { value }] of Object.entries(answers)) {
    const question = questions.get(name);
    if (!question) wrong.push(`there is no question ${name}`);
    else if (value === null && !question.optional) wrong.push(`${name} cannot be left out`);
    else if (value !== null && (value < 0 || value > most(question) || (question.kind === 'yes-no' && value % 1 !== 0)))
      wrong.push(`${name} is 0 to ${most(question)}`);
  }
  if (whole) {
    for (const name of questions.keys()) if (!(name in answers)) wrong.push(`${name} is not answered`);
  }
  return wrong;
}

/** Weighted mean of sections, each the weighted mean of its questions; what is not applicable counts nowhere. */
export function scoreOf(form: Pick<FormBody, 'sections'>, answers: Answers): Score {
  const sections: Score['sections'] = {};
  const parts: { weight: number; value: number }[] = [];
  let knockout: string | undefined;
  for (const section of form.sections) {
    const values = section.questions.flatMap((question) => {
      const value = answers[question.id]?.value;
      if (value === undefined || value === null) return [];
      if (value === 0 && question.knockout) knockout ??= question.id;
      return [{ weight: question.weight, value: value / most(question) }];
    });
    const mean = weightedMean(values);
    sections[section.id] = mean === undefined ? null : round(mean * 100);
    if (mean !== undefined) parts.push({ weight: section.weight, value: mean });
  }
  const total = knockout === undefined ? round((weightedMean(parts) ?? 0) * 100) : 0;
  return { total, sections, ...(knockout === undefined ? {} : { knockout }) };
}

function most({ kind, max }: { kind: string; max: number }): number {
  return kind === 'yes-no' ? 1 : max;
}

function weightedMean(parts: { weight: number; value: number }[]): number | undefined {
  const weights = parts.reduce((sum, part) => sum + part.weight, 0);
  return weights > 0 ? parts.reduce((sum, part) => sum + part.weight * part.value, 0) / weights : undefined;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export interface Spread {
  evaluations: number;
  mean: number;
  least: number;
  most: number;
  /** Of the whole population, since these are all the evaluators there are. */
  deviation: number;
}

/** How far several evaluators of one contact are apart. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {
    evaluations: values.length,
    mean: round(mean),
    least: Math.min(...values),
    most: Math.max(...values),
    deviation: round(Math.sqrt(variance)),
  };
}
