import type { Prompt } from './types.ts';

/** What the caller hears, as a text. */
export function spokenText(prompts: readonly Prompt[]): string {
  return prompts
    .map(textOf)
    .filter((text) => text !== '')
    .join(' ');
}

function textOf(prompt: Prompt): string {
  switch (prompt.say) {
    case 'text':
      return prompt.text;
    case 'file':
      return `[${prompt.file}]`;
    case 'digits':
      return [...prompt.digits].join(' ');
    case 'number':
      return String(prompt.number);
    case 'position':
      return `[position ${prompt.position}]`;
    case 'wait':
      return `[wait ${prompt.minutes}]`;
    case 'agent':
      return `[agent ${prompt.number}]`;
    case 'silence':
      return '';
  }
}
