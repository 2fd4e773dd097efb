// `{variable}` in texts. There are no other braces: what is no variable's name stays as it is written.
const pattern = /\{(\p{L}[\p{L}\p{N}_-]{0,63})\}/gu;

/** Variables that every call has. */
export const builtIn = ['from', 'to', 'language'] as const;

export function hasVariables(template: string): boolean {
  return template.includes('{') && template.search(pattern) >= 0;
}

/** The names in a template, in order. */
export function variablesIn(template: string): string[] {
  return template.includes('{') ? [...template.matchAll(pattern)].map((match) => match[1]!) : [];
}

/** The template with its variables filled in; one without a value becomes nothing. */
export function fill(template: string, value: (name: string) => string | undefined): string {
  return template.includes('{') ? template.replace(pattern, (_, name: string) => value(name) ?? '') : template;
}
