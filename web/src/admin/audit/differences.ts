// What changed between two records, field by field.

export interface Difference {
  /** `phone.user`, `skills.banking`. */
  field: string;
  /** Undefined: it was not there. */
  before: string | undefined;
  after: string | undefined;
}

/**
 * A record of the directory before and after its change; the journal keeps what is personal in it apart, so that it can be
 * erased. Undefined: it was not there, or is gone.
 */
export function sidesOf({ before, personBefore, record, person }: Record<string, unknown>): {
  before: object | undefined;
  after: object | undefined;
} {
  const whole = (one: unknown, personal: unknown) =>
    isRecord(one) ? { ...one, ...(isRecord(personal) ? personal : {}) } : undefined;
  return { before: whole(before, personBefore), after: whole(record, person) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields that differ, in the order of the record after; those that are gone come last. Lists count as one value. */
export function differences(before: unknown, after: unknown): Difference[] {
  const [old, now] = [flat(before), flat(after)];
  const fields = new Set([...now.keys(), ...old.keys()]);
  return [...fields].flatMap((field) => {
    const difference = { field, before: old.get(field), after: now.get(field) };
    return difference.before === difference.after ? [] : [difference];
  });
}

/** A record as its leaves: `phone.kind` → `registered`. */
export function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (value === undefined || value === null) return into;
  if (typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, one] of Object.entries(value)) flat(one, path === '' ? key : `${path}.${key}`, into);
    return into;
  }
  into.set(path, shown(value));
  return into;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number')) {
    return value.join(', ');
  }
  return JSON.stringify(value);
}
