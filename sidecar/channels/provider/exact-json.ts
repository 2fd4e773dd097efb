// JSON of providers with 64-bit ids: what a JavaScript number cannot hold exactly comes as its digits, so nothing is lost.

export type JsonObject = { readonly [key: string]: unknown };

/** JSON.parse as V8 has it since 11.4: the reviver sees the source text of each primitive. */
const parse = JSON.parse as (
  text: string,
  reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/**
 * Reads JSON; integers beyond ±(2^53 − 1) become strings of their digits.
 * @throws SyntaxError where it is none
 */
export function exactJson(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? source
      : value,
  );
}

/** @returns undefined where the text is no JSON object */
export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value = exactJson(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object inside of an object; an empty one where there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** A text, or an integer as its digits; undefined for everything else and for the empty text. */
export function textAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined;
}

/** A number, also where the provider writes it as a text (`"7200"`). */
export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** The objects of a list; an empty list where there is none. */
export function objectsAt(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
