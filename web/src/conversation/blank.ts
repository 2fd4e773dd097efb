/** The first place of a canned answer that nobody filled in, such as `{name}`. */
export function blankIn(text: string): { from: number; until: number; blank: string } | undefined {
  const found = /\{\p{L}[\p{L}\p{N}_-]{0,63}\}/u.exec(text);
  return found ? { from: found.index, until: found.index + found[0].length, blank: found[0] } : undefined;
}
