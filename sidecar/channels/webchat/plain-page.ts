// The address of the page that a visitor is on, as far as others may know it. Pure.

/**
 * Without what a query string may hold: account numbers, tokens.
 * @param query parameters that may be told
 * @returns undefined where it is no address
 */
export function plainPage(text: string, query: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const told = new URLSearchParams();
  for (const name of query) for (const value of url.searchParams.getAll(name)) told.append(name, value);
  const search = told.size === 0 ? '' : `?${told}`;
  return `${url.origin}${url.pathname}${search}`.slice(0, 2_048);
}
