// Choices for channels without buttons: written as numbered lines, read back from "2", "２", "2." or the label itself.
import type { Content } from '../../connector/index.ts';

type Menu = Extract<Content, { type: 'menu' }>;
export type Choices = Menu['choices'];

export function menuAsText(menu: Menu): string {
  return [menu.text, ...menu.choices.map((choice, index) => `${index + 1}. ${choice.label}`)].join('\n');
}

/** The choice that a text means; undefined: it is an ordinary text. */
export function choiceOf(text: string, choices: Choices): Choices[number] | undefined {
  const said = text.trim().normalize('NFKC');
  const number = /^[#(]?\s*(\d{1,2})\s*[.):、。]?$/.exec(said)?.[1];
  if (number !== undefined) return choices[Number(number) - 1];
  return choices.find((choice) => choice.label.normalize('NFKC').toLowerCase() === said.toLowerCase());
}
