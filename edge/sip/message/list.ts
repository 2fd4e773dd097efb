const comma = 44;
const quote = 34;
const backslash = 92;
const less = 60;
const greater = 62;

/**
 * Splits the value of a list header (Via, Route, Contact, Supported …) at its commas, but not in quotes or angle
 * brackets (RFC 3261 §7.3.1). Empty elements are left out; elements are trimmed.
 */
export function splitList(value: string): string[] {
  if (!value.includes(',')) {
    const only = value.trim();
    return only === '' ? [] : [only];
  }
  const elements: string[] = [];
  let start = 0;
  while (start <= value.length) {
    const end = elementEnd(value, start);
    const element = value.slice(start, end).trim();
    if (element !== '') elements.push(element);
    start = end + 1;
  }
  return elements;
}

/** Splits all lines of a list header, in order. */
export function splitLists(values: readonly string[]): string[] {
  if (values.length === 1) return splitList(values[0]!);
  const elements: string[] = [];
  for (const value of values) elements.push(...splitList(value));
  return elements;
}

/** Where the element that begins at `start` ends: the index of its comma, or the end of the value. */
export function elementEnd(value: string, start: number): number {
  if (value.indexOf(',', start) < 0) return value.length;
  let bracket = false;
  for (let i = start; i < value.length; i++) {
    switch (value.charCodeAt(i)) {
      case quote:
        if (!bracket) i = closingQuote(value, i);
        break;
      case less:
        bracket = true;
        break;
      case greater:
        bracket = false;
        break;
      case comma:
        if (!bracket) return i;
        break;
    }
  }
  return value.length;
}

/** The index of the quote that closes the one at `open`, minding `\"`; the end of the text where there is none. */
export function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i;
  }
  return text.length;
}
