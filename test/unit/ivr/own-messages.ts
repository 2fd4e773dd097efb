// What zod schemas say in words of their own: the messages given to their checks, wherever they stand in them.
import type { z } from 'zod';

/** @returns each message once; those that zod itself says are not among them */
export function ownMessages(...schemas: unknown[]): Set<string> {
  const seen = new Set<unknown>();
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const { def } = (value as { _zod?: { def: Record<string, unknown> } })._zod ?? {};
    if (def === undefined) {
      if (Array.isArray(value)) value.forEach(walk);
      return;
    }
    const { error, getter, shape, ...others } = def;
    if (typeof error === 'function') {
      const said = (error as (issue: object) => ReturnType<z.core.$ZodErrorMap>)({ path: [] });
      const message = typeof said === 'string' ? said : said?.message;
      if (message !== undefined) found.add(message);
    }
    if (typeof getter === 'function') walk(getter());
    if (typeof shape === 'object' && shape !== null) Object.values(shape).forEach(walk);
    Object.values(others).forEach(walk);
  };
  schemas.forEach(walk);
  return found;
}
