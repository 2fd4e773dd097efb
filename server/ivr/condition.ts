// Whether a branch's question is true now.
import type { Language, Millis } from '../../values/index.ts';
import { isOpen } from './hours.ts';
import type { Condition, Hours } from './schema.ts';
import { fill } from './template.ts';

export interface Asked {
  tags: readonly string[];
  language: Language;
  now: Millis;
  timeZone: string;
  /** By name: of the flow, else of the site. */
  hours(name: string): Hours | undefined;
  value(name: string): string | undefined;
}

/** All that the condition says must hold. Numbers are compared only where the value is one. */
export function holds(condition: Condition, asked: Asked): boolean {
  if (condition.tag !== undefined && !asked.tags.includes(condition.tag)) return false;
  if (condition.language !== undefined && asked.language !== condition.language) return false;
  if (condition.hours !== undefined) {
    const hours = asked.hours(condition.hours);
    if (!hours || !isOpen(hours, asked.now, asked.timeZone)) return false;
  }
  if (condition.all && !condition.all.every((each) => holds(each, asked))) return false;
  if (condition.any && !condition.any.some((each) => holds(each, asked))) return false;
  if (condition.not && holds(condition.not, asked)) return false;
  return condition.variable === undefined || compare(condition, asked.value(condition.variable) ?? '', asked);
}

function compare(condition: Condition, value: string, asked: Asked): boolean {
  const filled = (template: string) => fill(template, (name) => asked.value(name));
  const { equals, startsWith, endsWith, length, atLeast, atMost, empty } = condition;
  if (equals !== undefined && value !== filled(equals)) return false;
  if (condition.in && !condition.in.some((each) => value === filled(each))) return false;
  if (startsWith !== undefined && ![startsWith].flat().some((each) => value.startsWith(filled(each)))) return false;
  if (endsWith !== undefined && !value.endsWith(filled(endsWith))) return false;
  if (typeof length === 'number' && value.length !== length) return false;
  if (typeof length === 'object' && (value.length < (length.min ?? 0) || value.length > (length.max ?? Infinity)))
    return false;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (atLeast !== undefined && !(number >= atLeast)) return false;
  if (atMost !== undefined && !(number <= atMost)) return false;
  return empty === undefined || (value === '') === empty;
}
