// Fields of a request, checked: what comes over the link is trusted to be ours, not to be right.
import { LinkFailure } from '../../../link/index.ts';

export type Body = Readonly<Record<string, unknown>>;

export function invalid(field: string, reason: string): LinkFailure {
  return new LinkFailure('request-invalid', `${field} ${reason}`);
}

export function bodyOf(value: unknown): Body {
  if (typeof value !== 'object' || value === null) throw invalid('with', 'is no object');
  return value as Body;
}

const idPattern = /^[\w.:-]{1,100}$/;

/** An id of ours; also safe as part of a file name. */
export function idOf(body: Body, field = 'id'): string {
  const value = body[field];
  if (typeof value !== 'string' || !idPattern.test(value) || value.includes('..')) throw invalid(field, 'is no id');
  return value;
}

export function textOf(body: Body, field: string): string {
  const value = body[field];
  if (typeof value !== 'string') throw invalid(field, 'is no text');
  return value;
}

export function optionalText(body: Body, field: string): string | undefined {
  return body[field] === undefined || body[field] === null ? undefined : textOf(body, field);
}

export function numberOf(body: Body, field: string, least: number, most: number): number {
  const value = body[field];
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw invalid(field, `is no number from ${least} to ${most}`);
  }
  return value;
}

export function flagOf(body: Body, field: string): boolean {
  return body[field] === true;
}

export function oneOf<T extends string>(body: Body, field: string, allowed: readonly T[]): T {
  const value = body[field];
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw invalid(field, `is none of ${allowed.join(', ')}`);
  return found;
}
