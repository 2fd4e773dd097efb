// What she began to write and has not sent, by conversation; gone with the page.
const drafts = new Map<string, string>();

export function draftOf(interaction: string): string {
  return drafts.get(interaction) ?? '';
}

export function keepDraft(interaction: string, text: string): void {
  if (text === '') drafts.delete(interaction);
  else drafts.set(interaction, text);
}
