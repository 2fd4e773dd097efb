// Facts of an event as people type them: `sum=150, currency=EUR`.

export type Facts = Record<string, string | number | boolean>;

/** Numbers, `true` and `false` are what they look like; everything else is a text. */
export function readFacts(text: string): Facts {
  const facts: Facts = {};
  for (const part of text.split(/[,，]/)) {
    const at = part.indexOf('=');
    if (at < 1) continue;
    const value = part.slice(at + 1).trim();
    facts[part.slice(0, at).trim()] =
      value === 'true' ? true : value === 'false' ? false : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return facts;
}
