/** Fills `{name}` in; a value that is missing leaves nothing. */
export function fill(text: string, values: Record<string, string | number> | undefined): string {
  return values === undefined ? text : text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
