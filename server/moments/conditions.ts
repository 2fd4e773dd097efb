import type { Condition } from './schema.ts';

/** What happened to a customer, as moments see it. */
export interface Fact {
  event: string;
  at: number;
  data: Readonly<Record<string, unknown>>;
}

export interface Step {
  event: string;
  where?: Record<string, Condition> | undefined;
}

export function matches({ event, where = {} }: Step, fact: Fact): boolean {
  if (event !== fact.event) return false;
  return Object.entries(where).every(([field, condition]) => holds(condition, fact.data[field]));
}

export function holds(condition: Condition, value: unknown): boolean {
  if (typeof condition !== 'object') return value === condition;
  const { is, not, least, most, contains } = condition;
  if (is !== undefined && value !== is) return false;
  if (not !== undefined && value === not) return false;
  if (least !== undefined && !(typeof value === 'number' && value >= least)) return false;
  if (most !== undefined && !(typeof value === 'number' && value <= most)) return false;
  if (condition.in !== undefined && !condition.in.some((one) => one === value)) return false;
  if (contains === undefined) return true;
  return typeof value === 'string' && value.toLowerCase().includes(contains.toLowerCase());
}
