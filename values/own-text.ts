/** A copy that stands alone: a piece cut from a text keeps all of that text in memory. For what outlives a message. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
